"""The lifecycle of customers as tables: for any day and as known at any position what the raw events come to."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from benchmarks.lifecycle.proof import prove
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers, UnmergeCustomer
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.deal import commands as c
from domain.engine.command import Command
from domain.lifecycle.policy import LifecycleStage
from domain.revisit.commands import PromiseRevisit, RecordRevisit
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from domain.revisit.revisit import revisit_of
from projections.engine.paging import Source
from projections.lifecycle import agenda, asking, lives, tables
from projections.lifecycle.asking import Asked
from projections.ports.revisits import RevisitReads
from tests.house import migrate_all
from tests.projections.buying import DAY, FIRST, late, won
from tests.projections.telling import Books, yuan

REVISITS = RevisitPolicy(name="default", rules=(RevisitRule(LifecycleStage.REPEAT, 30),))


async def test_lifecycle_tables_are_what_the_raw_events_come_to_on_both_clocks(database_url: str) -> None:
    """`make prove-lifecycle` does this for 20,000 customers."""
    migrate_all(database_url)
    said: list[str] = []
    assert await prove(database_url, seed=15, customers=240, many=20, say=said.append) == []
    assert len([one for one in said if one.endswith(": equal")]) == 40, "each day as known at two times"


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


async def test_what_is_kept_of_now_is_what_reading_all_says_after_every_change(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Purchases are read whole once; then those of the customers whom a change concerns."""
    whole: list[object] = []
    read = lives.lives

    async def noted(source: Source, at: Asked, ids: Collection[UUID] | None = None) -> dict[UUID, lives.Life]:
        if ids is None and source is books.pool:
            whole.append(at)
        return await read(source, at, ids)

    monkeypatch.setattr(lives, "lives", noted)
    acme, twin, third = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    first, second = uuid.uuid4(), uuid.uuid4()
    changes: list[Command] = [
        *(RegisterCustomer(customer_id=id, profile=Profile(name=f"Acme {id}")) for id in (acme, twin, third)),
        won(books, acme, FIRST, 50, first),
        won(books, acme, FIRST + 40 * DAY, 60),
        won(books, twin, FIRST + 9 * DAY, 70, second),
        c.CorrectClosing(deal_id=first, closed_on=FIRST + 3 * DAY, amount=yuan(55)),
        MergeCustomers(customer_id=acme, gone_id=twin),
        won(books, twin, FIRST + 100 * DAY, 80),
        MergeCustomers(customer_id=third, gone_id=acme),
        c.CorrectDeal(deal_id=second, customer_id=third),
        UnmergeCustomer(customer_id=acme, rest_stays=True),
        c.ReopenDeal(deal_id=first, stage="identify"),
        UnmergeCustomer(customer_id=twin, rest_stays=True),
    ]
    on = FIRST + 200 * DAY
    for change in changes:
        await books.given(change, reason="as it was", now=late(on))
        await books.follow()
        assert await of_now(books.pool, on) == await of_now(books.connection, on), change
    assert len(whole) == 1


async def of_now(source: Source, on: date) -> list[object]:
    at = await asking.asked(source, on, None, None)
    policy = await asking.policy_at(source, "default", at)
    return [
        await tables.stages(source, at, policy),
        await tables.transitions(source, at, on - 90 * DAY, (policy, policy)),
        await tables.cohorts(source, at, 12),
        await tables.churn(source, at, policy, 12),
    ]


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", 3), ("Pacific/Honolulu", 2)])
async def test_a_customer_was_seen_on_the_company_s_day(books: Books, zone: str, day: int) -> None:
    """At 11 in the morning (UTC) it is the next day where the company is, or still the same: whatever the database's clock says."""
    acme, seen_at = uuid.uuid4(), datetime(2026, 3, 2, 11, tzinfo=UTC)
    calendar = replace(DEFAULT_CYCLE_POLICY.calendar, timezone=zone)
    await books.given(
        PublishCyclePolicy(policy=replace(DEFAULT_CYCLE_POLICY, calendar=calendar)),
        RegisterCustomer(customer_id=acme, profile=Profile(name="Acme")),
        PromiseRevisit(customer_id=acme, owner_id=books.office.rep_id, due_at=seen_at + 9 * DAY),
    )
    await books.given(RecordRevisit(revisit_id=revisit_of(acme)), now=seen_at)
    await books.follow()
    (found,) = await RevisitReads(books.pool).some([acme])
    assert found.seen_on == date(2026, 3, day)
