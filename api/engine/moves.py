"""api: what moved — the positions of the read models as they change, put together and made into one message for all who listen.

The message of a moment is written once, however many pages are open. It holds no data: who hears it asks for what they may see.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, NamedTuple, Protocol
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
ALIVE, ENDED = b": alive\n\n", b"event: ended\ndata: {}\n\n"
AWAY, BACK = b"event: away\ndata: {}\n\n", b"event: back\ndata: {}\n\n"
"""The database does not answer, so that nothing is told; and it does again."""
Whom = Callable[[int, int], Awaitable[Concerned]]
"""Whom it concerns what happened after a position, up to another."""


class Broadcast(NamedTuple):
    """A message, its turn, and whom it concerns."""

    turn: str
    message: bytes
    concerned: Concerned


class Listener(Protocol):
    """One who is told. `heard_at`: of the monotonic clock, when it was handed something last."""

    heard_at: float

    def wants(self, concerned: Concerned) -> bool: ...

    def hand(self, message: bytes) -> None:
        """A server-sent event, to be sent as soon as can be; nobody waits for it."""
        ...

    def end(self) -> None:
        """After what it was handed there is nothing more."""
        ...


async def _everybody(_low: int, _high: int) -> Concerned:
    return EVERYBODY


class Moves:
    """One a process. `end` lets go of everybody who listens: a server that was told to end does not wait for them."""

    def __init__(self) -> None:
        self._watermarks = Watermarks()
        self._whom: Whom = _everybody
        self._listeners: set[Listener] = set()
        self._past: deque[Broadcast] = deque(maxlen=LATELY)
        """What was told lately."""
        self.turn = uuid4().hex
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
        self._tell(ENDED)
        self.ended = True
        for listener in [*self._listeners]:
            listener.end()

    @contextmanager
    def telling(self, listener: Listener, since: int | None, turn: str = "") -> Iterator[None]:
        """From here on it is handed what it `wants`, until the process ends. `since` is the position that it has: if there is more by
        now, that is told first; `turn` is what was told next when its page was made: it hears from there on, or all where that is too
        long ago. Nothing was told for a while: a comment says that the stream is there.
        """
        lately = self._from(turn) if since is None and turn else []
        missed = lately is None or since not in (None, self._highest())
        first = self.everything() if missed else self._ready()
        self._hand(listener, OPENED + first + (AWAY if self.away else b""))
        for told in lately or ():
            if listener.wants(told.concerned):
                self._hand(listener, told.message)
        self._listeners.add(listener)
        if self.ended:
            listener.end()
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _from(self, turn: str) -> list[Broadcast] | None:
        """What was told from that turn on; None where that is not known any more."""
        if turn == self.turn:
            return []
        past = [*self._past]
        return next((past[n:] for n, told in enumerate(past) if told.turn == turn), None)

    @staticmethod
    def _hand(listener: Listener, message: bytes) -> None:
        listener.heard_at = time.monotonic()
        listener.hand(message)

    def _say_alive(self) -> None:
        """To who was told nothing for a while."""
        quiet_since = time.monotonic() - QUIET
        for listener in [*self._listeners]:
            if listener.heard_at <= quiet_since:
                self._hand(listener, ALIVE)

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
            self._say_alive()
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
        if self.ended:
            return
        self._past.append(Broadcast(self.turn, message, concerned))
        self.turn = uuid4().hex
        for listener in [*self._listeners]:
            if listener.wants(concerned):
                self._hand(listener, message)

    def _highest(self) -> int:
        return max(self._watermarks.all().values(), default=0)

    def _message(self, event: str, positions: dict[str, int]) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self._highest(), event.encode(), orjson.dumps(positions))
