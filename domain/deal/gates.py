"""Domain room: what each gate requirement asks of a deal. One function, every writer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from domain.engine.values import Money, Quote
from domain.policy.process import AFTER_SALES, CLOSED, LOST, WON, Process

if TYPE_CHECKING:
    from domain.deal.state import DealState

_LOOKS_AT: dict[str, Callable[[DealState], object]] = {
    "pain-points": lambda deal: deal.needs.pain_points.strip(),
    "budget": lambda deal: deal.needs.budget,
    "decision-process": lambda deal: deal.needs.decision_process.strip(),
    "decision-makers": lambda deal: deal.needs.decision_makers,
    "quote-or-demonstration": lambda deal: tuple(deal.quotes.values()) or deal.demonstrations > 0,
    "amount": lambda deal: deal.amount,
    "close-date": lambda deal: deal.closed_on,
    "contract-reference": lambda deal: deal.contract_reference.strip(),
    "loss-reason": lambda deal: deal.loss_reason.strip(),
}
"""What is there meets the requirement."""
AT_STAKE = "amount"
"""Whatever the gate: who lets a deal pass saw what it was worth."""
NEVER_OVERRIDDEN = {WON: ("amount", "close-date"), LOST: ("loss-reason",)}
"""What the closing itself states. The contract reference of a won deal may follow, with an approval."""


def missing(deal: DealState, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements that the deal does not meet, in order, each once."""
    return tuple(name for name in dict.fromkeys(requirements) if not _LOOKS_AT[name](deal))


def shown(deal: DealState) -> dict[str, str]:
    """A mark of what each requirement that is met looks at, and of the amount. Equal values have equal marks."""
    seen = {name: look(deal) for name, look in _LOOKS_AT.items()}
    return {name: _mark(value) for name, value in seen.items() if value or name == AT_STAKE}


def changed(before: dict[str, str], deal: DealState, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the requirements, and of what is at stake, are not as they were shown."""
    names = dict.fromkeys((*requirements, AT_STAKE))
    return tuple(name for name in names if name in before and before[name] != _mark(_LOOKS_AT[name](deal)))


def _mark(value: object) -> str:
    return hashlib.sha256(_written(value).encode()).hexdigest()[:12]


def _written(value: object) -> str:
    """An amount the same however many zeros it is written with."""
    if isinstance(value, Money):
        return f"{value.amount.normalize():f} {value.currency}"
    if isinstance(value, tuple):
        return "\x1f".join(map(_written, value))
    if isinstance(value, Quote):
        return f"{value.reference}\x1e{_written(value.amount)}\x1e{value.valid_until}"
    return str(value)


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
