"""Domain room: the service case — intake, solution, follow-up, feedback.

A case has two clocks in the business time of its service policy: the first answer and the solution. Both stand still while the
customer is waited for; what is left of them is kept. A clock that runs out is told to the manager of the owner's team. With the solution
the customer is asked how it went: that is the third clock, and when it has run out the case is closed unanswered. For some days
a solved case can be reopened and goes on; afterwards a new one follows it. What may be asked of it is in `commands.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from annotated_types import Ge, Le

from domain.engine.aggregate import OwnedAggregate, becomes, when
from domain.engine.context import Reach
from domain.engine.errors import FieldError
from domain.engine.facts import Fact, FreeText, fact
from domain.engine.fields import RuleName, Version
from domain.engine.versions import Versions
from domain.policy.follow_up import DEFAULT_POLICY
from domain.time.calendar import BusinessCalendar
from domain.time.commitment import Commitment, Commitments, Deadlines
from domain.time.duration import Duration

MINUTE, SECOND, NO_TIME = timedelta(minutes=1), timedelta(seconds=1), timedelta()
FIVE_DAYS = Duration(5, "business_days")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Severity(StrEnum):
    MINOR = "minor"
    NORMAL = "normal"
    SEVERE = "severe"


class Status(StrEnum):
    """Waiting is for the customer; closed, when they have said how it went, or not."""

    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Clock(StrEnum):
    ANSWER = "answer"
    SOLVE = "solve"
    FEEDBACK = "feedback"


# -- the service policy ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Promised:
    """Within which time a customer has the first answer, and the solution."""

    answer: Duration
    solve: Duration


@dataclass(frozen=True)
class ServicePolicy:
    """What is promised of cases, by their severity. `feedback_after` a solution the customer is asked no more how it went; for
    `reopen_days` it can be reopened.
    """

    name: RuleName
    calendar: BusinessCalendar
    severe: Promised
    normal: Promised
    minor: Promised
    feedback_after: Duration = FIVE_DAYS
    reopen_days: Annotated[int, Ge(0), Le(3_650)] = 14
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        for severity in Severity:
            for name in ("answer", "solve"):
                if not getattr(self.of(severity), name).amount:
                    yield FieldError(
                        f"{severity}.{name}", "what is due at once is never kept; give it some time"
                    )

    def of(self, severity: Severity) -> Promised:
        promised: Promised = getattr(self, severity)
        return promised

    def due(
        self, clock: Clock, severity: Severity, start: datetime, waited: int = 0, stood: timedelta = NO_TIME
    ) -> datetime:
        """When a clock that began at `start` runs out. Left out are `waited` seconds of business time of one that counts that, and of
        one that counts every hour all that it `stood` still.
        """
        length: Duration = getattr(self.of(severity), clock)
        due = length.after(start, self.calendar)
        if not length.counts_business_time:
            return due + stood
        return self.calendar.add_business_hours(due, waited * SECOND) if waited else due


DEFAULT_SERVICE = ServicePolicy(
    name="default",
    calendar=DEFAULT_POLICY.calendar,
    severe=Promised(Duration(1, "business_hours"), Duration(8, "business_hours")),
    normal=Promised(Duration(4, "business_hours"), Duration(3, "business_days")),
    minor=Promised(Duration(1, "business_days"), Duration(10, "business_days")),
)


@fact("service-policy.published")
class ServicePolicyPublished(Fact):
    policy: ServicePolicy


class ServicePolicies(Versions[ServicePolicy]):
    """All versions of one named service policy."""

    KIND = CALLED = "service policy"
    FACT, BUILT_IN = ServicePolicyPublished, DEFAULT_SERVICE


# -- the facts of a case ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """When they run out, None where that is over. `arming` counts their settings."""

    arming: int
    answer_by: datetime | None
    solve_by: datetime


@fact("case.opened")
class CaseOpened(Fact):
    """`made_at` is when the customer came with it. `follows` is an earlier case that could not be reopened any more."""

    title: FreeText
    customer_id: UUID
    category: str
    severity: Severity
    owner_id: UUID
    team_id: UUID | None
    policy: str
    policy_version: int
    made_at: datetime
    clocks: Clocks
    deal_id: UUID | None = None
    product_id: UUID | None = None
    follows: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCase(Fact):
    """What counts in figures says for whom. `minutes` are those of business time in which nobody waited for the customer."""

    owner_id: UUID
    team_id: UUID | None
    customer_id: UUID
    product_id: UUID | None


@fact("case.answered")
class CaseAnswered(OfCase):
    """The customer had the first answer."""

    minutes: int
    kept: bool
    note: FreeText = ""


@fact("case.waiting")
class CaseWaiting(Fact):
    """The customer is waited for; the clocks stand still."""

    since: datetime
    what: FreeText


@fact("case.resumed")
class CaseResumed(Fact):
    """`waited` seconds of business time have passed."""

    at: datetime
    waited: int
    clocks: Clocks


@fact("case.severity-changed")
class CaseSeverityChanged(Fact):
    before: Severity
    after: Severity
    clocks: Clocks | None
    """None while the customer is waited for: they are set when it goes on."""


@fact("case.linked")
class CaseLinked(Fact):
    """The deal that it is about; None: about none any more."""

    before: UUID | None
    after: UUID | None


@fact("case.handed-over")
class CaseHandedOver(Fact):
    before: UUID
    after: UUID
    team_id: UUID | None


@fact("case.missed")
class CaseMissed(Fact):
    """A clock ran out. `told` is the manager of the owner's team; None where nobody else manages it."""

    clock: Clock
    arming: int
    due_at: datetime
    told: UUID | None


