"""Projections room: a customer and the companies that belong to it, with what is open and what was won — and revenue by customer.

Which company belongs to which is said by the customers themselves; a parent that was merged into another is that one. What a company was
won for is its purchases', on both clocks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.engine import currency as currencies
from projections.customer import merged, unseen
from projections.customer.purchases import true
from projections.engine.paging import Source, fetch
from projections.engine.streams import NOW

DEEPEST, MOST = 50, 1_000
"""Companies below one another, and in all, that are shown."""
GROUP = f"""
WITH RECURSIVE member (id, parent_id, depth, path) AS (
  SELECT id, NULL::uuid, 0, ARRAY[name] FROM read.customers WHERE id = %(id)s
   UNION ALL
  SELECT c.id, g.id, g.depth + 1, g.path || c.name FROM member g JOIN read.customers c ON c.parent_id = ANY (ARRAY(
         {merged.ALL_OF.format(id="g.id")}))
   WHERE {merged.ITSELF.format(id="c.id")} AND g.depth < %(deepest)s)
SELECT m.id, c.name, m.parent_id, m.depth FROM member m JOIN read.customers c ON c.id = m.id ORDER BY m.path, m.id LIMIT %(most)s
"""
OPEN = f"""
SELECT {merged.WHOSE.format(id="d.customer_id")}, COALESCE(d.currency, ''), count(*)::int8, COALESCE(sum(d.amount), 0)
  FROM read.deal_board d {merged.JOIN.format(id="d.customer_id")}
 WHERE d.customer_id = ANY(%(ids)s) AND d.status = 'open' AND (d.team_id = %(seen_by)s OR %(seen_by)s::uuid IS NULL)
 GROUP BY 1, 2 ORDER BY 1, 2
"""
REVENUE = f"""
SELECT {merged.WHOSE.format(id="p.customer_id")}, p.currency, count(*)::int8, COALESCE(sum(p.amount), 0)
  FROM read.purchases p LEFT JOIN read.merged m ON m.customer_id = p.customer_id AND {merged.THEN.format(m="m.")}
 WHERE {true("p")} AND (p.customer_id = ANY(%(ids)s::uuid[]) OR %(ids)s::uuid[] IS NULL)
   AND (p.team_id = %(seen_by)s OR %(seen_by)s::uuid IS NULL)
 GROUP BY 1, 2 ORDER BY 1, 2
"""
WAITS_FOR = ("customers", "merged", "deal_board", "contributions")


class DealSum(msgspec.Struct):
    """How many deals, and their amount; without a currency those that have none."""

    currency: str
    deals: int
    amount: Decimal


class GroupCompany(msgspec.Struct):
    """A company of the group, `depth` below the one that was asked for; `open` deals and what was `won`, its own alone. One that may not be
    seen has neither id nor name.
    """

    customer_id: UUID | None
    name: str
    parent_id: UUID | None
    depth: int
    open: list[DealSum]
    won: list[DealSum]


class CompanyGroup(msgspec.Struct):
    """A customer with the companies below it, and what they come to together."""

    customer_id: UUID
    members: list[GroupCompany]
    open: list[DealSum]
    won: list[DealSum]


Sums = dict[UUID, list[DealSum]]


async def group(source: Source, customer_id: UUID, seen_by: UUID | None = None) -> CompanyGroup:
    """Of the customer that this id stands for. `seen_by` is a team: only its deals count, and only companies that it sees are named."""
    survivor = await merged.customer_of(source, customer_id)
    rows = await fetch(source, GROUP, {"id": survivor, "deepest": DEEPEST, "most": MOST})
    ids = [member for member, *_ in rows]
    records = [*ids, *await merged.members(source, ids)]
    is_open = _by_customer(await fetch(source, OPEN, {"ids": records, "seen_by": seen_by}))
    won = await revenue(source, records, seen_by=seen_by)
    hidden = await unseen(source, ids, seen_by)
    members = [
        GroupCompany(
            None if id in hidden else id,
            "" if id in hidden else name,
            None if parent_id in hidden else parent_id,
            depth,
            is_open.get(id, []),
            won.get(id, []),
        )
        for id, name, parent_id, depth in rows
    ]
    return CompanyGroup(survivor, members, _together(is_open), _together(won))


async def revenue(
    source: Source,
    ids: Collection[UUID] | None = None,
    known: int = NOW,
    on: date = date.max,
    *,
    seen_by: UUID | None = None,
) -> Sums:
    """What was won by customer, of these records or of all: true on that day, and of whom it was, as known at that position."""
    asked: dict[str, Any] = {
        "ids": None if ids is None else list(ids),
        "known": known,
        "merged_at": known,
        "on": on,
    }
    return _by_customer(await fetch(source, REVENUE, asked | {"seen_by": seen_by}))


def _by_customer(rows: Collection[Any]) -> Sums:
    found: defaultdict[UUID, list[DealSum]] = defaultdict(list)
    for customer_id, currency, deals, amount in rows:
        found[customer_id].append(DealSum(currency, deals, _written(amount, currency)))
    return dict(found)


def _together(sums: Sums) -> list[DealSum]:
    found: dict[str, DealSum] = {}
    for one in (one for several in sums.values() for one in several):
        held = found.setdefault(one.currency, DealSum(one.currency, 0, Decimal(0)))
        held.deals, held.amount = held.deals + one.deals, held.amount + one.amount
    return [found[name] for name in sorted(found)]


def _written(amount: Decimal, currency: str) -> Decimal:
    """An amount has its currency's decimals."""
    return currencies.written(amount, currency) if currency else amount
