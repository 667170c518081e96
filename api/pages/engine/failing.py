"""api: what went wrong with a page, as the problem that the page tells."""

from __future__ import annotations

import logging

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.engine.errors import Problem, not_whole
from api.pages.engine.asking import Json, Refusal
from domain.engine.errors import Forbidden

log = logging.getLogger(__name__)


def problem_of(wrong: Exception) -> tuple[int, Json]:
    """Status and problem document of what went wrong."""
    match wrong:
        case Refusal():
            return wrong.status, wrong.problem
        case ClientDisconnect():
            return problem_of(not_whole())
        case Problem():
            kind = wrong.kind
            again = {"retry_after": int(seconds)} if (seconds := wrong.headers.get("Retry-After")) else {}
            return kind.status, {"code": kind.code, "title": kind.title, "detail": wrong.detail, **again}
        case Forbidden():
            return 403, {"code": "forbidden", "detail": wrong.message}
        case RequestValidationError():
            return 404, {"code": "no-such-route"}
        case HTTPException():
            return wrong.status_code, {"code": "http", "detail": str(wrong.detail)}
    log.error("a page failed", exc_info=wrong)
    return 500, {"code": "internal", "detail": "the error was logged; nothing was promised by this answer"}
