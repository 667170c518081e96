"""Domain room: the adjustment — a change of strategy with a hypothesis, and what it turned out to bring.

Facts: it was started; its baseline and control group were frozen at a position; at the horizon it was measured; who
owns it was reminded and who is above was told; it was decided: keep, change or stop. State: as far as that needs.
What may be asked of it, and what that decides, is in `commands.py`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.adjustment.experiment import Compared
from domain.cycle.policy import Awaited
from domain.engine.aggregate import OwnedAggregate, when
from domain.engine.errors import Refused
from domain.engine.facts import Fact, FreeText, fact
from domain.figures.scope import COMPANY, Scope
from domain.time.commitment import Commitment, Kind
from domain.time.periods import Window


class Outcome(StrEnum):
    KEEP = "keep"
    CHANGE = "change"
    STOP = "stop"


@fact("adjustment.started")
class AdjustmentStarted(Fact):
    """`baseline` are the days it is compared with, `horizon` the days it is given; `measure_at` is when the horizon is
    over. `above_id` is told when its owner does not decide.
    """

    hypothesis: FreeText
    scope: Scope
    metric: str
    baseline: Window
    horizon: Window
    owner_id: UUID
    above_id: UUID | None
    team_id: UUID | None
    measure_at: datetime
    policy: str
    policy_version: int
    currency: str = ""
    cycle_id: UUID | None = None


@fact("adjustment.baseline-frozen")
class BaselineFrozen(Fact):
    """As known at `position`, for ever: what came before, and whom it is compared with by which method."""

    position: int
    adjusted: Compared
    controls: tuple[Compared, ...]
    method: str


@fact("adjustment.measured")
class AdjustmentMeasured(Fact):
    """The horizon is over. `effect` is what it brought beyond what the control group did; `awaited` asks the owner to
    decide.
    """

    position: int
    adjusted: Compared
    controls: tuple[Compared, ...]
    effect: Decimal | None
    awaited: Awaited


@fact("adjustment.reminded")
class AdjustmentReminded(Fact):
    told: UUID | None


@fact("adjustment.escalated")
class AdjustmentEscalated(Fact):
    told: UUID | None


@fact("adjustment.decided")
class AdjustmentDecided(Fact):
    """`effect` is what it was measured to bring; None when it was stopped before."""

    outcome: Outcome
    decided_by: UUID
    why: FreeText
    effect: Decimal | None


@fact("adjustment.handed-over")
class AdjustmentHandedOver(Fact):
    before: UUID
    after: UUID


class Adjustment(OwnedAggregate):
    KIND: ClassVar[str] = "adjustment"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.scope = COMPANY
        self.metric = self.currency = ""
        self.baseline = self.horizon = Window(date.min, date.min)
        self.owner_id: UUID = id
        self.above_id: UUID | None = None
        self.team_id: UUID | None = None
        self.measure_at: datetime | None = None
        self.policy = "default"
        self.policy_version = 0
        self.started: AdjustmentStarted | None = None
        self.frozen: BaselineFrozen | None = None
        self.measured: AdjustmentMeasured | None = None
        self.commitment: Commitment | None = None
        """To decide, once it is known what it brought."""
        self.decided: AdjustmentDecided | None = None

    @property
    def runs(self) -> bool:
        return self.exists and self.decided is None

    def decide(self, outcome: Outcome, by: UUID, why: str) -> None:
        """Stopping is possible at any time; keeping and changing when it is known what it brought."""
        if self.decided is not None:
            if self.decided.outcome != outcome:
                raise Refused("this was decided already", outcome=self.decided.outcome)
            return
        if self.measured is None and outcome != Outcome.STOP:
            raise Refused("it is not known yet what it brought: until then it can only be stopped")
        effect = self.measured.effect if self.measured else None
        self.record(AdjustmentDecided(outcome=outcome, decided_by=by, why=why, effect=effect))

    def remind(self) -> None:
        if self.runs and self.commitment is not None and self.commitment.awaits(Kind.REMIND):
            self.record(AdjustmentReminded(told=self.owner_id))

    def escalate(self, manager_id: UUID | None = None) -> None:
        """To who is above, or else to who manages."""
        if self.runs and self.commitment is not None and self.commitment.awaits(Kind.ESCALATE):
            self.record(AdjustmentEscalated(told=self.above_id or manager_id))

    def hand_over(self, to: UUID) -> None:
        if self.decided is not None:
            raise Refused("this was decided already", outcome=self.decided.outcome)
        if to != self.owner_id:
            self.record(AdjustmentHandedOver(before=self.owner_id, after=to))

    @when(AdjustmentStarted)
    def _started(self, fact: AdjustmentStarted) -> None:
        self.adopt(fact)
        self.started = fact

    @when(BaselineFrozen)
    def _baseline_frozen(self, fact: BaselineFrozen) -> None:
        self.frozen = fact

    @when(AdjustmentMeasured)
    def _measured(self, fact: AdjustmentMeasured) -> None:
        self.measured, self.commitment = fact, fact.awaited.commitment()

    @when(AdjustmentReminded)
    def _reminded(self, fact: AdjustmentReminded) -> None:
        self.commitment = self.commitment.remind() if self.commitment is not None else None

    @when(AdjustmentEscalated)
    def _escalated(self, fact: AdjustmentEscalated) -> None:
        self.commitment = self.commitment.escalate() if self.commitment is not None else None

    @when(AdjustmentDecided)
    def _decided(self, fact: AdjustmentDecided) -> None:
        self.decided = fact

    @when(AdjustmentHandedOver)
    def _handed_over(self, fact: AdjustmentHandedOver) -> None:
        self.owner_id = fact.after
        self.commitment = self.commitment.hand_over(fact.after) if self.commitment is not None else None
