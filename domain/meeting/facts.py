"""Domain room: everything that can have happened to a review meeting, in the past tense. Every time stands in the facts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.cycle.facts import AgendaItem
from domain.cycle.policy import Awaited, Step
from domain.engine.facts import Fact, FreeText, fact
from domain.figures.scope import Scope


@fact("meeting.called")
class MeetingCalled(Fact):
    """The schedule's `number`-th. Its agenda comes from the pack of the cycle `cycle_id` as known at `position` (0: none of the
    scope was reviewed yet), whose SHA-256 is `pack_digest`; from what is behind; and from the meeting before, `previous_id`.
    """

    schedule_id: UUID
    number: int
    scope: Scope
    team_id: UUID | None
    starts_at: datetime
    chair_id: UUID | None
    above_id: UUID | None
    policy: str
    policy_version: int
    agenda: tuple[AgendaItem, ...]
    cycle_id: UUID | None = None
    position: int = 0
    pack_digest: str = ""
    previous_id: UUID | None = None


@fact("meeting.awaiting")
class MeetingAwaiting(Fact):
    awaited: Awaited


@fact("meeting.reminded")
class MeetingReminded(Fact):
    step: Step
    told: UUID | None
    subject_id: UUID | None = None


@fact("meeting.escalated")
class MeetingEscalated(Fact):
    """The step is overdue; who is above was told (None: nobody is)."""

    step: Step
    told: UUID | None
    subject_id: UUID | None = None


@fact("meeting.held")
class MeetingHeld(Fact):
    """Its action items were opened with it."""

    held_by: UUID
    present: tuple[UUID, ...]
    notes: FreeText
    action_items: tuple[UUID, ...]


@fact("meeting.decision-asked")
class MeetingDecisionAsked(Fact):
    decision_id: UUID
    question: FreeText
    of: UUID


@fact("meeting.decision-taken")
class MeetingDecisionTaken(Fact):
    decision_id: UUID
    taken_by: UUID
    choice: FreeText


@fact("meeting.decision-handed-over")
class MeetingDecisionHandedOver(Fact):
    decision_id: UUID
    before: UUID
    after: UUID


@fact("meeting.chair-changed")
class MeetingChairChanged(Fact):
    before: UUID | None
    after: UUID


@fact("meeting.lapsed")
class MeetingLapsed(Fact):
    """The next one was called before this one was recorded."""


@fact("meeting.cancelled")
class MeetingCancelled(Fact):
    why: FreeText
