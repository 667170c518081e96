"""Projections room: the tables of the lifecycle — who is in which stage and what they are worth, transitions, cohorts, churn.

What the purchases say is read and summed in `lives.py`; what each customer adds, and what it comes to, is the domain's (`domain/lifecycle/`).
"""

from __future__ import annotations

from asyncio import to_thread
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from domain.lifecycle import tables
from domain.lifecycle.policy import LifecyclePolicy, LifecycleStage
from domain.lifecycle.stages import PROSPECT, Standing, course, standing
from domain.lifecycle.tables import Churn, Cohort, Transition
from projections.engine.paging import Page, Source, fetch, limit_of, opened, sealed
from projections.lifecycle.asking import (
    BOUGHT,
    OF_CUSTOMER,
    PROSPECTS,
    STANDS_FOR,
    WHOSE,
    Asked,
    prospects,
)
from projections.lifecycle.lives import Life, lives, summed

Revenue = dict[str, Decimal]
"""By currency."""
REVENUE = f"""
SELECT {WHOSE}, p.currency, sum(p.amount) {BOUGHT} AND p.amount IS NOT NULL
   AND (%(ids)s::uuid[] IS NULL OR {WHOSE} = ANY(%(ids)s)) GROUP BY 1, 2
"""
NAMES = "SELECT id, name FROM read.directory WHERE id = ANY(%(ids)s)"
MORE_PROSPECTS = f"""
SELECT customer_id FROM ({PROSPECTS}) AS p WHERE %(after)s::uuid IS NULL OR customer_id > %(after)s
 ORDER BY customer_id LIMIT %(limit)s
"""


class StageValue(msgspec.Struct):
    """How many customers are in a stage on a day, how often they have bought, and for how much: until then and ever."""

    stage: LifecycleStage
    customers: int
    purchases: int
    revenue: Revenue


class CustomerStanding(msgspec.Struct):
    """`since` is the first day of the stage; None for a prospect. `revenue` is all of it, by currency."""

    customer_id: UUID
    customer_name: str | None
    stage: LifecycleStage
    since: date | None
    purchases: int
    first_on: date | None
    last_on: date | None
    revenue: Revenue


class LastCustomer(msgspec.Struct, array_like=True):
    """Where a page of customers ended."""

    id: UUID


class Purchase(msgspec.Struct):
    """A won deal, on the day it was closed."""

    day: date
    amount: Decimal | None
    currency: str
    deal_id: UUID
    product_id: UUID | None


class Reached(msgspec.Struct):
    """A stage with its first day."""

    stage: LifecycleStage
    since: date | None


class CustomerLife(msgspec.Struct):
    """Of one customer: the stage, every stage before it, and what was bought, the earliest first."""

    customer_id: UUID
    on: date
    policy: str
    policy_version: int
    stage: LifecycleStage
    since: date | None
    course: list[Reached]
    purchases: list[Purchase]
    revenue: Revenue


# -- all customers --------------------------------------------------------------------------------


async def stages(source: Source, at: Asked, policy: LifecyclePolicy) -> list[StageValue]:
    """Every stage, in the usual order."""
    counted = await summed(source, at, ("stages", policy), partial(_of_stage, policy, at.on))
    amounts: Iterable[tuple[Any, Any]] = counted.items()
    found = {
        stage: StageValue(stage, counted[stage, "customers"], counted[stage, "purchases"], {})
        for stage in LifecycleStage
    }
    for (stage, *of), amount in amounts:
        if of[0] == "revenue" and amount:
            found[stage].revenue[of[1]] = amount
    found[LifecycleStage.PROSPECT].customers += await prospects(source, at)
    return list(found.values())


def _of_stage(policy: LifecyclePolicy, on: date, life: Life) -> Iterator[tuple[Any, Any]]:
    stage = standing(life.days, policy, on).stage
    yield (stage, "customers"), 1
    yield (stage, "purchases"), len(life.days)
    for currency, amount in life.revenue:
        yield (stage, "revenue", currency), amount


def _each_one(cells: Callable[[Sequence[date]], Iterable[Any]], life: Life) -> Iterator[tuple[Any, int]]:
    for cell in cells(life.days):
        yield cell, 1


async def transitions(
    source: Source, at: Asked, since: date, policies: tuple[LifecyclePolicy, LifecyclePolicy]
) -> list[Transition]:
    """From the end of day `since` to that of `at`. All are counted that are known at the later one."""
    cells = partial(_moved, policies, since, at.on)
    counted = await summed(source, at, ("transitions", since, policies), partial(_each_one, cells))
    counted[LifecycleStage.PROSPECT, LifecycleStage.PROSPECT] += await prospects(source, at)
    return tables.transitions(counted)


