"""Domain room: everything that can have happened to a cycle, in the past tense.

Every time stands in the facts: `cycle.opened` has the schedule, `cycle.awaiting` what is owed by whom and until when,
and each check-in names the next. `arming` counts the times a cycle's timers were set anew; a timer names the one it
was set for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.cycle.policy import Awaited, Cadence, Schedule, Step, Times
from domain.engine.errors import FieldError
from domain.engine.facts import Fact, FreeText, fact, upcast
from domain.engine.fields import Change, Label, MetricKey, ShortText
from domain.engine.reasoning import Reason
from domain.figures.pace import PaceStatus
from domain.figures.scope import Scope
from domain.time.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """`owner_id` answers for the figures, `manager_id` reviews them, `above_id` is told when the manager is late.
    `team_id` is the team that the scope belongs to, where it does.
    """

    owner_id: UUID
    manager_id: UUID | None
    above_id: UUID | None = None
    team_id: UUID | None = None

    @property
    def reviewer(self) -> UUID | None:
        """Who has the manager's part: nobody reviews themselves while there is anybody above them. None: nobody has it."""
        others = (id for id in (self.manager_id, self.above_id) if id not in (None, self.owner_id))
        return next(others, self.manager_id)


@fact("cycle.opened")
class CycleOpened(Fact):
    """`executes_at` is when execution starts: with the period, or when the time to agree is over where the cycle was
    opened too late for that.
    """

    scope: Scope
    period: Period
    people: People
    policy: str
    policy_version: int
    cadence: Cadence
    schedule: Schedule
    executes_at: datetime
    arming: int
    previous_id: UUID | None = None


# -- what is owed --------------------------------------------------------------------------------


@fact("cycle.awaiting", version=2)
class CycleAwaiting(Fact):
    """The cycle waits for this step, `since` then (None: not recorded); said again with other times it was put off."""

    awaited: Awaited
    arming: int
    since: datetime | None = None


@upcast("cycle.awaiting", from_version=1)
def _since_when_was_not_recorded(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "since": None}


@fact("cycle.reminded")
class CycleReminded(Fact):
    step: Step
    arming: int
    told: UUID | None
    subject_id: UUID | None = None


@fact("cycle.escalated")
class CycleEscalated(Fact):
    """The step is overdue; who is above was told (None: nobody is)."""

    step: Step
    arming: int
    told: UUID | None
    subject_id: UUID | None = None


# -- target and execution ------------------------------------------------------------------------


@fact("cycle.target-included")
class TargetIncluded(Fact):
    target_id: UUID
    metric: str


@fact("cycle.targets-agreed")
class TargetsAgreed(Fact):
    agreed_by: UUID
    target_ids: tuple[UUID, ...]


@fact("cycle.execution-started")
class ExecutionStarted(Fact):
    """The period began. For what was not agreed by then the manager's figure holds."""

    agreed: tuple[UUID, ...]
    unagreed: tuple[UUID, ...]
    next_check_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInLine:
    """One target on one day: `number` is the version in force then, `step` how many thresholds it is behind."""

    target_id: UUID
    metric: str
    number: Decimal
    actual: Decimal | None
    expected: Decimal
    shortfall: Decimal
    status: PaceStatus
    step: int


@fact("cycle.checked-in")
class CheckedIn(Fact):
    """Figures true on day `on`, as known at `position`."""

    number: int
    on: date
    position: int
    lines: tuple[CheckInLine, ...]
    next_check_in_at: datetime | None


@fact("cycle.fell-behind")
class FellBehind(Fact):
    """Further behind than anybody was told yet; owner and manager are told."""

    target_id: UUID
    step: int
    told: tuple[UUID, ...]


@fact("cycle.recovered")
class Recovered(Fact):
    """Within the threshold again, after somebody was told it was not."""

    target_id: UUID
    told: tuple[UUID, ...]


# -- review --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """A point to talk about: a code from `agenda.py`, and what it is about."""

    code: Label
    subject_id: UUID | None = None
    detail: ShortText = ""


@fact("cycle.review-opened")
class ReviewOpened(Fact):
    """The review pack is frozen: everything in it is as known at `position`, and `pack_digest` (SHA-256, hexadecimal)
    says so of its canonical bytes. `next_by` is when the next target is proposed at the latest, however late people
    are with this review.
    """

    position: int
    pack_digest: str
    agenda: tuple[AgendaItem, ...]
    next_by: datetime


