"""Projections room: while one stretch of the ledger is being written into tables, the next one is read."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from psycopg import AsyncConnection

from projections.base import Projection, Stretch
from runtime.database import connect


class Ahead:
    """Reads for one read model. Its own connection is open only while there is something ahead."""

    def __init__(self, url: str, model: Projection) -> None:
        self._url = url
        self._model = model
        self._connection: AsyncConnection[Any] | None = None
        self._next: tuple[int, int] | None = None
        self._reading: asyncio.Task[Stretch] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._drop()
        await self._close()

    async def take(self, connection: AsyncConnection[Any], after: int, upto: int) -> Stretch:
        """The stretch, as read ahead, or read now. Raises what its reading raised."""
        if self._reading is not None and self._next == (after, upto):
            reading, self._reading = self._reading, None
            return await reading
        await self._drop()
        return await self._model.read(connection, after, upto)

    async def prepare(self, after: int, upto: int) -> None:
        """Begin to read what will be taken next; nothing when there is nothing yet."""
        if upto <= after:
            await self._close()
            return
        if self._connection is None:
            self._connection = await connect(self._url)
        self._next = after, upto
        self._reading = asyncio.create_task(self._model.read(self._connection, after, upto))

    async def _drop(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
