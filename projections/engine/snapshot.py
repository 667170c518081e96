"""Projections room: a list as a whole — its own query, caught where a page would be fetched, as cells that the database writes.

What a list is narrowed down and sorted by, and whose rows a reader may see, is said once, by the list. Here its query is asked without an
end: one statement, so one moment of the read model, and one row after the other, so no more than some rows are held.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from psycopg import AsyncClientCursor, AsyncConnection, sql

from projections.engine.cells import OIDS, Column, Kind, Written, fields, plain, with_names, written_as
from runtime.database import as_application, bounded

P = TypeVar("P")
SECONDS = 1_800
"""Until the last row is taken: as long the database remembers what was deleted meanwhile."""


class Snapshot(AsyncConnection[Any]):
    """A connection that lists are asked through as a whole: whoever would fetch a page from it says instead what would be fetched, as
    long as it is `catching`.
    """

    catching = True
    caught: tuple[Any, str] | None = None
    """The empty page that was given for it, and the query, with its parameters in it."""

    @classmethod
    async def opened(cls, url: str, zone: ZoneInfo) -> Snapshot:
        """All that is asked is of one moment, and nothing can be written; times are told in the zone."""
        conninfo = as_application(url)
        options = f"{bounded(conninfo, SECONDS)} -c TimeZone={zone.key} -c default_transaction_read_only=on"
        found = await cls.connect(conninfo, autocommit=True, options=options)
        await found.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return found

    def catch(self, page: P, query: str, params: Mapping[str, Any]) -> P:
        self.caught = page, AsyncClientCursor(self).mogrify(query, params)
        return page

    async def columns(self, query: str, view: type[msgspec.Struct]) -> Sequence[Column]:
        """Of what is listed: the columns of the rows, or the fields of a body of JSON."""
        found = await self.execute(f"SELECT * FROM ({query}) q LIMIT 0".encode())
        described = found.description or ()
        if [one.name for one in described] == ["body"]:
            return [*with_names(fields(view))]
        names = [field.encode_name for field in msgspec.structs.fields(view)]
        return [
            Column(name, OIDS.get(one.type_code, Kind.TEXT), plain(n, one.type_code))
            for n, (name, one) in enumerate(zip(names, described, strict=False))
        ]

    async def lines(
        self, query: str, columns: Sequence[Column], written: Written
    ) -> AsyncGenerator[memoryview | bytes | bytearray, None]:
        """CSV, line by line."""
        cells = sql.SQL(", ").join(written_as(column, written) for column in columns)
        statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, DELIMITER {})").format(
            cells, _relation(query, columns), sql.Literal(written.separator)
        )
        async with self.cursor().copy(statement.as_string(self).encode()) as copy:
            async for line in copy:
                yield line


def whole(query: str) -> str:
    """A list's query without its end, sorted once and at the outside."""
    everything = query.replace("ORDER BY {order} LIMIT %(limit)s", "")
    return everything if "{order}" in everything else f"{everything} ORDER BY {{order}}"


def _relation(query: str, columns: Sequence[Column]) -> sql.Composable:
    """The rows of the list under names of our own: a body of JSON is read once a row."""
    listed = sql.SQL(query)
    if any("q.j" in column.value.as_string() for column in columns):
        return sql.SQL("(SELECT body::jsonb AS j FROM ({}) b OFFSET 0) q").format(listed)
    own = sum(not column.beside for column in columns)
    names = sql.SQL(", ").join(sql.Identifier(f"c{n}") for n in range(own))
    return sql.SQL("({}) q({})").format(listed, names)
