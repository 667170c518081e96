"""Projections room: the customers that the sweep and the follower of revisits look at, whether each has the revisit that the policy asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.revisit.needs import QuietCustomer
from projections.customer import merged
from projections.cycle import company
from projections.engine.paging import Source, fetch
from projections.engine.positions import reached
from projections.revisit import Revisits
from runtime.database import Pool

ABOVE = "(%(after)s::uuid IS NULL OR {id} > %(after)s)"
NEEDED = ("deal_board", "contributions", "merged", Revisits.name)
ALL = f"""
  SELECT customer_id FROM (
    (SELECT DISTINCT customer_id FROM read.deal_board
      WHERE customer_id IS NOT NULL AND {ABOVE.format(id="customer_id")} ORDER BY 1 LIMIT %(limit)s)
     UNION
    (SELECT customer_id FROM read.revisits WHERE {Revisits.open_where} AND {ABOVE.format(id="customer_id")} ORDER BY 1 LIMIT %(limit)s)
     UNION
    (SELECT DISTINCT survivor_id FROM read.merged WHERE until IS NULL AND {ABOVE.format(id="survivor_id")} ORDER BY 1 LIMIT %(limit)s)
  ) u ORDER BY 1 LIMIT %(limit)s"""
SOME = """
  SELECT unnest(%(ids)s::uuid[]) AS customer_id
   UNION
  SELECT survivor_id FROM read.merged WHERE until IS NULL AND customer_id = ANY(%(ids)s)"""
QUIET = f"""
WITH listed AS ({{listed}})
SELECT s.customer_id, bought.days, COALESCE(deals.open, false), deals.closed_on, last.owner_id, last.team_id,
       seen.last, COALESCE(r.outcome = 'open', false), r.stage IS NOT NULL,
       NOT {merged.ITSELF.format(id="s.customer_id")}, COALESCE(seen.beside, false)
  FROM listed s
  CROSS JOIN LATERAL (SELECT ARRAY({merged.ALL_OF.format(id="s.customer_id")}) AS ids) records
  LEFT JOIN LATERAL (SELECT array_agg(day ORDER BY day) AS days FROM read.purchases p
                      WHERE p.customer_id = ANY(records.ids) AND p.until_position IS NULL) bought ON true
  LEFT JOIN LATERAL (SELECT bool_or(status = 'open') AS open, max(closed_on) AS closed_on FROM read.deal_board d
                      WHERE d.customer_id = ANY(records.ids)) deals ON true
  LEFT JOIN LATERAL (SELECT owner_id, team_id FROM read.deal_board d WHERE d.customer_id = ANY(records.ids)
                      ORDER BY opened_at DESC, deal_id DESC LIMIT 1) last ON true
  LEFT JOIN read.revisits r ON r.customer_id = s.customer_id
  LEFT JOIN LATERAL (SELECT (max((v.body::jsonb->>'last_seen')::timestamptz) AT TIME ZONE %(zone)s)::date AS last,
                            bool_or(v.customer_id <> s.customer_id AND v.outcome = 'open' AND v.stage IS NULL) AS beside
                       FROM read.revisits v WHERE v.customer_id = ANY(records.ids)) seen ON true
 ORDER BY s.customer_id
"""
"""A record that was merged has deals and purchases of its own still, and is the survivor's: it needs no revisit."""


OF_DEALS = (
    "SELECT customer_id FROM read.deal_board WHERE deal_id = ANY(%(deals)s) AND customer_id IS NOT NULL"
)


async def quiet_customers(source: Source, after: UUID | None, limit: int) -> Sequence[QuietCustomer]:
    """In the order of their ids, those above `after`: who has, or had, a deal with us, or is promised a revisit."""
    return await _quiet(source, ALL, {"after": after, "limit": limit})


class RevisitReads:
    """What the follower of revisits asks."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reached(self) -> int:
        return await reached(self._pool, NEEDED)

    async def of_deals(self, deals: Collection[UUID]) -> set[UUID]:
        return {id for (id,) in await fetch(self._pool, OF_DEALS, {"deals": list(deals)})} if deals else set()

    async def some(self, ids: Collection[UUID]) -> Sequence[QuietCustomer]:
        """These, and whom they stand for."""
        return await _quiet(self._pool, SOME, {"ids": list(ids)}) if ids else []

    async def page(self, after: UUID | None, limit: int) -> Sequence[QuietCustomer]:
        return await quiet_customers(self._pool, after, limit)


async def _quiet(source: Source, listed: LiteralString, params: dict[str, Any]) -> Sequence[QuietCustomer]:
    """The days are the company's."""
    zone = (await company.in_force(source)).zone(datetime.now(UTC)).key
    rows = await fetch(source, QUIET.format(listed=listed), params | {"zone": zone})
    return [
        QuietCustomer(
            customer_id=id,
            days=tuple(days or ()),
            has_open_deal=is_open,
            closed_on=closed_on,
            owner_id=owner_id,
            team_id=team_id,
            seen_on=seen_on,
            revisit_live=live,
            by_rule=by_rule,
            merged=merged,
            promised_beside=beside,
        )
        for id, days, is_open, closed_on, owner_id, team_id, seen_on, live, by_rule, merged, beside in rows
    ]
