"""What a person owes the loop finds new owners: when a rep leaves, and when a team gets another manager."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from domain.action_item.action_item import ActionItem
from domain.action_item.commands import OpenActionItem
from domain.adjustment.adjustment import Adjustment
from domain.adjustment.commands import StartAdjustment
from domain.cycle import commands as c
from domain.cycle.policy import Cadence
from domain.deal.commands import LoseDeal
from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.figures.scope import team
from domain.lead.commands import AllocateLead, CaptureLead
from domain.lead.lead import Lead
from domain.meeting import commands as m
from domain.meeting.meeting import Meeting
from domain.meeting.plan import Plan, meeting_id, schedule_id
from domain.meeting.schedule import MeetingSchedule
from domain.people.people import FormTeam, HireRep, Rep, RepLeaves
from domain.target.commands import ProposeTarget
from domain.target.target import Target, target_id
from domain.time.periods import Window
from tests.workflows.test_rollout_and_handover import handed_over
from tests.workflows.turns import APRIL, CALLS, MANAGER, Turn, at, begin
from tests.workflows.world import World
from workflows.people.handover import ManagerHandoverWorkflow, RepHandoverWorkflow
from workflows.people.messages import Handover, HandoverCount, SuccessionCount, following_id

HEIR = UUID(int=0xA9)
WEEKLY = Plan(cadence=Cadence.WEEKLY, day=3, at="09:30", chair_id=MANAGER)


A = TypeVar("A", bound=Aggregate)


async def loaded(world: World, kind: type[A], id: UUID) -> A:
    found = (await world.office.ledger.load({id: kind}))[id]
    assert isinstance(found, kind)
    return found


async def an_item(world: World, owner: UUID) -> UUID:
    item = uuid.uuid4()
    opening = OpenActionItem(item_id=item, what="call ten", owner_id=owner, due_at=at(6, 2))
    await world.run(opening, now=at(5, 5))
    return item


async def reviewed(turn: Turn, of: UUID) -> UUID:
    """April's review has opened, and somebody is asked for a decision."""
    decision = uuid.uuid4()
    await turn.open(metrics=())
    await turn.run(c.StartExecution(cycle_id=turn.id(), arming=1), at(4, 1))
    await turn.run(c.OpenReview(cycle_id=turn.id(), arming=1, position=1, pack_digest="ab" * 32), at(5, 2))
    ask = c.AskDecision(
        cycle_id=turn.id(), decision_id=decision, question="one list?", of=of, due_at=at(6, 2)
    )
    await turn.run(ask, at(5, 2))
    return decision


async def a_meeting(world: World, of: UUID) -> tuple[UUID, UUID]:
    """Its schedule names the manager as chair; a decision is asked for."""
    scope, decision = team(world.office.team_id), uuid.uuid4()
    schedule = schedule_id(scope, Cadence.WEEKLY)
    await world.run(m.SetMeetingSchedule(scope=scope, plan=WEEKLY), now=at(5, 2))
    await world.run(m.CallMeeting(schedule_id=schedule, arming=1, number=1), now=at(5, 6))
    meeting = meeting_id(schedule, 1)
    question = m.Question(decision_id=decision, question="one list?", of=of, due_at=at(6, 2))
    await world.run(m.AskMeetingDecision(meeting_id=meeting, question=question), now=at(5, 7))
    return meeting, decision


async def test_a_leaving_reps_action_items_and_decisions_are_handed_over(real: World) -> None:
    turn = await begin(real)
    first, second = await real.office.hire(), await real.office.hire()
    items = [await an_item(real, turn.rep_id) for _ in range(4)]
    decision = await reviewed(turn, turn.rep_id)
    meeting, asked = await a_meeting(real, turn.rep_id)
    elsewhere = await an_item(real, MANAGER)

    await real.run(RepLeaves(rep_id=turn.rep_id))

    assert (await handed_over(real, turn.rep_id)).items == 4
    owners = [(await loaded(real, ActionItem, item)).owner_id for item in items]
    assert {owners.count(rep) for rep in (first, second)} <= {1, 2, 3}
    assert owners.count(first) + owners.count(second) == 4
    assert (await turn.cycle()).asked[decision] == MANAGER
    assert (await loaded(real, Meeting, meeting)).asked[asked] == MANAGER
    assert (await loaded(real, ActionItem, elsewhere)).owner_id == MANAGER
    (told,) = await real.facts(items[0], "action-item.handed-over")
    assert (told.meta.actor.id, told.meta.reason) == (f"handover-{turn.rep_id}", "the owner left")


async def test_action_items_that_nobody_else_can_take_go_to_the_manager(real: World) -> None:
    alone = await real.somebody_alone()
    rep = await loaded(real, Rep, alone)
    assert rep.team_id is not None
    await real.run(FormTeam(team_id=rep.team_id, name="South", manager_id=MANAGER))
    item = await an_item(real, alone)

    await real.run(RepLeaves(rep_id=alone))

    assert await handed_over(real, alone) == HandoverCount(items=1)
    assert (await loaded(real, ActionItem, item)).owner_id == MANAGER


