"""Workflows room: the follower that hears which customers something concerns. Each window of the ledger makes rows of checks, kept with the
position; the workflows of their shards are then woken.

Who was not woken, since it was killed or Temporal was away, is woken when it begins again: every shard with somebody due is.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from workflows.engine.delivery import Deliverer
from workflows.engine.follower import Follower, Waking, work_off
from workflows.segment.messages import wake

LOCK = 7_205_032
WINDOW = 5_000
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
        self._window = window
        self._waking = Waking[int](partial(wake, deliverer))

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._follow(), self._waking.work()]

    async def note(self, reason: str) -> None:
        await self._store.save_failure(reason)

    async def _follow(self) -> None:
        self._waking.tell(await self._store.late(datetime.now(UTC) + FOREVER))
        await work_off("segments", self._store, await self._store.position(), self._take, self._news)

    async def _take(self, after: int, head: int) -> int:
        to = min(head, after + self._window)
        self._waking.tell((await self._store.decide(after, to)).receivers)
        self._backoff.succeeded()
        return to
