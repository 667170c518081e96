"""Projections room: numbers that only grow, learned from NOTIFY and checked again each second.

One connection a process listens. A lost notification, a restarted database or a cut connection delays
whoever waits by a second at most; nobody polls in small steps.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from abc import ABC, abstractmethod
from collections import defaultdict
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection, sql

from runtime.database import connect
from runtime.ending import cancelled

RECHECK_SECONDS = 1.0
RETRY_SECONDS = 0.2
log = logging.getLogger(__name__)


class Watermarks:
    """Named numbers that mostly grow, and those who wait for one to be reached. `changed` is set with each change, for one who clears it;
    `away` while the database does not answer, so that nothing is learned.
    """

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.away = False
        self._values: dict[str, int] = {}
        self._waiting: dict[str, list[tuple[int, int, asyncio.Future[int]]]] = defaultdict(list)
        self._turn = itertools.count()

    def get(self, name: str) -> int:
        return self._values.get(name, -1)

    def all(self) -> dict[str, int]:
        """As they are now."""
        return dict(self._values)

    def set(self, name: str, value: int) -> None:
        """Smaller values than the known one are old news."""
        if value <= self.get(name):
            return
        self._values[name] = value
        self.changed.set()
        waiting = self._waiting[name]
        while waiting and waiting[0][0] <= value:
            _, _, future = heapq.heappop(waiting)
            if not future.done():
                future.set_result(value)

    def correct(self, name: str, value: int) -> None:
        """What the tables say now, even where that is less: a read model that was stopped, a ledger that was restored."""
        if value < self.get(name):
            self._values[name] = value
        else:
            self.set(name, value)

    def say_away(self, away: bool) -> None:  # noqa: FBT001 - what is said
        if away != self.away:
            self.away = away
            self.changed.set()

    def interrupt(self, name: str, reason: Exception) -> None:
        """Whoever waits for this number hears that waiting makes no sense any more."""
        for _, _, future in self._waiting.pop(name, []):
            if not future.done():
                future.set_exception(reason)

    def clear(self) -> None:
        """The database may have lost what was not durable yet."""
        self._values.clear()

    async def until(self, name: str, value: int) -> int:
        """The number, once it is at least `value`."""
        known = self.get(name)
        if known >= value:
            return known
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting[name], (value, next(self._turn), future))
        return await future


class BackgroundTask(ABC):
    """Has its work done by a task for as long as it is entered (`async with`)."""

    _task: asyncio.Task[None] | None = None

    @abstractmethod
    async def _run(self) -> None:
        """The work, until it is cancelled."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=type(self).__name__)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            (outcome,) = await cancelled(self._task)
            if isinstance(outcome, Exception):
                raise outcome


class Listener(BackgroundTask):
    """Keeps marks up to date for as long as it is entered, through any outage."""

    channels: tuple[str, ...]

    def __init__(self, url: str, recheck_seconds: float = RECHECK_SECONDS) -> None:
        self.watermarks = Watermarks()
        self._url = url
        self._recheck_seconds = recheck_seconds

    @abstractmethod
    def heard(self, channel: str, payload: str) -> None:
        """Note what a notification says."""

    def begins(self) -> None:
        """From now on it hears; what was said before may have been missed."""

    @abstractmethod
    async def check(self, connection: AsyncConnection[Any]) -> None:
        """Note what the tables say."""

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except psycopg.OperationalError as lost:
                self.watermarks.say_away(True)
                log.warning("%s: the database is away (%s)", type(self).__name__, type(lost).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with await connect(self._url) as connection:
            for channel in self.channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            self.watermarks.clear()
            self.begins()
            while True:
                await self.check(connection)
                self.watermarks.say_away(False)
                async for notice in connection.notifies(timeout=self._recheck_seconds):
                    self.heard(notice.channel, notice.payload)
