"""api: any act of the tables as a form — shown, filled in again where it is refused, and posted to its own route."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import orjson
from fastapi import Depends, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.engine.acts import Act
from api.engine.roles import WRITERS
from api.engine.signed_in import HOME, local
from api.pages import finding
from api.pages.addresses import page_of
from api.pages.engine import forms
from api.pages.engine.asking import Answer, Refusal
from api.pages.engine.forms import Control, Found
from api.pages.engine.page import BUSY, Lenient, Page, may_open, router, said_when
from api.pages.engine.shown import now_of
from api.pages.engine.table import acts
from api.pages.engine.typed import Mistyped, body_of, errors_of, filled
from api.pages.form_words import SENT, more, worded
from api.pages.offered import OF_STAGES, by_id, choices_of, names_of, stages_for
from api.pages.subjects import subject_of
from api.pages.ways import NOTHING, override_of, ways_of
from domain.figures.metrics import Unit

FIRST: dict[str, tuple[str, ...]] = {
    "logActivity": (
        "activity.kind",
        "activity.outcome",
        "activity.summary",
        "next_step.what",
        "next_step.due_at",
    ),
    "openDeal": ("title", "customer_id", "amount", "expected_close", "next_step.what", "next_step.due_at"),
    "openCase": ("title", "customer_id", "severity", "category"),
    "handOver": ("to", "note"),
    "decideOverride": ("approved", "reason"),
    "recordQuote": ("reference", "amount", "valid_until"),
    "loseDeal": ("loss_reason", "competitor"),
    "proposeTarget": (
        "metric",
        "number",
        "unit",
        "currency",
        "period",
        "scope",
        "owner_id",
        "achievable",
        "relevant",
    ),
    "reviseTarget": ("number", "why", "from_day"),
    "divideTarget": ("into", "method"),
    "openCycle": ("scope", "period", "owner_id", "metrics"),
    "openScorecard": ("scope", "period", "definition", "owner_id", "manager_id", "currency"),
    "openActionItem": ("what", "due_at", "owner_id"),
    "giveFeedback": ("text", "action_items"),
    "holdMeeting": ("notes", "decisions", "action_items"),
}
"""What a form asks for at once; all else is under "more". Of an act that is not here: what is needed, or all where nothing is."""
USUAL = {"logActivity": {"activity.kind": "call"}, "openCase": {"severity": "normal"}}
"""What is most often meant, filled in from the start."""
WHOLE = {"publishPolicy", "publishProcess", "publishCyclePolicy"}
"""Acts whose body is written as one JSON document: a rule is published whole."""
ABOUT = {"deal_id": "/deals/{}", "case_id": "/cases/{}"}
"""What a form is about, by the id in the path, where the API tells its history."""
UNITS = tuple(Unit)
UNDERNEATH = "occurred_at"

pages = router()
Writers = Annotated[Page, Depends(may_open(*WRITERS))]


def act_of(page: Page, operation: str) -> Act:
    """Raises HTTPException for what is no act, or none of this person's."""
    act = acts().get(operation)
    if act is None or not page.may(operation):
        raise HTTPException(404, "there is no such form for you")
    return act


@pages.get("/act/{operation}", summary="A form")
async def show(operation: str, page: Writers) -> Response:
    """Whatever the address says beside ids is filled in."""
    return await _shown(page, act_of(page, operation), page.query)


async def _shown(page: Page, act: Act, given: Lenient) -> Response:
    if act.operation in WHOLE:
        given[forms.BODY] = given[forms.BODY] or _example(page, act.operation)
    known = await _known(page, act, given)
    return await _form(page, act, filled(_controls(page, act), {**known, **given}), given, status=200)


