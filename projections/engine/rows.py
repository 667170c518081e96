"""Projections room: rows of a read model on their way between the table and a fold.

A fold asks for the rows it will touch, changes them in memory and saves them in the follower's
transaction. Only the one follower of a generation writes its tables, so a row once read may be
remembered; whoever rolls back must `forget`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, Generic

from psycopg import AsyncConnection, sql
from psycopg.pq import PipelineStatus

from projections.engine.tables import Key, R, Table
from runtime.codec import encode

REMEMBERED = 20_000
HELD_BACK = 30_000
FEW = 12
"""Up to so many rows are written by one statement; more go by COPY, unless the caller's statements are in a pipeline,
which COPY cannot be.
"""


class Rows(Generic[R]):
    """The rows of one table and generation that a fold works on. A row that `empty` holds for is deleted when saved."""

    def __init__(self, table: Table[R], suffix: str) -> None:
        self.table = table
        self.empty: Callable[[R], bool] | None = None
        self._suffix = suffix
        self._held: dict[Key, R | None] = {}
        self._touched: dict[Key, R | None] = {}
        self._absent: set[Key] = set()
        self._going: set[Key] | None = None
        self._held_back = 0

    def find(self, *key: Any) -> R | None:
        """A row that was loaded or added; it counts as changed from now on."""
        row = self._touched[key] = self._held[key]
        return row

    def peek(self, *key: Any) -> R | None:
        """A row that was loaded or added, to look at only."""
        return self._held.get(key)

    def add(self, row: R) -> R:
        key = self.table.key_of(row)
        self._held[key] = self._touched[key] = row
        if self._going is not None:
            self._going.add(key)
        return row

    def remove(self, key: Key) -> None:
        """Whether it is there or not."""
        self._held[key] = self._touched[key] = None

    def take_back(self) -> None:
        """From now on what is added is to go."""
        self._going = set()

    def taken_back(self) -> None:
        for key in self._going or ():
            self.remove(key)
        self._going = None

    def forget(self) -> None:
        """What is in memory may no longer be what is in the table."""
        self._held.clear()
        self._touched.clear()
        self._absent.clear()

    def hold_back(self, most: int = HELD_BACK) -> None:
        """Let so many changed rows wait for a later save, 0 for none: for tables that nobody else reads yet."""
        self._held_back = most

    def expect(self, keys: Iterable[Key]) -> None:
        """These rows begin here: they are not in the table, and need not be looked for or deleted."""
        unknown = [key for key in keys if key not in self._held]
        self._held |= dict.fromkeys(unknown)
        self._absent.update(unknown)

    async def load(self, connection: AsyncConnection[Any], keys: Iterable[Key]) -> None:
        missing = {key: None for key in keys if key not in self._held}
        if not missing:
            return
        self._held |= missing
        cursor = connection.cursor(binary=True)
        await cursor.execute(self._sql.load, [as_json(self.table.key, missing)])
        make, width = self.table.row, len(self.table.key)
        for values in await cursor.fetchall():
            self._held[values[:width]] = make(*values)

    async def save(self, connection: AsyncConnection[Any]) -> None:
        """Write what was touched, unless it may still wait."""
        if len(self._touched) <= self._held_back:
            return
        if self.empty is not None:
            none = {key: None for key, row in self._touched.items() if row is not None and self.empty(row)}
            self._held |= none
            self._touched |= none
        kept = [row for row in self._touched.values() if row is not None]
        gone = [key for key, row in self._touched.items() if row is None]
        if len(self._touched) <= FEW or connection.pgconn.pipeline_status != PipelineStatus.OFF:
            await self._save_few(connection, kept, gone)
        else:
            await self._delete(connection, self._touched.keys() - self._absent)
            await self.copy(connection, kept)
        self._touched.clear()
        self._absent.clear()
        if len(self._held) > REMEMBERED:
            self._held.clear()

    async def write(self, connection: AsyncConnection[Any]) -> None:
        """Write what was touched, also what may wait."""
        waits, self._held_back = self._held_back, 0
        try:
            await self.save(connection)
        finally:
            self._held_back = waits

    async def _delete(self, connection: AsyncConnection[Any], keys: Collection[Key]) -> None:
        if keys:
            await connection.execute(self._sql.delete, [as_json(self.table.key, keys)])

    async def copy(self, connection: AsyncConnection[Any], rows: Sequence[R]) -> None:
        """Insert rows that are not there yet."""
        async with connection.cursor().copy(self._sql.copy) as copy:
            copy.set_types(self.table.types)
            for row in rows:
                await copy.write_row(self.table.values(row))

    async def _save_few(
        self, connection: AsyncConnection[Any], kept: Sequence[R], gone: Sequence[Key]
    ) -> None:
        await self._delete(connection, gone)
        if kept:
            given = as_json(self.table.names, map(self.table.values, kept))
            await connection.execute(self._sql.upsert, [given])

    @cached_property
    def _sql(self) -> Statements:
        return Statements(self.table, self._suffix)


def as_json(names: Sequence[str], tuples: Iterable[tuple[Any, ...]]) -> str:
    """Keys or rows as a table's statements take them."""
    return encode([dict(zip(names, values, strict=True)) for values in tuples]).decode()


class Statements:
    """The SQL for one table and generation, composed once. Keys, and few rows, come as a JSON array of objects."""

    def __init__(self, table: Table[Any], suffix: str) -> None:
        columns = [sql.Identifier(name) for name in table.names]
        typed = sql.SQL(f"({', '.join(f'{name} {table.columns[name].type}' for name in table.key)})")
        same = sql.SQL(" AND ".join(f"t.{name} = k.{name}" for name in table.key))
        changed = [name for name in table.names if name not in table.key]
        sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in changed)
        parts = {
            "table": table.at(suffix),
            "columns": sql.SQL(", ").join(columns),
            "keys": sql.SQL("json_to_recordset(%s::json) AS k{}").format(typed),
            "same": same,
            "key": sql.SQL(", ".join(table.key)),
            "given": sql.SQL(", ".join(f"{name} {table.columns[name].type}" for name in table.names)),
            "anew": sql.SQL(f"UPDATE SET {sets}" if sets else "NOTHING"),
            "read": sql.SQL(", ").join(sql.Identifier("t", name) for name in table.names),
        }
        load = sql.SQL("SELECT {read} FROM {keys} JOIN {table} t ON {same}").format(**parts)
        delete = sql.SQL("DELETE FROM {table} t USING {keys} WHERE {same}").format(**parts)
        copy = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT binary)").format(**parts)
        upsert = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_to_recordset(%s::json) AS given({given})"
            " ON CONFLICT ({key}) DO {anew}"
        ).format(**parts)
        self.load, self.delete, self.copy, self.upsert = (
            statement.as_string().encode() for statement in (load, delete, copy, upsert)
        )
