"""Workflows room: the follower that hears which customers something concerns. Each window of the ledger makes rows of checks, kept with the
position; the workflows of their shards are then woken.

Who was not woken, since it was killed or Temporal was away, is woken when it begins again: every shard with somebody due is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from temporalio.service import RPCError

from runtime.backoff import Backoff
from workflows.engine.delivery import Deliverer
from workflows.engine.dispatcher import AWAY, FIRST_PAUSE, LONGEST_PAUSE, TRIES, Follower, LedgerBehind, rest
from workflows.segment.messages import wake

LOCK = 7_205_032
WINDOW = 5_000
TOGETHER = 0.25
"""Seconds in which a shard is woken once, however much is heard in them."""
FOREVER = timedelta(days=36_500)


class Window(Protocol):
    @property
    def receivers(self) -> Sequence[int]:
        """The shards to wake."""
        ...


class Store(Protocol):
    """`runtime/segments/checks.py`."""

    async def head(self) -> int: ...

    async def position(self) -> int: ...

    async def save_failure(self, reason: str) -> None: ...

    async def late(self, due_before: datetime) -> Mapping[int, int]:
        """By shard, how many are due before then."""
        ...

    async def decide(self, after: int, to: int) -> Window:
        """Who is due by what stands in (after, to], kept with the position."""
        ...


class SegmentFollower(Follower):
    def __init__(self, url: str, store: Store, deliverer: Deliverer, window: int = WINDOW) -> None:
        super().__init__(url, LOCK, "follower of segments")
        self._store = store
        self._deliverer = deliverer
        self._window = window
        self._wake = asyncio.Event()
        self._sleeping: set[int] = set()
        """Shards that are to be woken."""
        self._some = asyncio.Event()

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._follow(), self._wake_shards()]

    def wake(self) -> None:
        self._wake.set()

    async def note(self, reason: str) -> None:
        await self._store.save_failure(reason)

    async def _follow(self) -> None:
        self._tell(await self._store.late(datetime.now(UTC) + FOREVER))
        position = await self._store.position()
        while True:
            self._wake.clear()
            head = await self._store.head()
            if head < position:
                raise LedgerBehind(
                    f"segments: heard up to position {position}, and the ledger ends at {head}"
                )
            if head > position:
                to = min(head, position + self._window)
                self._tell((await self._store.decide(position, to)).receivers)
                position = to
                self._backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
            if position >= head:
                await rest(self._wake)

    def _tell(self, shards: Iterable[int]) -> None:
        self._sleeping |= set(shards)
        if self._sleeping:
            self._some.set()

    async def _wake_shards(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            shards, self._sleeping = self._sleeping, set()
            async with asyncio.TaskGroup() as group:
                for shard in shards:
                    group.create_task(self._send(shard))
            await asyncio.sleep(TOGETHER)

    async def _send(self, shard: int) -> None:
        """The server refuses for a moment while a workflow continues as new, or when it is busy."""
        for pause in TRIES:
            try:
                return await wake(self._deliverer, shard)
            except RPCError as failure:
                if failure.status in AWAY:
                    raise
                await asyncio.sleep(pause)
        return await wake(self._deliverer, shard)
