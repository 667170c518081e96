"""Projections room: read models of short streams — one row a stream, computed anew from the whole stream when it grows.

A row has the columns that lists are narrowed and sorted by, and everything else as one JSON body. Because a row is a
pure function of its stream up to a position, `at` gives it as known at any earlier one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, LiteralString, TypeVar, get_args
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.engine.aggregate import Aggregate
from domain.engine.facts import Personal
from domain.engine.recorded import Recorded
from projections.engine import stands_for, streams
from projections.engine.paging import Page, Select, SortKey, Source, fetch, page, sort_by, sort_key
from projections.engine.projection import Projection, topics_of
from projections.engine.rows import Rows
from projections.engine.tables import Table, field_type
from runtime.codec import encode

Events = Sequence[Recorded]
"""Everything known of one stream, oldest first; never empty."""
Body = Annotated[str, Personal("author")]
"""JSON of a whole view, people's own words among it."""
GROWN = (
    "SELECT DISTINCT stream_id FROM ledger.events WHERE position > %s AND position <= %s AND topic = ANY(%s)"
)
ASKED: LiteralString = "body::jsonb->'waits' @> jsonb_build_array(jsonb_build_object('of', %(person)s::text))"
"""For `owed_by`: a step is owed by the person, of a view with `waits`."""
A = TypeVar("A", bound=Aggregate)
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class Filter:
    """What a list can be narrowed down by, besides a column's value: `where` has the parameter of the filter's name."""

    type: Any
    where: LiteralString


class StreamView(Projection, Generic[A, S]):
    """One row for each stream of the aggregate `A`. `S` is what is shown of one: a struct, whose properties count as fields.
    The table is made from what is said here; a column has the type of its field.
    """

    columns: ClassVar[tuple[str, ...]]
    """The fields that lists are narrowed and sorted by; the stream's id comes first."""
    indexes: ClassVar[Mapping[str, str]]
    """By a short name what follows `ON table`."""
    order: ClassVar[tuple[str, ...]]
    """The columns that lists are sorted by, `-` before one for descending; the first one unless another is asked for."""
    narrowing: ClassVar[Mapping[str, Filter]] = {}
    """Filters besides those for the value of a column."""

    aggregate: ClassVar[type[Any]]
    view: ClassVar[type[Any]]
    table: ClassVar[Table[Any]]
    sorts: ClassVar[dict[str, SortKey]]
    filters: ClassVar[dict[str, Any]]
    """By name, the type of every value that `listing` can be narrowed down by."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.aggregate, cls.view = get_args(cls.__orig_bases__[0])  # type: ignore[attr-defined]
        types = {name: field_type(cls.view, name) for name in cls.columns}
        row = msgspec.defstruct(f"{cls.__name__}Row", [*types.items(), ("body", Body)], gc=False)
        cls.table = Table(cls.name, row, key=cls.columns[:1], indexes=cls.indexes)
        cls.tables = (cls.table,)
        cls.kind = cls.aggregate.KIND.replace(" ", "-")
        cls.topics = topics_of(f"{cls.kind}.")
        cls.sorts = {name: sort_key(cls.table, name) for name in (one.removeprefix("-") for one in cls.order)}
        cls.filters = types | {name: one.type for name, one in cls.narrowing.items()}

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._rows = Rows(self.table, suffix)

    @classmethod
    @abstractmethod
    def show(cls, aggregate: A, events: Events) -> S:
        """What the stream comes to: the aggregate is as after the last of the events."""

    @classmethod
    def replayed(cls, id: UUID, events: Events) -> A:
        aggregate: A = cls.aggregate(id)
        for recorded in events:
            aggregate.replay(recorded.fact, recorded.originator_version)
        return aggregate

    @classmethod
    def filled(cls, aggregate: A, events: Events, **values: Any) -> S:
        """The view with these values; a field that is not among them is the aggregate's attribute of that name."""
        values |= {cls.columns[0]: aggregate.id, "position": events[-1].position}
        for name in cls.view.__struct_fields__:
            if name not in values:
                values[name] = getattr(aggregate, name)
        made: S = cls.view(**values)
        return made

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
        return cls.table.row(*[getattr(seen, name) for name in cls.columns], encode(seen).decode())

    @classmethod
    async def at(cls, source: Source, ids: Collection[UUID], position: int | None = None) -> dict[UUID, S]:
        """As known at a position (None: now); what was not there yet is left out. In the order of the ids."""
        by_id: defaultdict[UUID, list[Recorded]] = defaultdict(list)
        for recorded in await streams.streams(source, ids, position):
            by_id[recorded.originator_id].append(recorded)
        return {id: cls.show(cls.replayed(id, by_id[id]), by_id[id]) for id in sorted(by_id)}

    # -- queries ----------------------------------------------------------------------------------

    @classmethod
    def select(cls, **narrowed: Any) -> Select:
        """Rows narrowed down by these `filters`; None does not narrow. By a customer it is by whom the id stands for, whatever its records."""
        order = "WHERE {where} ORDER BY {order} LIMIT %(limit)s"
        select = Select(f"SELECT body FROM read.{cls.table.name} {order}")
        for name, value in narrowed.items():
            if name in cls.narrowing:
                select.where(cls.narrowing[name].where, **{name: value})
            elif name == stands_for.COLUMN and cls._names_customers():
                select.where(stands_for.SAME, **{name: value})
            elif name in cls.filters:
                select.equal(name, value)
            else:
                raise TypeError(f"{cls.name} is not narrowed down by {name}")
        return select

    @classmethod
    async def get(cls, source: Source, id: UUID) -> S | None:
        query = f"SELECT body FROM read.{cls.table.name} WHERE {cls.columns[0]} = %s"
        found = [cls.read_body(body) for (body,) in await fetch(source, query, [id])]
        await cls.complete(source, found)
        return found[0] if found else None

    @classmethod
    async def listing(
        cls,
        source: Source,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        **narrowed: Any,
    ) -> Page[S]:
        """A page of what `select` finds. Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500."""
        wanted = sort_by(sort or cls.order[0], cls.sorts)
        found = await page(source, cls.select(**narrowed), wanted, cursor, limit, cls.read_body)
        await cls.complete(source, found.items)
        return found

    @classmethod
    async def complete(cls, source: Source, items: Sequence[S]) -> None:
        """Put into views what other read models say of them now: the customer that a merged record stands for."""
        if cls._names_customers():
            await stands_for.complete(source, items)

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """The read models that lists of it are answered from."""
        return (cls.name, "merged") if cls._names_customers() else (cls.name,)

    @classmethod
    def _names_customers(cls) -> bool:
        """In a column, beside its own id."""
        return stands_for.COLUMN in cls.columns[1:]

    @classmethod
    async def ids(cls, source: Source, **narrowed: Any) -> list[UUID]:
        """Of all rows that `select` finds."""
        key, select = cls.columns[0], cls.select(**narrowed)
        query = select.query.replace("SELECT body", f"SELECT {key}").replace(" LIMIT %(limit)s", "")
        found = await fetch(source, Select(query, select.conditions).narrowed(order=key), select.params)
        return [id for (id,) in found]

    @classmethod
    @cache
    def _decoder(cls) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(cls.view)

    @classmethod
    def read_body(cls, body: str) -> S:
        seen: S = cls._decoder().decode(body)
        return seen