async def _known(page: Page, act: Act, given: Lenient) -> dict[str, str]:
    """What a form begins with: a deal is won today, and of its needs what was recorded before, as the whole is recorded again."""
    if act.operation == "winDeal":
        return {"closed_on": now_of(page).date().isoformat()}
    if act.operation in USUAL:
        return USUAL[act.operation]
    if act.operation != "recordNeeds" or not given["deal_id"]:
        return {}
    found = await by_id(page, "/deals/{}/details", given["deal_id"])
    needs = found["needs"] if found else {}
    budget = needs.get("budget") or {}
    return {
        "pain_points": needs.get("pain_points", ""),
        "decision_process": needs.get("decision_process", ""),
        "decision_makers": "\n".join(needs.get("decision_makers") or ()),
        "budget.amount": str(budget.get("amount") or ""),
        "budget.currency": str(budget.get("currency") or ""),
    }


@pages.post("/act/{operation}", summary="Do what a form says")
async def do(operation: str, page: Writers) -> Response:
    act = act_of(page, operation)
    sent = await page.request.form()
    typed = {name: value for name, value in sent.items() if isinstance(value, str)}
    controls = _controls(page, act)
    for control in controls:
        if control.kind in ("ids", "lines") and control.name in typed:  # of which several may be chosen
            typed[control.name] = "\n".join(map(str, sent.getlist(control.name)))
    typed, unclear = await finding.resolved(page, controls, typed)
    if unclear:
        return await _again(page, act, typed, 422, finding.problem_of(unclear), unclear)
    try:
        body = body_of(controls, typed, page.zone)
        answer = await page.write(
            _path(act, typed), body, key=typed.get("key", ""), version=typed.get("version", "")
        )
    except Mistyped as wrong:
        given = {"status": 422, "code": "invalid", "errors": [{"field": wrong.name, "message": str(wrong)}]}
        return await _again(page, act, typed, 422, given)
    except Refusal as refused:
        return await _again(page, act, typed, refused.status, refused.problem)
    if typed.get("then"):
        return await _go_on(page, typed, answer)
    return _done(page, typed, answer)


def _example(page: Page, operation: str) -> str:
    """Of the body of an act, to be changed into one's own."""
    route = next(
        r for r in page.request.app.routes if isinstance(r, APIRoute) and r.operation_id == operation
    )
    assert route.body_field is not None
    shown = getattr(route.body_field.field_info.annotation, "model_config", {}).get("json_schema_extra", {})
    return json.dumps(next(iter(shown.get("examples", [])), {}), indent=2, ensure_ascii=False)


def _path(act: Act, typed: dict[str, str]) -> str:
    """Raises HTTPException for an id that is none."""
    try:
        return act.path.format(**{name: UUID(typed[name]) for name in act.ids})
    except (KeyError, ValueError):
        raise HTTPException(404, "the form does not say what it is about") from None


def _controls(page: Page, act: Act) -> tuple[Control, ...]:
    if act.operation in WHOLE:
        return (Control(forms.BODY, "the whole of it, as JSON", "json", needed=True),)
    late = Control(UNDERNEATH, "happened at", "moment", help="For a late entry: when it happened.")
    nobody = act.speaker and page.session.user.person_id is None
    who = (Control("by", "who says it", "id", needed=True, of="rep"),) if nobody else ()
    return (*who, *(worded(act, control) for control in forms.controls_of(act)), late)


# --- answering -------------------------------------------------------------------------------------------------------


def _done(page: Page, typed: dict[str, str], answer: Answer) -> Response:
    """Back to where it was asked from, or to what was made; a page that is open takes up from the position."""
    receipt = answer.json() or {}
    made = page_of(answer.headers.get("location", ""))
    position = receipt.get("position")
    if page.partial and not made:
        return Response(None, 204, {"HX-Trigger": _acted(answer)})
    address = made or local(typed.get("next", ""))
    return page.go(
        f"{address}{'&' if '?' in address else '?'}{urlencode({'after': position})}" if position else address
    )


def _acted(answer: Answer, **also: Any) -> str:
    """What an open page hears of it, as a header."""
    receipt = answer.json() or {}
    said = {"position": receipt.get("position"), "recorded": bool(receipt.get("recorded", True)), **also}
    return orjson.dumps({"acted": said}).decode()


