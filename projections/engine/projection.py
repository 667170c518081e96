"""Projections room: what every read model is made of.

A projection is a class; an instance works on one generation of its tables: the live one, or one that a
rebuild fills beside it. It is given stretches of the ledger in order and changes its tables in the
follower's transaction. It reads no clock and no other read model, so a rebuild gives the same rows.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, Generic, LiteralString, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from domain.engine.facts import FACTS, Fact
from projections.engine.tables import Table
from runtime.codec import Row, decode_fact

F = TypeVar("F", bound=Fact)
ENTRIES = sql.SQL(
    "SELECT position, stream_id, version, topic, schema_version, data::text, occurred_at FROM ledger.events"
    " WHERE position > %s AND position <= %s AND topic IN ({topics}){share} ORDER BY position"
)
SHARE = sql.SQL(" AND mod(uuid_hash(stream_id) & 65535, {of}) = {number}")


class StreamShare(NamedTuple):
    """Of all streams those with this number of so many."""

    number: int
    of: int


WHOLE = StreamShare(0, 1)


class Entry(msgspec.Struct, Generic[F], gc=False):
    """A fact on its way into a read model."""

    position: int
    stream_id: UUID
    version: int
    fact: F
    occurred_at: datetime


def topics_of(*prefixes: str) -> frozenset[str]:
    """The topics that begin so, of the facts that are known when this is asked."""
    return frozenset(topic for topic in FACTS if topic.startswith(prefixes))


class Projection(ABC):
    """One read model. Topics it does not name are skipped on purpose; its position moves past them."""

    name: ClassVar[str]
    tables: ClassVar[tuple[Table[Any], ...]]
    topics: ClassVar[frozenset[str]]
    by_stream: ClassVar[bool] = False
    """Every row belongs to one stream, so that several can fill new tables, each with a `share` of the streams."""
    kind: ClassVar[str] = ""
    """The kind of stream that a row of the first table is about, as its topics begin: `action-item`."""
    open_where: ClassVar[LiteralString] = ""
    """Of a row, in SQL: it is not over."""
    awake_where: ClassVar[LiteralString] = "true"
    """Of an open row, in SQL: it has deadlines that are near enough to `%(now)s` for a workflow to wait for them."""
    owed_by: ClassVar[LiteralString] = ""
    """Of an open row, in SQL: the person `%(person)s` has a part in it, to be handed over with what else is theirs."""
    must_not_stay_with: ClassVar[LiteralString] = ""
    """The column with the person whose open rows are handed over again for as long as there are any once that person has left."""
    shown_on: ClassVar[Mapping[str, str]] = {}
    """By the kind of what a row is about as well, the column with its id: it is shown there, too, with its facts."""
    sentences: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """By topic, what a fact says there and in its own history, in English and Chinese: templates as in `deal/templates.py`."""
    terms: ClassVar[Mapping[str, Mapping[str, tuple[str, str]]]] = {}
    """By letter, vocabularies that those sentences use beside the deal's: each word of ours in English and Chinese."""
    awaited: ClassVar[bool] = False
    """Workflows ask for figures from it, as known at a position that they wait for."""
    share: StreamShare = WHOLE
    revision: ClassVar[int] = 1
    """Counted up when a release makes other rows of the same facts."""
    copied: ClassVar[bool] = False
    """The database copies the rows and nobody looks for one: new tables are filled before they have a key."""

    def __init__(self, suffix: str = "") -> None:
        self.suffix = suffix
        self.at_hand: Sequence[Row] | None = None
        """Every fact of the stretch to be applied, where somebody has read it already."""

    @abstractmethod
    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        """Bring the tables from position `after` to `upto`, inside the caller's transaction."""

    async def read(self, connection: AsyncConnection[Any], after: int, upto: int) -> list[Entry[Any]]:
        """What the ledger holds for this read model after position `after` up to `upto`, in order."""
        if self.at_hand is not None:
            return [entry(*row[:6], row[8]) for row in self.at_hand if row[3] in self.topics]
        cursor = connection.cursor(binary=True)
        await cursor.execute(self._entries(self.share), [after, upto])
        return [entry(*row) for row in await cursor.fetchall()]

    @classmethod
    @cache
    def _entries(cls, share: StreamShare) -> bytes:
        topics = sql.SQL(", ").join(sql.Literal(topic) for topic in sorted(cls.topics))
        only = SHARE.format(number=share.number, of=share.of) if share.of > 1 else sql.SQL("")
        return ENTRIES.format(topics=topics, share=only).as_string().encode()

    @abstractmethod
    def forget(self) -> None:
        """The transaction was rolled back, or another process may have worked in between."""

    def hold_back(self) -> None:  # noqa: B027 - most need not
        """Nobody else reads these tables before the next `flush`, so changes may wait in memory."""

    async def flush(self, connection: AsyncConnection[Any]) -> None:  # noqa: B027
        """Write what was held back, and hold back nothing from now on."""

    @classmethod
    def create(cls, suffix: str = "", *, keyed: bool = True) -> list[str]:
        return [statement for table in cls.tables for statement in table.create(suffix, keyed=keyed)]

    @classmethod
    def index(cls, suffix: str = "") -> list[str]:
        return [statement for table in cls.tables for statement in table.index(suffix)]

    @classmethod
    def shape(cls) -> str:
        """A digest of the tables' definition and of the fold's revision; another one means that a rebuild is due."""
        revision = [f"revision {cls.revision}"] if cls.revision > 1 else []
        return hashlib.sha256("\n".join([*cls.create(), *cls.index(), *revision]).encode()).hexdigest()[:16]


def entry(
    position: int,
    stream_id: UUID,
    version: int,
    topic: str,
    schema: int,
    data: bytes | str,
    occurred_at: datetime,
) -> Entry[Any]:
    return Entry(position, stream_id, version, decode_fact(topic, schema, data), occurred_at)


def read_models_of(module: ModuleType) -> Iterator[type[Projection]]:
    """Those that a module defines, in the order they stand in it."""
    for found in vars(module).values():
        model: Any = found
        if isinstance(model, type) and issubclass(model, Projection) and model.__module__ == module.__name__:
            yield model
