"""api: any act of the tables as a form — shown, filled in again where it is refused, and posted to its own route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import orjson
from fastapi import Depends, Response
from starlette.exceptions import HTTPException

from api.engine.acts import Act
from api.engine.roles import WRITERS
from api.engine.signed_in import HOME, local
from api.pages import custom_fields, finding, merging
from api.pages.about import asked_first
from api.pages.addresses import page_of
from api.pages.begun import known
from api.pages.emptied import emptied
from api.pages.engine import forms, rows
from api.pages.engine.asking import Answer, Refusal
from api.pages.engine.control import Control, Found, each, within
from api.pages.engine.page import BUSY, Lenient, Page, may_open, router, said_when
from api.pages.engine.table import acts
from api.pages.engine.typed import Mistyped, body_of, errors_of, filled, placed
from api.pages.form_words import SENT, more, worded
from api.pages.offered import OF_STAGES, choices_of, names_of, stages_for
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
ABOUT = {"deal_id": "/deals/{}", "case_id": "/cases/{}"}
"""What a form is about, by the id in the path, where the API tells its history."""
UNITS = tuple(Unit)
UNDERNEATH = "occurred_at"
HIDDEN = ("version", "next", "then", custom_fields.HELD)
"""What goes along with a form unseen, beside what it is about."""

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
    act = act_of(page, operation)
    given, first = await asked_first(page, act, page.query)
    return first or await _shown(page, act, given)


async def _shown(page: Page, act: Act, given: Lenient, begins: str = "") -> Response:
    """`begins` is the row to go on with, where one more or one less was asked for."""
    asked = await _controls(page, act)
    typed = given if begins else {**await known(page, act, asked, given), **given}
    controls = filled(rows.grown(asked, typed, begins), typed)
    held = {custom_fields.HELD: typed[custom_fields.HELD]} if typed.get(custom_fields.HELD) else {}
    return await _form(page, act, controls, Lenient({**given, **held}), status=200, opened=bool(begins))


@pages.post("/act/{operation}", summary="Do what a form says")
async def do(operation: str, page: Writers) -> Response:
    act = act_of(page, operation)
    sent = await page.request.form()
    typed = {  # of some several may be chosen
        name: "\n".join(value for value in sent.getlist(name) if isinstance(value, str)) for name in sent
    }
    asked = await _controls(page, act)
    if again := rows.changed(asked, typed):
        return await _shown(page, act, Lenient(again[0]), begins=again[1] or rows.ROW)
    typed = rows.settled(asked, typed)
    controls = rows.grown(asked, typed)
    typed, unclear = await finding.resolved(page, controls, typed)
    if unclear:
        return await _again(page, act, typed, 422, finding.problem_of(unclear), unclear)
    try:
        body = emptied(act, controls, body_of(controls, typed, page.zone))
        if act.operation in custom_fields.HELD_BY:
            custom_fields.emptied(body, typed)
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


def _path(act: Act, typed: dict[str, str]) -> str:
    """Raises HTTPException for an id that is none."""
    try:
        return act.path.format(**{name: UUID(typed[name]) for name in act.ids})
    except (KeyError, ValueError):
        raise HTTPException(404, "the form does not say what it is about") from None


async def _controls(page: Page, act: Act) -> tuple[Control, ...]:
    late = Control(UNDERNEATH, "happened at", "moment", help="For a late entry: when it happened.")
    nobody = act.speaker and page.session.user.person_id is None
    who = (Control("by", "who says it", "id", needed=True, of="rep"),) if nobody else ()
    own = await custom_fields.with_fields(page, act, forms.controls_of(act))
    return (*who, *(worded(act, control) for control in own), late)


# --- answering -------------------------------------------------------------------------------------------------------


def _done(page: Page, typed: dict[str, str], answer: Answer) -> Response:
    """Back to where it was asked from, or to what was made; a page that is open takes up from the position."""
    receipt = answer.json() or {}
    made = page_of(answer.headers.get("location", ""))
    position = receipt.get("position")
    if page.partial and not made:
        return Response(None, 204, {"HX-Trigger": _acted(answer)})
    address = made or local(typed.get("next", ""))
    more = {"after": position, "looked": (receipt.get("answer") or {}).get("looked")}
    query = urlencode({name: value for name, value in more.items() if value})
    return page.go(f"{address}{'&' if '?' in address else '?'}{query}" if query else address)


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
    asked = rows.grown(await _controls(page, act), typed)
    errors = placed(errors_of(problem, act.flat), asked, typed)
    found = unclear or {}
    controls = tuple(
        each(control, lambda one: replace(one, found=found.get(one.name, ())))
        for control in filled(asked, typed, errors)
    )
    names = {one.name for one in within(controls)}
    shown = names | {f"{name}.{part}" for name in names for part in ("amount", "currency", "kind", "id")}
    elsewhere = [
        f"{name}: {message}" for name, messages in errors.items() if name not in shown for message in messages
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
    elsewhere: list[str] | None = None, meanwhile: list[Any] | None = None, opened: bool = False,
) -> Response:  # fmt: skip
    named, stages = await names_of(page, controls), await stages_for(page, act, given)
    shown = tuple(
        replace(control, kind="choice", of="stage", options=stages, help="")
        if control.name in OF_STAGES and control.kind != "id" and stages
        else replace(control, kind="choice", options=UNITS)
        if control.name == "unit"
        else each(control, lambda one: replace(one, shown=named.get(str(one.value), one.shown)))
        for control in controls
    )
    choices = await choices_of(page, shown, given) | await custom_fields.choices_in(page, act, shown)
    choices |= await merging.choices_in(page, act, given)
    shown = merging.offered_in(act, shown, choices)
    first = (
        FIRST.get(act.operation)
        or tuple(c.name for c in shown if c.needed)
        or tuple(c.name for c in shown if c.name not in ("reason", UNDERNEATH))
    )
    wrong = {c.name for c in shown if any(one.errors for one in within([c]))} | {
        *(problem or {}).get("wants", ())
    }
    missing = list((problem or {}).get("missing", ())) or [
        name for name in given.get("missing", "").split(",") if name not in ("", NOTHING)
    ]
    values = {
        "act": act,
        "about": more(act),
        "first": [c for c in shown if c.name in first or c.name in wrong or c.needed],
        "more": [c for c in shown if c.name not in first and c.name not in wrong and not c.needed],
        "opened": opened,
        "has_rows": any(one.holds_rows for one in within(shown)),
        "hidden": {name: given[name] for name in (*act.ids, *HIDDEN) if given.get(name)},
        "key": ((opened or (problem and problem.get("retryable"))) and given.get("key")) or uuid4().hex,
        "problem": Lenient(problem) if problem else None,
        "elsewhere": elsewhere or [],
        "meanwhile": meanwhile or [],
        "ways": ways_of(page, act, dict(given), missing),
        "asks": override_of(page, act, dict(given), missing),
        "recorded": problem is None and "missing" in given,
        "choices": choices,
        "subject": await subject_of(page, act, given) if status not in BUSY else None,
        "sent_by": SENT.get(act.operation, act.summary),
    }
    return said_when(page.render("form.html", status, **values), problem or {})
