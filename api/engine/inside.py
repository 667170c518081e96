"""api: the same routes without a socket, for the operator's terminal: an administrator of a name that the terminal is told, through its
own door. Nothing is listened to, and no waiting import is taken up. Of the routes there are those of the capabilities that are asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from starlette.routing import Match

from api.app import bare_app
from api.engine.auth import USER
from api.engine.roles import Role
from api.engine.services import Services
from api.engine.users import User
from api.engine.writing import CHANNEL
from api.routers import modules_for, routes_of
from domain.engine.context import Channel
from runtime.ledger import open_ledger
from runtime.settings import Settings

POOL_SIZE = 4
Answered = tuple[int, bytes]
_made = cache(bare_app)


@asynccontextmanager
async def inside(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application on the database of the settings; one at a time in a process."""
    app = _made(settings)
    async with (
        open_ledger(settings.database_url, min_size=1, max_size=POOL_SIZE) as ledger,
        Services.opened(settings, ledger, app.state.metrics) as services,
    ):
        app.state.services = services
        yield app


async def call(
    app: FastAPI,
    user_id: str,
    method: str,
    address: str,
    headers: Mapping[str, str],
    body: bytes,
    take: Callable[[Mapping[str, str], bytes], None] | None = None,
) -> Answered:
    """Status and content of one request by the operator as `user_id`. `address` is a path and a query, quoted. `take` is given the headers
    and the content of what was not refused, piece by piece, in place of whom this is answered to.
    """
    parts: list[bytes] = []
    status, told, asked = 500, dict[str, str](), False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:  # who answers with a file listens for a disconnect as well, without end
            await asyncio.Future()
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, told
        if message["type"] == "http.response.start":
            status = message["status"]
            told = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]
            }
        elif take is not None and status < 300:
            take(told, message.get("body", b""))
        else:
            parts.append(message.get("body", b""))

    scope = _scope(user_id, method, address, headers)
    add_routes(app, scope)
    await app(scope, receive, send)
    return status, b"".join(parts)


def add_routes(app: FastAPI, scope: dict[str, Any]) -> None:
    """As many as it takes to find the one that answers this request. They are asked in the order that the server has, so it is the
    same one; where none answers, there are all that might.
    """
    routes = app.router.routes
    known = set(map(id, routes))
    for module in modules_for(scope["path"]):
        routes.extend(route for route in routes_of(module) if id(route) not in known)
        if any(route.matches(scope)[0] is Match.FULL for route in routes_of(module)):
            return


def _scope(user_id: str, method: str, address: str, headers: Mapping[str, str]) -> dict[str, Any]:
    path, _, query = address.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": None,
        "server": None,
        USER: User(key_id="", user_id=user_id, role=Role.ADMIN),
        CHANNEL: Channel.CLI,
    }
