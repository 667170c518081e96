"""api: the readers of the feed's stream — from any position, first by pages of their own, then with the tip, until one of them ends it.

A reader gets every event that it may see once and in order: what it was given last is the one position from which both its pages and the
tip go on. HTTP may not enter.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import orjson
import psycopg

from api.engine.envelopes import sent
from api.engine.following import LOOK, Form, Tip
from api.engine.packing import Piece
from api.engine.services import Services
from api.engine.streams import Subscriber, Subscribers
from api.engine.users import User
from projections import event_feed
from projections.event_feed import DealScope, OwnedRow, Seen
from runtime.ending import cancelled

PAGE, AT_ONCE = 200, 3
QUIET = 15.0
"""Seconds after which a stream that has nothing to tell says that it is there, and up to where it looked."""
OPENED = b"retry: 2000\n: salesloop\n\n"
log = logging.getLogger(__name__)
SLOW, ENDED, NO_KEY = "slow", "restart", "key"
SAID = {
    SLOW: "too far behind what is held for readers: come again with Last-Event-ID",
    ENDED: "the server ends: come again with Last-Event-ID",
    NO_KEY: "the key counts no longer",
}


def scope_of(user: User) -> DealScope | None:
    """Whose deals' events the user may see; None: every event."""
    return None if user.sees_team is None else DealScope(user.sees_team, user.rep_id)


async def seen(services: Services, user: User, after: int, limit: int) -> Seen:
    """The next events that the user may see, all of them or those of deals."""
    if (scope := scope_of(user)) is not None:
        return await event_feed.seen(services.pool, after, limit, scope)
    rows = await services.ledger.rows(after, limit)
    return Seen(rows, rows[-1][0] if rows else after, len(rows) == limit)


class Feed:
    """One a process, for as long as it is `open`."""

    def __init__(self) -> None:
        self.ended = False
        self._pages = asyncio.Semaphore(AT_ONCE)
        self.subscribers = Subscribers()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tips: tuple[Tip, ...] = ()

    @asynccontextmanager
    async def open(self, services: Services) -> AsyncIterator[None]:
        self._loop, self._services = asyncio.get_running_loop(), services
        pool, marks = services.pool, services.waiter.watermarks
        self.whole = Tip(services.ledger.head, self._rows)
        self.owned = Tip(partial(event_feed.reached, pool), partial(event_feed.owned, pool))
        self._tips = (self.whole, self.owned)
        tasks = [asyncio.create_task(tip.follow(marks), name="Feed") for tip in self._tips]
        tasks.append(asyncio.create_task(self._look_after(), name="Subscribers"))
        try:
            yield
        finally:
            self._end()
            await cancelled(*tasks)

    async def _rows(self, after: int, limit: int) -> list[OwnedRow]:
        return [OwnedRow(row) for row in await self._services.ledger.rows(after, limit)]

    async def _look_after(self) -> None:
        ended = asyncio.Event()
        watching = asyncio.create_task(self.subscribers.watch(self._services.ledger, ended))
        try:
            while True:
                await ended.wait()
                ended.clear()
                self._wake()
        finally:
            await cancelled(watching)

    async def page(self, user: User, after: int) -> Seen:
        """Of those who are behind few read at a time: the pool is for requests."""
        async with self._pages:
            return await seen(self._services, user, after, PAGE)

    def end(self) -> None:
        """Readers are told to come again. From a signal handler as well."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        for tip in self._tips:
            tip.wake()

    async def read(self, user: User, after: int, form: Form) -> AsyncIterator[bytes]:
        """Server-sent events after a position, until the reader goes or has to."""
        with self.subscribers.joined(user) as subscriber:
            tip = self.whole if user.sees_team is None else self.owned
            with tip.joined():
                reader, stream = Reader(self, subscriber, tip, after, form), form.stream()
                yield stream.begin() + stream.add(stream.made(OPENED))
                async for piece in reader.pieces():
                    yield stream.add(piece)
                yield stream.end()


class Reader:
    def __init__(self, feed: Feed, subscriber: Subscriber, tip: Tip, after: int, form: Form) -> None:
        self.position = after
        self._feed, self._subscriber, self._tip, self._form = feed, subscriber, tip, form
        self._made: Callable[[bytes], Piece] = form.stream.made
        self._live = False

    async def pieces(self) -> AsyncIterator[Piece]:
        while (reason := self._reason()) is None:
            moved = self._tip.moved
            user = self._subscriber.user
            assert user is not None
            held = self._tip.after(self.position, self._form, scope_of(user))
            if held is None and self._live:
                reason = SLOW
                break
            if held is None:
                before = self.position
                async for piece in self._page(user):
                    yield piece
                if self.position == before:  # the tip has not begun, or the database is away
                    await _within(moved, LOOK)
                continue
            self._live = True
            if held.piece.content:
                yield held.piece
            if self.position == held.upto and not await _within(moved, QUIET):
                yield self._made(b": alive\nid: %d\n\n" % self.position)
            self.position = held.upto
        told = orjson.dumps({"reason": reason, "detail": SAID[reason], "position": self.position})
        yield self._made(b"id: %d\nevent: end\ndata: %s\n\n" % (self.position, told))

    def _reason(self) -> str | None:
        if self._subscriber.user is None:
            return NO_KEY
        return ENDED if self._feed.ended else None

    async def _page(self, user: User) -> AsyncIterator[Piece]:
        """What comes next, a piece at a time. The position moves with what was taken."""
        try:
            rows, upto, _ = await self._feed.page(user, self.position)
        except psycopg.Error as away:
            log.warning("a reader of the feed waits for the database (%s)", type(away).__name__)
            return
        parts, size = [], 0
        for row in rows:
            parts.append(made := sent(row, self._form.format))
            size += len(made)
            if size >= self._form.most:
                yield self._made(b"".join(parts))
                self.position, parts, size = row[0], [], 0
                if self._reason() is not None:
                    return
        if parts:
            yield self._made(b"".join(parts))
        self.position = upto


async def _within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
