"""Domain room: what may be asked of meeting schedules and meetings, in the imperative. Decisions are in `decisions.py`.

People's commands name who gives them; what timers say too late is silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen

from domain.cycle.facts import AgendaItem
from domain.cycle.policy import Step
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.fields import FLAT, Key, LongText, NeededText
from domain.engine.references import CycleId, PersonId
from domain.figures.scope import Scope
from domain.meeting.meeting import Meeting
from domain.meeting.plan import Plan, schedule_id
from domain.meeting.schedule import MeetingSchedule


class SetMeetingSchedule(Command):
    """A scope meets weekly, or monthly. There is one schedule of each; set again it is changed, the same again is silence."""

    scope: Scope
    plan: Annotated[Plan, FLAT]

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return MeetingSchedule, schedule_id(self.scope, self.plan.cadence)


class ScheduleCommand(Command, about=MeetingSchedule):
    schedule_id: UUID


class CancelMeetingSchedule(ScheduleCommand):
    """No more meetings are called; one that was called stays."""

    why: NeededText


class CallMeeting(ScheduleCommand):
    """A timer says: the `number`-th meeting is near. Its agenda comes from the pack of `cycle_id` as known at `position`. Whoever did not
    record the meeting before has no more time to.
    """

    arming: int
    number: int
    agenda: tuple[AgendaItem, ...] = ()
    cycle_id: CycleId | None = None
    position: int = 0
    pack_digest: Key = ""


class MeetingCommand(Command, about=Meeting):
    meeting_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be decided, of whom and until when. With a `choice` it was decided at the meeting."""

    decision_id: UUID
    question: NeededText
    of: PersonId
    due_at: datetime
    choice: LongText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An action item that was agreed on: who does what, until when."""

    item_id: UUID
    what: NeededText
    owner_id: PersonId
    due_at: datetime
    manager_id: PersonId | None = None


class HoldMeeting(MeetingCommand):
    """It took place: who was present, what was said, decided and agreed on; all in one commit. The same again is silence."""

    held_by: PersonId
    present: Annotated[tuple[PersonId, ...], MaxLen(500)] = ()
    notes: LongText = ""
    decisions: Annotated[tuple[Question, ...], MaxLen(50)] = ()
    action_items: Annotated[tuple[Agreed, ...], MaxLen(50)] = ()

    def concerns(self, held: Aggregate) -> bool:
        return isinstance(held, Meeting) and held.chair_id == self.held_by


class AskMeetingDecision(MeetingCommand):
    question: Question


class TakeMeetingDecision(MeetingCommand):
    """By whom it was asked of; or, when that is overdue, by who was told."""

    decision_id: UUID
    taken_by: PersonId
    choice: NeededText

    def concerns(self, held: Aggregate) -> bool:
        return isinstance(held, Meeting) and held.may_decide(self.decision_id, self.taken_by)


class HandOverMeetingDecision(MeetingCommand):
    decision_id: UUID
    to: PersonId


class ChangeChair(MeetingCommand):
    to: PersonId


class CancelMeeting(MeetingCommand):
    why: NeededText


class MeetingTimer(MeetingCommand):
    """What is done, and whom was told already, is silence."""

    step: Step
    subject_id: UUID | None = None


class RemindMeeting(MeetingTimer):
    pass


class EscalateMeeting(MeetingTimer):
    pass
