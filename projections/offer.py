"""Projections room: offers, to whom each was made, and who has taken it up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.lifecycle.policy import LifecycleStage
from domain.offer import Offer, Offers
from projections.customer import merged
from projections.cycle import company
from projections.engine.paging import Source, fetch
from projections.engine.stream_view import Events, Filter, StreamView

MOST = 200
"""Customers that are told of an offer, those that have taken it up first."""


class OfferSeen(msgspec.Struct, kw_only=True):
    """The newest version of an offer."""

    offer_id: UUID
    name: str
    what: str
    stage: LifecycleStage | None
    segment: str | None
    since: date
    until: date
    product_id: UUID | None
    offer_version: int
    position: int
    version: int


class PublishedOffers(StreamView[Offers, OfferSeen]):
    name = "offers"
    columns = ("offer_id", "name", "stage", "segment", "until", "since")
    indexes = {"until": "(until, offer_id)"}
    order = ("-until",)
    narrowing = {"on": Filter(date, "since <= %(on)s AND until >= %(on)s")}

    @classmethod
    def show(cls, offers: Offers, events: Events) -> OfferSeen:
        held: Offer = offers.current
        said = ("name", "what", "stage", "segment", "since", "until", "product_id")
        values = {name: getattr(held, name) for name in said}
        return cls.filled(offers, events, offer_version=held.version, **values)


class TakenUp(msgspec.Struct):
    """A customer to whom the offer was made first on `offered_on`; `bought_on` is None where they have not taken it up."""

    customer_id: UUID
    customer_name: str | None
    offered_on: date
    by_id: UUID
    bought_on: date | None
    deal_id: UUID | None


class Uptake(msgspec.Struct):
    """To how many customers an offer was made, how many bought afterwards what it is of and before it ran out, and for how much by currency."""

    offer: OfferSeen
    offered: int
    taken_up: int
    revenue: dict[str, Decimal]
    customers: list[TakenUp]


MADE = f"""
WITH made AS (
  SELECT {merged.WHOSE.format(id="r.customer_id")} AS customer_id, (min((o->>'at')::timestamptz) AT TIME ZONE %(zone)s)::date AS on_day,
         (array_agg(o->>'by' ORDER BY (o->>'at')::timestamptz))[1]::uuid AS by_id
    FROM read.revisits r {merged.JOIN.format(id="r.customer_id")}
   CROSS JOIN LATERAL jsonb_array_elements(r.body::jsonb->'offers') o
   WHERE o->>'offer' = %(name)s AND (%(team)s::uuid IS NULL OR r.team_id = %(team)s) GROUP BY 1),
bought AS (
  SELECT made.customer_id, made.on_day, made.by_id, p.day, p.deal_id, p.amount, p.currency
    FROM made
    LEFT JOIN LATERAL (SELECT day, deal_id, amount, currency FROM read.purchases p
                        WHERE p.customer_id = ANY(ARRAY({merged.ALL_OF.format(id="made.customer_id")}))
                          AND p.until_position IS NULL AND p.day BETWEEN made.on_day AND %(until)s
                          AND (%(product)s::uuid IS NULL OR p.product_id = %(product)s)
                          AND (%(team)s::uuid IS NULL OR p.team_id = %(team)s)
                        ORDER BY day, deal_id LIMIT 1) p ON true)
"""
LISTED = """
SELECT b.customer_id, d.name, b.on_day, b.by_id, b.day, b.deal_id FROM bought b LEFT JOIN read.directory d ON d.id = b.customer_id
 ORDER BY b.day IS NULL, b.on_day, b.customer_id LIMIT %(most)s
"""
SUMS = "SELECT COALESCE(currency, ''), count(*), count(deal_id), sum(amount) FROM bought GROUP BY 1"


async def uptake(source: Source, offer: OfferSeen, team: UUID | None) -> Uptake:
    """Of one team's revisits and sales, or of all (None). Days are the company's; what merged records bought is their survivor's."""
    asked = {
        "zone": (await company.in_force(source)).zone(datetime.now(UTC)).key,
        "name": offer.name,
        "until": offer.until,
        "product": offer.product_id,
        "team": team,
        "most": MOST,
    }
    customers = [TakenUp(*row) for row in await fetch(source, f"{MADE} {LISTED}", asked)]
    sums = await fetch(source, f"{MADE} {SUMS}", asked)
    return Uptake(
        offer,
        offered=sum(row[1] for row in sums),
        taken_up=sum(row[2] for row in sums),
        revenue={currency: amount for currency, _, _, amount in sums if amount is not None},
        customers=customers,
    )
