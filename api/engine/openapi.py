"""api: what every route has in common, added to the published OpenAPI — who may call it, headers, waiting, problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.engine import errors
from api.engine.answers import ProblemAnswer, answer_schemas, of_their_own
from api.engine.auth import Authority, authority_of, query_model
from api.engine.examples import add_examples
from api.engine.querying import parameters
from api.engine.reading import MAX_POSITION, MAX_WAIT, WAIT
from api.engine.roles import Role
from api.engine.writing import MAX_IDEMPOTENCY_KEY
from domain.engine import errors as domain

DESCRIPTION = """\
The backend a sales organisation runs to manage selling as a closed loop.

**Writing.** Every write is one command through one command handler. Send an `Idempotency-Key` and a repeat gets the first answer;
send `If-Match` with the version you read and a write on a changed deal is refused with 412. The answer is a receipt.

**Reading.** Read models follow the log within milliseconds. `?after=<position>` of a receipt waits until the read model
has it, so you read what you wrote.

**Problems** are `application/problem+json` (RFC 9457) with a stable `code`.
"""
SECURITY = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sl_<id>_<secret>",
        "description": "An API key, bound to a user and a role",
    }
}


def make(app: FastAPI, tags: Mapping[str, str], examples: Mapping[str, Any]) -> dict[str, Any]:
    """`tags` explains each by its name; `examples` has what fields hold (`api/engine/examples.py`)."""
    answers = answer_schemas()
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in tags.items()],
    )
    components = schema.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    components.setdefault("schemas", {})["Problem"] = _problem_schema()
    components["schemas"] |= of_their_own(answers, components["schemas"])
    components["responses"] = {_name(kind): _response(kind) for kind in _common_kinds()}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            components["schemas"] |= _query_schemas(route)
            for method in route.methods or ():
                _complete(schema["paths"][route.path_format][method.lower()], route)
    add_examples(schema, dict(examples))
    _say_titles(components["schemas"])
    return schema


def _say_titles(shapes: dict[str, Any]) -> None:
    """A program that is made from this names its types after titles: each shape has one of its own, and a field none."""
    for name, shape in shapes.items():
        shape["title"] = name
        for field in shape.get("properties", {}).values():
            _untitled(field)


def _untitled(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    for part in (*schema.get("anyOf", ()), schema.get("items")):
        if isinstance(part, dict):
            _untitled(part)


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    allowed = authority_of(route)
    responses = operation["responses"]
    for status, kinds in _problems(allowed, secret="{token}" in route.path).items():
        responses[str(status)] = _refers(kinds)
    if set(operation.get("requestBody", {}).get("content", {})) - {"application/json"}:
        responses["415"] = _refers([errors.HTTP[415]])
    if allowed is None:
        responses.pop("422", None)  # every text is taken for one that may be right
        return
    operation["security"] = [{"apiKey": []}]
    operation["description"] = (operation.get("description", "") + _roles(allowed.roles)).strip()
    operation.setdefault("parameters", []).extend([*_query_parameters(route), *_parameters(allowed)])


def _query_parameters(route: APIRoute) -> list[dict[str, Any]]:
    model = query_model(route)
    return parameters(model)[0] if model else []


def _query_schemas(route: APIRoute) -> dict[str, Any]:
    model = query_model(route)
    return parameters(model)[1] if model else {}


def _roles(roles: tuple[Role, ...]) -> str:
    return f"\n\nRoles: {', '.join(roles)}."


def _parameters(allowed: Authority) -> list[dict[str, Any]]:
    if allowed.writes:
        return [h for h in WRITE_HEADERS if allowed.versioned or h["name"] != "If-Match"]
    return [*(WAIT_PARAMETERS if allowed.waits_for else []), *(READ_HEADERS if allowed.tagged else [])]


def _problems(allowed: Authority | None, *, secret: bool) -> dict[int, list[errors.Kind]]:
    """By status, what a route may answer instead of what it was asked for. `secret`: its address is its key."""
    table = errors.DOMAIN
    found = [errors.INTERNAL, errors.DATABASE_AWAY]
    if allowed is not None:
        found += [
            errors.UNAUTHENTICATED,
            table[domain.Forbidden],
            table[domain.Invalid],
            table[domain.NotFound],
            errors.TOO_MANY_REQUESTS,
            errors.TOO_MANY_TRIES,
            errors.OVERLOADED,
        ]
    if allowed is None and secret:
        found += [table[domain.NotFound], errors.TOO_MANY_TRIES, errors.OVERLOADED]
    if allowed is not None and allowed.writes:
        found += [
            table[domain.Refused],
            table[domain.LikelyDuplicate],
            table[domain.GateNotPassed],
            table[domain.Conflict],
        ]
        found += [table[domain.AlreadyExists], table[domain.KeyReused], errors.UNKNOWN_REFERENCE]
        found += [errors.STALE, errors.TOO_LARGE, errors.SLOW, errors.HTTP[400]]
    if allowed is not None and allowed.waits_for:
        found += [errors.NOT_CAUGHT_UP]
    statuses = dict.fromkeys(kind.status for kind in found)
    return {status: [kind for kind in found if kind.status == status] for status in statuses}


def _refers(kinds: list[errors.Kind]) -> dict[str, Any]:
    if len(kinds) == 1:
        return {"$ref": f"#/components/responses/{_name(kinds[0])}"}
    examples = {kind.code: {"value": _example(kind)} for kind in kinds}
    titles = "; or: ".join(dict.fromkeys(kind.title for kind in kinds))
    content = {errors.MEDIA_TYPE: {"schema": PROBLEM, "examples": examples}}
    return {"description": titles, "content": content, **_headers(kinds[0].status)}


def _response(kind: errors.Kind) -> dict[str, Any]:
    content = {errors.MEDIA_TYPE: {"schema": PROBLEM, "example": _example(kind)}}
    return {"description": kind.title, "content": content, **_headers(kind.status)}


def _headers(status: int) -> dict[str, Any]:
    again = {"Retry-After": _header("seconds")}
    found = {401: {"WWW-Authenticate": _header("Bearer")}, 429: again, 503: again}
    return {
        "headers": {
            **found.get(status, {}),
            "Content-Language": _header("en, or zh where Accept-Language likes it better"),
        }
    }


def _header(what: str) -> dict[str, Any]:
    return {"schema": {"type": "string"}, "description": what}


def _example(kind: errors.Kind) -> dict[str, Any]:
    more: dict[str, Any] = (
        {"errors": [{"field": "title", "message": "must not be blank"}]} if kind.code == "invalid" else {}
    )
    if kind.code == "gate-not-passed":
        more = {"stage": "needs", "missing": ["budget", "decision-makers"]}
    return {
        "type": errors.TYPE_PREFIX + kind.code,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title,
        "instance": "/deals",
        "code": kind.code,
        **more,
    }


def _common_kinds() -> list[errors.Kind]:
    kinds = (*errors.KINDS, errors.NOT_CAUGHT_UP, errors.NOT_READY, errors.INTERNAL, *errors.HTTP.values())
    return list(dict.fromkeys(kinds))


def _name(kind: errors.Kind) -> str:
    return "".join(part.capitalize() for part in kind.code.split("-"))


def _problem_schema() -> dict[str, Any]:
    schema = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    field = schema.pop("$defs")["FieldProblem"]
    schema["properties"]["errors"]["anyOf"][0]["items"] = field
    return schema


PROBLEM = {"$ref": "#/components/schemas/Problem"}


def _parameter(place: str, name: str, schema: dict[str, Any], what: str) -> dict[str, Any]:
    return {"in": place, "name": name, "required": False, "schema": schema, "description": what}


WRITE_HEADERS = [
    _parameter(
        "header",
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY, "pattern": "^[ -~]+$"},
        "A repeat with the same key gets the first answer and records nothing.",
    ),
    _parameter(
        "header",
        "If-Match",
        {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,8})(-[0-9a-f]{16})?"$'},
        "The ETag you read, or its version alone. When it is not the present one any more, the write is refused with 412.",
    ),
    _parameter(
        "header", "X-Correlation-Id", {"type": "string", "format": "uuid"}, "Recorded with every event."
    ),
]
WAIT_PARAMETERS = [
    _parameter(
        "query",
        "after",
        {"type": "integer", "minimum": 0, "maximum": MAX_POSITION},
        "Wait until the read model holds this position. Also as the header Salesloop-After.",
    ),
    _parameter(
        "query",
        "wait",
        {"type": "number", "minimum": 0, "maximum": MAX_WAIT, "default": WAIT},
        "Seconds to wait at most.",
    ),
]
READ_HEADERS = [
    _parameter(
        "header",
        "If-None-Match",
        {"type": "string"},
        "The ETag you have; answered with 304 when it is the present one.",
    ),
]
