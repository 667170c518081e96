"""The lifecycle of customers as tables: for any day and as known at any position what the raw events come to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import date
from decimal import Decimal
from operator import attrgetter
from random import Random
from typing import Any
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers
from domain.deal import commands as c
from domain.engine.command import Call
from domain.engine.errors import DomainError
from domain.engine.recorded import Recorded
from domain.lifecycle import tables as pure
from domain.lifecycle.policy import DEFAULT_LIFECYCLE, LifecyclePolicy, LifecycleStage, PublishLifecyclePolicy
from domain.lifecycle.stages import standing as stage_on
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from projections.lifecycle import agenda, asking, tables
from tests.office import context
from tests.projections.buying import DAY, FIRST, bought, late, won
from tests.projections.telling import Books, yuan

CUSTOMERS = 60
"""The same is compared for any number of them."""
REVISITS = RevisitPolicy(name="default", rules=(RevisitRule(LifecycleStage.REPEAT, 30),))


async def test_lifecycle_tables_are_what_the_raw_events_come_to_on_both_clocks(books: Books) -> None:
    """Purchases of a year as they came in, some corrected, some reopened, some entered late; asked at 20 random days and positions."""
    chance = Random(15)
    customers = [uuid.UUID(int=chance.getrandbits(128)) for _ in range(CUSTOMERS)]
    await _year(books, chance, customers)
    head = await books.follow(700)
    events = await books.office.ledger.read(0, head)

    for _ in range(20):
        position = chance.choice([None, chance.randrange(1, head)])
        on = FIRST + chance.randrange(420) * DAY
        since = on - chance.randrange(1, 120) * DAY
        seen = [one for one in events if position is None or one.position <= position]
        await _compare(books, seen, position, since, on)


async def test_merged_records_are_one_customer_from_when_that_is_known(books: Books) -> None:
    acme, twin = uuid.uuid4(), uuid.uuid4()
    for id in (acme, twin):
        await books.given(RegisterCustomer(customer_id=id, profile=Profile(name="Acme")))
        await books.given(won(books, id, FIRST + (id == twin) * 9 * DAY, 50), reason="as it was")
    await books.given(PublishRevisitPolicy(policy=REVISITS))
    apart = await books.follow()
    await books.given(MergeCustomers(customer_id=acme, gone_id=twin))
    await books.follow()

    at = await asking.asked(books.pool, FIRST + 20 * DAY, None, None)
    policy = await asking.policy_at(books.pool, "default", at)
    now = {one.stage: one.customers for one in await tables.stages(books.pool, at, policy) if one.customers}
    assert now == {LifecycleStage.REPEAT: 1}
    then = await asking.asked(books.pool, FIRST + 20 * DAY, apart, None)
    held = {
        one.stage: one.customers for one in await tables.stages(books.pool, then, policy) if one.customers
    }
    assert held == {LifecycleStage.FIRST_PURCHASE: 2}
    life = await tables.life(books.pool, twin, at, policy)
    assert (life.customer_id, len(life.purchases)) == (acme, 2)
    assert len((await tables.life(books.pool, twin, then, policy)).purchases) == 1
    (page,) = [(await tables.customers(books.pool, at, policy, None, None, 9)).items]
    assert [(one.customer_id, one.revenue["CNY"]) for one in page] == [(acme, Decimal(100))]
    assert (await agenda.health(books.pool, FIRST + 20 * DAY)).customers == [acme], "one revisit for both"


async def _year(books: Books, chance: Random, customers: list[UUID]) -> None:
    calls: list[tuple[date, Any]] = [
        (FIRST, RegisterCustomer(customer_id=id, profile=Profile(name=f"Customer {n}")))
        for n, id in enumerate(customers)
    ]
    for id in customers:
        day = FIRST + chance.randrange(300) * DAY
        for _ in range(chance.choice([0, 1, 1, 2, 3, 5, 9])):
            deal, entered = uuid.UUID(int=chance.getrandbits(128)), day + chance.choice([0, 0, 0, 30]) * DAY
            calls.append((entered, won(books, id, day, chance.randrange(1, 900), deal)))
            if chance.random() < 0.1:
                calls.append((entered + 9 * DAY, c.ReopenDeal(deal_id=deal, stage="identify")))
            elif chance.random() < 0.1:
                calls.append(
                    (entered + 9 * DAY, c.CorrectClosing(deal_id=deal, closed_on=day - DAY, amount=yuan(5)))
                )
            day += chance.randrange(1, 260) * DAY
    stricter = LifecyclePolicy(
        name="default", loyal_purchases=2, loyal_within_days=150, dormant_after_days=90
    )
    calls.append((FIRST + 200 * DAY, PublishLifecyclePolicy(policy=stricter)))
    calls.sort(key=lambda one: one[0])
    for day in sorted({day for day, _ in calls}):
        now = context(now=late(day), reason="as it was")
        given = [Call(command, now) for at, command in calls if at == day]
        done = await books.office.handler.execute_many(given)
        assert [one for one in done if isinstance(one, DomainError)] == []


async def _compare(books: Books, seen: list[Recorded], position: int | None, since: date, on: date) -> None:
    by_customer: defaultdict[UUID, list[date]] = defaultdict(list)
    for one in sorted(bought(seen, on), key=attrgetter("day")):
        by_customer[one.customer_id].append(one.day)
    registered = {e.originator_id for e in seen if e.fact.TOPIC == "customer.registered"}
    silent = len(registered - by_customer.keys())
    at = await asking.asked(books.pool, on, position, None)
    policy = await asking.policy_at(books.pool, "default", at)
    assert policy == _in_force(seen, on)

    values = {one.stage: one for one in await tables.stages(books.pool, at, policy)}
    expected = dict.fromkeys(LifecycleStage, 0) | {LifecycleStage.PROSPECT: silent}
    for days in by_customer.values():
        expected[stage_on(days, policy, on).stage] += 1
    assert {stage: one.customers for stage, one in values.items()} == expected
    money = sum((one.amount for one in bought(seen, on) if one.amount is not None), Decimal(0))
    assert sum((one.revenue.get("CNY", Decimal(0)) for one in values.values()), Decimal(0)) == money

    days_of = list(by_customer.values())
    policies = _in_force(seen, since), policy
    counted = pure.transitions(days_of, policies, since, on)
    counted[LifecycleStage.PROSPECT, LifecycleStage.PROSPECT] += silent
    found = await tables.transitions(books.pool, at, since, policies)
    assert {(one.before, one.after): one.customers for one in found} == {
        k: n for k, n in counted.items() if n
    }
    assert await tables.cohorts(books.pool, at, 12) == _cohorts(days_of, on)
    assert await tables.churn(books.pool, at, policy, 12) == pure.churn(days_of, policy, on)


def _in_force(seen: list[Recorded], on: date) -> LifecyclePolicy:
    published: list[Any] = [
        one.fact
        for one in seen
        if one.fact.TOPIC == "lifecycle-policy.published" and one.occurred_at.date() <= on
    ]
    return published[-1].policy if published else DEFAULT_LIFECYCLE


def _cohorts(days_of: list[list[date]], on: date) -> list[pure.Cohort]:
    """By looking at each month of each customer."""
    cohorts: defaultdict[tuple[int, int], list[list[date]]] = defaultdict(list)
    for days in days_of:
        cohorts[days[0].year, days[0].month].append(days)
    return [_cohort(year, month, those, on) for (year, month), those in sorted(cohorts.items())]


def _cohort(year: int, month: int, those: list[list[date]], on: date) -> pure.Cohort:
    bought_in: list[int | None] = []
    again_by: list[int | None] = []
    for n in range(1, 13):
        number = year * 12 + month - 1 + n
        begun = number <= on.year * 12 + on.month - 1
        numbers = [[d.year * 12 + d.month - 1 for d in days] for days in those]
        bought_in.append(sum(number in of for of in numbers) if begun else None)
        again_by.append(sum(len([m for m in of if m <= number]) > 1 for of in numbers) if begun else None)
    return pure.Cohort(date(year, month, 1), len(those), tuple(bought_in), tuple(again_by))
