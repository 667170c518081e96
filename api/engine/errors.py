"""api: the one table that turns refusals into RFC 9457 problem details. Nothing else in the project knows a status code."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from api.engine.faults import plainly
from api.engine.turns import Crowded
from api.engine.users import TooManyTries, Unauthenticated
from domain.engine import errors as domain
from runtime.language import EN, catalogue, negotiate

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:salesloop:problem:"
PAUSE = 0.5
"""Seconds before who asks too much is told so: who goes on at once, hundreds at a time, would slow others down."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status, its stable code and its title, which varies with the language alone."""

    status: int
    code: str
    title: str


DOMAIN: Mapping[type[domain.DomainError], Kind] = {
    domain.Invalid: Kind(422, "invalid", "Fields of the request are invalid"),
    domain.NotFound: Kind(404, "not-found", "There is no such thing here"),
    domain.AlreadyExists: Kind(409, "already-exists", "The id is taken"),
    domain.Refused: Kind(409, "refused", "A rule says no in the present state"),
    domain.LikelyDuplicate: Kind(409, "likely-duplicate", "It is likely here already"),
    domain.GateNotPassed: Kind(409, "gate-not-passed", "The stage's gate is not passed"),
    domain.Conflict: Kind(409, "conflict", "Somebody else wrote in between"),
    domain.KeyReused: Kind(422, "idempotency-key-reused", "The idempotency key was used for another request"),
    domain.Forbidden: Kind(403, "forbidden", "You may not do this"),
    domain.UnknownTopic: Kind(
        503, "newer-release", "A newer release wrote this, and this one cannot read it"
    ),
    domain.DomainError: Kind(409, "refused", "A rule says no in the present state"),
}
STALE = Kind(412, "stale", "It changed since you read it")
UNKNOWN_REFERENCE = Kind(422, "unknown-reference", "The request names something that is not there")
UNAUTHENTICATED = Kind(401, "unauthenticated", "An API key is needed")
TOO_LARGE = Kind(413, "too-large", "The request is too large")
DATABASE_AWAY = Kind(503, "database-away", "The database does not answer")
DATABASE_BUSY = Kind(503, "database-busy", "The database is kept busy by somebody else")
OVERLOADED = Kind(503, "overloaded", "More is asked than can be served")
TOO_MANY_REQUESTS = Kind(429, "too-many-requests", "This key asks more than it may")
TOO_MANY_TRIES = Kind(429, "too-many-tries", "Too many keys were wrong")
SLOW = Kind(408, "too-slow", "The request did not arrive in time")
HEAD_TOO_LARGE = Kind(431, "head-too-large", "The request line and headers are too large")
NOT_CAUGHT_UP = Kind(503, "not-caught-up", "The read model has not reached that position yet")
NOT_READY = Kind(503, "not-ready", "The service is not ready")
INTERNAL = Kind(500, "internal", "Something went wrong on our side")
HTTP: Mapping[int, Kind] = {
    400: Kind(400, "malformed", "The request cannot be read"),
    404: Kind(404, "no-such-route", "There is no such route"),
    405: Kind(405, "method-not-allowed", "The route does not take this method"),
    408: SLOW,
    413: TOO_LARGE,
    415: Kind(415, "unsupported-media-type", "The body's type is not taken here"),
}
KINDS = tuple(
    dict.fromkeys(
        (
            *DOMAIN.values(),
            STALE,
            UNKNOWN_REFERENCE,
            UNAUTHENTICATED,
            TOO_LARGE,
            SLOW,
            TOO_MANY_REQUESTS,
            TOO_MANY_TRIES,
            OVERLOADED,
            DATABASE_AWAY,
            DATABASE_BUSY,
        )
    )
)