@fact("case.solved")
class CaseSolved(OfCase):
    at: datetime
    solution: FreeText
    minutes: int
    kept: bool
    arming: int
    feedback_by: datetime


@fact("case.reopened")
class CaseReopened(OfCase):
    """It counts for those of the solution that did not hold, whoever has the case since."""

    at: datetime
    solved_at: datetime
    why: FreeText
    policy_version: int
    clocks: Clocks


@fact("case.closed")
class CaseClosed(OfCase):
    """The customer said how it went, 1 (badly) to 5 (well); no score: they were asked and did not say."""

    score: int | None = None
    text: FreeText = ""


# -- the case --------------------------------------------------------------------------------------


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
        self.solved: CaseSolved | None = None
        self.closed: CaseClosed | None = None

    def makeable(self, reach: Reach) -> bool:
        """Whoever the customer reaches takes it in, for whom of the team it may be."""
        return self.within(reach)

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

    def clocks(self, policy: ServicePolicy, severity: Severity, at: datetime, waited: int = 0) -> Clocks:
        """As the policy sets them for a case of this severity, `waited` more seconds left out. One that ran out stays so."""
        stood = self.stood + (at - self.ran_until(at))

        def due(clock: Clock) -> datetime:
            one = self.commitments.find(clock)
            if one is not None and (one.missed or self.has_run_out(one, at)):
                return one.deadlines.due_at
            return policy.due(clock, severity, self.started_at, self.waited + waited, stood)

        answer_by = None if self.answered else due(Clock.ANSWER)
        return Clocks(arming=self.arming + 1, answer_by=answer_by, solve_by=due(Clock.SOLVE))

    def _set(self, clocks: Clocks) -> None:
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

    @when(CaseOpened)
    def _opened(self, fact: CaseOpened) -> None:
        self.adopt(fact)
        self.started_at = self.changed_at = fact.made_at
        self._set(fact.clocks)

    @when(CaseAnswered)
    def _answered(self, fact: CaseAnswered) -> None:
        self.answered, self.commitments = True, self.commitments.ended((Clock.ANSWER, None))

    @when(CaseWaiting)
    def _waiting(self, fact: CaseWaiting) -> None:
        self.status, self.changed_at = Status.WAITING, fact.since

    @when(CaseResumed)
    def _resumed(self, fact: CaseResumed) -> None:
        self.stood, self.waited = self.stood + (fact.at - self.changed_at), self.waited + fact.waited
        self.status, self.changed_at = Status.OPEN, fact.at
        self._set(fact.clocks)

    @when(CaseSeverityChanged)
    def _severity_changed(self, fact: CaseSeverityChanged) -> None:
        self.severity = fact.after
        if fact.clocks is not None:
            self._set(fact.clocks)

    _linked = becomes(CaseLinked, "deal_id")

    @when(CaseHandedOver)
    def _handed_over(self, fact: CaseHandedOver) -> None:
        self.owner_id, self.team_id = fact.after, fact.team_id
        self.commitments = Commitments(one.hand_over(fact.after) for one in self.commitments)

    @when(CaseMissed)
    def _missed(self, fact: CaseMissed) -> None:
        self.commitments = self.commitments.changed(fact.clock, None, Commitment.miss)

    @when(CaseSolved)
    def _solved(self, fact: CaseSolved) -> None:
        self.status, self.solved, self.changed_at, self.arming = Status.SOLVED, fact, fact.at, fact.arming
        self.commitments = Commitments()
        self._make(Clock.FEEDBACK, fact.feedback_by)

    @when(CaseReopened)
    def _reopened(self, fact: CaseReopened) -> None:
        self.status, self.solved, self.closed, self.commitments = Status.OPEN, None, None, Commitments()
        self.waited, self.stood, self.reopened = 0, NO_TIME, self.reopened + 1
        self.started_at = self.changed_at = fact.at
        self.policy_version = fact.policy_version
        self._set(fact.clocks)

    @when(CaseClosed)
    def _closed(self, fact: CaseClosed) -> None:
        self.status, self.closed, self.commitments = Status.CLOSED, fact, Commitments()
