"""Workflows room: the follower that decides who is told of what. Each window of the ledger makes rows of notices, kept with the position; the
receivers' workflows are then told that something is there.

Who was not told so, since it was killed or Temporal was away, is told when it begins again: every receiver of open notices is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from workflows.engine.delivery import Deliverer
from workflows.engine.follower import Follower, Waking, work_off
from workflows.notification.messages import wake

LOCK = 7_205_031
WINDOW = 5_000
LOOK = 5.0
"""Seconds between looks for what no fact tells of."""
TIDY = 3600.0
"""Seconds between looks for what is kept no longer."""
FOREVER = timedelta(days=3650)


class Window(Protocol):
    @property
    def receivers(self) -> Sequence[UUID]:
        """Whom to wake."""
        ...


class Store(Protocol):
    """`runtime/notices/deciding.py`."""

    async def head(self) -> int: ...

    async def position(self) -> int: ...

    async def save_failure(self, reason: str) -> None: ...

    async def waiting(self, due_by: datetime) -> list[UUID]:
        """The accounts that something is open for that is due by then."""
        ...

    async def decide(self, after: int, to: int) -> Window:
        """Decide of everything in (after, to], keep it, and the position with it."""
        ...

    async def decide_unrecorded(self) -> Window:
        """What no fact tells of."""
        ...

    async def forget(self) -> int:
        """How many of those settled long ago were taken away."""
        ...


class NoticeFollower(Follower):
    def __init__(self, url: str, store: Store, deliverer: Deliverer, window: int = WINDOW) -> None:
        super().__init__(url, LOCK, "follower of notices")
        self._store = store
        self._window = window
        self._waking = Waking[UUID](partial(wake, deliverer))

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._follow(), self._look(), self._waking.work(), self._tidy()]

    async def note(self, reason: str) -> None:
        await self._store.save_failure(reason)

    async def _follow(self) -> None:
        self._waking.tell(await self._store.waiting(datetime.now(UTC) + FOREVER))
        await work_off("notices", self._store, await self._store.position(), self._take, self._news)

    async def _take(self, after: int, head: int) -> int:
        to = min(head, after + self._window)
        self._waking.tell((await self._store.decide(after, to)).receivers)
        self._backoff.succeeded()
        return to

    async def _look(self) -> None:
        while True:
            self._waking.tell((await self._store.decide_unrecorded()).receivers)
            await asyncio.sleep(LOOK)

    async def _tidy(self) -> None:
        while True:
            while await self._store.forget():
                pass
            await asyncio.sleep(TIDY)
