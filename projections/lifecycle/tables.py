"""Projections room: the tables of the lifecycle — who is in which stage and what they are worth, transitions, cohorts, churn.

What the purchases say is read here; what it comes to is the domain's (`domain/lifecycle/`), in a thread: other requests go on meanwhile.
"""

from __future__ import annotations

from asyncio import to_thread
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
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
    bought,
    prospects,
)

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
    found = {stage: StageValue(stage, 0, 0, {}) for stage in LifecycleStage}
    revenue = await _revenue(source, at)
    for id, days in (await bought(source, at)).items():
        one = found[standing(days, policy, at.on).stage]
        one.customers += 1
        one.purchases += len(days)
        for currency, amount in revenue.get(id, {}).items():
            one.revenue[currency] = one.revenue.get(currency, Decimal(0)) + amount
    found[LifecycleStage.PROSPECT].customers += await prospects(source, at)
    return list(found.values())


async def transitions(
    source: Source, at: Asked, since: date, policies: tuple[LifecyclePolicy, LifecyclePolicy]
) -> list[Transition]:
    """From the end of day `since` to that of `at`. All are counted that are known at the later one."""
    purchases_of = await bought(source, at)
    counted = await to_thread(tables.transitions, purchases_of.values(), policies, since, at.on)
    counted[LifecycleStage.PROSPECT, LifecycleStage.PROSPECT] += await prospects(source, at)
    order = list(LifecycleStage)
    return [
        Transition(before, after, counted[before, after])
        for before in order
        for after in order
        if counted[before, after]
    ]


async def cohorts(source: Source, at: Asked, months: int) -> list[Cohort]:
    return await to_thread(tables.cohorts, (await bought(source, at)).values(), at.on, months)


async def churn(source: Source, at: Asked, policy: LifecyclePolicy, months: int) -> list[Churn]:
    return await to_thread(tables.churn, list((await bought(source, at)).values()), policy, at.on, months)


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
        found = sorted(
            (id, standing(days, policy, at.on), days)
            for id, days in (await bought(source, at)).items()
            if after is None or id > after
        )
        wanted = [one for one in found if stage in (None, one[1].stage)][: most + 1]
    items = await _shown(source, at, wanted[:most])
    return Page(items, sealed(LastCustomer(items[-1].customer_id)) if len(wanted) > most else None)


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
