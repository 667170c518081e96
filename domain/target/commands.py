"""Domain room: what may be asked of targets, in the imperative. Decisions are in `decisions.py` and `dividing.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.command_handler import Command
from domain.engine.facts import FreeText
from domain.engine.references import PersonId, TargetId
from domain.figures.scope import Scope
from domain.figures.shares import Method
from domain.target.target import Target, target_id
from domain.time.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeTarget(Command):
    """Propose a target. Nothing has a default that stands for an answer: what is left out is named in the refusal,
    all of it at once. The same again is silence; for another number revise it.
    """

    metric: str = ""
    number: Decimal | None = None
    unit: str = ""
    currency: str = ""
    period: Period | None = None
    scope: Scope | None = None
    owner_id: PersonId | None = None
    achievable: FreeText = ""
    relevant: FreeText = ""

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        if not self.metric or self.scope is None or self.period is None:
            return None
        return Target, target_id(self.metric, self.scope, self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCommand(Command):
    target_id: UUID

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Target, self.target_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeTarget(TargetCommand):
    """Its owner agrees to the number it has now."""

    agreed_by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveTargetUnagreed(TargetCommand):
    """The time to agree is over. Silence where it was agreed to, or said before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverTarget(TargetCommand):
    """Somebody else owns it from now."""

    owner_id: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawTarget(TargetCommand):
    """It no longer holds, nor do the targets it was divided into."""

    why: FreeText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseTarget(TargetCommand):
    """Another number from a day on (left out: from today, or the period's first day where that is to come). What it
    was divided into follows in proportion; what lies in the past keeps its number.
    """

    number: Decimal
    why: FreeText
    from_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One part of a division: either a shorter period of the same scope, or a smaller scope of the same period.
    `weight` is for weighted and seasonal shares, `number` for manual ones; without an owner it is the parent's.
    """

    scope: Scope
    period: Period
    owner_id: PersonId | None = None
    weight: Decimal | None = None
    number: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecomposeTarget(TargetCommand):
    """Divide a target that is not divided yet. `basis` says where the weights came from, such as "2024 to 2025"."""

    method: Method
    children: tuple[Child, ...]
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RespreadTarget(TargetCommand):
    """Divide what is left anew from a day on. `children` names every part that does not lie in the past, and new ones
    where there are any; without them the present parts stay in proportion. `number` changes the whole as well.
    """

    why: FreeText
    method: Method = Method.WEIGHTED
    children: tuple[Child, ...] = ()
    number: Decimal | None = None
    from_day: date | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTarget(TargetCommand):
    """A rep changed teams: what their target still has to bring counts for another parent from a day on. `stays` is
    what counts where it was; left out, the share of the period's days that are over.
    """

    parent_id: TargetId
    why: FreeText
    from_day: date | None = None
    stays: Decimal | None = None