@dataclass
class Problem(Exception):
    """A problem that the API itself has with a request."""

    kind: Kind
    detail: str
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def invalid(where: str, message: str) -> Problem:
    """One bad field: `query.limit`, `header.If-Match`, or a dotted path into the body."""
    return Problem(
        DOMAIN[domain.Invalid], f"{where}: {message}", {"errors": [{"field": where, "message": message}]}
    )


def unknown_reference(missing: domain.NotFound) -> Problem:
    """What the body names and is not there is a fault of the body, not of the path."""
    return Problem(UNKNOWN_REFERENCE, missing.message, {**missing.details})


def overloaded(detail: str) -> Problem:
    """Nothing was begun, so that it may be sent again as it was."""
    return Problem(OVERLOADED, detail, {"retryable": True}, {"Retry-After": "2"})


def too_many(kind: Kind, detail: str, wait: float) -> Problem:
    """`wait`: seconds until one more is taken."""
    return Problem(kind, detail, {"retryable": True}, {"Retry-After": str(math.ceil(wait) or 1)})


def render(request: Request, problem: Problem) -> Response:
    language = negotiate(request.headers.get("accept-language"))
    content = problem_json(said_in(language, problem), request.url.path)
    headers = {"Content-Language": language, "Vary": "Accept-Language", **problem.headers}
    return Response(content, problem.kind.status, media_type=MEDIA_TYPE, headers=headers)


def said_in(language: str, problem: Problem) -> Problem:
    """The same with its sentences in the language; codes, fields and values stay as they are."""
    if language == EN:
        return problem
    words = catalogue(language)
    kind = replace(problem.kind, title=words.gettext(problem.kind.title))
    errors = [{**one, "message": words.heard(one["message"])} for one in problem.more.get("errors", ())]
    if not errors:
        return replace(problem, kind=kind, detail=words.heard(problem.detail))
    detail = words.gettext("; ").join(
        f"{one['field']}{words.gettext(': ')}{one['message']}" for one in errors[:5]
    )
    return replace(problem, kind=kind, detail=detail, more={**problem.more, "errors": errors})


