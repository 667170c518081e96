"""Workflows room: the follower that decides who is told of what. Each window of the ledger makes rows of notices, kept with the position; the
receivers' workflows are then told that something is there.

Who was not told so, since it was killed or Temporal was away, is told when it begins again: every receiver of open notices is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from temporalio.service import RPCError

from runtime.backoff import Backoff
from workflows.engine.delivery import Deliverer
from workflows.engine.dispatcher import (
    AWAY,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    TRIES,
    Follower,
    LedgerBehind,
    rest,
)
from workflows.notification.messages import wake

LOCK = 7_205_031
WINDOW = 5_000
IN_FLIGHT = 12
LOOK = 5.0
"""Seconds between looks for what no fact tells of."""
TIDY = 3600.0
"""Seconds between looks for what is kept no longer."""
TOGETHER = 0.25
"""Seconds in which a receiver is woken once, however much is told in them."""
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
        self._deliverer = deliverer
        self._window = window
        self._wake = asyncio.Event()
        self._sleeping: dict[UUID, None] = {}
        """Receivers that are to be woken."""
        self._somebody = asyncio.Event()

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._follow(), self._look(), self._wake_receivers(), self._tidy()]

    def wake(self) -> None:
        self._wake.set()

    async def note(self, reason: str) -> None:
        await self._store.save_failure(reason)

    async def _follow(self) -> None:
        self._tell(await self._store.waiting(datetime.now(UTC) + FOREVER))
        position = await self._store.position()
        while True:
            self._wake.clear()
            head = await self._store.head()
            if head < position:
                raise LedgerBehind(
                    f"notices: decided up to position {position}, and the ledger ends at {head}"
                )
            if head > position:
                to = min(head, position + self._window)
                window = await self._store.decide(position, to)
                position = to
                self._tell(window.receivers)
                self._backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
            if position >= head:
                await rest(self._wake)

    async def _look(self) -> None:
        while True:
            self._tell((await self._store.decide_unrecorded()).receivers)
            await asyncio.sleep(LOOK)

    async def _tidy(self) -> None:
        while True:
            while await self._store.forget():
                pass
            await asyncio.sleep(TIDY)

    def _tell(self, receivers: Sequence[UUID]) -> None:
        self._sleeping |= dict.fromkeys(receivers)
        if receivers:
            self._somebody.set()

    async def _wake_receivers(self) -> None:
        while True:
            await self._somebody.wait()
            self._somebody.clear()
            ahead, self._sleeping = deque(self._sleeping), {}
            async with asyncio.TaskGroup() as group:
                for _ in range(min(IN_FLIGHT, len(ahead))):
                    group.create_task(self._courier(ahead))
            await asyncio.sleep(TOGETHER)

    async def _courier(self, ahead: deque[UUID]) -> None:
        while ahead:
            await self._send(ahead.popleft())

    async def _send(self, account_id: UUID) -> None:
        """The server refuses for a moment while a workflow continues as new, or when it is busy."""
        for pause in TRIES:
            try:
                return await wake(self._deliverer, account_id)
            except RPCError as failure:
                if failure.status in AWAY:
                    raise
                await asyncio.sleep(pause)
        return await wake(self._deliverer, account_id)
