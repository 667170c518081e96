"""cli: how what is typed becomes what a request says, one reading a kind. Names, references and the beginnings of ids stand for ids.

Text is read by the domain's own strict readings; no request is made here but for what a name stands for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine.common import TYPED
from cli.engine.failure import USAGE, Failure, fail

if TYPE_CHECKING:
    from cli.engine.backend import Backend

HELP = {
    "whole": "A whole number.",
    "number": "Such as 1200000 or 1,200,000.50.",
    "money": "Such as '120000 CNY'.",
    "day": "Such as 2026-12-31.",
    "today": "Such as 2026-12-31; the company's today where left out.",
    "instant": "Such as 2026-12-01T09:00, in your time zone.",
    "id": "Its id.",
    "rep": "A rep: name, login or id.",
    "team": "A team: name or id.",
    "customer": "A customer: name or id.",
    "product": "A product: name or id.",
    "deal": "A deal: reference as lists show it, or id.",
    "cycle": "SCOPE@PERIOD, or its id: company@2027-Q1, 'rep:Li Wei@2027-03'.",
    "cycle_id": "A cycle: SCOPE@PERIOD, or its id.",
    "scope": "company, team:NAME or rep:NAME, ids as well; /segment:NAME behind it: of its customers alone.",
    "whose": "company, team:NAME or rep:NAME; ids do as well.",
    "days": "FIRST..LAST, such as 2026-07-01..2026-09-30.",
    "file": "JSON, as the route takes it.",
    "minutes": "JSON: decisions (question, of, due_at, choice), action_items (what, owner_id, due_at).",
    "part": "SCOPE@PERIOD, and after = its weight or number: 'rep:Li Wei@2027-03=2'. Once for each part.",
    "score": "MEASURE=SCORE.",
    "reply": "QUESTION=ANSWER: a number, a choice, or a text. Once for each.",
    "other-name": "What it is called as well, with the language: zh=华东精密. Once for each name.",
    "address": "KIND: street, postcode, city, region, country; kinds are registered, visit, billing, delivery.",
    "consent": "PURPOSE=SOURCE: 'mail=trade fair'. Purposes are mail, call, survey, sharing.",
    "field": "NAME=VALUE of a custom field, such as seats=40; NAME= empties it.",
    "field-choice": "NAME=LABEL or NAME=LABEL/LABEL IN CHINESE, such as gold=Gold/金牌.",
    "field-stage": "PROCESS:STAGE, such as default:solution.",
    "kept": "FIELD=CUSTOMER: the record, by name or id, whose value is kept.",
    "change": "METRIC=N does this to the next target: deals-won=-2, revenue-won=5%.",
}
LISTS = {"rep": "reps", "team": "teams", "customer": "customers", "product": "products"}
KINDS_OF = {"owner": "rep", "manager": "rep", "chair": "rep", "of": "rep", "parent": "id", "schedule": "id"}
"""Of options that are called otherwise."""
CANDIDATES = 5
"""Of several that fit, told at most."""


async def read(backend: Backend, kind: str, text: str, name: str) -> Any:
    """What `text` says as one of `kind`. Raises Failure, naming the option, for what says nothing of the kind."""
    try:
        return await KINDS[kind](backend, text) if kind in KINDS else text
    except ValueError as wrong:
        raise Failure(f"{name}: {text!r} {wrong}", USAGE) from None


# --- plain values ----------------------------------------------------------------------------------------------------


async def _whole(_: Backend, text: str) -> int:
    from domain.engine.reading import whole

    return whole(text)


async def _number(_: Backend, text: str) -> str:
    from domain.engine.reading import grouped

    return str(grouped(text))


async def _money(_: Backend, text: str) -> dict[str, str]:
    from domain.engine.reading import currency, grouped

    number, _blank, code = text.strip().partition(" ")
    try:
        return {"amount": str(grouped(number)), "currency": currency(code.strip().upper())}
    except ValueError as wrong:
        raise ValueError(f"is not an amount such as '120000 CNY': {wrong}") from None


async def _day(_: Backend, text: str) -> str:
    from domain.engine.reading import day

    return day(text).isoformat()


async def _instant(_: Backend, text: str) -> str:
    return moment_of(text).isoformat()


def moment_of(text: str) -> datetime:
    """Without an offset it is in the zone of this machine. Raises ValueError."""
    from domain.engine.reading import clock, day, instant

    on, _, at = text.replace(" ", "T").partition("T")
    if at and not any(sign in at for sign in "Zz+-"):
        known = clock(at.removesuffix(":00") if at.count(":") > 1 else at)
        return datetime.combine(day(on), known).astimezone()
    if not at:
        raise ValueError("is no time: write it as 2026-12-01T09:00")
    return instant(text)


async def _id(_: Backend, text: str) -> str:
    from domain.engine.reading import id

    return str(id(text))


async def _days(backend: Backend, text: str) -> dict[str, str]:
    first, _, last = text.partition("..")
    return {"start": await _day(backend, first), "end": await _day(backend, last)}


async def _score(backend: Backend, text: str) -> dict[str, str]:
    measure, _, given = text.rpartition("=")
    if not measure:
        raise ValueError("is no score: write MEASURE=SCORE")
    return {"measure": measure.strip(), "score": await _number(backend, given)}


async def _reply(_: Backend, text: str) -> dict[str, str]:
    question, _sign, answer = text.partition("=")
    if not (question.strip() and answer.strip()):
        raise ValueError("is no reply: write QUESTION=ANSWER")
    return {"question": question.strip(), "answer": answer.strip()}


async def _field(_: Backend, text: str) -> dict[str, str | None]:
    name, sign, said = text.partition("=")
    if not sign or not name.strip():
        raise ValueError("says nothing of a field: write NAME=VALUE")
    return {name.strip(): said.strip() or None}


async def _field_choice(_: Backend, text: str) -> dict[str, str]:
    name, _sign, labels = text.partition("=")
    label, _slash, in_chinese = labels.partition("/")
    return {"name": name.strip(), "label": label.strip() or name.strip(), "label_zh": in_chinese.strip()}


async def _field_stage(_: Backend, text: str) -> dict[str, str]:
    process, sign, stage = text.partition(":")
    if not sign:
        raise ValueError("is no stage of a process: write PROCESS:STAGE")
    return {"process": process.strip(), "stage": stage.strip()}


async def _kept(backend: Backend, text: str) -> dict[str, str]:
    field, _, whose = text.partition("=")
    if not whose:
        raise ValueError("is no field and record: write FIELD=CUSTOMER")
    return {"field": field.strip(), "customer_id": await named(backend, "customer", whose.strip())}


async def _change(backend: Backend, text: str) -> dict[str, Any]:
    from decimal import Decimal

    metric, _, given = text.partition("=")
    stated = Decimal(await _number(backend, given.removesuffix("%")))
    share = given.endswith("%")
    return {"metric": metric, "number": str(stated / 100 if share else stated), "as_share": share}


async def _other_name(_: Backend, text: str) -> dict[str, str]:
    language, said, name = text.partition("=")
    return {"language": language.strip(), "name": name.strip()} if said else {"name": text.strip()}


async def _consent(_: Backend, text: str) -> dict[str, str]:
    purpose, said, source = text.partition("=")
    if not said:
        raise ValueError("is no consent: write PURPOSE=SOURCE, such as 'mail=trade fair'")
    return {"purpose": purpose.strip(), "source": source.strip()}


async def _address(_: Backend, text: str) -> dict[str, str]:
    kind, said, rest = text.partition(":")
    parts = [part.strip() for part in rest.split(",")]
    names = ("street", "postcode", "city", "region", "country")
    if not said or len(parts) > len(names):
        raise ValueError("is no address: write KIND: street, postcode, city, region, country")
    return {"kind": kind.strip(), **dict(zip(names, parts, strict=False))}


async def _file(_: Backend, text: str) -> Any:
    import msgspec

    try:
        with open(text, "rb") as opened:  # noqa: ASYNC230, PTH123 - one small file before anything else goes on
            return msgspec.json.decode(opened.read(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as wrong:
        raise ValueError(f"cannot be read: {wrong}") from None


# --- what names stand for --------------------------------------------------------------------------------------------


NARROWED = re.compile(r"(.+)/(segment:[a-z0-9-]{1,60})")
"""A scope, and the published segment whose customers alone count."""


async def scope(backend: Backend, text: str) -> dict[str, str]:
    if narrowed := NARROWED.fullmatch(text):
        return {**await _whose(backend, narrowed[1]), "segment": narrowed[2]}
    return await _whose(backend, text)


async def _whose(backend: Backend, text: str) -> dict[str, str]:
    kind, _, whose = text.partition(":")
    if kind == "company" and not whose:
        return {"kind": "company"}
    if kind not in ("team", "rep") or not whose:
        raise ValueError("is no scope: write company, team:NAME or rep:NAME")
    return {"kind": kind, "id": await named(backend, kind, whose)}


async def _part(backend: Backend, text: str) -> dict[str, Any]:
    which, _, share = text.partition("=")
    whose, at, period = which.rpartition("@")
    if not at:
        raise ValueError("is no part: write SCOPE@PERIOD or SCOPE@PERIOD=SHARE")
    given = {"share": await _number(backend, share)} if share else {}
    return {"scope": await scope(backend, whose), "period": period, **given}


async def cycle(backend: Backend, text: str) -> str:
    """By its id, or by scope and period, whose fiscal years start when the cycle policy "default" says."""
    from cli.engine.options import fiscal_start
    from domain.cycle.cycle import cycle_id
    from domain.figures.scope import Scope, ScopeKind
    from domain.time.periods import named_period

    whose, at, period = text.rpartition("@")
    if not at:
        try:
            return await _id(backend, text)
        except ValueError:
            raise ValueError("is no cycle: write its id, or SCOPE@PERIOD such as company@2027-Q1") from None
    of = await scope(backend, whose)
    id_of = UUID(of["id"]) if "id" in of else None
    about = Scope(kind=ScopeKind(of["kind"]), id=id_of, segment=of.get("segment", ""))
    id = str(cycle_id(about, named_period(period, await fiscal_start(backend))))
    TYPED[id] = text
    return id


async def deal(backend: Backend, text: str) -> str:
    from domain.engine.reading import id

    try:
        return str(id(text))
    except ValueError:
        return str((await deal_named(backend, text)).deal_id)


async def deal_named(backend: Backend, text: str) -> Any:
    """By its reference, or the beginning of its id, where only one deal has it."""
    from cli.engine.reads import filtered
    from projections.deal import board as deal_board
    from projections.engine.paging import Page

    query = {"reference": text, "limit": CANDIDATES}
    direct = filtered(deal_board.listing, deal_board.BoardFilter)
    page = await backend.read("/deals", Page[deal_board.DealView], query, direct)
    only = _only("deal", text, {one.deal_id: one.title for one in page.items})
    return next(one for one in page.items if one.deal_id == only)


async def ids(backend: Backend, whose: Mapping[str, str | None]) -> dict[str, str]:
    """Of the people, teams and customers that options name: `owner` → `owner_id`."""
    return {
        f"{option}_id": await read(backend, KINDS_OF.get(option, option), text, f"--{option}")
        for option, text in whose.items()
        if text is not None
    }


async def days(backend: Backend, query: Mapping[str, Any], *options: str) -> dict[str, str]:
    """The days that options name, as they are written in a request."""
    return {one: await read(backend, "day", query[one], f"--{one}") for one in options if query.get(one)}


async def instants(backend: Backend, typed: Mapping[str, str | None]) -> dict[str, str]:
    """The times that options name: `due_from` of --due-from."""
    return {
        name: await read(backend, "instant", text, f"--{name.replace('_', '-')}")
        for name, text in typed.items()
        if text is not None
    }


async def scoped(backend: Backend, text: str | None) -> dict[str, str]:
    """What narrows a list down to a scope."""
    if text is None:
        return {}
    found = await read(backend, "whose", text, "--scope")
    return {f"scope_{name}": value for name, value in found.items()}


async def named(backend: Backend, kind: str, text: str) -> str:
    """The id of the one whose name, login or id it is; else whose name begins so, or holds it."""
    from difflib import get_close_matches

    from domain.engine.reading import id

    try:
        return str(id(text))
    except ValueError:
        pass
    listed = await everybody(backend, kind)
    wanted = _folded(text)
    for fits in (_is, _begins, _holds):
        found = {one["id"]: one["name"] for one in listed if fits(one, wanted)}
        if found:
            return str(_only(kind, text, found))
    near = get_close_matches(wanted, {_folded(one["name"]): one["name"] for one in listed}, 1)
    meant = next((f"; did you mean {one['name']!r}?" for one in listed if _folded(one["name"]) in near), "")
    raise Failure(f"no {kind} is called {text!r}{meant or f': see salesloop {kind} list'}")


def _is(one: Mapping[str, Any], wanted: str) -> bool:
    return wanted in (_folded(one["name"]), _folded(one.get("user_id") or ""))


def _begins(one: Mapping[str, Any], wanted: str) -> bool:
    return _folded(one["name"]).startswith(wanted)


def _holds(one: Mapping[str, Any], wanted: str) -> bool:
    return wanted in _folded(one["name"])


async def everybody(backend: Backend, kind: str) -> list[dict[str, Any]]:
    """All of a kind, as the directory lists them."""

    async def direct(source: Any, _: Mapping[str, Any]) -> list[dict[str, Any]]:
        from projections.people import directory

        return await directory.everybody(source, kind)

    if backend.remote:
        return await backend.listed(f"/{LISTS[kind]}")
    return list(await backend.read(f"/{LISTS[kind]}", list, None, direct))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _only(kind: str, text: str, found: Mapping[Any, str]) -> Any:
    if len(found) == 1:
        return next(iter(found))
    if not found:
        fail(f"no {kind} has the id or reference {text!r}")
    some = "; ".join(f"{name} ({id})" for id, name in list(found.items())[:CANDIDATES])
    more = " …" if len(found) > CANDIDATES else ""
    raise Failure(f"several {kind}s fit {text!r}: name one by its id: {some}{more}", USAGE)


KINDS: Mapping[str, Callable[[Backend, str], Awaitable[Any]]] = {
    "whole": _whole,
    "number": _number,
    "money": _money,
    "day": _day,
    "today": _day,
    "instant": _instant,
    "id": _id,
    "days": _days,
    "kept": _kept,
    "score": _score,
    "reply": _reply,
    "field": _field,
    "field-choice": _field_choice,
    "field-stage": _field_stage,
    "change": _change,
    "other-name": _other_name,
    "consent": _consent,
    "address": _address,
    "file": _file,
    "minutes": _file,
    "scope": scope,
    "whose": _whose,
    "part": _part,
    "cycle": cycle,
    "cycle_id": cycle,
    "deal": deal,
    **{kind: lambda backend, text, kind=kind: named(backend, kind, text) for kind in LISTS},  # type: ignore[misc]
}
