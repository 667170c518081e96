"""Projections room: folding facts into rows in memory, between loading and saving them.

Handlers are methods marked `@on(Fact)`, and `copies` where a fact is only copied. They only assign; facts without a handler are
skipped on purpose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import dropwhile
from operator import attrgetter
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from psycopg import AsyncConnection

from domain.engine.facts import Fact
from domain.engine.undoing import TakesBack, marks, standing
from projections.engine import streams
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


def is_mark(entry: Entry[Any]) -> bool:
    """It says that an import was undone."""
    return isinstance(entry.fact, TakesBack)


def standing_entries(entries: Sequence[Entry[Any]]) -> list[Entry[Any]]:
    """Of one stream's entries those that stand; what is gone begins with nothing."""
    stand = standing(entries, attrgetter("fact"), attrgetter("version"))
    return list(dropwhile(is_mark, stand))


def _undoing(topics: frozenset[str]) -> frozenset[str]:
    """That imports were undone, of the kinds of streams that these topics are of."""
    kinds = {topic.partition(".")[0] for topic in topics}
    return frozenset(topic for topic in marks() if topic.partition(".")[0] in kinds)


class Folded(Projection):
    """A projection that folds facts in memory, between loading and saving rows.

    Where an import was undone, the stream's rows are as if what was taken back had never been: what stood is folded backwards, and what
    stands is folded anew (`settled`).
    """

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
        cls.topics |= _undoing(cls.topics)

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

    async def settled(
        self, connection: AsyncConnection[Any], entries: Sequence[Entry[Any]]
    ) -> tuple[Sequence[Entry[Any]], dict[UUID, list[Entry[Any]]]]:
        """The entries that are to be folded, in order; and by stream what the rows hold until now of those of which an import was undone
        in this stretch, which is to be taken back first. Of these everything that stands is among the entries.
        """
        ids = {entry.stream_id for entry in entries if is_mark(entry)}
        if not ids:
            return entries, {}
        known: defaultdict[UUID, list[Entry[Any]]] = defaultdict(list)
        for entry in await streams.facts(connection, ids, self.topics, entries[-1].position):
            known[entry.stream_id].append(entry)
        first = entries[0].position
        held = {id: standing_entries([e for e in known[id] if e.position < first]) for id in ids}
        anew = [entry for id in ids for entry in standing_entries(known[id])]
        kept = [entry for entry in entries if entry.stream_id not in ids]
        return sorted([*kept, *anew], key=attrgetter("position")), held

    @contextmanager
    def taking_back(self) -> Iterator[None]:
        """What is folded meanwhile goes: counters count down, and the rows that are added are removed afterwards."""
        kept = {id(one): one for one in (*self._all, *self._saved)}.values()
        for one in kept:
            one.take_back()
        try:
            yield
        finally:
            for one in kept:
                one.taken_back()

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
