"""cli: the turn of the loop that the demonstration plays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from domain.cycle.in_force import InForce
    from domain.time.periods import Period

REVENUE = "revenue-won"


@dataclass(frozen=True)
class Turn:
    """The month that is reviewed, the one after it, whose `day` is the last that something was won on, and who has which part."""

    reviewed: Period
    day: date
    currency: str
    owner_id: UUID
    manager_id: UUID
    company: InForce

    @property
    def following(self) -> Period:
        return self.reviewed.next()

    def cycle(self, period: Period) -> UUID:
        from domain.cycle.cycle import cycle_id
        from domain.figures.scope import COMPANY

        return cycle_id(COMPANY, period)

    def target(self, period: Period) -> UUID:
        from domain.figures.scope import COMPANY
        from domain.target.target import target_id

        return target_id(REVENUE, COMPANY, period)
