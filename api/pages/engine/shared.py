"""api: the middle of a page that is asked for again because something moved. Whoever has the same rights, language and zone sees the same
there, so that it is rendered once a moment, however many have it open; who may act, for their own sessions: what they asked for themselves
is not theirs to decide.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from secrets import token_urlsafe
from uuid import uuid4

from fastapi import Request, Response

from api.engine.moves import Moves
from api.engine.precedence import REFRESH, Refresh
from api.engine.reading import READ
from api.engine.roles import WRITERS
from api.engine.services import services_of
from api.engine.sessions import Session
from api.engine.signed_in import SESSION, signed_in

MIDDLE = "main#main"
"""What htmx says it wants the answer for."""
TOKEN = token_urlsafe()
"""In a form in the middle of a page, until it is known who gets it. Nobody can write it into a text that others are shown."""
KEY = f"key-{uuid4().hex}"
"""The same for what makes a repeat of a form harmless: each answer has its own, else the second of two pages repeats the first."""
Handle = Callable[[Request], Awaitable[Response]]


async def answer(request: Request, handle: Handle) -> Response:
    """As `handle` answers; to who only looks again, what somebody of the same rights was answered this moment."""
    wanted = request.headers.get("HX-Request"), request.headers.get("HX-Target")
    if request.method != "GET" or wanted != ("true", MIDDLE):
        return await handle(request)
    request.scope[REFRESH] = refresh = Refresh(services_of(request).admission.precedence)
    session = await refresh.read(signed_in(request, by_itself=True))
    moves: Moves = request.app.state.moves
    key = _key(request, session)
    after, known = _after(request), moves.known(moves.reads.get(key))
    if after > known:  # not all that is read is known to have what they wrote: nobody else's answer will do
        del request.scope[REFRESH]  # and whoever has just written is not asked to wait in line
        return await _noting(request, handle, moves, key)
    since, rendering = moves.kept.get(key, (-1, None))
    if mine := rendering is None or after > since:
        request.scope[SESSION] = replace(session, csrf=TOKEN, login="", name="")
        rendering = asyncio.ensure_future(_in_line(request, handle, moves, key))
        moves.kept[key] = known, rendering
    elif services_of(request).admission.requests.take(session.user.key_id) > 0:
        return await _made(request, handle)  # which says so
    try:
        found = await asyncio.shield(rendering)
    except Exception:
        if moves.kept.get(key, (0, None))[1] is rendering:
            del moves.kept[key]
        if mine:
            raise
        return await _made(request, handle)  # it may be the other one's own: their rate, their connection
    if found.status_code != 200:
        moves.kept.pop(key, None)
    body = handed_out(bytes(found.body).decode(), session.csrf)
    headers = {name: value for name, value in found.headers.items() if name != "content-length"}
    return Response(body, found.status_code, headers)


def handed_out(content: str, token: str) -> str:
    """To one session: with its token, and a key of its own in each form. What is rendered for whoever gets it keeps the places."""
    if token == TOKEN:
        return content
    return re.sub(KEY, lambda _: uuid4().hex, content.replace(TOKEN, token))


class Unrendered(Response):
    """What `Page.render` answers to a refresh: it is rendered when its turn has come."""

    def __init__(self, pieces: Iterator[str], status: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, status, dict(headers), media_type="text/html")
        self._pieces = pieces

    async def rendered(self, refresh: Refresh) -> Response:
        content = await refresh.joined(self._pieces)
        headers = {name: value for name, value in self.headers.items() if name != "content-length"}
        return Response(content, self.status_code, headers)


async def _made(request: Request, handle: Handle) -> Response:
    refresh: Refresh | None = request.scope.get(REFRESH)
    return await (handle(request) if refresh is None else refresh.paced(_rendered(request, handle, refresh)))


async def _rendered(request: Request, handle: Handle, refresh: Refresh) -> Response:
    answer = await handle(request)
    return await answer.rendered(refresh) if isinstance(answer, Unrendered) else answer


async def _in_line(request: Request, handle: Handle, moves: Moves, key: object) -> Response:
    async with services_of(request).admission.precedence.refreshes:
        return await _noting(request, handle, moves, key)


async def _noting(request: Request, handle: Handle, moves: Moves, key: object) -> Response:
    """As `handle` answers, and what it was made of is known the next time."""
    read: set[str] = request.scope.setdefault(READ, set())
    answer = await _made(request, handle)
    moves.learn(key, read)
    return answer


def _after(request: Request) -> int:
    """The position of what they wrote last."""
    after = request.headers.get("Salesloop-After", "")
    return int(after) if after.isascii() and after.isdigit() else 0


def _key(request: Request, session: Session) -> tuple[object, ...]:
    user = session.user
    place, who = (request.url.path, request.url.query), (user.role, user.rep_id, user.team_id, user.person_id)
    own = None if user.role not in WRITERS else user.user_id  # what they asked for is another one's to decide
    return (*place, *who, own, session.language, session.timezone)
