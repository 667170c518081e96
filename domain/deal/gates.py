"""Domain room: what each gate requirement asks of a deal. One function, every writer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from domain.engine.values import Money, Quote
from domain.policy.closed import AFTER_SALES, CLOSED, LOST, WON
from domain.policy.process import Process

Evidence = Mapping[str, object]
"""What a deal has to show for each requirement, by its name. What is there meets it; a custom field that is empty is not there."""
AT_STAKE = "amount"
"""Whatever the gate: who lets a deal pass saw what it was worth."""
NEVER_OVERRIDDEN = {WON: ("amount", "close-date"), LOST: ("loss-reason",)}
"""What the closing itself states. The contract reference of a won deal may follow, with an approval."""


@dataclass(frozen=True, slots=True)
class Blockers:
    """What of another capability stands in the deal's way. A requirement is met where there is nothing."""

    ids: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return not self.ids


def closing(amount: Money | None, closed_on: date | None, contract_reference: str) -> dict[str, object]:
    """What winning a deal shows by itself."""
    return {
        "amount": amount,
        "close-date": closed_on,
        "contract-reference": contract_reference.strip(),
    }


def missing(evidence: Evidence, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements that are not met, in order, each once."""
    return tuple(name for name in dict.fromkeys(requirements) if not evidence.get(name))


def shown(evidence: Evidence) -> dict[str, str]:
    """A mark of what each requirement that is met looks at, of the amount, and of what stands in the way. Equal values have equal
    marks.
    """
    return {
        name: _mark(value)
        for name, value in evidence.items()
        if value or name == AT_STAKE or isinstance(value, Blockers)
    }


def changed(before: dict[str, str], evidence: Evidence, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the requirements, and of what is at stake, are not as they were shown."""
    names = dict.fromkeys((*requirements, AT_STAKE))
    return tuple(name for name in names if name in before and before[name] != _mark(evidence.get(name)))


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
