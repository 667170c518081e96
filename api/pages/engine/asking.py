"""api: a page, or a tool of a model, asks the API's own routes, within the process, as who asks it. Authority, scopes, limits and words
are the routes'.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from api.engine.precedence import REFRESH
from api.engine.writing import CHANNEL
from domain.engine.context import Channel

Json = dict[str, Any]


class Refusal(Exception):
    """The route said no. `problem` is its problem document (RFC 9457), with `retry_after` in seconds where the route says when to come
    again.
    """

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(problem.get("code", str(status)))
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answered, with a status below 400."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        return orjson.loads(self.content) if self.content else None


async def ask(
    request: Request,
    method: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    body: Json | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    pieces: AsyncIterator[bytes] | None = None,
) -> Answer:
    """One request to a route of this process, in the name of who is signed in. `query` without what is None or empty; a
    `body` of bytes is JSON already; `pieces` is a body that comes as it is read. Raises Refusal."""
    content = body or b"" if isinstance(body, bytes | None) else orjson.dumps(body)
    sent = {"content-type": "application/json"} if body is not None else {}
    scope = _scope(request, method, path, query or {}, sent | dict(headers or {}))
    status, found, parts, more = 500, {}, [], True

    async def receive() -> Json:
        nonlocal more
        if not more:  # who answers with a file listens for a disconnect as well, without end
            await asyncio.Future()
        piece = None if pieces is None else await anext(pieces, None)
        more = piece is not None
        return {"type": "http.request", "body": piece if more else content, "more_body": more}

    async def send(message: Any) -> None:
        nonlocal status, found
        if message["type"] == "http.response.start":
            status = message["status"]
            found = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        else:
            parts.append(message.get("body", b""))

    if (refresh := request.scope.get(REFRESH)) is None:
        await request.app.router(scope, receive, send)
    else:
        await refresh.read(request.app.router(scope, receive, send))
    answered = b"".join(parts)
    if status >= 400:
        again = found.get("retry-after", "")
        raise Refusal(status, _problem(answered) | ({"retry_after": int(again)} if again.isdigit() else {}))
    return Answer(status, found, answered)


class Passed(Response):
    """What a route answers, handed on as it comes."""

    def __init__(self, request: Request, asked: Json) -> None:
        super().__init__()
        self._router, self._asked = request.app.router, asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router(self._asked, receive, send)


def passed(request: Request, path: str, query: Mapping[str, Any]) -> Response:
    """What a GET of a route of this process answers, in the name of who is signed in: a file, however long."""
    return Passed(request, _scope(request, "GET", path, query, {}))


def _asked(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _problem(content: bytes) -> Json:
    try:
        read = orjson.loads(content)
    except orjson.JSONDecodeError:
        read = {}
    return read if isinstance(read, dict) else {}


def _scope(
    request: Request, method: str, path: str, query: Mapping[str, Any], headers: Mapping[str, str]
) -> Json:
    given = {name: _asked(value) for name, value in query.items() if value not in (None, "", [])}
    outer = {
        name: value
        for name, value in request.scope.items()
        if name not in ("route", "endpoint", "path_params")
    }
    return outer | {
        "method": method,
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": urlencode(given, doseq=True).encode(),
        "headers": [
            (name.lower().encode(), value.encode(errors="replace")) for name, value in headers.items()
        ],
        "root_path": "",
        CHANNEL: request.scope.get(CHANNEL, Channel.WEB),
    }
