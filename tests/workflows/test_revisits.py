"""Revisits: the sweep promises them by the policy, once; one far ahead has no workflow, one that is near is said in time."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.service import RPCError, RPCStatusCode

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers
from domain.deal.commands import LoseDeal
from domain.engine.command_handler import CommandHandler
from domain.lifecycle.policy import LifecycleStage
from domain.people.people import RepLeaves
from domain.revisit.commands import MoveRevisit, RecordRevisit
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from domain.revisit.revisit import revisit_of
from projections.ports.revisits import RevisitReads
from tests.workflows.test_action_items_and_adjustments import ended, move, next_kind
from tests.workflows.test_sweep import sweep
from tests.workflows.world import MOMENT, Running, World, until
from workflows.engine.messages import workflow_id
from workflows.revisit.follower import RevisitFollower, RevisitReactions
from workflows.sweep.messages import SweepReport

DAY = timedelta(days=1)
POLICY = RevisitPolicy(name="default", rules=(RevisitRule(LifecycleStage.PROSPECT, 60),))


async def a_customer(world: World) -> UUID:
    customer = uuid.uuid4()
    await world.run(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    return customer


async def lost(world: World, customer: UUID) -> None:
    deal = await world.open_deal(customer_id=customer)
    await world.run(LoseDeal(deal_id=deal, loss_reason="price"))
    await world.ended(deal)


async def topics(world: World, customer: UUID) -> list[str]:
    return [one.fact.TOPIC for one in await world.facts(revisit_of(customer), "revisit")]


async def has_run(world: World, customer: UUID) -> bool:
    try:
        await world.client.get_workflow_handle(workflow_id("revisit", revisit_of(customer))).describe()
    except RPCError as failure:
        if failure.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def test_who_has_no_open_deal_is_promised_a_revisit_and_let_go_when_one_is_opened(
    virtual: World,
) -> None:
    customer, other = await a_customer(virtual), await a_customer(virtual)
    await lost(virtual, customer)
    assert await sweep(virtual, 0) == SweepReport(), "no policy was published"
    await virtual.run(PublishRevisitPolicy(policy=POLICY))

    assert await sweep(virtual, 0) == SweepReport(revisits=1, without_revisit=1)
    assert await sweep(virtual, 0) == SweepReport(revisits=1), "once, and it rests without a workflow"
    await virtual.delivered()
    assert not await has_run(virtual, customer)
    assert await topics(virtual, other) == [], "nobody ever had a deal with them"

    await virtual.open_deal(customer_id=customer)
    await sweep(virtual, 1)
    assert await topics(virtual, customer) == ["revisit.promised", "revisit.released"]
    await virtual.run(RepLeaves(rep_id=virtual.office.rep_id))
    assert (await sweep(virtual, 1)).without_revisit == 0


async def test_one_that_is_near_has_a_workflow_that_speaks_in_time(virtual: World) -> None:
    customer = await a_customer(virtual)
    revisit = revisit_of(customer)
    await lost(virtual, customer)
    await virtual.run(PublishRevisitPolicy(policy=POLICY))
    await sweep(virtual, 0)
    await virtual.read()
    assert await near(virtual, datetime.now(UTC)) == []
    assert await near(virtual, datetime.now(UTC) + 90 * DAY) == [revisit], "by the time that is asked for"
    due = datetime.now(UTC) + timedelta(hours=30)
    await virtual.run(MoveRevisit(revisit_id=revisit, due_at=due))
    assert await next_kind(virtual, "revisit", revisit) == "remind"

    await virtual.client.get_workflow_handle(workflow_id("revisit", revisit)).terminate("lost, for the test")
    assert (await sweep(virtual, 0)).without_clock == 1, "as after a restored backup"
    await move(virtual, "revisit", revisit, due + MOMENT)
    assert await topics(virtual, customer) == [
        *("revisit.promised", "revisit.moved", "revisit.reminded", "revisit.missed"),
    ]
    await virtual.run(RecordRevisit(revisit_id=revisit), now=due + DAY)
    assert await ended(virtual, "revisit", revisit)

    await until(lambda: promised_again(virtual, customer))


async def near(world: World, now: datetime) -> list[UUID]:
    """Those that need a workflow by then."""
    assert world.context is not None
    return [*await world.context.loads.going_on("revisit", now, None, 9)]


async def promised_again(world: World, customer: UUID) -> bool:
    await sweep(world, 0)
    return (await topics(world, customer))[-1] == "revisit.promised"


@asynccontextmanager
async def following(world: World, clock: datetime) -> AsyncIterator[None]:
    """The follower of revisits, for whom it is that time."""
    office = world.office
    customers = RevisitReads(office.ledger.pool)
    reactions = RevisitReactions(CommandHandler(office.ledger), customers, lambda: clock)
    follower = Running(RevisitFollower(office.url, world.store, reactions).run)

    async def has_begun() -> bool:
        return await world.store.position("revisits") > 0

    await until(has_begun)
    yield
    await follower.stop()


async def said(world: World, customer: UUID, *expected: str) -> None:
    """Wait until the customer's revisit has just these facts."""

    async def are_there() -> bool:
        return await topics(world, customer) == [f"revisit.{one}" for one in expected]

    await until(are_there)


async def test_whoever_follows_promises_it_and_lets_it_go_before_a_round_of_the_sweep(virtual: World) -> None:
    customer, twin = await a_customer(virtual), await a_customer(virtual)
    clock = datetime.now(UTC) + 90 * DAY
    async with following(virtual, clock):
        await lost(virtual, customer)
        await virtual.run(PublishRevisitPolicy(policy=POLICY))
        await said(virtual, customer, "promised")
        deal = await virtual.open_deal(customer_id=customer)
        await said(virtual, customer, "promised", "released")
        await virtual.run(LoseDeal(deal_id=deal, loss_reason="price"))
        await said(virtual, customer, "promised", "released", "promised")
        (first, *_) = await virtual.facts(revisit_of(customer), "revisit.promised")
        assert first.fact.deadlines.due_at > clock, "its clock is the time, and not the machine's"  # type: ignore[attr-defined]
        await virtual.run(RecordRevisit(revisit_id=revisit_of(customer)), now=clock + DAY)
        await said(virtual, customer, "promised", "released", "promised", "ended", "promised")

        await virtual.run(MergeCustomers(customer_id=twin, gone_id=customer))
        await said(virtual, customer, "promised", "released", "promised", "ended", "promised", "released")
        await said(virtual, twin, "promised")
    assert await sweep(virtual, 0) == SweepReport(revisits=1)
