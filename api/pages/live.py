"""api: what changes, told to every page that is open. A page hears which read models moved, and asks again for what it shows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse

from api.engine.errors import TOO_MANY_REQUESTS, too_many
from api.engine.moves import QUIET, Moves
from api.pages.engine.page import Page, may_open, router

MOST = 30
"""Streams of one session: one a tab, and as many tabs as anybody has."""

pages = router()


@pages.get("/live", summary="Which read models moved, as they move")
async def live(page: Annotated[Page, Depends(may_open())]) -> Response:
    """Server-sent events. A browser that comes again says with `Last-Event-ID` what it has."""
    moves: Moves = page.request.app.state.moves
    if moves.listening[page.session.user.key_id] >= MOST:
        raise too_many(TOO_MANY_REQUESTS, f"a session may have {MOST} pages open at once: close some", 60)
    last = page.request.headers.get("Last-Event-ID", "")
    since = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(page, moves, since), 200, headers, media_type="text/event-stream")


async def _told(page: Page, moves: Moves, since: int | None) -> AsyncIterator[bytes]:
    key = page.session.user.key_id
    moves.listening[key] += 1
    try:
        async for message in _while_signed_in(page, moves, since):
            yield message
    finally:
        moves.listening[key] -= 1
        if not moves.listening[key]:
            del moves.listening[key]


async def _while_signed_in(page: Page, moves: Moves, since: int | None) -> AsyncIterator[bytes]:
    looked = time.monotonic()
    async for message in moves.listen(since):
        if time.monotonic() - looked >= QUIET:
            if not await page.is_signed_in():
                yield b"event: signed-out\ndata: {}\n\n"
                return
            looked = time.monotonic()
        yield message
