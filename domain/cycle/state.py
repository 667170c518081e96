"""Domain room: a cycle's present state and its mutators. They only assign; see `cycle.py` for rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.cycle import facts as f
from domain.cycle.policy import OWNERS_STEPS, Cadence, Schedule, Step, Times
from domain.engine.aggregate import Aggregate, when
from domain.engine.context import Reach
from domain.figures.scope import COMPANY
from domain.time.commitment import Commitment, Commitments
from domain.time.periods import Period, PeriodKind


class Phase(StrEnum):
    NONE = "none"
    TARGET = "target"
    EXECUTE = "execute"
    REVIEW = "review"
    FEEDBACK = "feedback"
    NEXT = "next"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OVER = (Phase.CLOSED, Phase.CANCELLED)


class CycleState(Aggregate):
    KIND: ClassVar[str] = "cycle"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self._begin()

    def _begin(self) -> None:
        """Nothing has happened in this turn yet. A cancelled cycle may be opened anew."""
        self.phase = Phase.NONE
        self.scope = COMPANY
        self.period = Period(PeriodKind.YEAR, date.min, date.min, "")
        self.people = f.People(owner_id=self.id, manager_id=None)
        self.policy = "default"
        self.policy_version = 0
        self.cadence = Cadence.WEEKLY
        self.schedule: Schedule | None = None
        self.times = Times()
        self.arming = 0
        self.targets: tuple[UUID, ...] = ()
        self.waiting = Commitments()
        self.check_ins = 0
        self.last_on: date | None = None
        self.behind: dict[UUID, int] = {}
        """How many thresholds each target is behind, as far as somebody was told."""
        self.review_position = 0
        self.pack_digest = ""
        self.agenda: tuple[f.AgendaItem, ...] = ()
        self.self_assessment: f.SelfAssessed | None = None
        self.assessment: f.Assessed | None = None
        self.decisions: dict[UUID, f.DecisionTaken | None] = {}
        self.asked: dict[UUID, UUID] = {}
        """Who is to take each decision."""
        self.questions: dict[UUID, str] = {}
        self.too_late: tuple[UUID, ...] = ()
        """Decisions that were taken when the next target was proposed already."""
        self.feedback: f.FeedbackGiven | None = None
        self.acknowledged = False
        self.comments: dict[UUID, f.Commented] = {}
        self.appealed: f.Appealed | None = None
        self.next_proposed: f.NextProposed | None = None
        self.paused_at: datetime | None = None

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.people.team_id) or self.has_part(reach)

    def changeable(self, reach: Reach) -> bool:
        return self.within(reach) and reach.rep_id in (None, self.people.owner_id)

    def _at(self, **times: datetime | None) -> None:
        self.times = replace(self.times, **times)

    def _done(self, *steps: Step, subject_id: UUID | None = None) -> None:
        self.waiting = self.waiting.ended(*((step, subject_id) for step in steps))

    # -- opening, and what is owed -----------------------------------------------------------

    @when(f.CycleOpened)
    def _opened(self, fact: f.CycleOpened) -> None:
        self._begin()
        self.phase = Phase.TARGET
        self.scope, self.period, self.people = fact.scope, fact.period, fact.people
        self.policy, self.policy_version, self.cadence = fact.policy, fact.policy_version, fact.cadence
        self.schedule, self.arming = fact.schedule, fact.arming
        self._at(executes_at=fact.executes_at, review_at=fact.schedule.review_at)

    @when(f.CycleAwaiting)
    def _awaiting(self, fact: f.CycleAwaiting) -> None:
        self.waiting = self.waiting.made(fact.awaited.commitment(fact.arming, fact.since))

    @when(f.CycleReminded)
    def _reminded(self, fact: f.CycleReminded) -> None:
        self.waiting = self.waiting.changed(fact.step, fact.subject_id, Commitment.remind)

    @when(f.CycleEscalated)
    def _escalated(self, fact: f.CycleEscalated) -> None:
        self.waiting = self.waiting.changed(fact.step, fact.subject_id, Commitment.escalate)

    # -- target and execution ----------------------------------------------------------------

    @when(f.TargetIncluded)
    def _target_included(self, fact: f.TargetIncluded) -> None:
        self.targets = (*self.targets, fact.target_id)
        self._done(Step.PROPOSE)

    @when(f.TargetsAgreed)
    def _targets_agreed(self, fact: f.TargetsAgreed) -> None:
        self._done(Step.AGREE)

    @when(f.ExecutionStarted)
    def _execution_started(self, fact: f.ExecutionStarted) -> None:
        self.phase = Phase.EXECUTE
        self._at(next_check_in_at=fact.next_check_in_at)
        self._done(Step.AGREE)

    @when(f.CheckedIn)
    def _checked_in(self, fact: f.CheckedIn) -> None:
        self.check_ins, self.last_on = fact.number, fact.on
        self._at(next_check_in_at=fact.next_check_in_at)

    @when(f.FellBehind)
    def _fell_behind(self, fact: f.FellBehind) -> None:
        self.behind = {**self.behind, fact.target_id: fact.step}

    @when(f.Recovered)
    def _recovered(self, fact: f.Recovered) -> None:
        self.behind = {id: step for id, step in self.behind.items() if id != fact.target_id}

    # -- review and feedback -----------------------------------------------------------------

    @when(f.ReviewOpened)
    def _review_opened(self, fact: f.ReviewOpened) -> None:
        self.phase = Phase.REVIEW
        self.review_position, self.pack_digest, self.agenda = fact.position, fact.pack_digest, fact.agenda
        self._at(next_check_in_at=None, next_by=fact.next_by)
        self._done(Step.PROPOSE, Step.AGREE)

    @when(f.SelfAssessed)
    def _self_assessed(self, fact: f.SelfAssessed) -> None:
        self.self_assessment = fact
        self._done(Step.SELF_ASSESS)

    @when(f.Assessed)
    def _assessed(self, fact: f.Assessed) -> None:
        self.assessment = fact
        self._done(Step.SELF_ASSESS, Step.ASSESS)

    @when(f.DecisionAsked)
    def _decision_asked(self, fact: f.DecisionAsked) -> None:
        self.decisions = {**self.decisions, fact.decision_id: None}
        self.asked = {**self.asked, fact.decision_id: fact.of}
        self.questions = {**self.questions, fact.decision_id: fact.question}

    @when(f.DecisionTaken)
    def _decision_taken(self, fact: f.DecisionTaken) -> None:
        self.decisions = {**self.decisions, fact.decision_id: fact}
        if self.next_proposed is not None:
            self.too_late = (*self.too_late, fact.decision_id)
        self._done(Step.DECIDE, subject_id=fact.decision_id)

    @when(f.DecisionHandedOver)
    def _decision_handed_over(self, fact: f.DecisionHandedOver) -> None:
        self.asked = {**self.asked, fact.decision_id: fact.after}
        self.waiting = self.waiting.changed(
            Step.DECIDE, fact.decision_id, lambda owed: owed.hand_over(fact.after)
        )

    @when(f.FeedbackGiven)
    def _feedback_given(self, fact: f.FeedbackGiven) -> None:
        self.phase, self.feedback = Phase.FEEDBACK, fact
        self._at(appeal_until=fact.appeal_until)
        self._done(Step.GIVE_FEEDBACK)

    @when(f.Acknowledged)
    def _acknowledged(self, fact: f.Acknowledged) -> None:
        self.acknowledged = True
        self._go_on_to_next()

    @when(f.LeftUnacknowledged)
    def _left_unacknowledged(self, fact: f.LeftUnacknowledged) -> None:
        self._go_on_to_next()

    def _go_on_to_next(self) -> None:
        self.phase = Phase.NEXT if self.phase == Phase.FEEDBACK else self.phase
        self._done(Step.ACKNOWLEDGE)

    @when(f.Commented)
    def _commented(self, fact: f.Commented) -> None:
        self.comments = {**self.comments, fact.comment_id: fact}

    @when(f.Appealed)
    def _appealed(self, fact: f.Appealed) -> None:
        self.appealed = fact

    @when(f.AppealDecided)
    def _appeal_decided(self, fact: f.AppealDecided) -> None:
        self._done(Step.DECIDE_APPEAL)

    # -- the end, and what people change -----------------------------------------------------

    @when(f.NextProposed)
    def _next_proposed(self, fact: f.NextProposed) -> None:
        self.next_proposed = fact

    @when(f.CycleClosed)
    def _closed(self, fact: f.CycleClosed) -> None:
        self.phase = Phase.CLOSED

    @when(f.CycleCancelled)
    def _cancelled(self, fact: f.CycleCancelled) -> None:
        self.phase, self.waiting = Phase.CANCELLED, Commitments()
        self._at(next_check_in_at=None)

    @when(f.CyclePaused)
    def _paused(self, fact: f.CyclePaused) -> None:
        self.paused_at = fact.at

    @when(f.CycleResumed)
    def _resumed(self, fact: f.CycleResumed) -> None:
        self.paused_at, self.arming = None, fact.arming
        self.times = fact.times or replace(self.times, next_check_in_at=fact.next_check_in_at)

    @when(f.CadenceChanged)
    def _cadence_changed(self, fact: f.CadenceChanged) -> None:
        self.cadence, self.arming = fact.after, fact.arming
        self._at(next_check_in_at=fact.next_check_in_at)

    @when(f.CycleHandedOver)
    def _handed_over(self, fact: f.CycleHandedOver) -> None:
        """What was owed in a part goes with the part; what somebody was asked by name stays theirs."""
        self.people = fact.after
        self.waiting = Commitments(
            owed if owed.what == Step.DECIDE else owed.hand_over(self.part(Step(owed.what)))
            for owed in self.waiting
        )

    @property
    def appeals(self) -> int:
        return self.appealed.number if self.appealed is not None else 0

    def part(self, step: Step) -> UUID | None:
        """Whose step it is."""
        return self.people.owner_id if step in OWNERS_STEPS else self.people.reviewer
