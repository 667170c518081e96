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

from api.pages.engine.control import Control, within
from api.pages.engine.forms import KEY, VALUE

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
    """The JSON that the route takes. What was left empty is left out. Times were typed on the person's clock. The controls have the rows that
    were typed (`rows.py`). Raises Mistyped."""
    return _object(controls, "", typed, zone)


def _object(
    controls: Sequence[Control], above: str, typed: Mapping[str, str], zone: ZoneInfo
) -> dict[str, Any]:
    """Of the controls within something, by the rest of their names; without what is empty."""
    made: dict[str, Any] = {}
    for control in controls:
        value = _value(control, typed, zone)
        if value is not None:
            _put(made, control.name.removeprefix(above).split("."), value)
    return made


def _put(body: dict[str, Any], path: list[str], value: Any) -> None:
    *above, last = path
    for name in above:
        body = body.setdefault(name, {})
    body[last] = value


def _value(control: Control, typed: Mapping[str, str], zone: ZoneInfo) -> Any:
    text = str(typed.get(control.name, "")).strip()
    if control.kind == "group":
        return _object(control.inside, f"{control.name}.", typed, zone) or None
    if control.kind == "rows":
        return _rows(control, typed, zone) or None
    if control.kind == "entries":
        return _entries(control, typed, zone)
    if control.kind == "yes":
        return text == "on" or _unchecked(control, typed)
    if control.kind == "either":
        return EITHER.get(text, text or None)
    if control.kind == "money":
        return _money(typed, control.name)
    if control.kind == "scope":
        return _scope(typed, control.name)
    return _read(control, text, zone) if text else None


def _rows(control: Control, typed: Mapping[str, str], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Without what is empty."""
    made = (_object(row, f"{control.name}.{n}.", typed, zone) for n, row in enumerate(control.rows))
    return [one for one in made if one]


def _entries(control: Control, typed: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any] | None:
    """Raises Mistyped for what is there twice."""
    made: dict[str, Any] = {}
    for n, entry in enumerate(_rows(control, typed, zone)):
        if (key := entry.get(KEY, "")) in made:
            raise Mistyped(f"{control.name}.{n}.{KEY}", "is there twice")
        made[key] = entry.get(VALUE, "")
    return made or None


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
            lines = (line.strip() for line in text.splitlines())
            return [_read(replace(control, kind=control.each), line, zone) for line in lines if line]
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


def _money(typed: Mapping[str, str], name: str) -> dict[str, str] | None:
    amount = _number(typed.get(f"{name}.amount", "").strip())
    return (
        {"amount": amount, "currency": typed.get(f"{name}.currency", "").strip().upper()} if amount else None
    )


def _scope(typed: Mapping[str, str], name: str) -> dict[str, str] | None:
    kind, id = typed.get(f"{name}.kind", ""), typed.get(f"{name}.id", "")
    segment = typed.get(f"{name}.segment", "")
    narrowed = {"segment": segment} if segment else {}
    return {"kind": kind, **({"id": id} if id and kind != "company" else {}), **narrowed} if kind else None


def filled(
    controls: Sequence[Control], typed: Mapping[str, str], errors: Mapping[str, Sequence[str]] | None = None
) -> tuple[Control, ...]:
    """The controls with what was typed, and what is wrong with it beside each."""
    return tuple(_filled(control, typed, errors or {}) for control in controls)


def _filled(control: Control, typed: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> Control:
    inner = ("amount", "currency", "kind", "id", "segment")
    wrong = tuple(
        m
        for name in (control.name, *(f"{control.name}.{part}" for part in inner))
        for m in errors.get(name, ())
    )
    if control.kind == "group" or control.holds_rows:
        rows = tuple(tuple(_filled(one, typed, errors) for one in row) for row in control.rows)
        inside = tuple(_filled(one, typed, errors) for one in control.inside)
        return replace(control, rows=rows, inside=inside, errors=tuple(errors.get(control.name, ())))
    if control.kind in ("money", "scope"):
        value: Any = {part: typed.get(f"{control.name}.{part}", "") for part in inner}
    else:
        value = typed.get(control.name, control.value)
    return replace(
        control, value=value, shown=typed.get(f"{control.name}.shown", control.shown), errors=wrong
    )


def placed(
    errors: Mapping[str, list[str]], controls: Sequence[Control], typed: Mapping[str, str]
) -> dict[str, list[str]]:
    """What is wrong with a row as a whole is said at its first part, and with the entry of a mapping, which the route names by its key, at
    its value.
    """
    there: dict[str, str] = {}
    for control in within(controls):
        for n, row in enumerate(control.rows):
            at = f"{control.name}.{n}"
            there[at] = row[0].name
            if control.kind == "entries":
                there[f"{control.name}.{typed.get(f'{at}.{KEY}', '').strip()}"] = f"{at}.{VALUE}"
    found: dict[str, list[str]] = {}
    for name, messages in errors.items():
        found.setdefault(there.get(name, name), []).extend(messages)
    return found


def errors_of(problem: Mapping[str, Any], flat: Sequence[str] = ()) -> dict[str, list[str]]:
    """By control, what a problem document says is wrong: `process.stages[1].name` is `stages.1.name`, where the process is `flat`."""
    found: dict[str, list[str]] = {}
    for one in problem.get("errors", ()):
        found.setdefault(_place(str(one.get("field", "")), flat), []).append(str(one.get("message", "")))
    if not found and problem.get("field"):
        found[_place(str(problem["field"]), flat)] = [str(problem.get("detail", ""))]
    return found


def _place(field: str, flat: Sequence[str]) -> str:
    name = re.sub(r"\[(\d+)\]", r".\1", field)
    outer, dot, rest = name.partition(".")
    return rest if dot and outer in flat else name
