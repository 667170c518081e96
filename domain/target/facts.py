"""Domain room: everything that can have happened to a target, in the past tense.

A target's stream belongs to its metric, scope and period: there is one for them, whatever number it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.engine.facts import Fact, FreeText, fact
from domain.figures.metrics import Unit
from domain.figures.scope import Scope
from domain.figures.shares import Method
from domain.time.periods import Period


@dataclass(frozen=True, slots=True)
class Share:
    """What one child has of a divided number. `settled` once it can no longer change: the child went to another
    parent, and this is what stays here.
    """

    child_id: UUID
    number: Decimal
    settled: bool = False


@fact("target.proposed")
class TargetProposed(Fact):
    """`team_id` is the team that the scope belongs to, where it does. `parent_id` is the target this is a share of.
    `from_day` is the first day it is in force: the period's first, unless it came in the middle.
    """

    metric: str
    scope: Scope
    period: Period
    number: Decimal
    unit: Unit
    owner_id: UUID
    achievable: FreeText
    relevant: FreeText
    from_day: date
    currency: str = ""
    team_id: UUID | None = None
    parent_id: UUID | None = None


@fact("target.agreed")
class TargetAgreed(Fact):
    """Its owner agreed to this number."""

    agreed_by: UUID
    number: Decimal


@fact("target.left-unagreed")
class TargetLeftUnagreed(Fact):
    """The time to agree has passed: the manager's figure holds."""

    number: Decimal


@fact("target.revised")
class TargetRevised(Fact):
    """From `from_day` on another number is in force. Days before are judged by the one that was."""

    before: Decimal
    after: Decimal
    from_day: date
    version: int
    why: FreeText = ""


@fact("target.divided")
class TargetDivided(Fact):
    """The number is made of these shares from `from_day` on. `basis` says where weights came from."""

    method: Method
    shares: tuple[Share, ...]
    from_day: date
    basis: str = ""


@fact("target.moved")
class TargetMoved(Fact):
    """It went from one parent to another, and to that one's team, with what it still has to bring; `stays` counts
    where it was before.
    """

    before: UUID
    after: UUID
    from_day: date
    stays: Decimal
    goes: Decimal
    team_id: UUID | None = None
    why: FreeText = ""


@fact("target.handed-over")
class TargetHandedOver(Fact):
    before: UUID
    after: UUID


@fact("target.withdrawn")
class TargetWithdrawn(Fact):
    number: Decimal
    why: FreeText
