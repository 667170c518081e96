"""Whatever can be done over HTTP can be done in the terminal, with every field; nothing else can."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api import capabilities
from api.capabilities import ROUTERS
from api.engine.acts import WHICH
from cli.acts import Act, Field
from cli.engine.acts import Command, Option, command_of
from cli.engine.derive import request
from cli.main import ACTS as OLD

ACTS: tuple[Any, ...] = (*OLD, *map(command_of, capabilities.ACTS))
ROUTES = {
    (method, route.path): route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}
OF_THEIR_OWN = {"/imports", "/keys", "/projections/{name}/resume"}
"""Routes whose commands are written by hand: import, keys, projections resume."""
WHOLE = {"Money", "ScopeBody", "Days", "Change", "Part", "ScoreBody"}
"""Bodies within a body that one option says."""
MADE = {"deal_id", "activity_id", "override_id", "customer_id", "contact_id", "product_id", "team_id", "rep_id", "lead_id"} | {
    "decision_id", "comment_id", "item_id", "adjustment_id",
}  # fmt: skip
COMMON = {"reason", "occurred_at"}
LEFT_OUT = {("meeting hold", "decisions"), ("meeting hold", "action_items")}
"""In the file that --minutes names."""


def body_of(act: Act | Command) -> type[BaseModel]:
    (body,) = ROUTES["POST", act.path].dependant.body_params
    model = body.field_info.annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return model


def fields(model: type[BaseModel], above: str = "", *, needed: bool = True) -> Iterator[tuple[str, bool]]:
    """Each place in the body, and whether it must be filled."""
    for name, field in model.model_fields.items():
        inner, must = _model(field.annotation), needed and field.is_required()
        if inner is not None and inner.__name__ not in WHOLE:
            yield from fields(inner, f"{above}{name}.", needed=must)
        else:
            yield f"{above}{name}", must


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that a field is, not one of several."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next((found for part in get_args(annotation) if (found := _model(part))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def test_every_write_over_http_is_a_command_and_every_command_a_write() -> None:
    paths = [act.path for act in ACTS]
    assert len(paths) == len(set(paths))
    assert set(paths) == {path for method, path in ROUTES if method == "POST"} - OF_THEIR_OWN


SAMPLES = {
    "text": "a word", "whole": "3", "number": "1,200.5", "money": "1,200.50 CNY", "day": "2026-12-31", "today": "2026-12-31", "instant": "2026-12-31T09:00",
    "days": "2026-07-01..2026-09-30", "scope": "company", "part": f"rep:{WHICH}@2027-03=2", "score": "team play=90",
    "change": "deals-won=5%",
}  # fmt: skip
NAMED = {
    "period": "2027-Q1",
    "at": "09:30",
    "login": "li.wei",
    "policy": "default",
    "definition": "field-sales",
    "every": "weekly",
    "country": "DE",
}


def said(part: Field | Option) -> Any:
    """What a person might type."""
    if part.kind == "yes" or part.kind.startswith("is/"):
        return True
    one = NAMED.get(part.name) or part.kind.split("|")[0] if "|" in part.kind else NAMED.get(part.name)
    one = one or SAMPLES.get(part.kind, WHICH)
    return [one] if part.many else one


@pytest.mark.parametrize("act", ACTS, ids=[act.call for act in ACTS])
def test_what_is_typed_is_a_body_that_the_route_takes(act: Act | Command) -> None:
    given = {part.variable: said(part) for part in act.parts if part.kind not in ("file", "minutes")}
    if act.name == "decompose":
        given["_into"] = None
    if not any(part.kind == "file" for part in act.parts):
        minutes = {"_minutes": None} if act.call == "meeting hold" else {}
        more = {"reason": "because", "happened": "2026-01-05T09:30", **minutes}
        path, body = asyncio.run(request(act, given | more, None))
        assert "{" not in path
        body_of(act).model_validate(body)


BY_FIELDS = [act for act in ACTS if not any(part.kind == "file" for part in act.parts)]


@pytest.mark.parametrize("act", BY_FIELDS, ids=[act.call for act in BY_FIELDS])
def test_a_command_says_every_field_of_its_route_s_body(act: Act | Command) -> None:
    wanted = dict(fields(body_of(act)))
    said = {part.place for part in act.parts if part.place}
    ids = {name for name in wanted if name in MADE and name not in said}
    ids |= {name for call, name in LEFT_OUT if call == act.call}
    assert said == set(wanted) - ids - COMMON


@pytest.mark.parametrize("act", BY_FIELDS, ids=[act.call for act in BY_FIELDS])
def test_what_a_body_must_say_the_command_must_say(act: Act | Command) -> None:
    must = {name for name, needed in fields(body_of(act)) if needed and name not in COMMON}
    assert {part.place for part in act.parts if part.place and part.needed} == must
