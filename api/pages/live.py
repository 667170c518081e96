"""api: what changes, told to the pages that are open and may show it. A page hears which read models moved, and asks again for what it
shows. Whom something concerns is the projections' to say; where that is open, everybody is told.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.engine.moves import LATELY, QUIET, Moves
from api.engine.services import services_of
from api.engine.sessions import CACHED_SECONDS
from api.engine.signed_in import SESSION
from api.pages.deal_filters import OWN, TEAM
from api.pages.engine.page import Page, may_open, router
from projections.deal.concerned import Concerned, ShownDeals
from runtime.ending import cancelled

SPREAD = 10.0
"""Seconds over which streams look up who is in which team, when that changed."""

SIGNED_OUT = b"event: signed-out\ndata: {}\n\n"

pages = router()


@pages.get("/live", summary="Which read models moved, as they move")
async def live(page: Annotated[Page, Depends(may_open())]) -> Response:
    """Server-sent events. A browser that comes again says with `Last-Event-ID` what it has."""
    moves: Moves = page.request.app.state.moves
    streams, most = page.request.app.state.streams, services_of(page.request).settings.bounds.streams_per_key
    streams.check(page.session.user.key_id, most, f"a session may have {most} pages open at once: close some")
    last = page.request.headers.get("Last-Event-ID", "")
    since = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
    return Messages(Subscription(page, moves), since)


class Messages(StreamingResponse):
    """A stream whose task waits for one thing, that its page goes away: what is told is handed to it (`Subscription`)."""

    def __init__(self, subscription: Subscription, since: int | None) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__((), 200, headers, media_type="text/event-stream")
        self.subscription, self.since = subscription, since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with self.subscription.sent_by(send, self.since):
            while (await receive())["type"] != "http.disconnect":
                pass


class Subscription:
    """One page's to what moves. `whose` deals it shows is in its address (`deal_filters.whose`)."""

    def __init__(self, page: Page, moves: Moves) -> None:
        self.page, self.user = page, page.session.user
        self.whose, self.turn = page.query["whose"], page.query["turn"]
        self.looked = self.heard_at = time.monotonic()
        self._sure_from: float | None = None
        """Somebody came into another team: until it is looked up from then on, everything is wanted."""
        self._moves = moves
        self._handed: list[bytes] = []
        self._ended = False
        self._sending: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def sent_by(self, send: Send, since: int | None) -> AsyncIterator[None]:
        self._send = send
        with (
            self.page.request.app.state.streams.holding(self.user.key_id),
            self._moves.telling(self, since, self.turn),
        ):
            try:
                yield
            finally:
                if self._sending is not None:
                    await cancelled(self._sending)

    def hand(self, message: bytes) -> None:
        if self._ended:
            return
        if len(self._handed) >= LATELY:  # it takes nothing: later it is told of all at once
            self._handed.clear()
            message = self._moves.everything()
        self._handed.append(message)
        self._go_on()

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._go_on()

    def _go_on(self) -> None:
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_handed(), name="Subscription")

    async def _send_handed(self) -> None:
        while self._handed:
            if self.is_to_look:
                await self._look()
            pieces, self._handed = b"".join(self._handed), []
            await self._send({"type": "http.response.body", "body": pieces, "more_body": True})
        if self._ended:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _look(self) -> None:
        before = self.user
        if not await self.is_signed_in():
            self._handed, self._ended = [SIGNED_OUT], True
        elif self.user != before:
            self._handed.insert(0, self._moves.everything())

    def wants(self, concerned: Concerned) -> bool:
        if concerned.people_moved:
            self._sure_from = time.monotonic() + CACHED_SECONDS + SPREAD * random.random()  # noqa: S311 - no secret
        return self._sure_from is not None or concerned.is_on(self.shown)

    @property
    def shown(self) -> ShownDeals | None:
        """None where the address says nothing else than own and team, and for who sees every team's."""
        user = self.user
        if self.whose not in (OWN, TEAM) or user.sees_team is None:
            return None
        own = frozenset(id for id in (user.rep_id, user.person_id) if id is not None)
        return ShownDeals(own, user.sees_team if self.whose == TEAM else None)

    @property
    def is_to_look(self) -> bool:
        """Whether it is time to look up who it is and in which team: now and then, and as soon as that is known anew."""
        now = time.monotonic()
        return now - self.looked >= QUIET or (self._sure_from is not None and now >= self._sure_from)

    async def is_signed_in(self) -> bool:
        self.looked = time.monotonic()
        if not await self.page.is_signed_in():
            return False
        if found := self.page.request.scope.get(SESSION):
            self.user = found.user
            if self._sure_from is not None and self.looked >= self._sure_from:
                self._sure_from = None
        return True
