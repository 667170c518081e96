"""Domain room: the review meeting. Its facts are in `facts.py`.

It is called with its agenda, and held, with decisions and action items; it lapses where the next one comes before anybody recorded it.
Like a cycle it says what it waits for, of whom and until when, and who was told.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.cycle.policy import CyclePolicy, Step
from domain.engine.aggregate import Aggregate, when
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, NotFound, Refused
from domain.figures.scope import COMPANY, Scope
from domain.meeting import facts as f
from domain.time.commitment import Commitment, Commitments, Kind


class MeetingStatus(StrEnum):
    NONE = "none"
    CALLED = "called"
    HELD = "held"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Meeting(Aggregate):
    KIND: ClassVar[str] = "meeting"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status = MeetingStatus.NONE
        self.scope: Scope = COMPANY
        self.team_id: UUID | None = None
        self.chair_id: UUID | None = None
        self.above_id: UUID | None = None
        self.policy, self.policy_version = "default", 0
        self.waiting = Commitments()
        self.held: f.MeetingHeld | None = None
        self.decisions: dict[UUID, f.MeetingDecisionTaken | None] = {}
        self.asked: dict[UUID, UUID] = {}
        """Who is to take each decision."""
        self.questions: dict[UUID, str] = {}

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.team_id)

    def changeable(self, reach: Reach) -> bool:
        return self.within(reach) and reach.rep_id is None

    # -- what is owed ------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Nothing follows by itself any more."""
        return self.status not in (MeetingStatus.NONE, MeetingStatus.CALLED) and not self.waiting

    @property
    def untaken(self) -> tuple[UUID, ...]:
        return tuple(id for id, taken in self.decisions.items() if taken is None)

    def wait_for(
        self,
        policy: CyclePolicy,
        step: Step,
        of: UUID | None,
        due_at: datetime,
        now: datetime,
        decision: UUID | None = None,
    ) -> None:
        awaited = policy.awaiting(step, of, due_at, now, decision)
        self.record(f.MeetingAwaiting(awaited=awaited), now)

    def waits_for(self, step: Step, decision: UUID | None = None) -> Commitment | None:
        return self.waiting.find(step, decision)

    def remind(self, owed: Commitment) -> None:
        if owed.awaits(Kind.REMIND):
            told = f.MeetingReminded(step=Step(owed.what), told=owed.owner_id, subject_id=owed.subject_id)
            self.record(told)

    def escalate(self, owed: Commitment) -> None:
        if owed.awaits(Kind.ESCALATE):
            told = f.MeetingEscalated(step=Step(owed.what), told=self.above(owed), subject_id=owed.subject_id)
            self.record(told)

    def above(self, owed: Commitment) -> UUID | None:
        """The chair is above whom a decision was asked of; and somebody may be above the chair."""
        higher = self.above_id if owed.owner_id == self.chair_id or owed.what == Step.HOLD else self.chair_id
        return higher if higher != owed.owner_id else None

    # -- holding it --------------------------------------------------------------------------

    def must_be(self, *statuses: MeetingStatus) -> None:
        if self.status not in statuses:
            raise Refused(f"the meeting is {self.status}: this cannot be done now", status=self.status)

    def must_be_chair(self, by: UUID) -> None:
        if self.chair_id is not None and by != self.chair_id:
            raise Forbidden("this is for the chair of the meeting to say")

    def hold(self, held: f.MeetingHeld) -> bool:
        """Whether it is news: the same again is silence."""
        self.must_be_chair(held.held_by)
        if held == self.held:
            return False
        self.must_be(MeetingStatus.CALLED)
        self.record(held)
        return True

    def ask(
        self, asked: f.MeetingDecisionAsked, due_at: datetime, policy: CyclePolicy, now: datetime
    ) -> None:
        if asked.decision_id in self.decisions:
            if self.questions[asked.decision_id] != asked.question:
                raise AlreadyExists("this id belongs to another decision", id=str(asked.decision_id))
            return
        self.must_be(MeetingStatus.CALLED, MeetingStatus.HELD)
        self.record(asked)
        self.wait_for(policy, Step.DECIDE, asked.of, due_at, now, asked.decision_id)

    def may_decide(self, decision_id: UUID, by: UUID) -> bool:
        """Who was asked; and who was told that they are late."""
        owed = self.waits_for(Step.DECIDE, decision_id)
        told = self.above(owed) if owed is not None and owed.escalated else None
        return by in (self.asked.get(decision_id), told)

    def take(self, taken: f.MeetingDecisionTaken) -> None:
        id, by = taken.decision_id, taken.taken_by
        if id not in self.decisions:
            raise NotFound("no such decision was asked for", kind="decision", id=str(id))
        held = self.decisions[id]
        if held == taken:
            return
        if not self.may_decide(id, by):
            raise Forbidden("this was asked of somebody else")
        if held is not None:
            raise Refused("this was decided already", by=str(held.taken_by))
        self.record(taken)

    def hand_over_decision(self, decision_id: UUID, to: UUID) -> None:
        if decision_id not in self.decisions:
            raise NotFound("no such decision was asked for", kind="decision", id=str(decision_id))
        before = self.asked[decision_id]
        if before != to:
            if self.decisions[decision_id] is not None:
                raise Refused("this was decided already", by=str(before))
            self.record(f.MeetingDecisionHandedOver(decision_id=decision_id, before=before, after=to))

    def chair(self, to: UUID) -> None:
        if self.is_over:
            raise Refused(f"the meeting is {self.status}: it needs no other chair", status=self.status)
        if to != self.chair_id:
            self.record(f.MeetingChairChanged(before=self.chair_id, after=to))

    def lapse(self) -> None:
        if self.status == MeetingStatus.CALLED:
            self.record(f.MeetingLapsed())

    def cancel(self, why: str) -> None:
        if self.status == MeetingStatus.CANCELLED:
            return
        self.must_be(MeetingStatus.CALLED)
        self.record(f.MeetingCancelled(why=why))

    # -- mutators ----------------------------------------------------------------------------

    def _done(self, step: Step, decision: UUID | None = None) -> None:
        self.waiting = self.waiting.ended((step, decision))

    def _owed_by(self, step: Step, decision: UUID | None, of: UUID) -> None:
        self.waiting = self.waiting.changed(step, decision, lambda owed: owed.hand_over(of))

    @when(f.MeetingCalled)
    def _called(self, fact: f.MeetingCalled) -> None:
        self.adopt(fact)
        self.status = MeetingStatus.CALLED

    @when(f.MeetingAwaiting)
    def _awaiting(self, fact: f.MeetingAwaiting) -> None:
        self.waiting = self.waiting.made(fact.awaited.commitment())

    @when(f.MeetingReminded)
    def _reminded(self, fact: f.MeetingReminded) -> None:
        self.waiting = self.waiting.changed(fact.step, fact.subject_id, Commitment.remind)

    @when(f.MeetingEscalated)
    def _escalated(self, fact: f.MeetingEscalated) -> None:
        self.waiting = self.waiting.changed(fact.step, fact.subject_id, Commitment.escalate)

    @when(f.MeetingHeld)
    def _held(self, fact: f.MeetingHeld) -> None:
        self.status, self.held = MeetingStatus.HELD, fact
        self._done(Step.HOLD)

    @when(f.MeetingDecisionAsked)
    def _asked(self, fact: f.MeetingDecisionAsked) -> None:
        self.decisions = {**self.decisions, fact.decision_id: None}
        self.asked = {**self.asked, fact.decision_id: fact.of}
        self.questions = {**self.questions, fact.decision_id: fact.question}

    @when(f.MeetingDecisionTaken)
    def _taken(self, fact: f.MeetingDecisionTaken) -> None:
        self.decisions = {**self.decisions, fact.decision_id: fact}
        self._done(Step.DECIDE, fact.decision_id)

    @when(f.MeetingDecisionHandedOver)
    def _decision_handed_over(self, fact: f.MeetingDecisionHandedOver) -> None:
        self.asked = {**self.asked, fact.decision_id: fact.after}
        self._owed_by(Step.DECIDE, fact.decision_id, fact.after)

    @when(f.MeetingChairChanged)
    def _chair_changed(self, fact: f.MeetingChairChanged) -> None:
        self.chair_id = fact.after
        self._owed_by(Step.HOLD, None, fact.after)

    @when(f.MeetingLapsed)
    def _lapsed(self, fact: f.MeetingLapsed) -> None:
        """What was asked for at it is still asked for."""
        self.status = MeetingStatus.LAPSED
        self._done(Step.HOLD)

    @when(f.MeetingCancelled)
    def _cancelled(self, fact: f.MeetingCancelled) -> None:
        self.status, self.waiting = MeetingStatus.CANCELLED, Commitments()
