"""Workflows room: the dispatcher. It reads the ledger in order and sends workflows what concerns them: dumb, idempotent, at least once.

Its position moves only past what was delivered. When Temporal or the database is away or too slow it stops there, waits and goes on
from there, with smaller windows until they are delivered; it never skips. Any number may run: the one that holds the lock works, another takes over
when it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any

import psycopg

from workflows.engine.delivery import Deliverer, News, Reader, newest
from workflows.engine.follower import Follower, delivered, work_off
from workflows.engine.queues import QUEUES, Queue
from workflows.engine.store import WorkflowStore

LOCK = 7_205_020
KEEP = 500
"""After so many deliveries a queue's position is kept within its window."""


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
        take = partial(self._pass_on, queue)
        await work_off(queue.name, self._store, position, take, self._wake[queue.name])

    async def _pass_on(self, queue: Queue, after: int, head: int) -> int:
        to = min(head, after + self._windows[queue.name])
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
        self._backoff.succeeded()
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
                await delivered(partial(self._deliverer.send, news, queue))
                if underway.arrived(news) % KEEP == 0:
                    await self._store.save_position(queue.name, underway.reached)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(queue.in_flight, underway.ahead)):
                group.create_task(courier())


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