@fact("cycle.self-assessed")
class SelfAssessed(Fact):
    assessed_by: UUID
    text: FreeText


@fact("cycle.assessed")
class Assessed(Fact):
    assessed_by: UUID
    text: FreeText


@fact("cycle.decision-asked")
class DecisionAsked(Fact):
    """The review found something to decide; `of` decides."""

    decision_id: UUID
    question: FreeText
    of: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedChange:
    """What a decision does to the next target of `metric`: `number` is added in the metric's unit; `as_share`: it is a share of what the
    target would be without it (0.05 raises it by a twentieth).
    """

    metric: MetricKey
    number: Change
    as_share: bool = False

    def wrong(self) -> Iterator[FieldError]:
        """A share takes away less than all of it, and adds less than ten times as much."""
        if self.as_share and not -1 < self.number < 10:
            yield FieldError("number", "as a share lies between -1 and 10")


@fact("cycle.decision-taken", version=2)
class DecisionTaken(Fact):
    decision_id: UUID
    taken_by: UUID
    choice: FreeText
    change: StatedChange | None = None


@upcast("cycle.decision-taken", from_version=1)
def _no_change_was_stated(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "change": None}


@fact("cycle.decision-handed-over")
class DecisionHandedOver(Fact):
    """Another one is to take it, until the same time."""

    decision_id: UUID
    before: UUID
    after: UUID


# -- feedback ------------------------------------------------------------------------------------


@fact("cycle.feedback-given", version=2)
class FeedbackGiven(Fact):
    """Agreed in the review, at `given_at` (None: not recorded). Until `appeal_until` the owner may appeal."""

    given_by: UUID
    text: FreeText
    action_items: tuple[UUID, ...]
    appeal_until: datetime
    given_at: datetime | None = None


@upcast("cycle.feedback-given", from_version=1)
def _when_it_was_given_was_not_recorded(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "given_at": None}


@fact("cycle.acknowledged")
class Acknowledged(Fact):
    acknowledged_by: UUID


@fact("cycle.left-unacknowledged")
class LeftUnacknowledged(Fact):
    """The time to acknowledge has passed; the loop goes on."""


@fact("cycle.commented")
class Commented(Fact):
    comment_id: UUID
    author_id: UUID
    text: FreeText


@fact("cycle.appealed")
class Appealed(Fact):
    """The owner does not accept the outcome; `number` counts their appeals."""

    number: int
    appealed_by: UUID
    why: FreeText


@fact("cycle.appeal-decided")
class AppealDecided(Fact):
    number: int
    decided_by: UUID
    upheld: bool
    why: FreeText


# -- the next target -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTarget:
    """A number for the next period, and how it was found, step by step."""

    target_id: UUID
    metric: str
    number: Decimal
    currency: str = ""
    reasons: tuple[Reason, ...] = ()


@fact("cycle.next-proposed")
class NextProposed(Fact):
    period: Period
    position: int
    targets: tuple[NextTarget, ...]


@fact("cycle.closed")
class CycleClosed(Fact):
    next_id: UUID


# -- what people change --------------------------------------------------------------------------


@fact("cycle.paused")
class CyclePaused(Fact):
    at: datetime
    why: FreeText


@fact("cycle.resumed", version=2)
class CycleResumed(Fact):
    """Everything is put off by the business time of the pause: what is owed says so itself, the cycle's own times are
    `times` from now (None in older facts: only the check-ins were set anew).
    """

    at: datetime
    arming: int
    next_check_in_at: datetime | None
    times: Times | None = None


@upcast("cycle.resumed", from_version=1)
def _only_check_ins_were_set_anew(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "times": None}


@fact("cycle.cancelled")
class CycleCancelled(Fact):
    why: FreeText


@fact("cycle.cadence-changed")
class CadenceChanged(Fact):
    before: Cadence
    after: Cadence
    arming: int
    next_check_in_at: datetime | None


@fact("cycle.handed-over")
class CycleHandedOver(Fact):
    """Others have the parts from now; what was owed by who had one is owed by who has it."""

    before: People
    after: People
    why: FreeText
