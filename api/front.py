"""api: what surrounds every request — the size limit, safe headers, the metrics and the access log. No route may enter."""

from __future__ import annotations

import logging
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import USER
from api.metrics import Metrics

MAX_BODY = 1024 * 1024
MAX_IMPORT = 200 * 1024 * 1024
IMPORTS = "/imports"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SAFE_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]

log = logging.getLogger("api.access")


class Front:
    """The outermost layer, plain ASGI: it costs microseconds."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        self.note = access_log()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *SAFE_HEADERS]
            await send(message)

        try:
            await self.app(scope, limited(scope, receive), sending)
        finally:
            self._answered(scope, status, time.perf_counter() - started)

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.answered(method, route, status, seconds)
        self.note(scope, route, status, seconds)


def limited(scope: Scope, receive: Receive) -> Receive:
    """Raises a 413 to whoever reads on past the limit."""
    most = MAX_IMPORT if scope["path"].startswith(IMPORTS) else MAX_BODY
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, f"a body here may have {most} bytes")
        return message

    return receiving


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
