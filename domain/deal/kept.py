"""Domain room: a deal's state as a snapshot holds it, field by field. What is not here is not remembered, so every
attribute of `DealState` has its field (a test holds the two against each other).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.deal.facts import ImportNoted
from domain.deal.overrides import Override
from domain.deal.promises import Promise
from domain.values import Activity, Money, Needs, Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDeal:
    status: str
    stage: str
    title: str
    process: str
    process_version: int
    policy: str
    owner_id: UUID
    team_id: UUID
    customer_id: UUID | None
    product_id: UUID | None
    amount: Money | None
    expected_close: date | None
    needs: Needs
    quotes: dict[str, Quote]
    demonstrated: bool
    closed_from: str
    closed_on: date | None
    contract_reference: str
    loss_reason: str
    competitor: str
    activities: dict[UUID, Activity]
    overrides: dict[UUID, Override]
    promise: Promise | None
    promises: int
    reassignments: int
    imported: ImportNoted | None
