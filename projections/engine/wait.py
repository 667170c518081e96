"""Projections room: read your own writes. Wait until a read model has a position, without polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from psycopg import AsyncConnection

from projections.engine.positions import CHANNEL, LIVE
from projections.engine.signals import Listener
from projections.engine.tables import SCHEMA

POSITIONS = f"SELECT name, position FROM {SCHEMA}.positions WHERE suffix = %s"


class NotReached(TimeoutError):
    """The read model did not get there in time; `reached` is how far it is known to be."""

    def __init__(self, name: str, position: int, reached: int) -> None:
        super().__init__(f"{name} is at {max(reached, 0)}, not at {position} yet")
        self.name = name
        self.position = position
        self.reached = reached


class Waiter(Listener):
    """One a process: `async with Waiter(url) as waiter: await waiter.until("deal_board", position)`. What others `hear` on channels of
    their own comes over the same connection; an empty payload says that something may have been missed.
    """

    def __init__(self, url: str, hear: Mapping[str, Callable[[str], None]] | None = None) -> None:
        super().__init__(url)
        self._hear = dict(hear or {})
        self.channels = (CHANNEL, *self._hear)

    async def until(self, name: str, position: int, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - the caller's bound
        """True once the read model has `position`. Raises NotReached after `timeout` seconds."""
        if self.watermarks.get(name) >= position:
            return True
        try:
            async with asyncio.timeout(timeout):
                await self.watermarks.until(name, position)
        except TimeoutError as late:
            raise NotReached(name, position, self.watermarks.get(name)) from late
        return True

    def begins(self) -> None:
        for hear in self._hear.values():
            hear("")

    def heard(self, channel: str, payload: str) -> None:
        if channel in self._hear:
            self._hear[channel](payload)
            return
        for mark in payload.split(","):
            name, _, position = mark.rpartition(":")
            self.watermarks.set(name, int(position))

    async def check(self, connection: AsyncConnection[Any]) -> None:
        cursor = await connection.execute(POSITIONS, [LIVE])
        for name, position in await cursor.fetchall():
            self.watermarks.correct(name, position)
