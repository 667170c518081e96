"""Domain room: what each gate requirement asks of a deal. One function, every writer."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from domain.process import AFTER_SALES, CLOSED, LOST, WON, Process

if TYPE_CHECKING:
    from domain.deal.deal import Deal

_MET: dict[str, Callable[[Deal], bool]] = {
    "pain-points": lambda deal: bool(deal.needs.pain_points.strip()),
    "budget": lambda deal: deal.needs.budget is not None,
    "decision-process": lambda deal: bool(deal.needs.decision_process.strip()),
    "decision-makers": lambda deal: bool(deal.needs.decision_makers),
    "quote-or-demonstration": lambda deal: bool(deal.quotes) or deal.demonstrations > 0,
    "amount": lambda deal: deal.amount is not None,
    "close-date": lambda deal: deal.closed_on is not None,
    "contract-reference": lambda deal: bool(deal.contract_reference.strip()),
    "loss-reason": lambda deal: bool(deal.loss_reason.strip()),
}
NEVER_OVERRIDDEN = {WON: ("amount", "close-date"), LOST: ("loss-reason",)}
"""What the closing itself states. The contract reference of a won deal may follow, with an approval."""


def missing(deal: Deal, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements that the deal does not meet, in order, each once."""
    return tuple(name for name in dict.fromkeys(requirements) if not _MET[name](deal))


@lru_cache(maxsize=4_096)
def on_the_way(process: Process, before: str, after: str) -> tuple[str, ...]:
    """All requirements between two stages: to leave each one passed, and to arrive at each one passed or reached.
    Going back asks nothing, and giving up only what *lost* itself asks.
    """
    names = [s.name for s in process.stages]
    start, end = names.index(before), names.index(after)
    if after in (LOST, AFTER_SALES):
        return process.stages[end].enter
    left = (s for s in process.stages[start:end] if s.name not in CLOSED)
    reached = (s for s in process.stages[start + 1 : end + 1])
    return (*(name for s in left for name in s.leave), *(name for s in reached for name in s.enter))
