"""Domain room: what a fact is, and the register of every stored name.

A fact is a frozen dataclass in the past tense. Its topic and schema version are pinned by
`@fact`, never derived from a Python path, so code can move and old rows still load. A fact of
an older schema version is lifted on the stored JSON by an `@upcast` before it is decoded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import (
    Annotated,
    Any,
    ClassVar,
    Self,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from domain.engine.registers import Register


class Personal:
    """Marks a field as data about a natural person, to be encrypted under that person's key.

    `of` says whose key: the person the stream is about, or the author of free text.
    """

    def __init__(self, of: str) -> None:
        self.of = of

    def __repr__(self) -> str:
        return f"Personal({self.of!r})"


PersonName = Annotated[str, Personal("subject")]
PersonText = Annotated[str, Personal("subject")]
"""A mail address, phone number or the like: identifies or reaches a person."""
FreeText = Annotated[str, Personal("author")]
"""Typed by a person and so possibly about persons: notes, reasons, outcomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of every stored fact. Field types are limited to what JSON round-trips exactly:
    str, int, bool, Decimal, date, aware datetime, UUID, string enums, tuples, dicts by text and nested frozen
    dataclasses.
    """

    TOPIC: ClassVar[str] = ""
    SCHEMA: ClassVar[int] = 1

    @classmethod
    def filled(cls, source: object, **values: Any) -> Self:
        """With these values. A field that is not among them is the source's attribute of that name, where it has one."""
        for name in (field.name for field in fields(cls)):
            if name not in values and hasattr(source, name):
                values[name] = getattr(source, name)
        return cls(**values)


F = TypeVar("F", bound=Fact)
Json = dict[str, Any]
Upcast = Callable[[Json], Json]

FACTS: Register[str, type[Fact]] = Register()
UPCASTS: Register[tuple[str, int], Upcast] = Register()


@dataclass_transform(frozen_default=True, kw_only_default=True)
def fact(topic: str, version: int = 1) -> Callable[[type[F]], type[F]]:
    """Make a class a fact and register it under its stored name and present schema version."""

    def register(cls: type[F]) -> type[F]:
        if topic in FACTS:
            raise TypeError(f"the topic {topic!r} is taken by {FACTS[topic].__qualname__}")
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.TOPIC = topic
        made.SCHEMA = version
        FACTS[topic] = made
        return made

    return register


def upcast(topic: str, from_version: int) -> Callable[[Upcast], Upcast]:
    """Register how stored JSON of `from_version` becomes that of `from_version + 1`."""

    def register(function: Upcast) -> Upcast:
        UPCASTS[topic, from_version] = function
        return function

    return register


def lift(topic: str, version: int, data: Json) -> Json:
    """The stored JSON of any older version as JSON of the present one."""
    for step in range(version, FACTS[topic].SCHEMA):
        data = UPCASTS[topic, step](data)
    return data


def personal_fields(cls: type) -> dict[str, Personal]:
    """Dotted path → marker, for every field that holds personal data, however deep inside: `activity.summary`."""
    hints = get_type_hints(cls, include_extras=True)
    found: dict[str, Personal] = {}
    for f in fields(cls):
        found |= _marked(hints[f.name], f.name)
    return found


def _marked(hint: Any, path: str) -> dict[str, Personal]:
    if get_origin(hint) is Annotated:
        marker = next((m for m in hint.__metadata__ if isinstance(m, Personal)), None)
        return {path: marker} if marker is not None else _marked(get_args(hint)[0], path)
    if isinstance(hint, type) and is_dataclass(hint):
        return {f"{path}.{name}": marker for name, marker in personal_fields(hint).items()}
    found: dict[str, Personal] = {}
    for arg in get_args(hint):
        found |= _marked(arg, path)
    return found
