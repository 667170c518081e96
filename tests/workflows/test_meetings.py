"""Review meetings in virtual time: a schedule calls them, each is followed up by a clock of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.action_item.commands import FinishActionItem
from domain.cycle.policy import Cadence, Step
from domain.figures.queries import Pack
from domain.figures.scope import Scope, team
from domain.meeting import commands as c
from domain.meeting.facts import MeetingCalled
from domain.meeting.plan import Plan, meeting_id, schedule_id
from tests.workflows.figures import LedgerFigures
from tests.workflows.test_action_items_and_adjustments import ended, move
from tests.workflows.turns import HEAD, MANAGER, REVIEW, Turn, at, begin
from tests.workflows.world import MOMENT, World, until
from workflows.engine.messages import workflow_id

WEEKLY = Plan(cadence=Cadence.WEEKLY, day=3, at="09:30", above_id=HEAD)


class TeamsTurn(Turn):
    """The cycle of the whole team."""

    @property
    def scope(self) -> Scope:
        return team(self.world.office.team_id)

    @property
    def schedule_id(self) -> UUID:
        return schedule_id(self.scope, Cadence.WEEKLY)

    def meeting(self, number: int) -> UUID:
        return meeting_id(self.schedule_id, number)

    async def called(self, number: int) -> MeetingCalled:
        fact = await self.world.fact(self.meeting(number), "meeting.called")
        assert isinstance(fact, MeetingCalled)
        return fact

    async def agenda(self, number: int) -> list[tuple[str, str]]:
        return [(item.code, item.detail) for item in (await self.called(number)).agenda]


async def weekly(world: World) -> TeamsTurn:
    """Meetings on Wednesdays, from the seventh of May on."""
    turn = await begin(world)
    turn = TeamsTurn(turn.world, turn.rep_id, turn.deal_id)
    await turn.run(c.SetMeetingSchedule(scope=turn.scope, plan=WEEKLY), at(5, 2))
    return turn


async def call(turn: TeamsTurn, day: int) -> None:
    await move(turn.world, "meeting-schedule", turn.schedule_id, at(5, day))


def holding(turn: TeamsTurn, number: int, **changes: Any) -> c.HoldMeeting:
    held: dict[str, Any] = {"meeting_id": turn.meeting(number), "held_by": MANAGER, "notes": "short"}
    return c.HoldMeeting(**(held | changes))


async def hold_first(turn: TeamsTurn) -> tuple[UUID, UUID]:
    """A decision of the rep until the eighth, an action item until the ninth."""
    decision, item = uuid.uuid4(), uuid.uuid4()
    question = c.Question(decision_id=decision, question="one list?", of=turn.rep_id, due_at=at(5, 8, 17))
    agreed = c.Agreed(item_id=item, what="call ten", owner_id=turn.rep_id, due_at=at(5, 9, 17))
    await turn.run(
        holding(turn, 1, present=(turn.rep_id,), decisions=(question,), action_items=(agreed,)), at(5, 7)
    )
    return decision, item


async def test_a_weekly_meeting_has_its_agenda_from_the_pack_and_from_the_meeting_before(
    virtual: World,
) -> None:
    turn = await weekly(virtual)
    await turn.aim(40)
    await turn.open()
    await turn.move(REVIEW + MOMENT)
    await call(turn, 6)
    first, cycle = await turn.called(1), await turn.cycle()
    assert (first.starts_at, first.chair_id) == (at(5, 7, 9).replace(minute=30), MANAGER)
    assert (first.cycle_id, first.position, first.pack_digest) == (
        cycle.id,
        cycle.review_position,
        cycle.pack_digest,
    )
    assert await turn.agenda(1) == [("target-missed", "activities:call")]

    decision, item = await hold_first(turn)
    await call(turn, 14)
    left = [("target-missed", "activities:call"), ("action-item-not-done", "open"), ("decision-open", "")]
    assert await turn.agenda(2) == left
    assert [a.subject_id for a in (await turn.called(2)).agenda[1:]] == [item, decision]

    await turn.run(FinishActionItem(item_id=item), at(5, 9))
    await turn.run(holding(turn, 2), at(5, 14))
    await call(turn, 21)
    assert await turn.agenda(3) == [("target-missed", "activities:call")]


async def test_a_meeting_talks_about_the_points_that_the_review_froze_whatever_code_computes_later(
    virtual: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await weekly(virtual)
    await turn.aim(40)
    await turn.open()
    await turn.move(REVIEW + MOMENT)

    async def otherwise(*_: object) -> Pack:
        return Pack("cd" * 32, ())

    monkeypatch.setattr(LedgerFigures, "freeze_pack", otherwise)
    await call(turn, 6)
    assert await turn.agenda(1) == [("target-missed", "activities:call")]


async def test_what_a_meeting_decided_and_agreed_on_is_followed_up(virtual: World) -> None:
    turn = await weekly(virtual)
    await call(turn, 6)
    decision, item = await hold_first(turn)
    await move(virtual, "meeting", turn.meeting(1), at(5, 12))
    told = [f.fact for f in await virtual.facts(turn.meeting(1), "meeting.reminded", "meeting.escalated")]
    assert [(f.TOPIC, f.step, f.told, f.subject_id) for f in told] == [  # type: ignore[attr-defined]
        ("meeting.reminded", Step.DECIDE, turn.rep_id, decision),
        ("meeting.escalated", Step.DECIDE, MANAGER, decision),
    ]
    await move(virtual, "action-item", item, at(5, 15))
    assert await virtual.topics(item, "action-item.missed", "action-item.escalated") == [
        "action-item.missed",
        "action-item.escalated",
    ]
    taken = c.TakeMeetingDecision(
        meeting_id=turn.meeting(1), decision_id=decision, taken_by=MANAGER, choice="one"
    )
    await turn.run(taken, at(5, 12))
    assert await ended(virtual, "meeting", turn.meeting(1))


async def lapsing(world: World) -> AsyncIterator[tuple[str, str]]:
    """Nobody records the first meeting; after the second is called there shall be no more."""
    turn = await weekly(world)
    await call(turn, 6)
    await move(world, "meeting", turn.meeting(1), at(5, 13))
    await call(turn, 14)
    assert await ended(world, "meeting", turn.meeting(1))
    yield "meeting", workflow_id("meeting", turn.meeting(1))
    await turn.run(c.CancelMeetingSchedule(schedule_id=turn.schedule_id, why="enough"), at(5, 14))
    assert await ended(world, "meeting-schedule", turn.schedule_id)
    yield "meeting-schedule", workflow_id("meeting-schedule", turn.schedule_id)


async def test_a_meeting_that_nobody_records_is_told_upwards_and_lapses(virtual: World) -> None:
    assert [name async for name, _ in lapsing(virtual)] == ["meeting", "meeting-schedule"]
    id = meeting_id(schedule_id(team(virtual.office.team_id), Cadence.WEEKLY), 1)
    told = [f.fact for f in await virtual.facts(id, "meeting.reminded", "meeting.escalated")]
    assert [(f.TOPIC, f.told) for f in told] == [  # type: ignore[attr-defined]
        ("meeting.reminded", MANAGER),
        ("meeting.escalated", HEAD),
    ]
    assert (await virtual.topics(id))[-1] == "meeting.lapsed"


async def test_a_schedule_can_be_changed_and_cancelled(virtual: World) -> None:
    turn = await weekly(virtual)
    thursdays = c.SetMeetingSchedule(scope=turn.scope, plan=replace(WEEKLY, day=4))
    await turn.run(thursdays, at(5, 2, 11))
    handle = virtual.client.get_workflow_handle(workflow_id("meeting-schedule", turn.schedule_id))
    await call(turn, 8)
    assert (await turn.called(1)).starts_at == at(5, 8, 9).replace(minute=30)

    await turn.run(c.CancelMeetingSchedule(schedule_id=turn.schedule_id, why="enough"), at(5, 8))
    assert await ended(virtual, "meeting-schedule", turn.schedule_id)
    await turn.run(thursdays, at(5, 12))

    async def runs_again() -> bool:
        return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING

    await until(runs_again)
    await call(turn, 15)
    assert (await turn.called(2)).starts_at == at(5, 15, 9).replace(minute=30)
