"""The lifecycle of customers as tables: for any day and as known at any position what the raw events come to."""

from __future__ import annotations

import uuid
from decimal import Decimal

from benchmarks.lifecycle.proof import prove
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers
from domain.lifecycle.policy import LifecycleStage
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from projections.lifecycle import agenda, asking, tables
from tests.house import migrate_all
from tests.projections.buying import DAY, FIRST, won
from tests.projections.telling import Books

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
