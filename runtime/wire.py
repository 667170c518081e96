"""Runtime room: a connection that asks one statement after another and is held for that alone, past the pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor

from runtime.database import Pool, left


class Wire:
    """Holds a connection of the pool's until `give_back`. Whoever was interrupted in a question must give it back."""

    def __init__(self, pool: Pool, connection: AsyncConnection[Any]) -> None:
        self._pool = pool
        self._connection = connection

    async def ask(self, query: str, texts: Sequence[str]) -> tuple[Any, ...]:
        """The one row that the query (with $1, $2, …) answers. In autocommit: durable by then."""
        cursor = AsyncRawCursor(self._connection)
        await cursor.execute(query, texts, prepare=True)
        [row] = await cursor.fetchall()
        return tuple(row)

    def has_been_left(self) -> bool:
        return left(self._connection)

    async def give_back(self, *, broken: bool = False) -> None:
        """To the pool, which replaces it where it is broken or in the middle of something."""
        if broken:
            await self._connection.close()
        await self._pool.putconn(self._connection)
