"""api: a call of a tool — its arguments as a request to the route within the process, the route's answer as the tool's. What may be done
the route decides, as for everybody. Of the protocol nothing may enter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request

from api.engine.errors import Problem, invalid, problem_json, said_in
from api.mcp.catalogue import FIELDS, KEY, REASON, VERSION, Json, Tool
from api.pages.engine.asking import Refusal, ask
from runtime.language import negotiate

PAGE = 20
"""Items of a list, where the call names no `limit`."""
MOST = 64 * 1024
"""Bytes of an answer: a model reads all of it."""
CALLED = {"header.Idempotency-Key": KEY, "header.If-Match": VERSION}
"""What a route calls by its place in the request, by its name among the arguments."""


@dataclass(frozen=True, slots=True)
class Called:
    """`content` is what the route answered, as a JSON object; its problem document (RFC 9457) where it `failed`."""

    content: Json
    failed: bool = False


async def call(request: Request, tool: Tool, arguments: Mapping[str, Any]) -> Called:
    """In the name of whoever `request` comes from."""
    language = request.headers.get("accept-language", "")
    try:
        answer = await _asked(request, tool, arguments, {"accept-language": language} if language else {})
    except Refusal as refused:
        return Called(_with_arguments(refused.problem), failed=True)
    except Problem as problem:
        said = said_in(negotiate(language), problem)
        return Called(orjson.loads(problem_json(said, None)), failed=True)
    return Called(answer)


async def _asked(request: Request, tool: Tool, given: Mapping[str, Any], headers: dict[str, str]) -> Json:
    _check_needed(tool, given)
    path = tool.path.format(**{name: _in_path(name, given[name]) for name in tool.ids})
    rest = {name: value for name, value in given.items() if name not in tool.ids}
    if tool.act is not None:
        _check_reason(rest[REASON])
        headers["Idempotency-Key"] = _text(KEY, rest.pop(KEY))
        if (version := rest.pop(VERSION, None)) is not None:
            headers["If-Match"] = f'"{_whole(VERSION, version)}"'
        answer = await ask(request, "POST", path, body=_body(rest), headers=headers)
        return _object(answer.json())
    wanted = rest.pop(FIELDS, None)
    _check_known(tool, rest)
    if "limit" in tool.query:
        rest.setdefault("limit", PAGE)
    found = _object((await ask(request, "GET", path, rest, headers=headers)).json())
    return _bounded(found if wanted is None else _narrowed(found, wanted), rest)


def _body(given: Mapping[str, Any]) -> bytes:
    """A whole number of any length as it came: it is the route's to refuse by its field."""
    for name, value in given.items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            raise invalid(name[:60], "holds a number that JSON has not: NaN, or an infinite one") from None
    return json.dumps(given).encode()


def _check_needed(tool: Tool, given: Mapping[str, Any]) -> None:
    missing = [name for name in tool.needed if given.get(name) is None]
    if missing:
        raise invalid(missing[0], "is needed")


def _check_reason(said: Any) -> None:
    if not _text(REASON, said).strip():
        raise invalid(REASON, "must say why: it is recorded with the events")


def _check_known(tool: Tool, given: Mapping[str, Any]) -> None:
    """A list's other forms and a misspelt filter are no arguments."""
    for name in given:
        if name not in tool.query:
            known = ", ".join(sorted((*tool.ids, *tool.query, FIELDS)))
            raise invalid(name[:60], f"is not known here; there are: {known}")


def _in_path(name: str, value: Any) -> str:
    """One part of an address, and no more of it."""
    said = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(name, value)
    if not said or "/" in said or not said.isprintable():
        raise invalid(name, "must be an id, or a name without a slash")
    return said


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise invalid(name, "must be text")
    return value


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(name, "must be a whole number")
    return value


def _object(answer: Any) -> Json:
    """A tool answers an object."""
    return answer if isinstance(answer, dict) else {"items": answer}


def _narrowed(answer: Json, fields: Any) -> Json:
    """Only those fields, of each item where it is a list."""
    if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
        raise invalid(FIELDS, "must be a list of names")
    items = answer.get("items")
    ones = items if isinstance(items, list) and all(isinstance(one, dict) for one in items) else [answer]
    there = dict.fromkeys(name for one in ones for name in one)
    if ones and (unknown := next((name for name in fields if name not in there), None)):
        raise invalid(FIELDS, f"{unknown[:60]!r} is no field here; there are: {', '.join(there)}")
    picked = [{name: one[name] for name in fields if name in one} for one in ones]
    return {**answer, "items": picked} if ones is items else picked[0]


def _bounded(answer: Json, asked: Mapping[str, Any]) -> Json:
    size = len(orjson.dumps(answer))
    if size > MOST:
        field = "limit" if "limit" in asked else FIELDS
        raise invalid(
            field, f"the answer has {size} bytes, {MOST} are the most: ask for less by `limit` or `fields`"
        )
    return answer


def _with_arguments(problem: Json) -> Json:
    """The same, with fields called as the arguments are."""
    errors, detail = problem.get("errors"), str(problem.get("detail", ""))
    if not isinstance(errors, list):
        return problem
    said = []
    for error in errors:
        place = str(error.get("field", ""))
        name = CALLED.get(place) or place.removeprefix("query.").removeprefix("path.")
        detail = detail.replace(place, name, 1) if place else detail
        said.append({**error, "field": name})
    return {**problem, "errors": said, "detail": detail}
