"""api: what surrounds every request — the size limit, safe headers, the metrics and the access log. No route may enter."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.engine.auth import USER
from api.engine.errors import overloaded
from api.engine.metrics import Metrics
from api.engine.rates import Rate
from runtime.bounds import Bounds

MIB = 1024 * 1024
MAX_BODY = MIB
MAX_IMPORT = 200 * MIB
SLOWEST = 32 * 1024
"""Bytes a second of a body, beyond the seconds that every body has."""
LINES_A_SECOND = 10
"""Of the access log, for strangers: who has no key shall not fill the disk. The metrics count them all."""
IMPORTS = {f"{of}{what}" for of in ("/imports", "/desk/admin/imports") for what in ("", "/previews")}
"""Where files are handed over; what else is said of imports is as short as everything."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SAFE_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
"""Where people have the pages by HTTPS their browsers ask in no other way for a year."""

log = logging.getLogger("api.access")


class Middleware:
    """The outermost layer, plain ASGI: it costs microseconds."""

    def __init__(self, app: ASGIApp, metrics: Metrics, bounds: Bounds, *, https: bool = False) -> None:
        self.app = app
        self.metrics = metrics
        self.bounds = bounds
        self.bodies = Bodies(bounds.body_megabytes * MIB)
        self.note = access_log()
        self.headers = [*SAFE_HEADERS[:1], *([ONLY_HTTPS] if https else [])]
        self.strangers = Rate(LINES_A_SECOND, 100 * LINES_A_SECOND)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        body = Body(scope, receive, self.bodies, self.bounds.body_seconds)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = list(message.get("headers", ()))
                referrer = [] if _of_a_page(given) else SAFE_HEADERS[1:]
                message["headers"] = [*given, *self.headers, *referrer]
            await send(message)

        try:
            await self.app(scope, body.receive, sending)
        finally:
            body.let_go()
            self._answered(scope, status, time.perf_counter() - started)

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.answered(method, route, status, seconds)
        if USER in scope or self.strangers.take("") == 0:
            self.note(scope, route, status, seconds)


def _of_a_page(headers: list[tuple[bytes, bytes]]) -> bool:
    """A page says itself what its links and forms tell: without any referrer a form would come from nowhere."""
    return any(name == b"referrer-policy" for name, _ in headers)


class Bodies:
    """Bytes of all bodies that are kept in memory at this moment."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0


class Body:
    """The body of one request as it comes: of bounded size, within a time, and in what memory all bodies may have.

    Whoever reads on past a bound gets a 413, 408 or 503 raised. An import's body is not kept, but written to disk as it comes.
    """

    __slots__ = ("_bodies", "_kept", "_most", "_receive", "_seconds", "_started", "_taken", "_whole")

    def __init__(self, scope: Scope, receive: Receive, bodies: Bodies, seconds: float) -> None:
        self._kept = scope["path"] not in IMPORTS
        self._most = MAX_BODY if self._kept else MAX_IMPORT
        self._bodies, self._receive, self._seconds = bodies, receive, seconds
        self._started: float | None = None
        self._taken = 0
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # it is asked whether the client is still there
            return await self._receive()
        message = await self._next()
        self._whole = not message.get("more_body", False)
        self._take(len(message.get("body", b"")))
        return message

    def let_go(self) -> None:
        if self._kept:
            self._bodies.held -= self._taken

    async def _next(self) -> Message:
        now = time.monotonic()
        self._started = self._started or now
        left = self._started + self._seconds + self._taken / SLOWEST - now
        try:
            async with asyncio.timeout(left):
                return await self._receive()
        except TimeoutError:
            detail = (
                f"a body has to arrive within {self._seconds:g} s, and a second more for each {SLOWEST} bytes"
            )
            raise HTTPException(408, detail, {"Connection": "close"}) from None

    def _take(self, size: int) -> None:
        self._taken += size
        if self._kept:
            self._bodies.held += size
        if self._taken > self._most:
            raise HTTPException(413, f"a body here may have {self._most} bytes")
        if self._kept and self._bodies.held > self._bodies.most:
            raise overloaded("too many bodies are on their way")


def access_log() -> Any:
    """One line a request: method, route template, status, time, pseudonymous user. Never the address asked for."""
    if not log.isEnabledFor(logging.INFO):
        return lambda *_: None
    return _to_terminal if sys.stderr.isatty() else _as_json


def _to_terminal(scope: Scope, route: str, status: int, seconds: float) -> None:
    log.info("%s %s %d %.1f ms", scope["method"], route, status, seconds * 1_000)


def _as_json(scope: Scope, route: str, status: int, seconds: float) -> None:
    """Written straight: at thousands of requests a second the logging module would cost more than the route."""
    user = scope.get(USER)
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": "info",
        "logger": "api.access",
        "message": f"{scope['method']} {route} {status}",
        "milliseconds": round(seconds * 1_000, 2),
        "user": user.user_id if user is not None else None,
    }
    os.write(2, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
