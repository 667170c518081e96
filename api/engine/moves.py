"""api: what moved — the positions of the read models as they change, put together and made into one message for all who listen.

The message of a moment is written once, however many pages are open. It holds no data: who hears it asks for what they may see.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import orjson

from projections.engine.signals import Watermarks
from runtime.ending import cancelled

SOON, TOGETHER = 0.1, 1.4
"""Seconds after which a change is told where it is quiet, and between two messages: what anybody writes is on every page within two."""
KEPT = 1.0
"""Seconds that something made for one is good for others, where nothing moves: what is due passes by itself."""
MOST = 10_000
"""Things of which it is remembered what they are made of."""
QUIET = 15.0
"""Seconds after which a stream that has nothing to tell says that it is there."""
AGAIN = 2_000
"""Milliseconds after which a browser that lost the stream asks for it again."""
OPENED = f"retry: {AGAIN}\n".encode()
ALIVE = b": alive\n\n"


class Told(NamedTuple):
    """A message, and where the next one will be: whoever was busy meanwhile misses none."""

    message: bytes
    next: asyncio.Future[Told]


class Moves:
    """One a process. `end` lets go of everybody who listens: a server that was told to end does not wait for them."""

    def __init__(self) -> None:
        self._watermarks = Watermarks()
        self._told: asyncio.Future[Told] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ended = False
        self.listening: Counter[str] = Counter()
        """How many listen, by session."""
        self.kept: dict[Any, tuple[int, asyncio.Future[Any]]] = {}
        """What is made once for all who ask for it between two messages, and the position that it is known to hold."""
        self.reads: dict[Any, frozenset[str]] = {}
        """Of each of those, the read models that it was made of so far."""

    def known(self, reads: frozenset[str] | None) -> int:
        """The position that each of these read models has, or every one where it is not known which are read: one that is stopped
        holds up what is made of it, and nothing else.
        """
        if reads is None:
            return min(self._watermarks.all().values(), default=0)
        return min((self._watermarks.get(name) for name in reads), default=0)

    def learn(self, of: Any, reads: set[str]) -> None:
        if len(self.reads) >= MOST:
            self.reads.clear()
        self.reads[of] = self.reads.get(of, frozenset()) | reads

    @asynccontextmanager
    async def watching(self, watermarks: Watermarks) -> AsyncIterator[None]:
        self._watermarks, self._loop = watermarks, asyncio.get_running_loop()
        self._told = self._loop.create_future()
        task = asyncio.create_task(self._watch(), name="Moves")
        try:
            yield
        finally:
            self._end()
            await cancelled(task)

    def end(self) -> None:
        """From a signal handler as well."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self.ended = True
        self._tell(b"event: ended\ndata: {}\n\n")

    async def listen(self, since: int | None) -> AsyncIterator[bytes]:
        """Messages as server-sent events, until the process ends. `since` is the position that the listener has: if there is more by now,
        that is told first. Nothing has moved for a while: a comment says that the stream is there.
        """
        told = self._told
        yield OPENED + self._message(
            "moved" if since not in (None, self._highest()) else "ready", self._watermarks.all()
        )
        while not self.ended and told is not None:
            done, _ = await asyncio.wait([told], timeout=QUIET)
            message = ALIVE
            if done:
                message, told = told.result()
            yield message

    async def _watch(self) -> None:
        known, told = self._watermarks.all(), 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(KEPT):
                    await self._watermarks.changed.wait()
            if not self._watermarks.changed.is_set():
                self.kept.clear()
                continue
            await asyncio.sleep(max(SOON, told + TOGETHER - time.monotonic()))
            told = time.monotonic()
            self.kept.clear()
            self._watermarks.changed.clear()
            now = self._watermarks.all()
            moved = {name: position for name, position in now.items() if position != known.get(name)}
            known = now
            if moved:
                self._tell(self._message("moved", moved))

    def _tell(self, message: bytes) -> None:
        if self._told is None or self._loop is None or self._told.done():
            return
        told, self._told = self._told, self._loop.create_future()
        told.set_result(Told(message, self._told))

    def _highest(self) -> int:
        return max(self._watermarks.all().values(), default=0)

    def _message(self, event: str, positions: dict[str, int]) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self._highest(), event.encode(), orjson.dumps(positions))