async def test_what_was_the_part_of_a_teams_manager_is_the_next_ones(real: World) -> None:
    turn = await begin(real)
    office, scope = real.office, team(real.office.team_id)
    decision = await reviewed(turn, MANAGER)
    meeting, asked = await a_meeting(real, MANAGER)
    adjustment = uuid.uuid4()
    proposal = ProposeTarget(
        metric=CALLS, number=Decimal(40), unit="count", period=APRIL, scope=scope, owner_id=MANAGER,
        achievable="two calls a day", relevant="fills the pipeline",
    )  # fmt: skip
    starting = StartAdjustment(
        adjustment_id=adjustment, hypothesis="a call list", scope=scope, metric=CALLS, owner_id=MANAGER,
        baseline=Window(date(2031, 3, 1), date(2031, 3, 30)), starts=date(2031, 4, 1), horizon=date(2031, 4, 30),
    )  # fmt: skip
    await turn.run(proposal, at(3, 20))
    await turn.run(starting, at(3, 28))
    elsewhere = await an_item(real, MANAGER)

    done = await real.run(FormTeam(team_id=office.team_id, name="North", manager_id=HEIR))
    id = f"manager-handover-{office.team_id}-{done.position}"
    counted = await real.client.get_workflow_handle_for(ManagerHandoverWorkflow.run, id).result()

    assert counted == SuccessionCount(handed=7)
    cycle, held = await turn.cycle(), await loaded(real, Meeting, meeting)
    assert (cycle.people.owner_id, cycle.people.manager_id) == (turn.rep_id, HEIR)
    assert (cycle.asked[decision], held.asked[asked], held.chair_id) == (HEIR, HEIR, HEIR)
    assert (await loaded(real, Adjustment, adjustment)).owner_id == HEIR
    assert (await loaded(real, Target, target_id(CALLS, scope, APRIL))).owner_id == HEIR
    plan = (await loaded(real, MeetingSchedule, schedule_id(scope, Cadence.WEEKLY))).plan
    assert plan is not None
    assert plan.chair_id == HEIR
    assert (await loaded(real, ActionItem, elsewhere)).owner_id == MANAGER, "it is of no team"


async def test_what_a_rep_who_changed_teams_owns_goes_along(real: World) -> None:
    turn = await begin(real)
    await turn.open(metrics=())
    rep, south = turn.rep_id, uuid.uuid4()
    await real.office.hire()
    deal, lost = await real.open_deal(), await real.open_deal()
    await real.run(LoseDeal(deal_id=lost, loss_reason="price"))
    item, lead = await an_item(real, rep), uuid.uuid4()
    await real.run(CaptureLead(lead_id=lead, name="Chen Yu"))
    await real.run(AllocateLead(lead_id=lead, to=rep))
    await real.run(FormTeam(team_id=south, name="South", manager_id=HEIR))

    done = await real.run(HireRep(rep_id=rep, name="Zhang Min", team_id=south))
    followed = real.client.get_workflow_handle_for(RepHandoverWorkflow.run, following_id(rep, done.position))

    assert await followed.result() == HandoverCount(handed=2, items=1)
    for kind, id in ((Deal, deal), (ActionItem, item), (Lead, lead)):
        held = await loaded(real, kind, id)
        assert (held.owner_id, held.team_id) == (rep, south), kind
    assert (await loaded(real, Deal, deal)).promise is not None
    assert (await loaded(real, Deal, lost)).team_id == real.office.team_id, (
        "what is closed stays where it was"
    )
    people = (await turn.cycle()).people
    assert (people.team_id, people.manager_id) == (south, HEIR)
    (changed,) = await real.facts(deal, "deal.owner-changed")
    assert changed.meta.reason == "the owner changed teams"
    assert (changed.fact.before, changed.fact.after) == (rep, rep)  # type: ignore[attr-defined]

    await real.deliver_again()
    assert len(await real.facts(deal, "deal.owner-changed")) == 1
    await real.run(RepLeaves(rep_id=rep))
    assert await handed_over(real, rep) == HandoverCount(left=2, items=1), "a later leave is another matter"


async def test_a_rep_who_comes_back_takes_along_what_was_found_in_its_place_meanwhile(real: World) -> None:
    """That it was there is an answer to then, not to whoever asks the same of the same deal later."""
    turn = await begin(real)
    rep, north, south = turn.rep_id, real.office.team_id, uuid.uuid4()
    deal, item = await real.open_deal(), await an_item(real, rep)
    await real.run(FormTeam(team_id=south, name="South"))

    async def moves(team: UUID) -> None:
        done = await real.run(HireRep(rep_id=rep, name="Zhang Min", team_id=team))
        followed = real.client.get_workflow_handle_for(
            RepHandoverWorkflow.run, following_id(rep, done.position)
        )
        await followed.result()

    await moves(south)
    await real.client.execute_workflow(
        RepHandoverWorkflow.run,
        Handover(rep, 0, moved=True),
        id=following_id(rep, 0),
        task_queue=real.deliverer.task_queue,
    )
    await moves(north)
    for kind, id in ((Deal, deal), (ActionItem, item)):
        assert (await loaded(real, kind, id)).team_id == north, kind
