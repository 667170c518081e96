"""Projections room: folding facts into rows in memory, between loading and saving them.

Handlers are methods marked `@on(Fact)`, and `copies` where a fact is only copied. They only assign; facts without a handler are
skipped on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from psycopg import AsyncConnection

from domain.engine.facts import Fact
from projections.engine.counters import Counters
from projections.engine.projection import Entry, Projection
from projections.engine.rows import Rows
from projections.engine.tables import R, Table

H = TypeVar("H", bound=Callable[..., None])


def on(*facts: type[Fact]) -> Callable[[H], H]:
    """Mark a method as what these facts do to the read model."""

    def mark(method: H) -> H:
        method.__dict__["facts"] = facts
        return method

    return mark


def _copying(fields: Mapping[str, str]) -> Callable[..., None]:
    """A handler that puts these fields of a fact into the row."""
    pairs = [(column, attrgetter(field)) for column, field in fields.items()]

    def copy(_: Projection, row: Any, entry: Entry[Any]) -> None:
        for column, get in pairs:
            setattr(row, column, get(entry.fact))

    return copy


class Folded(Projection):
    """A projection that folds facts in memory, between loading and saving rows."""

    copies: ClassVar[Mapping[type[Fact], Mapping[str, str]]] = {}
    """What a fact says and no more: by the row's column, the fact's field, such as `after` or `after.due_at`."""
    handlers: ClassVar[dict[type[Fact], Callable[..., None]]] = {}
    topics = frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        copying = {fact: _copying(fields) for fact, fields in vars(cls).get("copies", {}).items()}
        marked = [method for method in vars(cls).values() if hasattr(method, "facts")]
        cls.handlers = cls.handlers | copying | {fact: method for method in marked for fact in method.facts}
        cls.topics = cls.topics | {fact.TOPIC for fact in cls.handlers}

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._all: list[Rows[Any]] = []
        self._saved: list[Rows[Any] | Counters[Any]] = []

    def rows(self, table: Table[R]) -> Rows[R]:
        made = Rows(table, self.suffix)
        self._all.append(made)
        self._saved.append(made)
        return made

    def counters(self, table: Table[R]) -> Counters[R]:
        rows = Rows(table, self.suffix)
        made = Counters(rows)
        self._all.append(rows)
        self._saved.append(made)
        return made

    async def save(self, connection: AsyncConnection[Any]) -> None:
        """All rows and counters, in the order in which they were asked for."""
        for saved in self._saved:
            await saved.save(connection)

    def forget(self) -> None:
        for kept in (*self._all, *self._saved):
            kept.forget()

    def hold_back(self) -> None:
        for rows in self._all:
            rows.hold_back()

    async def flush(self, connection: AsyncConnection[Any]) -> None:
        for rows in self._all:
            rows.hold_back(0)
            await rows.save(connection)
