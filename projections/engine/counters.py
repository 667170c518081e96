"""Projections room: counters in a table. A fold says what to add; the rows are found when it is saved.

A row whose counters are all zero is deleted, so that equal facts give equal tables however they were batched.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Generic

from psycopg import AsyncConnection

from projections.engine.rows import Rows
from projections.engine.tables import Key, R, Table

Number = int | Decimal


class Counters(Generic[R]):
    """The columns of the table that are not its key are the counters, in order."""

    def __init__(self, rows: Rows[R]) -> None:
        self._rows = rows
        rows.empty = self._is_empty
        self._width = len(rows.table.key)
        self._counters = rows.table.names[self._width :]
        self._added: dict[Key, list[Number]] = {}
        self._backwards = False

    def add(self, key: Key, amounts: Sequence[Number]) -> None:
        if self._backwards:
            amounts = [-amount for amount in amounts]
        held = self._added.get(key)
        if held is None:
            self._added[key] = list(amounts)
        else:
            for n, amount in enumerate(amounts):
                held[n] += amount

    def take(self, key: Key, amounts: Sequence[Number]) -> None:
        self.add(key, [-amount for amount in amounts])

    def take_back(self) -> None:
        """From now on what is added is taken away."""
        self._backwards = True

    def taken_back(self) -> None:
        self._backwards = False

    def forget(self) -> None:
        self._added.clear()

    async def save(self, connection: AsyncConnection[Any]) -> None:
        added = {key: amounts for key, amounts in self._added.items() if any(amounts)}
        self._added.clear()
        await self._rows.load(connection, added)
        for key, amounts in added.items():
            row = self._rows.find(*key)
            if row is None:
                row = self._rows.add(self._rows.table.row(*key, *([0] * len(self._counters))))
            for name, amount in zip(self._counters, amounts, strict=True):
                setattr(row, name, getattr(row, name) + amount)
        await self._rows.save(connection)

    def _is_empty(self, row: R) -> bool:
        return not any(getattr(row, name) for name in self._counters)


def counters_table(name: str, row: type[R], counters: int, **indexes: str) -> Table[R]:
    """A table whose last `counters` columns are counters and whose others are the key."""
    return Table(name, row, key=tuple(row.__struct_fields__[:-counters]), indexes=indexes)
