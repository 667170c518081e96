"""Projections room: what the meter remembers between two stretches of the ledger, as tables of JSON by a key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from psycopg import AsyncConnection

from projections.engine.rows import Rows
from projections.engine.tables import Key, Table
from runtime.codec import encode

V = TypeVar("V")


def memory(name: str, key: str, type_of_key: type, value: str) -> Table[Any]:
    """What the meter remembers by a key, as JSON."""
    row = msgspec.defstruct(f"{value.title()}Row", [(key, type_of_key), (value, str)], gc=False)
    return Table(name, row, key=(key,))


class Memory(Generic[V]):
    """Values of one kind that the meter remembers, one a row: read before a stretch, written after it where changed."""

    def __init__(self, rows: Rows[Any], kind: Any) -> None:
        self._rows = rows
        self._decode: Callable[[str], V] = msgspec.json.Decoder(kind).decode
        self._given: dict[Any, V] = {}

    async def recall(
        self,
        connection: AsyncConnection[Any],
        keys: Iterable[Any],
        beside: Callable[[V], Iterable[Any]] = lambda _: (),
    ) -> dict[Any, V]:
        """`beside`: the keys that a value makes one look at as well."""
        self._given = {}
        seen, wanted = set[Any](), dict.fromkeys(keys)
        while wanted:
            seen |= wanted.keys()
            found = await self._found(connection, wanted)
            self._given |= found
            wanted = dict.fromkeys(
                key for value in found.values() for key in beside(value) if key not in seen
            )
        return dict(self._given)

    async def _found(self, connection: AsyncConnection[Any], keys: Iterable[Any]) -> dict[Any, V]:
        wanted: list[Key] = [(key,) for key in keys]
        await self._rows.load(connection, wanted)
        make = self._rows.table.values
        found = {key: row for key in wanted if (row := self._rows.peek(*key)) is not None}
        return {key[0]: self._decode(make(row)[1]) for key, row in found.items()}

    async def keep(self, connection: AsyncConnection[Any], values: Mapping[Any, V]) -> None:
        for key, value in values.items():
            if self._given.get(key) is not value:
                self._rows.add(self._rows.table.row(key, encode(value).decode()))
        await self._rows.save(connection)
