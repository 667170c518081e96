"""Domain room: how a deal stood at a moment of its past, as one row of another system's stage history tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.engine.fields import Code, ShortText
from domain.engine.values import NO_NEEDS, Money, Needs, Quote


@dataclass(frozen=True, slots=True)
class PastStage:
    """`at` is when it came to stand so, None where the source does not say. `approved`: the importing user lets pass what the
    gates on the way to this stage lack.
    """

    stage: Code
    at: datetime | None = None
    amount: Money | None = None
    expected_close: date | None = None
    needs: Needs = NO_NEEDS
    quote: Quote | None = None
    closed_on: date | None = None
    contract_reference: ShortText = ""
    loss_reason: ShortText = ""
    competitor: ShortText = ""
    approved: bool = False
