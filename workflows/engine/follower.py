"""Workflows room: whoever follows the ledger — in order, from a position of its own, whatever is away meanwhile.

The position moves only past what was worked off. When Temporal or the database is away a follower stops there, waits and goes on
from there; it never skips. Any number may run: the one that holds the lock works, another takes over when it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import psycopg
from psycopg import AsyncConnection
from temporalio.service import RPCError, RPCStatusCode

from domain.engine.recorded import Recorded
from runtime.backoff import Backoff
from runtime.database import connect
from runtime.ending import cancelled

ASK_AGAIN = 1.0  # seconds between tries for the lock
IDLE = 2.0  # seconds until a look without a notification: one may have been lost
BREATH = 0.05  # seconds after a look: facts that come one by one are then looked at together
TRIES = (0.05, 0.25, 1.0)  # seconds before a refused delivery is repeated in place
AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
"""The client has tried for a while already."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
IN_FLIGHT = 12
"""Workflows that are woken at once."""
TOGETHER = 0.25
"""Seconds in which a workflow is woken once, however much is told in them."""
Whom = TypeVar("Whom", bound=Hashable)

log = logging.getLogger(__name__)


class LedgerBehind(Exception):
    """The ledger ends before what was sent of it."""


class Follower:
    """Reads the ledger from a position of its own, whoever holds `lock` of any number. `parts` are its work beside listening to notifications
    of `CHANNELS`, each without end.
    """

    CHANNELS: ClassVar[tuple[str, ...]] = ("ledger",)

    def __init__(self, url: str, lock: int, name: str) -> None:
        self._url = url
        self._lock = lock
        self._name = name
        self._backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        self._news = asyncio.Event()

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        raise NotImplementedError

    def wake(self) -> None:
        """Something was recorded."""
        self._news.set()

    async def note(self, reason: str) -> None:
        """Keep why it stopped."""
        raise NotImplementedError

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set. Whatever goes wrong is logged and tried again from the last position."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            work = asyncio.create_task(self._work())
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            (failure,) = await cancelled(work)
            if not stop.is_set():
                await self._recover(failure, stopping)

    async def _recover(self, failure: BaseException | None, stopping: asyncio.Task[bool]) -> None:
        root = innermost(failure)
        reason = f"{type(root).__name__}: {root}"
        pause = self._backoff.pause()
        log.warning("in %.1f s the %s that stopped goes on from its position: %s", pause, self._name, reason)
        if not isinstance(root, psycopg.Error):
            with contextlib.suppress(psycopg.Error):
                await self.note(reason)
        await asyncio.wait({stopping}, timeout=pause)

    async def _work(self) -> None:
        """Ends only by an exception: whatever ends one part ends all of it."""
        connection = await connect(self._url)
        async with connection:
            await take_lock(connection, self._lock)
            log.info("this %s works", self._name)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(connection))
                for part in self.parts():
                    group.create_task(part)

    async def _listen(self, connection: AsyncConnection[Any]) -> None:
        """Also how we notice that the lock's connection is gone."""
        for channel in self.CHANNELS:
            await connection.execute(f"LISTEN {channel}".encode())
        async for _ in connection.notifies():
            self.wake()
        raise ConnectionError(f"the connection that holds the lock of the {self._name} is closed")


class Ledger(Protocol):
    """Where it is read how far the ledger is."""

    async def head(self) -> int: ...


class Positions(Ledger, Protocol):
    """And its facts, and how far each follower is. `workflows/engine/store.py`."""

    async def facts(self, after: int, to: int, topics: Sequence[str]) -> list[Recorded]: ...

    async def position(self, queue: str) -> int: ...

    async def save_position(self, queue: str, position: int) -> None: ...

    async def save_failure(self, queue: str, error: str) -> None: ...


Take = Callable[[int, int], Awaitable[int]]
"""Work off what is after a position, up to the ledger's end or less; up to where it did."""


