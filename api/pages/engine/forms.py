"""api: a form from an act of the tables — a control for each field of the body. What is typed into it is read in `typed.py`."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Le, Len, MaxLen, MinLen
from pydantic import StringConstraints

from api.engine.acts import Act, default_of, plain
from api.engine.acts import Field as Stated
from api.engine.values import VALUES
from api.pages.engine.control import ANY, Control
from domain.custom_field.facts import CustomValues
from domain.engine.facts import Personal
from domain.engine.fields import NameOf, OneOf
from domain.engine.references import PartOf, Refers
from domain.engine.values import Money
from domain.figures.scope import Scope
from domain.time.duration import Duration
from domain.time.periods import Period

KEY, VALUE = "key", "value"
"""The parts of a row that is one entry of a mapping."""
CLEAR = "clear"
"""The field of an act that names what is emptied: a form shows the whole, and what is left empty is."""
RECORDED = ("started_at",)
"""What another system recorded: no form asks for it."""
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
WHOLE: dict[Any, str] = {Money: "money", Scope: "scope", CustomValues: "declared"}
"""Values of several parts that are one control, or stand for several."""
WRITTEN: dict[type, str] = {
    Period: "A year, quarter, month or week: 2027, 2027-Q1, 2027-01, 2027-W05.",
    Duration: "A number and s, m, h, d, bh (business hours) or bd (business days), such as 4bh.",
}
"""How a value is typed whose kind does not show it."""


def controls_of(act: Act, *, because: bool = True) -> tuple[Control, ...]:
    """Of every field of the body, and of the reason where the act asks for one, or may have one."""
    made = [
        control
        for stated in act.fields
        if stated.name not in ("by", CLEAR, act.creates)
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
        name, label.removesuffix("_id").replace("_", " "), "text", needed, help, value=_written(default)
    )
    refers = _marker(hint, Refers) or _marker(hint, PartOf)
    if refers is not None:
        yield replace(base, kind="id", of=refers.kind)
    elif kind in WHOLE:
        yield replace(base, kind=WHOLE[kind])
    elif get_origin(kind) in (tuple, list):
        yield _several(base, hint, get_args(kind)[0])
    elif get_origin(kind) is dict:
        yield _entries(base, hint, get_args(kind)[1])
    elif get_origin(kind) is Literal:
        yield replace(base, kind="choice", options=tuple(map(str, get_args(kind))))
    elif issubclass(kind, Enum):
        of = _marker(hint, OneOf)
        yield replace(
            base, kind="choice", options=tuple(str(one.value) for one in (of.values if of else kind))
        )
    elif kind in KINDS:
        as_what = "either" if kind is bool and needed else KINDS[kind]
        yield _limited(replace(base, kind=as_what, help=help or WRITTEN.get(kind, "")), hint)
    elif kind is str or _is_text(hint):
        yield _text(base, hint)
    elif _is_plain(kind):
        yield from _inside(name, kind, needed, default)
    else:
        inside = tuple(_bare(one) for one in _inside(name, kind, needed, default))
        yield replace(base, kind="group", value="", inside=inside)


def _inside(name: str, cls: type[Any], needed: bool, given: Any = "") -> Iterator[Control]:  # noqa: FBT001
    """The fields of a value, each a control of its own. Raises TypeError for what no control is known for."""
    if not is_dataclass(cls):
        raise TypeError(f"{name}: a form has no control for {cls}")
    for field, hint, usual in _said_of(cls):
        default = getattr(given, field, usual) if is_dataclass(given) else usual
        required = needed and default is MISSING
        yield from _controls(f"{name}.{field}", hint, required, "" if default in (MISSING, None) else default)


def _said_of(cls: type[Any]) -> Iterator[tuple[str, Any, Any]]:
    """What a request says of a value: name, type and default. It has the value's own fields, or where it says others those."""
    own = {one.name: default_of(one) for one in fields(cls)}
    shape = getattr(VALUES.get(cls), "model_fields", {})
    if set(shape) <= set(own):
        hints = typing.get_type_hints(cls, include_extras=True)
        yield from ((name, hints[name], default) for name, default in own.items() if name not in RECORDED)
        return
    for name, one in shape.items():
        default = MISSING if one.is_required() else one.get_default(call_default_factory=True)
        yield name, Annotated[one.annotation, *one.metadata, None], default


def _is_plain(cls: Any) -> bool:
    """Whether each field of it is one control, and a request says no others."""
    if not is_dataclass(cls):
        return False
    said = {name: plain(hint) for name, hint, _ in _said_of(cast("type[Any]", cls))}
    return (
        set(said) <= {one.name for one in fields(cls)}
        and len(said) <= 10
        and not any(is_dataclass(kind) and kind is not Money for kind in said.values())
    )


def _several(base: Control, hint: Any, inner: Any) -> Control:
    """A list: of texts or plain values one a line, of ids some of those that are there, of anything else a row for each."""
    if refers := _marker(inner, Refers) or _marker(inner, PartOf):
        return replace(base, kind="ids", of=refers.kind)
    kind = plain(inner)
    if kind is str or kind in KINDS:
        return replace(base, kind="lines", of=_name_of(inner), each=KINDS.get(kind, "text"))
    return replace(
        base, kind="rows", value="", longest=_longest(hint), inside=_row(f"{base.name}.{ANY}", kind)
    )


def _entries(base: Control, hint: Any, inner: Any) -> Control:
    """A mapping: what for, and what then."""
    name = f"{base.name}.{ANY}"
    (value,) = _controls(f"{name}.{VALUE}", inner, needed=False)
    of = Control(f"{name}.{KEY}", base.name.rpartition("_by_")[2].replace("_", " "), "text")
    return replace(
        base, kind="entries", value="", longest=_longest(hint), inside=(of, replace(value, label="time"))
    )


def _row(name: str, cls: Any) -> tuple[Control, ...]:
    """Of one value; a plain id is the command's own to make. Whether something is needed depends on whether there is any of it."""
    made = tuple(replace(_bare(one), needed=False) for one in _inside(name, cls, needed=False))
    own = {f"{name}.{field}" for field, hint, _ in _said_of(cls) if plain(hint) is UUID}
    return tuple(one for one in made if one.of or one.name not in own)


def _bare(control: Control) -> Control:
    """Called as what it is where it stands."""
    return replace(control, label=control.label.rpartition(": ")[2])


def _text(base: Control, hint: Any) -> Control:
    """One that is written by a pattern is never long."""
    longest = _longest(hint)
    is_long = (longest is None or longest > LONG) and not _marker(hint, StringConstraints)
    return replace(base, kind="long" if is_long else "text", longest=longest, of=_name_of(hint))


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
        for marker in hint.__metadata__:
            yield marker
            yield from getattr(marker, "metadata", ())
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
