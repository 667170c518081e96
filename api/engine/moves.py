"""api: what moved — the positions of the read models as they change, put together and made into one message for all who listen.

The message of a moment is written once, however many pages are open. It holds no data: who hears it asks for what they may see.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from projections.deal.concerned import EVERYBODY, Concerned
from projections.engine.signals import Watermarks
from runtime.ending import cancelled

log = logging.getLogger(__name__)

SOON, TOGETHER = 0.1, 1.4
"""Seconds after which a change is told where it is quiet, and between two messages: what anybody writes is on every page within two."""
KEPT = 1.0
"""Seconds that something made for one is good for others, where nothing moves: what is due passes by itself."""
MOST = 10_000
"""Things of which it is remembered what they are made of."""
PATIENCE = 0.5
"""Seconds in which it has to be known whom it concerns; later than that everybody is told."""
LATELY = 64
"""Messages that a page which was slow to open its stream is told afterwards."""
QUIET = 15.0
"""Seconds after which a stream that has nothing to tell says that it is there."""
AGAIN = 2_000
"""Milliseconds after which a browser that lost the stream asks for it again."""
OPENED = f"retry: {AGAIN}\n".encode()
ALIVE = b": alive\n\n"
AWAY, BACK = b"event: away\ndata: {}\n\n", b"event: back\ndata: {}\n\n"
"""The database does not answer, so that nothing is told; and it does again."""
Whom = Callable[[int, int], Awaitable[Concerned]]
"""Whom it concerns what happened after a position, up to another."""


class Broadcast(NamedTuple):
    """A message, whom it concerns, and where the next one will be: whoever was busy meanwhile misses none."""

    message: bytes
    concerned: Concerned
    next: asyncio.Future[Broadcast]


async def _everybody(_low: int, _high: int) -> Concerned:
    return EVERYBODY


class Moves:
    """One a process. `end` lets go of everybody who listens: a server that was told to end does not wait for them."""

    def __init__(self) -> None:
        self._watermarks = Watermarks()
        self._whom: Whom = _everybody
        self._told: asyncio.Future[Broadcast] | None = None
        self._past: OrderedDict[str, asyncio.Future[Broadcast]] = OrderedDict()
        """What was told lately and what is next, each by its turn."""
        self.turn = ""
        """What is told next: a page that is made now knows all that was told before."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ended = False
        self.kept: dict[Any, tuple[int, asyncio.Future[Any]]] = {}
        """What is made once for all who ask for it between two messages, and the position that it is known to hold."""
        self.reads: dict[Any, frozenset[str]] = {}
        """Of each of those, the read models that it was made of so far."""

    @property
    def away(self) -> bool:
        return self._watermarks.away

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
    async def watching(self, watermarks: Watermarks, whom: Whom = _everybody) -> AsyncIterator[None]:
        self._watermarks, self._whom, self._loop = watermarks, whom, asyncio.get_running_loop()
        self._told = self._awaited(self._loop)
        task = asyncio.create_task(self._watch(watermarks.all()), name="Moves")
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

    async def listen(
        self, since: int | None, wants: Callable[[Concerned], bool] = lambda _: True, turn: str = ""
    ) -> AsyncIterator[bytes]:
        """Messages as server-sent events, until the process ends, of what the listener `wants`. `since` is the position that the listener
        has: if there is more by now, that is told first; `turn` is what was told next when its page was made: it hears from there on, or
        all where that is too long ago. Nothing was told for a while: a comment says that the stream is there.
        """
        lately = self._past.get(turn) if since is None else None
        missed = since not in (None, self._highest()) or (since is None and turn != "" and lately is None)
        told = lately or self._told
        yield OPENED + (self.everything() if missed else self._ready()) + (AWAY if self.away else b"")
        quiet = time.monotonic() + QUIET
        while not self.ended and told is not None:
            done, _ = await asyncio.wait([told], timeout=max(quiet - time.monotonic(), 0))
            message = ALIVE
            if done:
                message, concerned, told = told.result()
                if not wants(concerned):
                    continue
            yield message
            quiet = time.monotonic() + QUIET

    def everything(self) -> bytes:
        """To who may have missed something."""
        return self._message("moved", self._watermarks.all())

    def _ready(self) -> bytes:
        return self._message("ready", self._watermarks.all())

    async def _watch(self, known: dict[str, int]) -> None:
        told, away = 0.0, False
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
            if self.away != away:
                away = self.away
                self._tell(AWAY if away else BACK)
            now = self._watermarks.all()
            moved = {name: position for name, position in now.items() if position != known.get(name)}
            if moved:
                message = self._message("moved", moved)
                self._tell(message, await self._concerned(known, moved))
            known = now

    async def _concerned(self, known: dict[str, int], moved: dict[str, int]) -> Concerned:
        """Everybody, where it is not known: nobody's page may stay behind."""
        before = [known.get(name, position) for name, position in moved.items()]
        if any(was >= now for was, now in zip(before, moved.values(), strict=True)):
            return EVERYBODY  # new here, or set back
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._whom(min(before), max(moved.values()))
        except Exception as away:  # noqa: BLE001 - the database may be away for a moment
            log.warning("whom it concerns is not known", extra={"why": type(away).__name__})
            return EVERYBODY

    def _tell(self, message: bytes, concerned: Concerned = EVERYBODY) -> None:
        if self._told is None or self._loop is None or self._told.done():
            return
        told, self._told = self._told, self._awaited(self._loop)
        told.set_result(Broadcast(message, concerned, self._told))

    def _awaited(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Broadcast]:
        self.turn, awaited = uuid4().hex, loop.create_future()
        self._past[self.turn] = awaited
        while len(self._past) > LATELY:
            self._past.popitem(last=False)
        return awaited

    def _highest(self) -> int:
        return max(self._watermarks.all().values(), default=0)

    def _message(self, event: str, positions: dict[str, int]) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self._highest(), event.encode(), orjson.dumps(positions))
