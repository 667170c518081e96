"""Revisits: the sweep promises them by the policy, once; one far ahead has no workflow, one that is near is said in time."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.service import RPCError, RPCStatusCode

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.commands import LoseDeal
from domain.lifecycle.policy import LifecycleStage
from domain.people.people import RepLeaves
from domain.revisit.commands import MoveRevisit, RecordRevisit
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from domain.revisit.revisit import revisit_of
from tests.workflows.test_action_items_and_adjustments import ended, move, next_kind
from tests.workflows.test_sweep import sweep
from tests.workflows.world import MOMENT, World, until
from workflows.engine.messages import workflow_id
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


async def promised_again(world: World, customer: UUID) -> bool:
    await sweep(world, 0)
    return (await topics(world, customer))[-1] == "revisit.promised"
