"""A new policy version reaches every open deal; a leaving rep's deals find new owners."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from domain.deal.commands import LoseDeal
from domain.deal.deal import Deal
from domain.people.people import RepLeaves
from domain.time.duration import Duration
from tests.workflows.world import MOMENT, World, hours_policy, times
from workflows.people.handover import RepHandoverWorkflow
from workflows.people.messages import HandoverCount, handover_id
from workflows.policy.messages import RolloutCount, rollout_id
from workflows.policy.rollout import PolicyRolloutWorkflow

START = datetime(2031, 1, 8, 2, 0, tzinfo=UTC)


async def rolled_out(world: World, policy: str, version: int) -> RolloutCount:
    handle = world.client.get_workflow_handle_for(PolicyRolloutWorkflow.run, rollout_id(policy, version))
    return await handle.result()


async def handed_over(world: World, rep_id: UUID) -> HandoverCount:
    handle = world.client.get_workflow_handle_for(RepHandoverWorkflow.run, handover_id(rep_id))
    return await handle.result()


async def owners(world: World, deals: list[UUID]) -> Counter[UUID]:
    loaded = await world.office.ledger.load(dict.fromkeys(deals, Deal))
    return Counter(deal.owner_id for deal in loaded.values() if isinstance(deal, Deal))


async def test_a_policy_change_sets_the_running_timers_anew_and_says_how_many(virtual: World) -> None:
    await virtual.publish(hours_policy())
    deal = await virtual.open_deal(START, policy="hours")
    named = await virtual.open_deal(START, due_at=START + timedelta(hours=30), policy="hours")
    other = await virtual.open_deal(START)
    closed = await virtual.open_deal(START, policy="hours")
    await virtual.run(LoseDeal(deal_id=closed, loss_reason="price"), now=START)

    await virtual.publish(hours_policy(due_after=Duration(20, "hours")), now=START + timedelta(hours=1))

    assert await rolled_out(virtual, "hours", 2) == RolloutCount(looked=2, rearmed=2)
    await virtual.delivered()
    assert (await virtual.state(named)).due_at == START + timedelta(hours=30)
    assert (await virtual.state(named)).arming == 2
    assert (await virtual.state(other)).arming == 1
    assert await virtual.topics(closed, "promise.rearmed") == []
    (rearmed,) = await virtual.facts(deal, "promise.rearmed")
    assert rearmed.meta.actor.id == "policy-hours-v2"
    assert rearmed.meta.reason == "version 2 of the policy hours"
    due = (await virtual.state(deal)).due_at
    assert due is not None
    await virtual.at(deal, due + MOMENT)
    assert times(await virtual.facts(deal, "promise.missed")) == [due.replace(second=0, microsecond=0)]


async def test_a_version_is_rolled_out_once(real: World) -> None:
    name = f"hours-{uuid4()}"  # a rollout is called after its policy, and the server is everybody's
    await real.publish(hours_policy(name=name))
    deal = await real.open_deal(policy=name)
    await real.publish(hours_policy(name=name, due_after=Duration(20, "hours")))
    await rolled_out(real, name, 2)
    before = await real.office.ledger.head()

    await real.deliver_again()

    assert await real.office.ledger.head() == before
    assert len(await real.facts(deal, "promise.rearmed")) == 1


async def test_the_deals_of_a_rep_who_left_are_spread_evenly(real: World) -> None:
    office = real.office
    first, second = await office.hire(), await office.hire()
    await real.open_deal(owner_id=first)
    deals = [await real.open_deal() for _ in range(9)]
    won = await real.open_deal()
    await real.run(LoseDeal(deal_id=won, loss_reason="price"))

    await real.run(RepLeaves(rep_id=office.rep_id))

    assert await handed_over(real, office.rep_id) == HandoverCount(handed=9, left=0)
    assert await owners(real, deals) == {first: 4, second: 5}
    assert await owners(real, [won]) == {office.rep_id: 1}
    (changed,) = await real.facts(deals[0], "deal.owner-changed")
    assert (changed.meta.actor.id, changed.meta.reason) == (f"handover-{office.rep_id}", "the owner left")


async def test_deals_nobody_can_take_stay_and_the_manager_is_told(real: World) -> None:
    office = real.office
    deal = await real.open_deal()
    await real.somebody_alone()

    await real.run(RepLeaves(rep_id=office.rep_id))

    assert await handed_over(real, office.rep_id) == HandoverCount(handed=0, left=1)
    (told,) = await real.facts(deal, "promise.escalated")
    assert told.meta.reason == "the owner left and nobody else in the team can take the deal over"
    assert await owners(real, [deal]) == {office.rep_id: 1}
