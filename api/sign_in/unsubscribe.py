"""api: no more mails — for whoever has the link that stands in each of them, signed in or not.

Looking at the page changes nothing: mail programs look at links before people do. What is sent to it counts from wherever it comes, a
mail program's own button too (RFC 8058): it has no cookie and no page of ours. Nobody learns whether a link is somebody's.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from api.engine.services import services_of
from api.sign_in import rendering
from api.sign_in.rendering import render
from domain.engine import reading

Token = Annotated[str, Path(max_length=100)]
router = rendering.router()


@router.get("/desk/unsubscribe/{token}", summary="Where the link in a mail leads")
async def page(token: Token, request: Request) -> Response:
    return render(request, "unsubscribe.html", done=False)


@router.post("/desk/unsubscribe/{token}", summary="No more mails")
async def unsubscribe(token: Token, request: Request) -> Response:
    """Done again it changes nothing. Chat goes on: it was set up by its owner."""
    known = _token(token)
    if known is not None:
        await services_of(request).notices.stop_mails(known)
    return render(request, "unsubscribe.html", done=True)


def _token(text: str) -> UUID | None:
    try:
        return reading.id(text)
    except ValueError:
        return None