async def work_off(name: str, ledger: Ledger, position: int, take: Take, wake: asyncio.Event) -> None:
    """The ledger from a position on, without end. Raises LedgerBehind."""
    while True:
        wake.clear()
        head = await ledger.head()
        if head < position:
            raise LedgerBehind(
                f"{name}: worked off up to position {position}, and the ledger ends at {head} (restored from an earlier backup, "
                "or cut): positions are handed out again that are believed to be known"
            )
        if head > position:
            position = await take(position, head)
        if position >= head:
            await rest(wake)


class Reacting(Follower):
    """One that reacts to facts with these `topics`, a window of the ledger at a time; its position is kept under its `name`."""

    def __init__(
        self, url: str, lock: int, name: str, store: Positions, topics: Sequence[str], window: int
    ) -> None:
        super().__init__(url, lock, f"follower of {name}")
        self.name = name
        self.store = store
        self._topics = topics
        self._window = window

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._follow()]

    async def note(self, reason: str) -> None:
        await self.store.save_failure(self.name, reason)

    async def begin(self) -> int:
        """From which position on."""
        return await self.store.position(self.name)

    async def react(self, facts: Sequence[Recorded]) -> None:
        raise NotImplementedError

    async def _follow(self) -> None:
        await work_off(self.name, self.store, await self.begin(), self._take, self._news)

    async def _take(self, after: int, head: int) -> int:
        to = min(head, after + self._window)
        await self.react(await self.store.facts(after, to, self._topics))
        await self.store.save_position(self.name, to)
        self._backoff.succeeded()
        return to


class Waking(Generic[Whom]):
    """Workflows that are to be woken: each once for what comes together. `wake` has one of them look; where none runs, it is started."""

    def __init__(self, wake: Callable[[Whom], Awaitable[None]]) -> None:
        self._wake = wake
        self._sleeping: dict[Whom, None] = {}
        self._somebody = asyncio.Event()

    def tell(self, many: Iterable[Whom]) -> None:
        self._sleeping |= dict.fromkeys(many)
        if self._sleeping:
            self._somebody.set()

    async def work(self) -> None:
        while True:
            await self._somebody.wait()
            self._somebody.clear()
            ahead, self._sleeping = deque(self._sleeping), {}
            async with asyncio.TaskGroup() as group:
                for _ in range(min(IN_FLIGHT, len(ahead))):
                    group.create_task(self._courier(ahead))
            await asyncio.sleep(TOGETHER)

    async def _courier(self, ahead: deque[Whom]) -> None:
        while ahead:
            await delivered(partial(self._wake, ahead.popleft()))


async def delivered(send: Callable[[], Awaitable[None]]) -> None:
    """The server refuses for a moment while a workflow continues as new, or when it is busy: it is asked again in place."""
    for pause in TRIES:
        try:
            return await send()
        except RPCError as failure:
            if failure.status in AWAY:
                raise
            log.debug("a delivery was refused, trying again: %s", failure.status)
            await asyncio.sleep(pause)
    return await send()


async def rest(wake: asyncio.Event, breath: float = BREATH, idle: float = IDLE) -> None:
    """Until there is something new. Without a breath each fact alone costs six statements, a good part of a burst's work.

    Not by `asyncio.wait_for`: before Python 3.12 it goes on where it is cancelled at the moment in which it is woken, and the
    follower would never end.
    """
    await asyncio.sleep(breath)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(idle):
            await wake.wait()


async def take_lock(connection: AsyncConnection[Any], lock: int) -> None:
    """Return when this session is the one that works. It asks now and then: waiting in the database would hold back its vacuum."""
    while True:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        row = await cursor.fetchone()
        if row is not None and row[0]:
            return
        await asyncio.sleep(ASK_AGAIN)


def innermost(failure: BaseException | None) -> BaseException | None:
    """What began it, where one part's end ended the others."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