def raw(problem: Problem, instance: str | None = None) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body, for those who answer without a request that could be read."""
    body = problem_json(problem, instance)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()], body


def problem_json(problem: Problem, instance: str | None) -> bytes:
    kind = problem.kind
    body = {
        "type": TYPE_PREFIX + kind.code,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        **({"instance": instance} if instance else {}),
        "code": kind.code,
    }
    body |= {f"present_{name}" if name in body else name: value for name, value in problem.more.items()}
    return orjson.dumps(body, default=str)


def of_domain(error: domain.DomainError) -> Problem:
    """The table, applied: the nearest class of the error decides."""
    kind = next(DOMAIN[cls] for cls in type(error).__mro__ if cls in DOMAIN)
    if isinstance(error, domain.Conflict) and "expected" in error.details:
        kind = STALE
    if isinstance(error, domain.KeyReused):  # kept under another name than the caller's own
        return Problem(kind, "this Idempotency-Key came before with another request: take a new one")
    more = {**error.details, "retryable": True} if error.retryable else error.details
    headers = {"Retry-After": "5"} if kind.status == 503 else {}
    return Problem(kind, error.message, more, headers)


# --- handlers --------------------------------------------------------------------------------------------------------


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if error.kind.status == 429:
        await asyncio.sleep(PAUSE)
    return render(request, error)


async def on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, domain.DomainError)
    return render(request, of_domain(error))


async def on_unauthenticated(request: Request, error: Exception) -> Response:
    given = "authorization" in request.headers
    challenge = 'Bearer realm="salesloop"' + (', error="invalid_token"' if given else "")
    problem = Problem(UNAUTHENTICATED, str(error), headers={"WWW-Authenticate": challenge})
    return render(request, problem)


async def on_too_many_tries(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyTries)
    return await on_problem(request, too_many(TOO_MANY_TRIES, str(error), error.wait))


async def on_crowded(request: Request, error: Exception) -> Response:
    return render(request, overloaded(str(error)))


async def on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return render(request, Problem(HTTP[400], "the body is not JSON"))
    found = [{"field": where(e["loc"]), "message": plainly(e)} for e in error.errors()]
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in found[:5])
    return render(request, Problem(DOMAIN[domain.Invalid], detail, {"errors": found[:100]}))


def where(location: tuple[Any, ...]) -> str:
    """`("body", "amount", "currency")` → `amount.currency`; other places keep their name in front."""
    place, *path = location
    if place == "body":
        return ".".join(map(str, path)) or "body"
    return ".".join(map(str, location))


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = HTTP.get(error.status_code) or Kind(error.status_code, "http", "The request was not served")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(allowed_methods(request))
    return render(request, Problem(kind, str(error.detail), headers=headers))


def allowed_methods(request: Request) -> list[str]:
    """Of every route on the path, not only of the first that was looked at."""
    routes = (
        r
        for r in request.app.routes
        if isinstance(r, APIRoute) and r.matches(request.scope)[0] is not Match.NONE
    )
    return sorted({method for route in routes for method in route.methods or ()})


async def on_database_away(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer", extra={"error_type": type(error).__name__})
    detail = "try again in a moment; a write that carried an Idempotency-Key may safely be sent again"
    return render(request, Problem(DATABASE_AWAY, detail, {"retryable": True}, {"Retry-After": "2"}))


async def on_database_busy(request: Request, error: Exception) -> Response:
    """A lock that somebody holds, or a statement that took too long: cancelled, and nothing of it recorded."""
    log.warning("the database is busy", extra={"error_type": type(error).__name__})
    waited = "a lock" if isinstance(error, psycopg.errors.LockNotAvailable) else "an answer"
    detail = f"waited for {waited} long enough; nothing was recorded: try again in a moment"
    return render(request, Problem(DATABASE_BUSY, detail, {"retryable": True}, {"Retry-After": "5"}))


async def on_another_shape(request: Request, error: Exception) -> Response:
    """After an upgrade a read model's tables are those of the release before, until it is rebuilt."""
    log.error("a read model has another shape", extra={"error_type": type(error).__name__})
    detail = (
        "a read model's tables are not as this release needs them: run `salesloop projections rebuild --all`"
    )
    return render(request, Problem(NOT_READY, detail, headers={"Retry-After": "60"}))


async def on_client_gone(request: Request, error: Exception) -> Response:
    """Nobody hears it: it is what the line of the request says, and no error of ours. Anybody can break off."""
    return render(request, not_whole())


def not_whole() -> Problem:
    return Problem(HTTP[400], "the body ended before it was whole")


async def on_unknown(request: Request, error: Exception) -> Response:
    """The server logs the traceback; the answer tells nothing of our insides."""
    log.error("a request failed", extra={"error_type": type(error).__name__}, exc_info=error)
    detail = "the error was logged; nothing was promised by this answer"
    return render(
        request, Problem(INTERNAL, detail, headers={"Connection": "close"})
    )  # as the server does then


def install(app: FastAPI) -> None:
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(domain.DomainError, on_domain_error)
    app.add_exception_handler(Unauthenticated, on_unauthenticated)
    app.add_exception_handler(TooManyTries, on_too_many_tries)
    app.add_exception_handler(Crowded, on_crowded)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(ClientDisconnect, on_client_gone)
    app.add_exception_handler(psycopg.errors.LockNotAvailable, on_database_busy)
    app.add_exception_handler(psycopg.errors.QueryCanceled, on_database_busy)
    app.add_exception_handler(psycopg.errors.UndefinedTable, on_another_shape)
    app.add_exception_handler(psycopg.errors.UndefinedColumn, on_another_shape)
    app.add_exception_handler(psycopg.OperationalError, on_database_away)  # of the pool, too
    app.add_exception_handler(psycopg.InterfaceError, on_database_away)
    app.add_exception_handler(Exception, on_unknown)