def _moved(
    policies: tuple[LifecyclePolicy, LifecyclePolicy], since: date, on: date, days: Sequence[date]
) -> Iterator[Any]:
    yield tables.moved(days, policies, since, on)


async def cohorts(source: Source, at: Asked, months: int) -> list[Cohort]:
    cells = partial(tables.of_cohort, on=at.on, months=months)
    counted = await summed(source, at, ("cohorts", months), partial(_each_one, cells))
    return tables.cohorts(counted, at.on, months)


async def churn(source: Source, at: Asked, policy: LifecyclePolicy, months: int) -> list[Churn]:
    cells = partial(tables.of_churn, policy=policy, on=at.on, months=months)
    counted = await summed(source, at, ("churn", policy, months), partial(_each_one, cells))
    return tables.churn(counted, at.on, months)


async def customers(
    source: Source,
    at: Asked,
    policy: LifecyclePolicy,
    stage: LifecycleStage | None,
    cursor: str | None,
    limit: int,
) -> Page[CustomerStanding]:
    """In the order of their ids; prospects only where they are asked for. Raises Invalid for a foreign cursor."""
    after, most = opened(cursor, LastCustomer).id if cursor is not None else None, limit_of(limit)
    if stage is LifecycleStage.PROSPECT:
        params = at.params | {"after": after, "limit": most + 1}
        rows = await fetch(source, MORE_PROSPECTS, params) if at.team is None else []
        wanted: list[tuple[UUID, Standing, Sequence[date]]] = [(id, PROSPECT, ()) for (id,) in rows]
    else:
        found = await to_thread(_standing, await lives(source, at), policy, at.on, after)
        wanted = [one for one in found if stage in (None, one[1].stage)][: most + 1]
    items = await _shown(source, at, wanted[:most])
    return Page(items, sealed(LastCustomer(items[-1].customer_id)) if len(wanted) > most else None)


def _standing(
    lives: Mapping[UUID, Life], policy: LifecyclePolicy, on: date, after: UUID | None
) -> list[tuple[UUID, Standing, Sequence[date]]]:
    """Those whose ids are above `after`, in the order of these."""
    return sorted(
        (id, standing(life.days, policy, on), life.days)
        for id, life in lives.items()
        if after is None or id > after
    )


async def _shown(
    source: Source, at: Asked, wanted: Iterable[tuple[UUID, Standing, Sequence[date]]]
) -> list[CustomerStanding]:
    rows = list(wanted)
    ids = [id for id, _, _ in rows]
    names = dict(await fetch(source, NAMES, {"ids": ids}))
    revenue = await _revenue(source, at, ids)
    return [
        CustomerStanding(
            customer_id=id,
            customer_name=names.get(id),
            stage=held.stage,
            since=held.since,
            purchases=len(days),
            first_on=min(days, default=None),
            last_on=max(days, default=None),
            revenue=revenue.get(id, {}),
        )
        for id, held, days in rows
    ]


async def _revenue(source: Source, at: Asked, ids: list[UUID] | None = None) -> dict[UUID, Revenue]:
    found: defaultdict[UUID, Revenue] = defaultdict(dict)
    for id, currency, amount in await fetch(source, REVENUE, at.params | {"ids": ids}):
        found[id][currency] = amount
    return found


# -- one customer ---------------------------------------------------------------------------------


async def life(source: Source, customer_id: UUID, at: Asked, policy: LifecyclePolicy) -> CustomerLife:
    """As the customer that this id stood for; a merged record has no life of its own."""
    for (survivor,) in await fetch(source, STANDS_FOR, at.params | {"customer": customer_id}):
        customer_id = survivor
    rows = await fetch(source, OF_CUSTOMER, at.params | {"customer": customer_id})
    bought_then = [Purchase(*row) for row in rows]
    stages_until = list(course([one.day for one in bought_then], policy, at.on))
    held = stages_until[-1] if stages_until else PROSPECT
    revenue: Revenue = {}
    for one in bought_then:
        if one.amount is not None:
            revenue[one.currency] = revenue.get(one.currency, Decimal(0)) + one.amount
    return CustomerLife(
        customer_id=customer_id,
        on=at.on,
        policy=policy.name,
        policy_version=policy.version,
        stage=held.stage,
        since=held.since,
        course=[Reached(*one) for one in stages_until],
        purchases=bought_then,
        revenue=revenue,
    )
