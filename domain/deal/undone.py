"""Domain room: the fact that an import of a deal was undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.engine.facts import FreeText, fact
from domain.engine.undoing import TakesBack
from domain.engine.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDeal:
    """What people see of a deal at a glance. `status` is open, won or lost."""

    title: FreeText
    status: str
    stage: str
    owner_id: UUID
    team_id: UUID
    customer_id: UUID | None = None
    product_id: UUID | None = None
    amount: Money | None = None
    expected_close: date | None = None
    closed_on: date | None = None


@fact("deal.import-undone")
class DealImportUndone(TakesBack):
    """`promises` counts those that the deal has had: no number of one is given twice."""

    before: ShownDeal
    after: ShownDeal | None
    promises: int = 0
