"""Projections room: review meetings and their schedules — what is on the agenda, what was decided and agreed on, what is still owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.cycle.facts import AgendaItem
from domain.cycle.policy import Step
from domain.engine.facts import FreeText
from domain.figures.scope import Scope
from domain.meeting import facts as f
from domain.meeting.meeting import Meeting
from domain.meeting.plan import Plan
from domain.meeting.schedule import MeetingSchedule, MeetingScheduleSet
from projections.engine.stream_view import ASKED, Events, StreamView

RUNNING, CANCELLED = "running", "cancelled"


class MeetingOwed(msgspec.Struct):
    """A step that somebody owes the meeting (`of` None: nobody chairs it), and who has been told of it."""

    step: Step
    of: UUID | None
    remind_at: datetime
    due_at: datetime
    escalate_at: datetime
    subject_id: UUID | None
    reminded: bool
    escalated: bool


class MeetingDecision(msgspec.Struct, kw_only=True):
    """`of` is who was asked last; `choice` is empty until it was taken."""

    decision_id: UUID
    question: FreeText
    of: UUID
    due_at: datetime
    choice: FreeText = ""
    taken_by: UUID | None = None
    taken_at: datetime | None = None


class MeetingSeen(msgspec.Struct, kw_only=True):
    """The agenda is from the pack of `cycle_id` as known at `pack_position` (0: the scope had none yet), from what is behind, and from
    the meeting before. `over`: nothing of it is owed any more.
    """

    meeting_id: UUID
    schedule_id: UUID
    number: int
    scope: Scope
    team_id: UUID | None
    starts_at: datetime
    status: str
    over: bool
    chair_id: UUID | None
    above_id: UUID | None
    agenda: list[AgendaItem]
    cycle_id: UUID | None
    pack_position: int
    pack_digest: str
    previous_id: UUID | None
    held_at: datetime | None
    held_by: UUID | None
    present: list[UUID]
    notes: FreeText
    decisions: list[MeetingDecision]
    action_items: list[UUID]
    waits: list[MeetingOwed]
    why: FreeText
    position: int
    version: int

    @property
    def scope_key(self) -> str:
        return self.scope.key

    @property
    def waits_until(self) -> datetime | None:
        return self.waits[0].due_at if self.waits else None


class Meetings(StreamView[Meeting, MeetingSeen]):
    name = "meetings"
    columns = (
        "meeting_id",
        "schedule_id",
        "scope_key",
        "team_id",
        "chair_id",
        "starts_at",
        "status",
        "over",
        "waits_until",
    )
    indexes = {
        "starts": "(starts_at, meeting_id)",
        "scope": "(scope_key, starts_at)",
        "team": "(team_id, starts_at, meeting_id)",
        "waits": "(waits_until, meeting_id)",
    }
    order = ("-starts_at", "waits_until")
    open_where = "NOT over"
    owed_by = f"(chair_id = %(person)s OR {ASKED})"

    @classmethod
    def show(cls, aggregate: Meeting, events: Events) -> MeetingSeen:
        called, held = events[0].fact, aggregate.held
        assert isinstance(called, f.MeetingCalled)
        cancelled = [r.fact for r in events if isinstance(r.fact, f.MeetingCancelled)]
        return cls.filled(
            aggregate,
            events,
            schedule_id=called.schedule_id,
            number=called.number,
            starts_at=called.starts_at,
            over=aggregate.is_over,
            agenda=list(called.agenda),
            cycle_id=called.cycle_id,
            pack_position=called.position,
            pack_digest=called.pack_digest,
            previous_id=called.previous_id,
            held_at=next((r.occurred_at for r in events if isinstance(r.fact, f.MeetingHeld)), None),
            held_by=held.held_by if held else None,
            present=list(held.present) if held else [],
            notes=held.notes if held else "",
            decisions=list(_decisions(events, aggregate)),
            action_items=list(held.action_items) if held else [],
            waits=sorted(_owed(aggregate), key=lambda w: (w.due_at, w.step, str(w.subject_id))),
            why=cancelled[-1].why if cancelled else "",
        )


def _owed(meeting: Meeting) -> Iterator[MeetingOwed]:
    for wait in meeting.waiting:
        a = wait.deadlines
        yield MeetingOwed(
            Step(wait.what),
            wait.owner_id,
            a.remind_at,
            a.due_at,
            a.escalate_at,
            wait.subject_id,
            wait.reminded,
            wait.escalated,
        )


def _decisions(events: Events, meeting: Meeting) -> Iterator[MeetingDecision]:
    """In the order they were asked for."""
    facts = [(r.fact, r.occurred_at) for r in events]
    due: dict[Any, datetime] = {
        fact.awaited.subject_id: fact.awaited.due_at
        for fact, _ in facts
        if isinstance(fact, f.MeetingAwaiting)
    }
    taken_at = {fact.decision_id: at for fact, at in facts if isinstance(fact, f.MeetingDecisionTaken)}
    for fact, _ in facts:
        if isinstance(fact, f.MeetingDecisionAsked):
            id, taken = fact.decision_id, meeting.decisions[fact.decision_id]
            yield MeetingDecision(
                decision_id=id,
                question=fact.question,
                of=meeting.asked[id],
                due_at=due[id],
                choice=taken.choice if taken else "",
                taken_by=taken.taken_by if taken else None,
                taken_at=taken_at.get(id),
            )


# -- schedules -----------------------------------------------------------------------------------


class ScheduleSeen(msgspec.Struct, kw_only=True):
    """`status` is running or cancelled; `plan` what was planned last."""

    schedule_id: UUID
    scope: Scope
    team_id: UUID | None
    status: str
    plan: Plan
    policy_version: int
    next_at: datetime | None
    call_at: datetime | None
    called: int
    last_meeting_id: UUID | None
    position: int
    version: int

    @property
    def scope_key(self) -> str:
        return self.scope.key


class MeetingSchedules(StreamView[MeetingSchedule, ScheduleSeen]):
    name = "meeting_schedules"
    columns = ("schedule_id", "scope_key", "team_id", "status", "next_at")
    open_where = "status = 'running'"
    owed_by = "body::jsonb->'plan'->>'chair_id' = %(person)s::text"
    indexes = {"next": "(next_at, schedule_id)", "team": "(team_id, next_at, schedule_id)"}
    order = ("next_at",)

    @classmethod
    def show(cls, aggregate: MeetingSchedule, events: Events) -> ScheduleSeen:
        planned = [r.fact.after for r in events if isinstance(r.fact, MeetingScheduleSet)]
        return cls.filled(
            aggregate,
            events,
            status=CANCELLED if aggregate.plan is None else RUNNING,
            plan=planned[-1],
            last_meeting_id=aggregate.last_id,
        )
