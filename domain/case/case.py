"""Domain room: the service case — intake, solution, follow-up, feedback.

A case has two clocks in the business time of its service policy: the first answer and the solution. Both stand still while the
customer is waited for; what is left of them is kept. A clock that runs out is told to the manager of the owner's team. With the solution
the customer is asked how it went: that is the third clock, and when it has run out the case is closed unanswered. For some days
a solved case can be reopened and goes on; afterwards a new one follows it. What happens to it is in `facts.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.case import facts as f
from domain.case.policy import NO_TIME, SECOND, Clock, ServicePolicy, Severity
from domain.engine.aggregate import OwnedAggregate, becomes, when
from domain.engine.context import Reach
from domain.time.calendar import BusinessCalendar
from domain.time.commitment import Commitment, Commitments, Deadlines

MINUTE = timedelta(minutes=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Status(StrEnum):
    """Waiting is for the customer; closed, when they have said how it went, or not."""

    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Case(OwnedAggregate):
    KIND: ClassVar[str] = "case"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status, self.severity = Status.OPEN, Severity.NORMAL
        self.title = self.category = self.policy = ""
        self.policy_version = self.arming = self.waited = self.reopened = 0
        self.owner_id: UUID = id
        self.customer_id: UUID = id
        self.team_id: UUID | None = None
        self.deal_id: UUID | None = None
        self.product_id: UUID | None = None
        self.follows: UUID | None = None
        self.made_at = self.started_at = self.changed_at = LONG_AGO
        """When the customer came, since when the clocks run, and when they were set, stopped or went on last."""
        self.stood = NO_TIME
        """How long the customer was waited for; `waited` is the business time of it, in seconds."""
        self.commitments = Commitments()
        self.answered = False
        self.solved: f.CaseSolved | None = None
        self.closed: f.CaseClosed | None = None

    def makeable(self, reach: Reach) -> bool:
        """Whoever the customer reaches takes it in, for whom of the team it may be."""
        return self.within(reach)

    def correct_customer(self, customer_id: UUID) -> None:
        if customer_id != self.customer_id:
            self.record(f.CaseCustomerCorrected(before=self.customer_id, after=customer_id))

    @property
    def waiting(self) -> bool:
        return self.status == Status.WAITING

    @property
    def blocks(self) -> bool:
        """It stands in the way of its deal: severe, and without a solution."""
        return self.solved is None and self.severity == Severity.SEVERE

    @property
    def due_at(self) -> datetime | None:
        """When the next clock runs out; None while they stand still."""
        return min((one.deadlines.due_at for one in self.running), default=None)

    @property
    def running(self) -> Commitments:
        return Commitments() if self.waiting else self.commitments

    def ran_until(self, at: datetime) -> datetime:
        """When the clocks stood still, if they did so at that time."""
        return self.changed_at if self.waiting else at

    def minutes(self, calendar: BusinessCalendar, at: datetime) -> int:
        """Of business time since the clocks began, without those that the customer was waited for."""
        ran = calendar.business_hours_between(self.started_at, self.ran_until(at))
        return (ran - self.waited * SECOND) // MINUTE

    def has_run_out(self, one: Commitment, at: datetime) -> bool:
        """By then. A wait that was entered after it was told that this clock has run out does not stop it."""
        return one.is_overdue(at if one.missed else self.ran_until(at))

    def is_kept(self, clock: Clock, at: datetime) -> bool:
        one = self.commitments.find(clock)
        return one is not None and not self.has_run_out(one, at)

    def clocks(self, policy: ServicePolicy, severity: Severity, at: datetime, waited: int = 0) -> f.Clocks:
        """As the policy sets them for a case of this severity, `waited` more seconds left out. One that ran out stays so."""
        stood = self.stood + (at - self.ran_until(at))

        def due(clock: Clock) -> datetime:
            one = self.commitments.find(clock)
            if one is not None and (one.missed or self.has_run_out(one, at)):
                return one.deadlines.due_at
            return policy.due(clock, severity, self.started_at, self.waited + waited, stood)

        answer_by = None if self.answered else due(Clock.ANSWER)
        return f.Clocks(arming=self.arming + 1, answer_by=answer_by, solve_by=due(Clock.SOLVE))

    def _set(self, clocks: f.Clocks) -> None:
        """Who was told that a clock has run out is not told again of the same time (`Commitments.made`)."""
        self.arming = clocks.arming
        if clocks.answer_by is not None:
            self._make(Clock.ANSWER, clocks.answer_by)
        self._make(Clock.SOLVE, clocks.solve_by)

    def _make(self, clock: Clock, due: datetime) -> None:
        """Nobody is reminded of a clock; that it ran out is said when it does."""
        once = Deadlines(due, due, due, due)
        made = Commitment(owner_id=self.owner_id, what=clock, deadlines=once, generation=self.arming)
        self.commitments = self.commitments.made(made)

    @when(f.CaseOpened)
    def _opened(self, fact: f.CaseOpened) -> None:
        self.adopt(fact)
        self.started_at = self.changed_at = fact.made_at
        self._set(fact.clocks)

    @when(f.CaseAnswered)
    def _answered(self, fact: f.CaseAnswered) -> None:
        self.answered, self.commitments = True, self.commitments.ended((Clock.ANSWER, None))

    @when(f.CaseWaiting)
    def _waiting(self, fact: f.CaseWaiting) -> None:
        self.status, self.changed_at = Status.WAITING, fact.since

    @when(f.CaseResumed)
    def _resumed(self, fact: f.CaseResumed) -> None:
        self.stood, self.waited = self.stood + (fact.at - self.changed_at), self.waited + fact.waited
        self.status, self.changed_at = Status.OPEN, fact.at
        self._set(fact.clocks)

    @when(f.CaseSeverityChanged)
    def _severity_changed(self, fact: f.CaseSeverityChanged) -> None:
        self.severity = fact.after
        if fact.clocks is not None:
            self._set(fact.clocks)

    _linked = becomes(f.CaseLinked, "deal_id")
    _customer_corrected = becomes(f.CaseCustomerCorrected, "customer_id")

    @when(f.CaseHandedOver)
    def _handed_over(self, fact: f.CaseHandedOver) -> None:
        self.owner_id, self.team_id = fact.after, fact.team_id
        self.commitments = Commitments(one.hand_over(fact.after) for one in self.commitments)

    @when(f.CaseMissed)
    def _missed(self, fact: f.CaseMissed) -> None:
        self.commitments = self.commitments.changed(fact.clock, None, Commitment.miss)

    @when(f.CaseSolved)
    def _solved(self, fact: f.CaseSolved) -> None:
        self.status, self.solved, self.changed_at, self.arming = Status.SOLVED, fact, fact.at, fact.arming
        self.commitments = Commitments()
        self._make(Clock.FEEDBACK, fact.feedback_by)

    @when(f.CaseReopened)
    def _reopened(self, fact: f.CaseReopened) -> None:
        self.status, self.solved, self.closed, self.commitments = Status.OPEN, None, None, Commitments()
        self.waited, self.stood, self.reopened = 0, NO_TIME, self.reopened + 1
        self.started_at = self.changed_at = fact.at
        self.policy_version = fact.policy_version
        self._set(fact.clocks)

    @when(f.CaseClosed)
    def _closed(self, fact: f.CaseClosed) -> None:
        self.status, self.closed, self.commitments = Status.CLOSED, fact, Commitments()
