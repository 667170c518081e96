"""api: what changes, told to the pages that are open and may show it. A page hears which read models moved, and asks again for what it
shows. Whom something concerns is the projections' to say; where that is open, everybody is told.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse

from api.engine.moves import QUIET, Moves
from api.engine.services import services_of
from api.engine.sessions import CACHED_SECONDS
from api.engine.signed_in import SESSION
from api.pages.deal_filters import OWN, TEAM
from api.pages.engine.page import Page, may_open, router
from projections.deal.concerned import Concerned, ShownDeals

SPREAD = 10.0
"""Seconds over which streams look up who is in which team, when that changed."""

pages = router()


@pages.get("/live", summary="Which read models moved, as they move")
async def live(page: Annotated[Page, Depends(may_open())]) -> Response:
    """Server-sent events. A browser that comes again says with `Last-Event-ID` what it has."""
    moves: Moves = page.request.app.state.moves
    streams, most = page.request.app.state.streams, services_of(page.request).settings.bounds.streams_per_key
    streams.check(page.session.user.key_id, most, f"a session may have {most} pages open at once: close some")
    last = page.request.headers.get("Last-Event-ID", "")
    since = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_messages(page, moves, since), 200, headers, media_type="text/event-stream")


async def _messages(page: Page, moves: Moves, since: int | None) -> AsyncIterator[bytes]:
    with page.request.app.state.streams.holding(page.session.user.key_id):
        async for message in _while_signed_in(page, moves, since):
            yield message


class Subscription:
    """One page's to what moves. `whose` deals it shows is in its address (`deal_filters.whose`)."""

    def __init__(self, page: Page) -> None:
        self.page, self.user, self.whose = page, page.session.user, page.query["whose"]
        self.looked = time.monotonic()
        self._sure_from: float | None = None
        """Somebody came into another team: until it is looked up from then on, everything is wanted."""

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


async def _while_signed_in(page: Page, moves: Moves, since: int | None) -> AsyncIterator[bytes]:
    subscription = Subscription(page)
    async for message in moves.listen(since, subscription.wants, page.query["turn"]):
        if subscription.is_to_look and not moves.away:
            before = subscription.user
            if not await subscription.is_signed_in():
                yield b"event: signed-out\ndata: {}\n\n"
                return
            if subscription.user != before:
                yield moves.everything()
        yield message
