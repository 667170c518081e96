"""Domain room: what may be asked of targets, in the imperative. Decisions are in `decisions.py` and `dividing.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from annotated_types import Len, MaxLen

from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.fields import Amount, LongText, MetricKey, NeededText, ShortText
from domain.engine.references import PersonId, TargetId
from domain.figures.scope import Scope
from domain.figures.shares import Method
from domain.target.target import Target, target_id
from domain.time.periods import Period

MOST_PARTS = 1_000


class ProposeTarget(Command):
    """Propose a target. Nothing has a default that stands for an answer: what is left out is named in the refusal,
    all of it at once. The same again is silence; for another number revise it.
    """

    metric: MetricKey = ""
    number: Amount | None = None
    unit: ShortText = ""
    currency: ShortText = ""
    period: Period | None = None
    scope: Scope | None = None
    owner_id: PersonId | None = None
    achievable: LongText = ""
    relevant: LongText = ""

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        if not self.metric or self.scope is None or self.period is None:
            return None
        return Target, target_id(self.metric, self.scope, self.period)


class TargetCommand(Command, about=Target):
    target_id: UUID


class AgreeTarget(TargetCommand):
    """Its owner agrees to the number it has now."""

    agreed_by: PersonId


class LeaveTargetUnagreed(TargetCommand):
    """The time to agree is over. Silence where it was agreed to, or said before."""


class HandOverTarget(TargetCommand):
    """Somebody else owns it from now."""

    owner_id: PersonId


class WithdrawTarget(TargetCommand):
    """It no longer holds, nor do the targets it was divided into."""

    why: NeededText


class ReviseTarget(TargetCommand):
    """Another number from a day on (left out: from today, or the period's first day where that is to come). What it
    was divided into follows in proportion; what lies in the past keeps its number.
    """

    number: Amount
    why: NeededText
    from_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One part of a division: either a shorter period of the same scope, or a smaller scope of the same period.
    `weight` is for weighted and seasonal shares, `number` for manual ones; without an owner it is the parent's.
    """

    scope: Scope
    period: Period
    owner_id: PersonId | None = None
    weight: Amount | None = None
    number: Amount | None = None


class DecomposeTarget(TargetCommand):
    """Divide a target that is not divided yet. `basis` says where the weights came from, such as "2024 to 2025"."""

    method: Method
    children: Annotated[tuple[Child, ...], Len(1, MOST_PARTS)]
    basis: ShortText = ""


class RespreadTarget(TargetCommand):
    """Divide what is left anew from a day on. `children` names every part that does not lie in the past, and new ones
    where there are any; without them the present parts stay in proportion. `number` changes the whole as well.
    """

    why: NeededText
    method: Method = Method.WEIGHTED
    children: Annotated[tuple[Child, ...], MaxLen(MOST_PARTS)] = ()
    number: Amount | None = None
    from_day: date | None = None
    basis: ShortText = ""


class MoveTarget(TargetCommand):
    """A rep changed teams: what their target still has to bring counts for another parent from a day on. `stays` is
    what counts where it was; left out, the share of the period's days that are over.
    """

    parent_id: TargetId
    why: NeededText
    from_day: date | None = None
    stays: Amount | None = None
