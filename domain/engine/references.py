"""Domain room: what an id inside a command refers to, said once in its type, and read from there.

A field that names something says what: `owner_id: PersonId`. The command handler then asks of every such field that the thing is
there, is of that kind, and is the writer's to name (`command_handler.py`). A plain `UUID` is an id that the command itself makes, or
that of something inside its own stream.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

Whose = Literal["anybody", "seen", "team", "own"]


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks an id: `kind` of what it names. `whose` says who may name it: anybody; who may see it, for others it is not
    there; those of its team; or the rep themselves, and for them their team's leaders.
    """

    kind: str
    whose: Whose = "anybody"


@dataclass(frozen=True, slots=True)
class PartOf:
    """Marks the id of what is inside another's stream, such as a decision of a cycle: the decision itself looks whether it is there."""

    kind: str


PERSON = "person"
RepId = Annotated[UUID, Refers("rep")]
TeamMateId = Annotated[UUID, Refers("rep", "team")]
OwnRepId = Annotated[UUID, Refers("rep", "own")]
PersonId = Annotated[UUID, Refers(PERSON)]
"""A rep, or somebody who is none: a team's manager, the company's head."""
TeamId = Annotated[UUID, Refers("team", "team")]
CustomerId = Annotated[UUID, Refers("customer", "seen")]
ProductId = Annotated[UUID, Refers("product")]
DealId = Annotated[UUID, Refers("deal", "seen")]
TargetId = Annotated[UUID, Refers("target", "seen")]
CycleId = Annotated[UUID, Refers("cycle", "seen")]
ActionItemId = Annotated[UUID, Refers("action item", "seen")]
ContactId = Annotated[UUID, PartOf("contact")]
DecisionId = Annotated[UUID, PartOf("decision")]


class Named(NamedTuple):
    """An id that a command names something by, and where it stands."""

    field: str
    refers: Refers
    id: UUID


Read = Callable[[Any, str], Iterable[Named]]


def references(command: Any) -> list[Named]:
    """Every id by which the command names something, nested ones included."""
    cls: Any = type(command)
    found: list[Named] = []
    for name, read in readers(cls):
        value = getattr(command, name)
        if value is not None:
            found += read(value, name)
    return found


@cache
def readers(cls: Any) -> tuple[tuple[str, Read], ...]:
    """How the fields that hold references are read; those without any are left out."""
    hints = get_type_hints(cls, include_extras=True)
    found = ((f.name, _reader(hints[f.name])) for f in fields(cls))
    return tuple((name, read) for name, read in found if read is not None)


def named_instead(value: Any, ids: Mapping[UUID, UUID]) -> Any:
    """The command, or what is inside it, naming others: in place of each of these ids the one beside it."""
    if isinstance(value, UUID):
        return ids.get(value, value)
    if isinstance(value, tuple):
        return tuple(named_instead(one, ids) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        cls: Any = type(value)
        return replace(value, **{name: named_instead(getattr(value, name), ids) for name, _ in readers(cls)})
    return value


def _reader(hint: Any) -> Read | None:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        refers = next((m for m in hint.__metadata__ if isinstance(m, Refers)), None)
        return _one(refers) if refers is not None else _reader(args[0])
    if origin in (Union, types.UnionType):
        return next(
            filter(None, map(_reader, args)), None
        )  # None is passed over: `references` asks nobody about it
    if origin is tuple and args[-1] is ...:
        return _each(_reader(args[0]))
    if isinstance(hint, type) and is_dataclass(hint) and readers(hint):
        return _inside
    return None


def _one(refers: Refers) -> Read:
    def read(value: UUID, field: str) -> Iterable[Named]:
        return (Named(field, refers, value),)

    return read


def _each(of: Read | None) -> Read | None:
    def read(value: tuple[Any, ...], field: str) -> Iterator[Named]:
        for n, one in enumerate(value):
            if of is not None:
                yield from of(one, f"{field}[{n}]")

    return read if of is not None else None


def _inside(value: Any, field: str) -> Iterable[Named]:
    return [Named(f"{field}.{named.field}", named.refers, named.id) for named in references(value)]
