"""Workflows room: the dispatcher. It reads the ledger in order and sends workflows what concerns them: dumb, idempotent, at least once.

Its position moves only past what was delivered. When Temporal or the database is away or too slow it stops there, waits and goes on
from there, with smaller windows until they are delivered; it never skips. Any number may run: the one that holds the lock works, another takes over
when it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from itertools import islice
from typing import Any, ClassVar

import psycopg
from psycopg import AsyncConnection
from temporalio.service import RPCError, RPCStatusCode

from runtime.backoff import Backoff
from runtime.database import connect
from runtime.ending import cancelled
from workflows.engine.delivery import Deliverer, News, Reader, newest
from workflows.engine.queues import QUEUES, Queue
from workflows.engine.store import WorkflowStore

LOCK = 7_205_020
ASK_AGAIN = 1.0  # seconds between tries for the lock
IDLE = 2.0  # seconds until a look without a notification: one may have been lost
BREATH = 0.05  # seconds after a look: facts that come one by one are then looked at together
TRIES = (0.05, 0.25, 1.0)  # seconds before a refused delivery is repeated in place
AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
"""The client has tried for a while already."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
KEEP = 500
"""After so many deliveries a queue's position is kept within its window."""

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

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        raise NotImplementedError

    def wake(self) -> None:
        """Something was recorded."""
        raise NotImplementedError

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


class Dispatcher(Follower):
    """It looks at facts with these `topics`; `read` says what each means to a workflow."""

    def __init__(
        self,
        url: str,
        store: WorkflowStore,
        deliverer: Deliverer,
        read: Reader,
        topics: Sequence[str],
        queues: Sequence[Queue] = QUEUES,
    ) -> None:
        super().__init__(url, LOCK, "dispatcher")
        self._read = read
        self._topics = topics
        self._store = store
        self._deliverer = deliverer
        self._queues = queues
        self._wake = {queue.name: asyncio.Event() for queue in queues}
        self._windows = {queue.name: queue.window for queue in queues}

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._follow(queue) for queue in self._queues]

    def wake(self) -> None:
        for wake in self._wake.values():
            wake.set()

    async def note(self, reason: str) -> None:
        for queue in self._queues:
            await self._store.save_failure(queue.name, reason)

    async def _follow(self, queue: Queue) -> None:
        position = await self._store.position(queue.name)
        while True:
            self._wake[queue.name].clear()
            head = await self._store.head()
            if head < position:
                raise LedgerBehind(
                    f"{queue.name}: sent up to position {position}, and the ledger ends at {head} (restored from an earlier "
                    "backup, or cut): positions are handed out again that workflows believe to know"
                )
            if head > position:
                window = self._windows[queue.name]
                position = await self._pass_on(queue, position, min(head, position + window))
            if position >= head:
                await rest(self._wake[queue.name])

    async def _pass_on(self, queue: Queue, after: int, to: int) -> int:
        facts = await self._store.facts(after, to, self._topics)
        found = ((fact, self._read(fact)) for fact in facts)
        taken = [news for fact, news in found if news is not None and news.can_wait(fact) == queue.bulk]
        underway = Underway(newest(taken), to)
        try:
            await self._deliver(underway, queue)
        except BaseException:
            await self._stumbled(queue, after, underway.reached)
            raise
        await self._store.save_position(queue.name, to)
        self._backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        self._windows[queue.name] = min(self._windows[queue.name] * 2, queue.window)
        return to

    async def _stumbled(self, queue: Queue, after: int, reached: int) -> None:
        """What has arrived is not sent again, and less is taken on at a time until that goes well."""
        self._windows[queue.name] = max(self._windows[queue.name] // 4, queue.in_flight)
        if reached > after:
            self._backoff.succeeded()
            with contextlib.suppress(psycopg.Error):
                await self._store.save_position(queue.name, reached)

    async def _deliver(self, underway: Underway, queue: Queue) -> None:
        async def courier() -> None:
            while (news := underway.take()) is not None:
                await self._send(news, queue)
                if underway.arrived(news) % KEEP == 0:
                    await self._store.save_position(queue.name, underway.reached)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(queue.in_flight, underway.ahead)):
                group.create_task(courier())

    async def _send(self, news: News, queue: Queue) -> None:
        """The server refuses for a moment while a workflow continues as new, or when it is busy."""
        for pause in TRIES:
            try:
                return await self._deliverer.send(news, queue)
            except RPCError as failure:
                if failure.status in AWAY:
                    raise
                log.debug("a delivery was refused, trying again: %s", failure.status)
                await asyncio.sleep(pause)
        return await self._deliverer.send(news, queue)


class Underway:
    """News up to a position, handed out in the ledger's order and delivered side by side: how far have all arrived?

    A position is reached when nothing that stands before it or at it is on its way. What a later news of the same workflow took
    the place of is delivered with that one.
    """

    def __init__(self, many: Iterable[News], to: int) -> None:
        self._ahead = deque(sorted(many, key=lambda news: news.position))
        self._in_hand: set[int] = set()
        self._arrived = 0
        self._to = to

    @property
    def ahead(self) -> int:
        return len(self._ahead)

    def take(self) -> News | None:
        if not self._ahead:
            return None
        news = self._ahead.popleft()
        self._in_hand.add(news.position)
        return news

    def arrived(self, news: News) -> int:
        """How many have now."""
        self._in_hand.discard(news.position)
        self._arrived += 1
        return self._arrived

    @property
    def reached(self) -> int:
        missing = [*self._in_hand, *(news.position for news in islice(self._ahead, 1))]
        return min(missing, default=self._to + 1) - 1


async def rest(wake: asyncio.Event, breath: float = BREATH, idle: float = IDLE) -> None:
    """Until there is something new. Without a breath each fact alone costs six statements, a good part of a burst's work.

    Not by `asyncio.wait_for`: before Python 3.12 it goes on where it is cancelled at the moment in which it is woken, and the
    dispatcher would never end.
    """
    await asyncio.sleep(breath)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(idle):
            await wake.wait()


async def take_lock(connection: AsyncConnection[Any], lock: int = LOCK) -> None:
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
