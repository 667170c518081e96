"""api: what was typed into a form, as the JSON that the route takes, and what the route says of it beside each control. No rule is checked
here: the route does that, and its refusal names the fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from api.pages.engine.forms import BODY, Control

A_DAY_ALONE = len("2026-12-31")
GROUPED = re.compile(r"[+-]?\d{1,3}([, ]\d{3})+(\.\d+)?")
EITHER = {"yes": True, "no": False}
"""What must be decided one way or the other: nothing is decided by leaving a box empty."""


class Mistyped(ValueError):
    """What was typed is nothing of that kind; `name` says where."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def body_of(controls: Sequence[Control], typed: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """The JSON that the route takes. What was left empty is left out. Times were typed on the person's clock. Raises Mistyped."""
    body: dict[str, Any] = {}
    for control in controls:
        value = _value(control, typed, zone)
        if control.name == BODY and isinstance(value, dict):
            body |= value
        elif value is not None:
            _put(body, control.name.split("."), value)
    return body


def _put(body: dict[str, Any], path: list[str], value: Any) -> None:
    *above, last = path
    for name in above:
        body = body.setdefault(name, {})
    body[last] = value


def _value(control: Control, typed: Mapping[str, str], zone: ZoneInfo) -> Any:
    text = str(typed.get(control.name, "")).strip()
    if control.kind == "rows":
        return [read for row in control.rows if (read := _row(row, typed, zone))] or None
    if control.kind == "yes":
        return text == "on" or _unchecked(control, typed)
    if control.kind == "either":
        return EITHER.get(text, text or None)
    if control.kind == "money":
        return _money(typed, control.name)
    if control.kind == "scope":
        return _scope(typed, control.name)
    return _read(control, text, zone) if text else None


def _row(row: Sequence[Control], typed: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Without what is empty."""
    values = ((control.name.rpartition(".")[2], _value(control, typed, zone)) for control in row)
    return {name: value for name, value in values if value is not None}


def _read(control: Control, text: str, zone: ZoneInfo) -> Any:
    match control.kind:
        case "moment":
            return _moment(control, text, zone)
        case "whole":
            return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else text
        case "number":
            return _number(text)
        case "ids":
            return text.split()
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "json":
            return _json(control, text)
    return text


def _unchecked(control: Control, typed: Mapping[str, str]) -> bool | None:
    """None where that is the same as not to say it: else a box alone would make the value that it is a part of."""
    return False if control.value is True and control.name + ".shown" in typed else None


def _number(text: str) -> str:
    """Without what parts thousands. A comma of decimals is nobody's thousand: it stays, and is refused."""
    return re.sub("[, ]", "", text) if GROUPED.fullmatch(text) else text


def _moment(control: Control, text: str, zone: ZoneInfo) -> str:
    """A day alone is refused: nobody meant midnight."""
    try:
        read = None if len(text) <= A_DAY_ALONE else datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None:
        raise Mistyped(control.name, "must be a day and a time, such as 2026-12-31 09:00")
    if read.tzinfo is None:
        read = _on_the_clock(control, read, zone)
    return read.isoformat()


def _on_the_clock(control: Control, typed: datetime, zone: ZoneInfo) -> datetime:
    """Of a time that comes twice the first, as calendars have it. Raises Mistyped for one that never comes."""
    read = typed.replace(tzinfo=zone)
    with suppress(OverflowError):  # at the ends of the calendar: the route refuses such years
        if read.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != typed:
            raise Mistyped(
                control.name, "is skipped where the clocks are put forward: choose an earlier or later time"
            )
    return read


def _json(control: Control, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Mistyped(control.name, "is not JSON") from None


def _money(typed: Mapping[str, str], name: str) -> dict[str, str] | None:
    amount = _number(typed.get(f"{name}.amount", "").strip())
    return (
        {"amount": amount, "currency": typed.get(f"{name}.currency", "").strip().upper()} if amount else None
    )


def _scope(typed: Mapping[str, str], name: str) -> dict[str, str] | None:
    kind, id = typed.get(f"{name}.kind", ""), typed.get(f"{name}.id", "")
    return {"kind": kind, **({"id": id} if id and kind != "company" else {})} if kind else None


def filled(
    controls: Sequence[Control], typed: Mapping[str, str], errors: Mapping[str, Sequence[str]] | None = None
) -> tuple[Control, ...]:
    """The controls with what was typed, and what is wrong with it beside each."""
    return tuple(_filled(control, typed, errors or {}) for control in controls)


def _filled(control: Control, typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> Control:
    inner = ("amount", "currency", "kind", "id")
    wrong = tuple(
        m
        for name in (control.name, *(f"{control.name}.{part}" for part in inner))
        for m in errors.get(name, ())
    )
    if control.kind == "rows":
        rows = tuple(tuple(_filled(one, typed, errors) for one in row) for row in control.rows)
        return replace(control, rows=rows, errors=tuple(errors.get(control.name, ())))
    if control.kind in ("money", "scope"):
        value: Any = {part: typed.get(f"{control.name}.{part}", "") for part in inner}
    else:
        value = typed.get(control.name, control.value)
    return replace(
        control, value=value, shown=typed.get(f"{control.name}.shown", control.shown), errors=wrong
    )


def errors_of(problem: Mapping[str, Any]) -> dict[str, list[str]]:
    """By field, what a problem document says is wrong."""
    found: dict[str, list[str]] = {}
    for one in problem.get("errors", ()):
        found.setdefault(str(one.get("field", "")), []).append(str(one.get("message", "")))
    if not found and problem.get("field"):
        found[str(problem["field"])] = [str(problem.get("detail", ""))]
    return found
