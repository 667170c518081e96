"""Domain room: facts that take back what one import recorded in a stream.

Nothing is removed: the stream goes on, and stands from then on as it did before the import. What is taken back is always the newest
part of what stands in a stream, so whoever folds a stream needs to know no more than where that part began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from domain.engine.facts import FACTS, Fact

E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakesBack(Fact):
    """Base of the facts that an import was undone, one a kind of stream. From version `since` to here nothing stands any more that
    was recorded. Each says what was shown `before`, and what is shown `after`: None where the import had made it, and it is gone.
    """

    job_id: UUID
    since: int

    @property
    def gone(self) -> bool:
        return getattr(self, "after", None) is None


def marks() -> frozenset[str]:
    """The topics of the facts that take back."""
    return frozenset(fact.TOPIC for fact in FACTS.values() if issubclass(fact, TakesBack))


def standing(
    events: Iterable[E], fact_of: Callable[[E], Fact | None], version_of: Callable[[E], int]
) -> list[E]:
    """Of one stream's events, oldest first, those that stand, and the facts that take others back. `fact_of` may be None of
    any that takes nothing back.
    """
    stand: list[E] = []
    for event in events:
        fact = fact_of(event)
        if isinstance(fact, TakesBack):
            while stand and version_of(stand[-1]) >= fact.since:
                stand.pop()
        stand.append(event)
    return stand
