"""api: the ledger's tip, followed once a process for all who read the feed as it grows.

The newest events are read from the database once, put into each envelope once, and held for a while; readers take them from there, each
at its own pace. A reader who is behind what is held reads pages of its own until it is not. HTTP may not enter.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psycopg

from api.engine.envelopes import Format, sent
from api.engine.packing import NOTHING, Gzip, Piece, Plain
from projections.engine.signals import Watermarks
from projections.event_feed import BOARD, DealScope, OwnedRow

BATCH = 1_000
HELD_EVENTS, HELD_BYTES = 10_000, 16 * 2**20
"""Of the newest events: who falls further behind is told to come again."""
CHUNK = 64 * 1024
"""Bytes that a reader is given at once, and one event at least: no more is kept for one who does not take it."""
PACKS = 8
"""Bytes of the feed's JSON that are packed into one, about."""
CHUNKS = 64
"""Of those that are kept for others who are as far."""
TOGETHER = 0.25
"""Seconds between two looks at the ledger: what is recorded meanwhile is handed on together."""
LOOK = 1.0
"""Seconds after which it is looked even where nobody said that something was recorded."""
Fetch = Callable[[int, int], Awaitable[list[OwnedRow]]]
log = logging.getLogger(__name__)


class Form(NamedTuple):
    """How events are sent."""

    format: Format
    stream: type[Plain]

    @property
    def most(self) -> int:
        """Bytes of events that are given at once."""
        return CHUNK * PACKS if self.stream is Gzip else CHUNK


class Chunk:
    """Server-sent events, and the position up to which they tell all that the reader may see."""

    __slots__ = ("piece", "upto")

    def __init__(self, piece: Piece, upto: int) -> None:
        self.piece = piece
        self.upto = upto


class Tip:
    """What was recorded last, from `base` (not held any more) up to `position`, without gaps."""

    def __init__(self, head: Callable[[], Awaitable[int]], fetch: Fetch) -> None:
        self.base = self.position = -1
        self._head, self._fetch = head, fetch
        self._held: deque[_Entry] = deque()
        self._bytes = 0
        self._chunks: dict[tuple[int, object], Chunk] = {}
        self._moved = asyncio.Event()
        self._wanted = asyncio.Event()
        self._readers = 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """While anybody reads it is followed."""
        self._readers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._wanted.clear()

    @property
    def moved(self) -> asyncio.Event:
        """Set when there is more, or somebody has to go; to be taken before what is held is looked at."""
        return self._moved

    def wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def after(self, position: int, form: Form, scope: DealScope | None) -> Chunk | None:
        """The next of what is held; None where that does not begin there. Made once for all who have the same scope and form."""
        if not self.base <= position or self.base < 0:
            return None
        key = (position, (form, scope))
        made = self._chunks.get(key)
        if made is None and position < self.position:
            if len(self._chunks) >= CHUNKS:
                self._chunks.clear()
            made = self._chunks[key] = self._chunk(position, form, scope)
        return made or Chunk(NOTHING, position)

    def _chunk(self, position: int, form: Form, scope: DealScope | None) -> Chunk:
        parts: list[bytes] = []
        size = 0
        for at in range(position - self.base, len(self._held)):
            entry = self._held[at]
            if scope is None or scope.holds(entry.owned):
                parts.append(made := entry.sent(form.format))
                size += len(made)
                if size >= form.most:
                    return Chunk(form.stream.made(b"".join(parts)), entry.owned.row[0])
        return Chunk(form.stream.made(b"".join(parts)) if parts else NOTHING, self.position)

    async def follow(self, watermarks: Watermarks) -> None:
        """Until cancelled; through outages of the database, from where it was."""
        while True:
            await self._wanted.wait()
            try:
                if self.base < 0:
                    self.base = self.position = await self._head()
                    self.wake()
                found = await self._fetch(self.position, BATCH)
            except psycopg.Error as away:
                log.warning("the feed waits for the database (%s)", type(away).__name__)
                await asyncio.sleep(LOOK)
                continue
            looked = time.monotonic()
            if found:
                self._take(found)
            if not self._readers:
                self._forget()
            elif len(found) < BATCH:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await watermarks.until(BOARD, self.position + 1)
                await asyncio.sleep(max(0.0, looked + TOGETHER - time.monotonic()))

    def _take(self, found: list[OwnedRow]) -> None:
        for owned in found:
            self._held.append(entry := _Entry(owned))
            self._bytes += entry.size
        self.position = found[-1].row[0]
        while len(self._held) > HELD_EVENTS or (self._bytes > HELD_BYTES and len(self._held) > 1):
            gone = self._held.popleft()
            self._bytes -= gone.size
            self.base = gone.owned.row[0]
        self._chunks.clear()
        self.wake()

    def _forget(self) -> None:
        self.base = self.position = -1
        self._held.clear()
        self._chunks.clear()
        self._bytes = 0


class _Entry:
    __slots__ = ("_sent", "owned", "size")

    def __init__(self, owned: OwnedRow) -> None:
        self.owned = owned
        self.size = 500 + len(owned.row[5]) + len(owned.row[6])
        self._sent: dict[Format, bytes] = {}

    def sent(self, format: Format) -> bytes:
        if format not in self._sent:
            self._sent[format] = sent(self.owned.row, format)
        return self._sent[format]
