"""Domain room: an adjustment goes to who manages its team next."""

from __future__ import annotations

from collections.abc import Iterator

from domain.adjustment.adjustment import Adjustment
from domain.adjustment.commands import HandOverAdjustment
from domain.people.handover import HandoverRules, Replaced, Saying


def on_replaced(adjustment: Adjustment, replaced: Replaced) -> Iterator[Saying]:
    if adjustment.team_id == replaced.team_id:
        yield HandOverAdjustment(adjustment_id=adjustment.id, to=replaced.after), f"{adjustment.id}:handover"


HANDOVERS = (
    HandoverRules(
        name="adjustment",
        aggregate=Adjustment,
        goes_on=lambda adjustment: adjustment.runs,
        replaced=on_replaced,
    ),
)
