"""Whatever can be done over HTTP can be done in the terminal, with every field; nothing else can."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel
from typer.main import get_command

from api import capabilities
from api.capabilities import ROUTES as API
from api.engine.acts import WHICH
from cli.engine.acts import Command, Option, command_of
from cli.engine.derive import request
from cli.main import app
from domain.engine.command import Command as DomainCommand

ACTS = tuple(map(command_of, capabilities.ACTS))
ROUTES = {
    (method, route.path): route
    for route in API
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}
OF_THEIR_OWN = (
    {
        "/imports",
        "/imports/previews",
        "/imports/previews/{preview_id}/answers",
        "/imports/previews/{preview_id}/start",
        "/imports/{job_id}/undo",
        "/keys",
        "/projections/{name}/resume",
        "/accounts",
        "/account",
        "/account/notifications",
        "/account/calendar",
        "/account/calendar/revoke",
        "/webhooks",
    }
    | {f"/webhooks/{{webhook_id}}/{act}" for act in ("change", "rotate", "pause", "resume", "replay", "test")}
    | {
        f"/accounts/{{login}}/{act}"
        for act in (
            "link",
            "role",
            "email",
            "disable",
            "enable",
            "sign-out",
            "notifications",
            "address-failed",
            "address-restored",
            "calendar",
            "calendar/revoke",
        )
    }
)
"""Routes whose commands are written by hand: import, keys, projections resume, user, notifications, calendar, webhooks."""
WHOLE = {"Money", "ScopeBody", "Days", "Change", "Part", "ScoreBody"}
"""Bodies within a body that one option says."""
MADE = {act.creates for act in capabilities.ACTS if act.creates}
COMMON = {"reason", "occurred_at"}
OF_WORKFLOWS = {
    "RemindPromise", "MissPromise", "EscalatePromise", "ReassignPromise", "RearmPromise", "EnsurePromise",
    "RemindCycle", "EscalateCycle", "StartExecution", "CheckIn", "OpenReview", "ProposeNext", "CloseCycle",
    "LeaveTargetUnagreed", "RemindActionItem", "MissActionItem", "EscalateActionItem",
    "FreezeBaseline", "MeasureAdjustment", "RemindAdjustment", "EscalateAdjustment",
    "CallMeeting", "RemindMeeting", "EscalateMeeting", "MissClock", "CloseUnanswered", "SwitchOffWebhook",
    "EnsureRevisit", "ReleaseRevisit", "RemindRevisit", "MissRevisit", "EscalateRevisit",
    "RecordMembership",
    "NoteInvitationSent", "WithholdInvitation", "ExpireInvitation", "CloseLoop",
    "WatchSilence", "MoveSilenceWatch", "AskSilentCustomer", "EndSilenceWatch",
}  # fmt: skip
"""What only the workflows say: nobody can say it over HTTP or in the terminal."""
OF_ACCOUNTS = {"FailAddress", "RestoreAddress"}
"""Of a path with a login, and no id."""
OF_LINKS = {"AnswerSurvey", "DeclineSurveys"}
"""Of whoever has the link in a mail."""
OF_IMPORTS = {
    "ImportSurveyAnswer",
    "ImportLead",
    "ImportActivity",
    "ImportNote",
    "ImportDeal",
    "AsImported",
    "Together",
    "UndoImport",
}
"""What rows of files become, and what undoes that."""
LEFT_OUT = {("meeting hold", "decisions"), ("meeting hold", "action_items")}
"""In the file that --minutes names."""


def body_of(act: Command) -> type[BaseModel]:
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


def test_every_command_of_the_domain_is_an_act_or_said_to_be_none() -> None:
    """What the table holds is what there is: whoever adds a command says how people give it, or who else does."""
    given, unsaid = (
        {act.command.__name__ for act in capabilities.ACTS},
        OF_WORKFLOWS | OF_ACCOUNTS | OF_LINKS | OF_IMPORTS,
    )
    assert given | unsaid == commands(DomainCommand)
    assert not given & unsaid


def commands(kind: type[DomainCommand]) -> set[str]:
    """Every command of the domain that none is derived from."""
    found = {one for one in _below(kind) if one.__module__.startswith("domain.")}
    return {one.__name__ for one in found} - {base.__name__ for one in found for base in one.__mro__[1:]}


def _below(kind: type[DomainCommand]) -> Iterator[type[DomainCommand]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def test_every_act_is_a_route_and_every_write_over_http_an_act() -> None:
    paths = [act.path for act in capabilities.ACTS]
    assert len(paths) == len(set(paths))
    assert set(paths) == {path for method, path in ROUTES if method == "POST"} - OF_THEIR_OWN


def test_a_route_is_written_by_hand_only_where_the_table_says_why() -> None:
    by_hand = {act.operation for act in capabilities.ACTS if act.by_hand}
    assert by_hand == {"publishPolicy", "publishProcess", "publishCyclePolicy", "divideTarget"}
    made = {
        op.operation_id
        for (method, _), op in ROUTES.items()
        if method == "POST" and op.endpoint.__name__ == "write"
    }
    assert made == {act.operation for act in capabilities.ACTS} - by_hand


def test_every_act_is_a_command_of_the_terminal() -> None:
    groups: Any = get_command(app)
    there = {
        f"{group.name} {name}"
        for group in groups.commands.values()
        if hasattr(group, "list_commands")
        for name in group.list_commands(None)
    }
    assert {act.call for act in ACTS} <= there
    assert len({act.call for act in ACTS}) == len(ACTS)


SAMPLES = {
    "other-name": "zh=华东",
    "address": "billing: Main St 1, 10115, Berlin",
    "consent": "mail=trade fair",
    "text": "a word", "whole": "3", "number": "1,200.5", "money": "1,200.50 CNY", "day": "2026-12-31", "today": "2026-12-31", "instant": "2026-12-31T09:00",
    "days": "2026-07-01..2026-09-30", "scope": "company", "part": f"rep:{WHICH}@2027-03=2", "score": "team play=90", "reply": "recommend=9",
    "field": "seats=40", "field-choice": "gold=Gold/金牌", "field-stage": "default:solution",
    "change": "deals-won=5%", "kept": f"name={WHICH}",
}  # fmt: skip
NAMED = {
    "period": "2027-Q1",
    "at": "09:30",
    "login": "li.wei",
    "policy": "default",
    "definition": "field-sales",
    "every": "weekly",
    "country": "DE",
    "name": "boilers",
    "rule": "employees > 50",
    "segment": "silent-buyers",
    "offered": "spring",
}


def said(part: Option) -> Any:
    """What a person might type."""
    if part.kind == "yes" or part.kind.startswith("is/"):
        return True
    if part.place == "name" and part.argument and part.kind == "text":
        return "seats"
    one = NAMED.get(part.name) or part.kind.split("|")[0] if "|" in part.kind else NAMED.get(part.name)
    one = one or SAMPLES.get(part.kind, WHICH)
    return [one] if part.many else one


@pytest.mark.parametrize("act", ACTS, ids=[act.call for act in ACTS])
def test_what_is_typed_is_a_body_that_the_route_takes(act: Command) -> None:
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
def test_a_command_says_every_field_of_its_route_s_body(act: Command) -> None:
    wanted = dict(fields(body_of(act)))
    said = {part.place for part in act.parts if part.place}
    ids = {name for name in wanted if name in MADE and name not in said}
    ids |= {name for call, name in LEFT_OUT if call == act.call}
    assert said == set(wanted) - ids - COMMON


@pytest.mark.parametrize("act", BY_FIELDS, ids=[act.call for act in BY_FIELDS])
def test_what_a_body_must_say_the_command_must_say(act: Command) -> None:
    must = {name for name, needed in fields(body_of(act)) if needed and name not in COMMON}
    assert {part.place for part in act.parts if part.place and part.needed} == must