async def _go_on(page: Page, typed: dict[str, str], answer: Answer) -> Response:
    """To the form for which this one was needed first, in the same place."""
    then = urlsplit(local(typed["then"]))
    operation = then.path.removeprefix(f"{HOME}/act/")
    if not page.partial or operation not in acts():
        return page.go(local(typed["then"]))
    given = Lenient(parse_qsl(then.query))
    shown = await _shown(page, act_of(page, operation), given)
    shown.headers["HX-Trigger"] = _acted(answer, stays=True, target="body")
    return shown


async def _again(
    page: Page, act: Act, typed: dict[str, str], status: int, problem: dict[str, Any],
    unclear: Mapping[str, tuple[Found, ...]] | None = None,
) -> Response:  # fmt: skip
    """The form as it was filled in, with what is wrong beside each field, and what others did meanwhile."""
    errors = errors_of(problem)
    found = unclear or {}
    controls = tuple(
        replace(control, found=found.get(control.name, ()))
        for control in filled(_controls(page, act), typed, errors)
    )
    known = {one.name for control in controls for one in (control, *control.parts)} | {
        f"{c.name}.{part}" for c in controls for part in ("amount", "currency", "kind", "id")
    }
    elsewhere = [
        f"{name}: {message}" for name, messages in errors.items() if name not in known for message in messages
    ]
    changed = status in (409, 412) and "missing" not in problem
    meanwhile = await _meanwhile(page, act, typed) if changed else []
    given = {**typed, "version": _shown_version(meanwhile)} if changed and typed.get("version") else typed
    return await _form(
        page, act, controls, given, status=status, problem=problem, elsewhere=elsewhere, meanwhile=meanwhile
    )


def _shown_version(meanwhile: list[Any]) -> str:
    """What the person has seen by now: what was done after it is told once more. Empty where nothing can be shown."""
    return str(meanwhile[0]["version"]) if meanwhile else ""


async def _meanwhile(page: Page, act: Act, typed: dict[str, str]) -> list[Any]:
    """The last events of what the form is about."""
    about = next(
        (path.format(typed[name]) for name, path in ABOUT.items() if name in act.ids and name in typed), ""
    )
    found = about and await page.find(f"{about}/history", order="newest", limit=5, lang=page.language)
    return found["items"] if found else []


async def _form(
    page: Page, act: Act, controls: tuple[Control, ...], given: dict[str, str], *, status: int, problem: dict[str, Any] | None = None,
    elsewhere: list[str] | None = None, meanwhile: list[Any] | None = None,
) -> Response:  # fmt: skip
    named, stages = await names_of(page, controls), await stages_for(page, act, given)
    shown = tuple(
        replace(control, kind="choice", of="stage", options=stages, help="")
        if control.name in OF_STAGES and control.kind != "id" and stages
        else replace(control, kind="choice", options=UNITS)
        if control.name == "unit"
        else replace(control, shown=named.get(str(control.value), control.shown))
        for control in controls
    )
    first = (
        FIRST.get(act.operation)
        or tuple(c.name for c in shown if c.needed)
        or tuple(c.name for c in shown if c.name not in ("reason", UNDERNEATH))
    )
    wrong = {control.name for control in shown if control.errors}
    missing = list((problem or {}).get("missing", ())) or [
        name for name in given.get("missing", "").split(",") if name not in ("", NOTHING)
    ]
    values = {
        "act": act,
        "about": more(act),
        "first": [c for c in shown if c.name in first or c.name in wrong or c.needed],
        "more": [c for c in shown if c.name not in first and c.name not in wrong and not c.needed],
        "hidden": {name: given[name] for name in (*act.ids, "version", "next", "then") if given.get(name)},
        "key": (problem and problem.get("retryable") and given.get("key")) or uuid4().hex,
        "problem": Lenient(problem) if problem else None,
        "elsewhere": elsewhere or [],
        "meanwhile": meanwhile or [],
        "ways": ways_of(page, act, dict(given), missing),
        "asks": override_of(page, act, dict(given), missing),
        "recorded": problem is None and "missing" in given,
        "choices": await choices_of(page, shown, given),
        "subject": await subject_of(page, act, given) if status not in BUSY else None,
        "sent_by": SENT.get(act.operation, act.summary),
    }
    return said_when(page.render("form.html", status, **values), problem or {})
