"""Projections room: revisits that are due, beside what is offered to each of these customers; and whether anybody is without one.

The health number: customers for whom the revisit policy asks for one, and who have none.
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from domain.engine.facts import PersonName
from domain.lifecycle.policy import LifecycleStage
from domain.revisit.commands import EnsureRevisit
from domain.revisit.needs import Policies, QuietCustomer, needed
from domain.revisit.policy import RevisitPolicies, RevisitPolicy
from projections.customer import merged
from projections.cycle import company
from projections.engine import streams
from projections.engine.paging import MOMENT, Page, Select, SortKey, Source, fetch, page, sort_by
from projections.lifecycle.asking import asked, policy_at
from projections.ports.revisits import quiet_customers

AT_ONCE, TOLD = 2_000, 100


class DueRevisit(msgspec.Struct):
    """A live revisit with the names to show. `offers` is what stands today for customers in that stage, and in the segments that the
    customer is in now, apart by "; "; `version` is the stream's.
    """

    revisit_id: UUID
    customer_id: UUID
    customer_name: str | None
    owner_id: UUID
    owner_name: PersonName | None
    team_id: UUID | None
    stage: LifecycleStage | None
    due_at: datetime
    missed: bool
    version: int
    offers: str


class RevisitHealth(msgspec.Struct):
    """`lacking`: customers for whom the policy asks for a revisit and who have none; 0, but for a moment after a deal was closed, and
    for the quarter of an hour after a stage began by silence. `customers` are the first of them.
    """

    live: int
    lacking: int
    overdue: int
    policy_version: int
    customers: list[UUID]


LIST = f"""
SELECT r.revisit_id, {merged.WHOSE.format(id="r.customer_id")}, c.name, r.owner_id, p.name, r.team_id, r.stage, r.due_at, (r.body::jsonb->>'missed')::bool,
       (r.body::jsonb->>'version')::int8,
       COALESCE((SELECT string_agg(o.body::jsonb->>'what', '; ' ORDER BY o.name) FROM read.offers o
                  WHERE %(today)s::date BETWEEN o.since AND o.until AND (o.stage IS NULL OR o.stage = r.stage)
                    AND (o.segment IS NULL OR EXISTS (SELECT FROM read.segment_stays s WHERE s.segment = o.segment
                          AND s.customer_id = {merged.WHOSE.format(id="r.customer_id")} AND s.left_position IS NULL))), '')
  FROM (SELECT * FROM read.revisits WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s) r
  {merged.JOIN.format(id="r.customer_id")}
  LEFT JOIN read.directory c ON c.id = {merged.WHOSE.format(id="r.customer_id")}
  LEFT JOIN read.directory p ON p.id = r.owner_id
 ORDER BY {{order}}
"""
BY_DUE = {"due_at": SortKey("due_at", MOMENT, "revisit_id", nullable=False)}
COUNTS = """
SELECT count(*), count(*) FILTER (WHERE due_at < now()) FROM read.revisits WHERE outcome = 'open'
"""


async def due(
    source: Source,
    owner_id: UUID | None = None,
    team_id: UUID | None = None,
    customer_id: UUID | None = None,
    due_before: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DueRevisit]:
    """Live ones, what is due first comes first."""
    today = (await company.in_force(source)).day(datetime.now(UTC))
    select = Select(LIST, params={"today": today})
    select.conditions.append("outcome = 'open'")
    select.where("owner_id = %(owner_id)s", owner_id=owner_id)
    select.where("team_id = %(team_id)s", team_id=team_id)
    select.where(merged.SAME, customer_id=customer_id)
    select.where("due_at < %(due_before)s", due_before=due_before)
    return await page(source, select, sort_by("due_at", BY_DUE), cursor, limit, DueRevisit)


async def health(source: Source, today: date | None = None) -> RevisitHealth:
    """Of all customers who had a deal with us."""
    at = await asked(source, today, None, None)
    policies = Policies(await policy_at(source, "default", at), await _in_force(source))
    lacking: list[UUID] = []
    after: UUID | None = None
    while some := await quiet_customers(source, after, AT_ONCE):
        lacking += await to_thread(_lacking, some, policies, at.on)
        after = some[-1].customer_id
    ((live, overdue),) = await fetch(source, COUNTS, [])
    return RevisitHealth(live, len(lacking), overdue, policies.revisits.version, lacking[:TOLD])


def _lacking(customers: Sequence[QuietCustomer], policies: Policies, on: date) -> list[UUID]:
    return [one.customer_id for one in customers if isinstance(needed(one, policies, on), EnsureRevisit)]


async def _in_force(source: Source) -> RevisitPolicy:
    id = RevisitPolicies.stream_of("default")
    policies = RevisitPolicies(id)
    for recorded in await streams.streams(source, [id]):
        policies.replay(recorded.fact, recorded.originator_version)
    return policies.current
