"""Domain room: who chairs meetings and takes the decisions that were asked for at them, when somebody leaves or is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from domain.cycle.policy import Step
from domain.meeting.commands import ChangeChair, HandOverMeetingDecision, SetMeetingSchedule
from domain.meeting.meeting import Meeting
from domain.meeting.schedule import MeetingSchedule
from domain.people.handover import HandoverRules, Left, Replaced, Saying


def decisions(meeting: Meeting, of: UUID, heir: UUID | None) -> Iterator[Saying]:
    """Those that a person was asked for."""
    for owed in meeting.waiting:
        if owed.what == Step.DECIDE and owed.owner_id == of and owed.subject_id and heir:
            command = HandOverMeetingDecision(meeting_id=meeting.id, decision_id=owed.subject_id, to=heir)
            yield command, f"{meeting.id}:{owed.subject_id}:handover"


def on_left(meeting: Meeting, left: Left) -> Iterator[Saying]:
    """To the chair, or who is above it."""
    heir = meeting.chair_id if meeting.chair_id != left.rep_id else meeting.above_id
    return decisions(meeting, left.rep_id, heir)


def on_replaced(meeting: Meeting, replaced: Replaced) -> Iterator[Saying]:
    if meeting.team_id != replaced.team_id:
        return
    if meeting.chair_id == replaced.before:
        yield ChangeChair(meeting_id=meeting.id, to=replaced.after), f"{meeting.id}:chair"
    yield from decisions(meeting, replaced.before, replaced.after)


def on_schedule_replaced(schedule: MeetingSchedule, replaced: Replaced) -> Iterator[Saying]:
    if schedule.team_id == replaced.team_id and schedule.plan is not None:
        plan = replace(schedule.plan, chair_id=replaced.after)
        yield SetMeetingSchedule(scope=schedule.scope, plan=plan), f"{schedule.id}:chair"


HANDOVERS = (
    HandoverRules(
        name="meeting",
        aggregate=Meeting,
        goes_on=lambda meeting: meeting.exists and not meeting.is_over,
        left=on_left,
        replaced=on_replaced,
    ),
    HandoverRules(
        name="meeting-schedule",
        aggregate=MeetingSchedule,
        goes_on=lambda schedule: schedule.plan is not None,
        replaced=on_schedule_replaced,
    ),
)
