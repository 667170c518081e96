"""api: what changes, told to every page that is open. A page hears which read models moved, and asks again for what it shows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse

from api.engine.moves import QUIET, Moves
from api.pages.engine.page import Page, may_open, router

pages = router()


@pages.get("/live", summary="Which read models moved, as they move")
async def live(page: Annotated[Page, Depends(may_open())]) -> Response:
    """Server-sent events. A browser that comes again says with `Last-Event-ID` what it has."""
    last = page.request.headers.get("Last-Event-ID", "")
    since = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _told(page, page.request.app.state.moves, since), 200, headers, media_type="text/event-stream"
    )


async def _told(page: Page, moves: Moves, since: int | None) -> AsyncIterator[bytes]:
    looked = time.monotonic()
    async for message in moves.listen(since):
        if time.monotonic() - looked >= QUIET:
            if not await page.is_signed_in():
                yield b"event: signed-out\ndata: {}\n\n"
                return
            looked = time.monotonic()
        yield message
