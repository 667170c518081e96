"""Projections room: read models of short streams — one row a stream, told anew from the whole stream when it grows.

A row has the columns that lists are narrowed and sorted by, and everything else as one JSON body. Because a row is a
pure function of its stream up to a position, `at` gives it as known at any earlier one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.engine.facts import FACTS, Personal
from domain.engine.recorded import Recorded
from domain.figures.scope import Scope
from domain.time.periods import Period
from projections.engine import streams
from projections.engine.paging import Page, Select, SortKey, Source, fetch, page, sort_by
from projections.engine.projection import Projection
from projections.engine.rows import Rows
from projections.engine.tables import Table
from runtime.codec import encode

Story = Sequence[Recorded]
"""Everything known of one stream, oldest first; never empty."""
Body = Annotated[str, Personal("author")]
"""JSON of what a row tells, people's own words among it."""
GROWN = (
    "SELECT DISTINCT stream_id FROM ledger.events WHERE position > %s AND position <= %s AND topic = ANY(%s)"
)
S = TypeVar("S", bound=msgspec.Struct)


def topics_of(*prefixes: str) -> frozenset[str]:
    return frozenset(topic for topic in FACTS if topic.startswith(prefixes))


class About(msgspec.Struct, kw_only=True):
    """What a target, a cycle or a scorecard is about."""

    scope: Scope
    period: Period
    owner_id: UUID
    team_id: UUID | None

    @property
    def scope_kind(self) -> str:
        return str(self.scope.kind)

    @property
    def scope_id(self) -> UUID | None:
        return self.scope.id

    @property
    def scope_key(self) -> str:
        return self.scope.key

    @property
    def period_kind(self) -> str:
        return str(self.period.kind)

    @property
    def period_name(self) -> str:
        return self.period.name

    @property
    def starts(self) -> Any:
        return self.period.start

    @property
    def ends(self) -> Any:
        return self.period.end


class Told(Projection, Generic[S]):
    """`table` has the stream's id first and the body last; the columns between are attributes of what is told."""

    table: ClassVar[Table[Any]]
    told: ClassVar[type[msgspec.Struct]]
    sorts: ClassVar[dict[str, SortKey]]

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._rows = Rows(self.table, suffix)

    @classmethod
    @abstractmethod
    def tell(cls, id: UUID, story: Story) -> S:
        """What the stream comes to."""

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        grown = await fetch(connection, GROWN, [after, upto, list(self.topics)])
        if not grown:
            return
        for seen in (await self.at(connection, [id for (id,) in grown], upto)).values():
            self._rows.add(self._row(seen))
        await self._rows.save(connection)
        self._rows.forget()

    def forget(self) -> None:
        self._rows.forget()

    @classmethod
    def _row(cls, seen: S) -> Any:
        columns = [getattr(seen, name) for name in cls.table.names[:-1]]
        return cls.table.row(*columns, encode(seen).decode())

    @classmethod
    async def at(cls, source: Source, ids: Collection[UUID], position: int | None = None) -> dict[UUID, S]:
        """As known at a position (None: now); what was not there yet is left out. In the order of the ids."""
        stories: defaultdict[UUID, list[Recorded]] = defaultdict(list)
        for recorded in await streams.streams(source, ids, position):
            stories[recorded.originator_id].append(recorded)
        return {id: cls.tell(id, stories[id]) for id in sorted(stories)}

    @classmethod
    @cache
    def _decoder(cls) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(cls.told)

    @classmethod
    def select(cls) -> Select:
        order = "WHERE {where} ORDER BY {order} LIMIT %(limit)s"
        return Select(f"SELECT body FROM read.{cls.table.name} {order}")

    @classmethod
    def narrowed(cls, by: msgspec.Struct) -> Select:
        """Rows whose columns have the values that `by` has under the same names; None does not narrow. What is no
        column is for the caller to add.
        """
        select = cls.select()
        for name in cls.table.names:
            select.equal(name, getattr(by, name, None))
        return select

    @classmethod
    def read_body(cls, body: str) -> S:
        seen: S = cls._decoder().decode(body)
        return seen

    @classmethod
    async def get(cls, source: Source, id: UUID) -> S | None:
        key = cls.table.key[0]
        rows = await fetch(source, f"SELECT body FROM read.{cls.table.name} WHERE {key} = %s", [id])
        return cls.read_body(rows[0][0]) if rows else None

    @classmethod
    async def page(
        cls, source: Source, select: Select, sort: str, cursor: str | None = None, limit: int = 50
    ) -> Page[S]:
        """Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500."""
        return await page(source, select, sort_by(sort, cls.sorts), cursor, limit, cls.read_body)

    @classmethod
    async def ids(cls, source: Source, select: Select) -> list[UUID]:
        """Of all rows that are selected."""
        key = cls.table.key[0]
        query = select.query.replace("SELECT body", f"SELECT {key}").replace(" LIMIT %(limit)s", "")
        found = await fetch(source, Select(query, select.conditions).narrowed(order=key), select.params)
        return [id for (id,) in found]
