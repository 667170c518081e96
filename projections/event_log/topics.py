"""Projections room: what the facts of a topic have for process mining, looked up once: their attributes, the objects that they name, what they change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, get_type_hints
from uuid import UUID

from domain.engine.facts import FACTS, personal_fields
from projections.event_log.mapping import (
    BEFORE_AND_AFTER,
    BESIDE,
    DETAILS,
    NAMED,
    NUMBERS,
    STATES,
    TIMES,
    UNDER,
)

Path = tuple[str, ...]
TEXT, DAY, INTEGER, FLOAT, BOOLEAN, TIME = "text", "day", "integer", "float", "boolean", "time"
"""Types of values. A day is text: it has no zone."""
TYPES: dict[Any, str] = {str: TEXT, date: DAY, int: INTEGER, bool: BOOLEAN, Decimal: FLOAT, datetime: TIME}


class Attribute(NamedTuple):
    path: Path
    type: str

    @property
    def name(self) -> str:
        return ".".join(self.path)


class Named(NamedTuple):
    """An object that a field names: where, as what, and of which kind."""

    path: Path
    qualifier: str
    kind: str


class State(NamedTuple):
    """What an object is like from then on: an attribute, and where its value stands, or this word."""

    name: str
    path: Path
    word: str
    type: str


@dataclass(frozen=True, slots=True)
class Topic:
    """`kind`: of object whose stream it is in; `of_promise`: what it changes is a promise of that one."""

    name: str
    kind: str
    of_promise: bool
    detail: Path
    attributes: tuple[Attribute, ...]
    named: tuple[Named, ...]
    states: tuple[State, ...]


@cache
def topic_of(name: str) -> Topic:
    begins = name.partition(".")[0]
    named = tuple(_named(name))
    return Topic(
        name,
        kind_of(name),
        begins == "promise" and any(one.kind == "promise" for one in named),
        DETAILS.get(name, ()),
        tuple(_attributes(name)),
        named,
        tuple(_states(name)),
    )


def kind_of(topic: str) -> str:
    """What its stream is of."""
    begins = topic.partition(".")[0]
    return UNDER.get(begins, begins)


def _attributes(topic: str) -> Iterator[Attribute]:
    for path, kind in _leaves(topic):
        if kind in TYPES and path not in {(name,) for name in BESIDE}:
            yield Attribute(path, TYPES[kind])


def _named(topic: str) -> Iterator[Named]:
    both = BEFORE_AND_AFTER.get(topic)
    kinds = NAMED | ({"before": both, "after": both} if both else {})
    for path, kind in _leaves(topic):
        if kind is UUID and path[-1] in kinds:
            yield Named(path, path[-1].removesuffix("_id"), kinds[path[-1]])


def _states(topic: str) -> Iterator[State]:
    known = FACTS.find(topic)
    kinds = {} if known is None else dict(_walked(known, ()))
    for name, place in STATES.get(topic, {}).items():
        path = tuple(place.split("."))
        if place.startswith("="):
            yield State(name, (), place[1:], TEXT)
        else:
            yield State(name, path, "", _type_of(name, kinds.get(path)))


def _type_of(name: str, kind: Any) -> str:
    if name in NUMBERS:
        return FLOAT
    if name in TIMES:
        return TIME
    return TYPES[kind] if kind in (int, bool) else TEXT


def _leaves(topic: str) -> list[tuple[Path, Any]]:
    """Every field that holds one value and nothing personal, with its type."""
    known = FACTS.find(topic)
    if known is None:
        return []
    personal = {tuple(path.split(".")) for path in personal_fields(known)}
    return [(path, kind) for path, kind in _walked(known, ()) if path not in personal]


def _walked(cls: Any, before: Path) -> Iterator[tuple[Path, Any]]:
    hints = get_type_hints(cls)
    for one in fields(cls):
        path, kind = (*before, one.name), _plain(hints[one.name])
        if is_dataclass(kind):
            yield from _walked(kind, path)
        else:
            yield path, _base(kind)


def _plain(hint: Any) -> Any:
    """Without what it is when it is not there."""
    kinds = [kind for kind in getattr(hint, "__args__", ()) if kind is not type(None)]
    optional = type(None) in getattr(hint, "__args__", ())
    return kinds[0] if optional and len(kinds) == 1 else hint


def _base(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str
    return str if getattr(kind, "__origin__", None) is not None and "Literal" in str(kind) else kind
