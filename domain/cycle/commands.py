"""Domain room: what may be asked of a cycle, in the imperative.

People's commands name who gives them; what the timers say names the arming it was set for, and too late is silence.
Decisions are in `decisions.py` and `reviewing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen

from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.facts import AgendaItem, StatedChange
from domain.cycle.policy import Cadence, Step
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.errors import FieldError
from domain.engine.fields import Digest, MetricKey, NeededText, Position, Quantity, RuleName, ShortText
from domain.engine.reasoning import Language, Reason
from domain.engine.references import ActionItemId, CycleId, PersonId, TargetId
from domain.figures.metrics import find_metric
from domain.figures.scope import Scope
from domain.time.periods import Period


class OpenCycle(Command):
    """Open the cycle of a scope and period; there is one. The targets for `metrics` that are there are included. A
    rep's manager is the team's where none is named. The same again is silence.
    """

    scope: Scope
    period: Period
    owner_id: PersonId
    manager_id: PersonId | None = None
    above_id: PersonId | None = None
    metrics: Annotated[tuple[MetricKey, ...], MaxLen(50)] = ()
    policy: RuleName = "default"
    cadence: Cadence | None = None
    previous_id: CycleId | None = None

    def wrong(self) -> Iterator[FieldError]:
        for n, key in enumerate(self.metrics):
            if not find_metric(key):
                yield FieldError(f"metrics[{n}]", f"there is no {key!r} in the catalogue")

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Cycle, cycle_id(self.scope, self.period)


class CycleCommand(Command, about=Cycle):
    cycle_id: UUID


# -- people --------------------------------------------------------------------------------------


class IncludeTarget(CycleCommand):
    """A target of the same scope and period becomes part of the cycle."""

    target_id: TargetId


class AgreeTargets(CycleCommand):
    """The owner agrees to every target of the cycle."""

    agreed_by: PersonId


class AssessSelf(CycleCommand):
    assessed_by: PersonId
    text: NeededText


class AssessCycle(CycleCommand):
    """The manager's assessment, after the owner's own or when that is overdue."""

    assessed_by: PersonId
    text: NeededText


class AskDecision(CycleCommand):
    """The review found something that somebody must decide by a time."""

    decision_id: UUID
    question: NeededText
    of: PersonId
    due_at: datetime


class TakeDecision(CycleCommand):
    """By whom it was asked of; or, when that is overdue, by who was told. A `change` that was decided on enters the proposal of the
    next target.
    """

    decision_id: UUID
    taken_by: PersonId
    choice: NeededText
    change: StatedChange | None = None

    def concerns(self, held: Aggregate) -> bool:
        return isinstance(held, Cycle) and held.may_decide(self.decision_id, self.taken_by)


class HandOverDecision(CycleCommand):
    """Another one is to take a decision that was asked for, until the same time."""

    decision_id: UUID
    to: PersonId


class GiveFeedback(CycleCommand):
    """What owner and manager agreed on; the action items were opened before, by their ids."""

    given_by: PersonId
    text: NeededText
    action_items: Annotated[tuple[ActionItemId, ...], MaxLen(200)] = ()


class AcknowledgeFeedback(CycleCommand):
    acknowledged_by: PersonId


class CommentOnCycle(CycleCommand):
    comment_id: UUID
    author_id: PersonId
    text: NeededText


class AppealCycle(CycleCommand):
    """The owner does not accept the outcome. A closed scorecard is reopened; its first result is kept."""

    appealed_by: PersonId
    why: NeededText


class DecideAppeal(CycleCommand):
    decided_by: PersonId
    upheld: bool
    why: NeededText


class PauseCycle(CycleCommand):
    """Nobody is reminded and nothing goes on until it is resumed."""

    why: NeededText


class ResumeCycle(CycleCommand):
    pass


class CancelCycle(CycleCommand):
    why: NeededText


class ChangeCadence(CycleCommand):
    cadence: Cadence


class HandOverCycle(CycleCommand):
    """Others take the parts that are named. With its owner the cycle's targets change hands, and a rep's cycle goes
    to the team the rep is in now.
    """

    why: NeededText
    owner_id: PersonId | None = None
    manager_id: PersonId | None = None
    above_id: PersonId | None = None


# -- timers --------------------------------------------------------------------------------------


class CycleTimer(CycleCommand):
    arming: int


class RemindCycle(CycleTimer):
    """The time to warn of a step has come. `arming` is that of the `cycle.awaiting` it was set for."""

    step: Step
    subject_id: UUID | None = None


class EscalateCycle(CycleTimer):
    """The step is overdue: tell who is above, and go on without it where that is possible."""

    step: Step
    subject_id: UUID | None = None


class StartExecution(CycleTimer):
    """The period begins: what is not agreed is recorded as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """What a target's metric came to, true on the day and as known at the position of the check-in; None for a rate of
    nothing. `shape` is what each of the period's children weighs in a usual year, for seasonal pace.
    """

    target_id: UUID
    figure: Decimal | None
    shape: tuple[Decimal, ...] = ()


class CheckIn(CycleTimer):
    """The cycle's `number`-th check-in; any other than the next one is silence."""

    number: int
    on: date
    position: Position
    actuals: tuple[Actual, ...]


class OpenReview(CycleTimer):
    """The period is over and the pack is frozen."""

    position: Position
    pack_digest: Digest
    agenda: tuple[AgendaItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A number for the next period with its argument (see `proposal.py`)."""

    metric: MetricKey
    number: Quantity
    currency: ShortText = ""
    reasons: tuple[Reason, ...] = ()


class ProposeNext(CycleTimer):
    """Feed the next cycle. Where the next period has no target for the metric yet, this proposes it."""

    position: Position
    targets: tuple[Proposed, ...]
    language: Language = "en"


class CloseCycle(CycleTimer):
    """Nothing is owed any more and the time to appeal is over."""
