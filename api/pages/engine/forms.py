"""api: a form from an act of the tables — a control for each field of the body. What is typed into it is read in `typed.py`."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Le, Len, MaxLen, MinLen

from api.engine.acts import Act, default_of, plain
from api.engine.acts import Field as Stated
from domain.engine.facts import Personal
from domain.engine.fields import NameOf, OneOf
from domain.engine.references import Refers
from domain.engine.values import Money
from domain.figures.scope import Scope
from domain.time.duration import Duration
from domain.time.periods import Period

BODY = "body"
"""The name of a control that is the whole body."""
ROWS = 8
"""Of a list of values so many can be typed at once."""
LONG = 1_000
"""A text that may be longer gets several lines."""
KINDS = {
    date: "day",
    datetime: "moment",
    Decimal: "number",
    int: "whole",
    bool: "yes",
    UUID: "id",
    Period: "text",
    Duration: "text",
}
WRITTEN: dict[type, str] = {Period: "A year, quarter, month or week: 2027, 2027-Q1, 2027-01, 2027-W05."}
"""How a value is typed whose kind does not show it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a name that was typed may stand for."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field as it is shown. `name` is its dotted place in the body; `kind` one of text, long, number, whole, money, day, moment,
    yes, either, choice, id, ids, rows, lines, scope, json; `of` what an id refers to, or a text is the name of; `options` the values of a choice.
    """

    name: str
    label: str
    kind: str
    needed: bool = False
    help: str = ""
    options: tuple[str, ...] = ()
    of: str = ""
    longest: int | None = None
    least: str = ""
    most: str = ""
    value: Any = ""
    shown: str = ""
    """What the value stands for, where it is an id."""
    found: tuple[Found, ...] = ()
    """What it may stand for, where the name that was typed is that of several."""
    errors: tuple[str, ...] = ()
    rows: tuple[tuple[Control, ...], ...] = ()
    """Of several values of several parts: the controls of each."""

    @property
    def parts(self) -> Iterator[Control]:
        """Of its rows."""
        return (one for row in self.rows for one in row)

    @property
    def id(self) -> str:
        return "f-" + self.name.replace(".", "-")


def controls_of(act: Act, *, because: bool = True) -> tuple[Control, ...]:
    """Of every field of the body, and of the reason where the act asks for one, or may have one."""
    made = [
        control
        for stated in act.fields
        if stated.name not in ("by", act.creates)
        for control in _of_field(act, stated)
    ]
    if because and not any(control.name == "reason" for control in made):
        made.append(
            Control("reason", "reason", "long", needed=bool(act.because), help=act.because, longest=10_000)
        )
    return tuple(made)


def _of_field(act: Act, stated: Stated) -> Iterator[Control]:
    asked_for = stated.needed and stated.name != act.asker
    default = "" if stated.default in (MISSING, None) else stated.default
    yield from _controls(stated.name, stated.hint, asked_for, default, stated.described)


def _controls(name: str, hint: Any, needed: bool, default: Any = "", help: str = "") -> Iterator[Control]:  # noqa: FBT001
    kind, label = plain(hint), ": ".join(part for part in name.split(".") if part != "activity")
    base = Control(
        name, label.removesuffix("_id").replace("_", " "), "json", needed, help, value=_written(default)
    )
    refers = _marker(hint, Refers)
    if refers is not None:
        yield replace(base, kind="id", of=refers.kind)
    elif kind is Money:
        yield replace(base, kind="money")
    elif kind is Scope:
        yield replace(base, kind="scope")
    elif get_origin(kind) is tuple:
        yield _several(base, get_args(kind)[0])
    elif get_origin(kind) is Literal:
        yield replace(base, kind="choice", options=tuple(map(str, get_args(kind))))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        of = _marker(hint, OneOf)
        yield replace(
            base, kind="choice", options=tuple(str(one.value) for one in (of.values if of else kind))
        )
    elif isinstance(kind, type) and kind in KINDS:
        as_what = "either" if kind is bool and needed else KINDS[kind]
        yield _limited(replace(base, kind=as_what, help=help or WRITTEN.get(kind, "")), hint)
    elif kind is str or _is_text(hint):
        yield _text(base, hint)
    elif isinstance(kind, type) and is_dataclass(kind) and _is_plain(kind):
        yield from _inside(name, kind, needed)
    else:
        yield base


def _inside(name: str, cls: Any, needed: bool) -> Iterator[Control]:  # noqa: FBT001
    """The fields of a value, each a control of its own."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for one in fields(cls):
        if one.name == "started_at":  # what another system recorded
            continue
        default = default_of(one)
        required = needed and default is MISSING
        yield from _controls(
            f"{name}.{one.name}", hints[one.name], required, "" if default in (MISSING, None) else default
        )


def _is_plain(cls: Any) -> bool:
    """Whether each field of it is one control."""
    hints = typing.get_type_hints(cls, include_extras=True)
    kinds = [plain(hint) for hint in hints.values()]
    return len(kinds) <= 10 and not any(is_dataclass(kind) and kind is not Money for kind in kinds)


def _several(base: Control, inner: Any) -> Control:
    """A list: of texts one a line, of ids some of those that are there, of plain values some rows, of anything else as JSON."""
    if refers := _marker(inner, Refers):
        return replace(base, kind="ids", of=refers.kind)
    kind = plain(inner)
    if isinstance(kind, type) and is_dataclass(kind) and _is_plain(kind):
        rows = tuple(_row(f"{base.name}.{n}", kind) for n in range(ROWS))
        if not any(one.kind in ("json", "rows") for one in rows[0]):
            return replace(base, kind="rows", rows=rows)
    return replace(base, kind="lines" if plain(inner) is str else "json", of=_name_of(inner))


def _row(name: str, cls: Any) -> tuple[Control, ...]:
    """Of one value; a plain id is the command's own to make. Whether something is needed depends on whether there is any of it."""
    hints = typing.get_type_hints(cls, include_extras=True)
    made = (
        replace(control, needed=False, label=control.label.rpartition(": ")[2])
        for control in _inside(name, cls, needed=False)
    )
    return tuple(one for one in made if plain(hints[one.name.rpartition(".")[2]]) is not UUID or one.of)


def _text(base: Control, hint: Any) -> Control:
    longest = _longest(hint)
    return replace(
        base, kind="long" if longest is None or longest > LONG else "text", longest=longest, of=_name_of(hint)
    )


def _name_of(hint: Any) -> str:
    found = _marker(hint, NameOf)
    return found.kind if found else ""


def _limited(base: Control, hint: Any) -> Control:
    least, most = _marker(hint, Ge), _marker(hint, Le)
    return replace(base, least=str(least.ge) if least else "", most=str(most.le) if most else "")


def _longest(hint: Any) -> int | None:
    for marker in _markers(hint):
        if isinstance(marker, MaxLen | Len) and marker.max_length is not None:
            return int(marker.max_length)
    return None


def _is_text(hint: Any) -> bool:
    return (
        any(isinstance(marker, Personal | MaxLen | MinLen) for marker in _markers(hint))
        and plain(hint) is str
    )


def _marker(hint: Any, kind: type[Any]) -> Any:
    return next((marker for marker in _markers(hint) if isinstance(marker, kind)), None)


def _markers(hint: Any) -> Iterator[Any]:
    """Those at the type, also where it may be left out."""
    if get_origin(hint) is Annotated:
        yield from hint.__metadata__
        yield from _markers(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for part in get_args(hint):
            if part is not NoneType:
                yield from _markers(part)


def _written(value: Any) -> Any:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    return value if isinstance(value, bool) else str(value)
