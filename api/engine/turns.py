"""api: who is served next when more is asked than can be done — a bounded queue that goes round by key. HTTP may not enter."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

RETURNING = ""
"""No key's id."""


class Crowded(Exception):
    """The turn did not come: too many wait, or it took too long. Nothing was begun."""


class Turns:
    """`at_once` requests are in progress; `waiting` more wait up to `seconds` for a turn, each key's in a line of its own.

    The lines are served in rotation, so that whoever asks much waits behind the own requests and not before those of others. When
    all places to wait are taken, the last of the longest line gives up its place.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._free = at_once
        self._most = waiting
        self._seconds = seconds
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[None]:
        """Who only waits lets others work meanwhile, and comes back by a line for all who do. Raises Crowded at the end."""
        self.give()
        try:
            yield
            await self.take(RETURNING)
        except BaseException:
            self._free -= 1  # the caller gives back what it no longer has
            raise

    async def take(self, key: str) -> None:
        """Return when it is this key's turn; `give` must follow. Raises Crowded."""
        if self._free > 0 and not self._lines:
            self._free -= 1
            return
        if self.waiting >= self._most:
            self._make_room(key)
        mine = asyncio.get_running_loop().create_future()
        self._lines.setdefault(key, deque()).append(mine)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await mine
        except TimeoutError:
            self._leave(key, mine)
            raise Crowded(f"it was not this request's turn within {self._seconds:g} s") from None
        except BaseException:
            self._leave(key, mine)
            raise

    def give(self) -> None:
        """The place is free: for the next in the line whose turn it is."""
        self._free += 1
        while self._free > 0 and self._lines:
            key, line = self._lines.popitem(last=False)
            mine = line.popleft()
            self.waiting -= 1
            if line:
                self._lines[key] = line
            if not mine.done():
                self._free -= 1
                mine.set_result(None)

    def _leave(self, key: str, mine: asyncio.Future[None]) -> None:
        """Out of the line; a place that came at the same moment goes to the next."""
        if mine.done() and not mine.cancelled() and mine.exception() is None:
            self.give()
            return
        line = self._lines.get(key)
        if line is not None and mine in line:
            line.remove(mine)
            self.waiting -= 1
            if not line:
                del self._lines[key]

    def _make_room(self, key: str) -> None:
        longest = max(self._lines.values(), key=len)
        if len(longest) <= len(self._lines.get(key, ())) + 1:
            raise Crowded(f"{self.waiting} requests wait already")
        self.waiting -= 1
        last = longest.pop()
        if not last.done():
            last.set_exception(Crowded("others have waited for less"))
