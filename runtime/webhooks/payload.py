"""runtime: what is sent of an event — the feed's envelope, as a rule without the fields that are marked as personal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from domain.engine.facts import Fact, Personal
from runtime.codec import Row, encode
from runtime.envelopes import Format, put_into
from runtime.feed import Event, event

TYPES: dict[Format, str] = {
    "json": "application/json",
    "cloudevents": "application/cloudevents+json; charset=UTF-8",
}
LEFT_OUT = object()
Strip = Callable[[Any], Any]


def payload(row: Row, format: Format, *, personal: bool) -> str:
    made = event(row)
    return put_into(made if personal else impersonal(made), format).decode()


def impersonal(event: Event) -> Event:
    """Without personal fields, and without the reason that somebody gave. Of what this release cannot read nobody knows what is
    personal: it is sent without its data.
    """
    data: Any = stripped(event.data) if isinstance(event.data, Fact) else None
    return msgspec.structs.replace(event, data=data, meta=replace(event.meta, reason=None))


def stripped(fact: Fact) -> dict[str, Any]:
    """As JSON has it."""
    plain: dict[str, Any] = msgspec.json.decode(encode(fact))
    kind: Any = type(fact)
    strip: Strip | None = _strip(kind)
    return plain if strip is None else strip(plain)


@cache
def _strip(hint: Any) -> Strip | None:
    """What takes personal values out of the JSON of a type; None where it has none."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _leave_out if any(isinstance(one, Personal) for one in hint.__metadata__) else _strip(args[0])
    if isinstance(hint, type) and is_dataclass(hint):
        return _of_fields(hint)
    inner = [strip for arg in args if (strip := _strip(arg)) is not None]
    if not inner:
        return None
    return _of_items(inner) if origin in (tuple, dict) else _of_any(inner)


def _leave_out(_value: Any) -> Any:
    return LEFT_OUT


def _of_fields(kind: type) -> Strip | None:
    hints = get_type_hints(kind, include_extras=True)
    found = {field.name: _strip(hints[field.name]) for field in fields(kind)}
    parts = {name: strip for name, strip in found.items() if strip is not None}
    if not parts:
        return None

    def strip(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return _kept({name: parts[name](one) if name in parts else one for name, one in value.items()})

    return strip


def _of_items(inner: list[Strip]) -> Strip:
    each = _of_any(inner)

    def strip(value: Any) -> Any:
        if isinstance(value, list):
            return [one for one in map(each, value) if one is not LEFT_OUT]
        return _kept({name: each(one) for name, one in value.items()}) if isinstance(value, dict) else value

    return strip


def _of_any(inner: list[Strip]) -> Strip:
    """Of a union: whichever of its types it is."""

    def strip(value: Any) -> Any:
        for one in inner:
            value = LEFT_OUT if value is LEFT_OUT else one(value)
        return value

    return strip


def _kept(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not LEFT_OUT}
