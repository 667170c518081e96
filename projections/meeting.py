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
from domain.meeting.schedule import MeetingSchedule
from projections.engine.paging import MOMENT, Page, SortKey, Source
from projections.engine.stream_view import Body, Story, Told, topics_of
from projections.engine.tables import Table

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


class MeetingRow(msgspec.Struct, gc=False):
    meeting_id: UUID
    schedule_id: UUID
    scope_key: str
    team_id: UUID | None
    chair_id: UUID | None
    starts_at: datetime
    status: str
    over: bool
    waits_until: datetime | None
    body: Body


MEETINGS = Table(
    "meetings",
    MeetingRow,
    key=("meeting_id",),
    indexes={
        "starts": "(starts_at, meeting_id)",
        "scope": "(scope_key, starts_at)",
        "team": "(team_id, starts_at, meeting_id)",
        "waits": "(waits_until, meeting_id)",
    },
)


SORTS = {
    "starts_at": SortKey("starts_at", MOMENT, nullable=False, id="meeting_id"),
    "waits_until": SortKey("waits_until", MOMENT, id="meeting_id"),
}


class Meetings(Told[MeetingSeen]):
    name = "meetings"
    tables = (MEETINGS,)
    table = MEETINGS
    topics = topics_of("meeting.")
    told = MeetingSeen
    sorts = SORTS

    @classmethod
    def tell(cls, id: UUID, story: Story) -> MeetingSeen:
        meeting, called = Meeting(id), story[0].fact
        assert isinstance(called, f.MeetingCalled)
        for recorded in story:
            meeting.replay(recorded.fact, recorded.originator_version)
        held = meeting.held
        cancelled = [r.fact for r in story if isinstance(r.fact, f.MeetingCancelled)]
        return MeetingSeen(
            meeting_id=id,
            schedule_id=called.schedule_id,
            number=called.number,
            scope=meeting.scope,
            team_id=meeting.team_id,
            starts_at=called.starts_at,
            status=meeting.status,
            over=meeting.is_over,
            chair_id=meeting.chair_id,
            above_id=meeting.above_id,
            agenda=list(called.agenda),
            cycle_id=called.cycle_id,
            pack_position=called.position,
            pack_digest=called.pack_digest,
            previous_id=called.previous_id,
            held_at=next((r.occurred_at for r in story if isinstance(r.fact, f.MeetingHeld)), None),
            held_by=held.held_by if held else None,
            present=list(held.present) if held else [],
            notes=held.notes if held else "",
            decisions=list(_decisions(story, meeting)),
            action_items=list(held.action_items) if held else [],
            waits=sorted(_owed(meeting), key=lambda w: (w.due_at, w.step, str(w.subject_id))),
            why=cancelled[-1].why if cancelled else "",
            position=story[-1].position,
            version=meeting.version,
        )


def _owed(meeting: Meeting) -> Iterator[MeetingOwed]:
    for wait in meeting.waiting:
        a = wait.awaited
        yield MeetingOwed(
            a.step, a.of, a.remind_at, a.due_at, a.escalate_at, a.subject_id, wait.reminded, wait.escalated
        )


def _decisions(story: Story, meeting: Meeting) -> Iterator[MeetingDecision]:
    """In the order they were asked for."""
    facts = [(r.fact, r.occurred_at) for r in story]
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


class ScheduleRow(msgspec.Struct, gc=False):
    schedule_id: UUID
    scope_key: str
    team_id: UUID | None
    status: str
    next_at: datetime | None
    body: Body


SCHEDULES = Table(
    "meeting_schedules",
    ScheduleRow,
    key=("schedule_id",),
    indexes={"next": "(next_at, schedule_id)", "team": "(team_id, next_at, schedule_id)"},
)


SCHEDULE_SORTS = {"next_at": SortKey("next_at", MOMENT, id="schedule_id")}


class MeetingSchedules(Told[ScheduleSeen]):
    name = "meeting_schedules"
    tables = (SCHEDULES,)
    table = SCHEDULES
    topics = topics_of("meeting-schedule.")
    told = ScheduleSeen
    sorts = SCHEDULE_SORTS

    @classmethod
    def tell(cls, id: UUID, story: Story) -> ScheduleSeen:
        held, plan = MeetingSchedule(id), None
        for recorded in story:
            held.replay(recorded.fact, recorded.originator_version)
            plan = held.plan or plan
        assert plan is not None
        return ScheduleSeen(
            schedule_id=id,
            scope=held.scope,
            team_id=held.team_id,
            status=RUNNING if held.plan is not None else CANCELLED,
            plan=plan,
            policy_version=held.policy_version,
            next_at=held.next_at,
            call_at=held.call_at,
            called=held.called,
            last_meeting_id=held.last_id,
            position=story[-1].position,
            version=held.version,
        )


# -- queries -------------------------------------------------------------------------------------


class MeetingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `over`: only those of which something (nothing) is owed."""

    schedule_id: UUID | None = None
    scope_key: str | None = None
    team_id: UUID | None = None
    chair_id: UUID | None = None
    status: str | None = None
    over: bool | None = None


class ScheduleFilter(msgspec.Struct, frozen=True, kw_only=True):
    scope_key: str | None = None
    team_id: UUID | None = None
    status: str | None = None


EVERYTHING, ALL_SCHEDULES = MeetingFilter(), ScheduleFilter()


get = Meetings.get
schedule = MeetingSchedules.get


async def listing(
    source: Source,
    narrowed: MeetingFilter = EVERYTHING,
    sort: str = "-starts_at",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MeetingSeen]:
    """A page of meetings, the newest first. Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500."""
    return await Meetings.page(source, Meetings.narrowed(narrowed), sort, cursor, limit)


async def schedules(
    source: Source,
    narrowed: ScheduleFilter = ALL_SCHEDULES,
    sort: str = "next_at",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ScheduleSeen]:
    """A page of schedules, by when the next meeting is. Raises Invalid as `listing` does."""
    return await MeetingSchedules.page(source, MeetingSchedules.narrowed(narrowed), sort, cursor, limit)
