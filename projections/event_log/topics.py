"""Projections room: events out of rows of the ledger. What a topic's facts have is looked up once and made into code; a log has millions of them.

Names in that code are of our own facts' fields, and written as literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import groupby
from typing import Any, get_type_hints
from uuid import UUID

import msgspec

from domain.engine.facts import FACTS, lift, personal_fields
from projections.event_log.mapping import (
    BEFORE_AND_AFTER,
    DETAILS,
    NAMED,
    NUMBERS,
    STATES,
    TIMES,
    UNDER,
    Change,
    Event,
    Instant,
    Json,
    Object,
    Related,
    Row,
    Value,
)

Path = tuple[str, ...]
Parts = tuple[str, dict[str, Value], list[Related], list[Change]]
"""Of an event: its detail, its attributes, what it is about, and what changed."""
Reader = Callable[[Json, Object, Object, Instant], Parts]
VALUES: dict[Any, str] = {
    str: "text",
    date: "text",
    int: "{}",
    bool: "{}",
    Decimal: "float({})",
    datetime: "utc({})",
}
"""What makes a value of the JSON of a type. A day stays text: it has no zone."""


class Actor(msgspec.Struct):
    kind: str
    id: str


class Meta(msgspec.Struct):
    actor: Actor
    channel: str


decode_meta = msgspec.json.Decoder(Meta).decode
decode_data: Callable[[str], Json] = msgspec.json.Decoder(dict[str, Any]).decode


def event_of(row: Row) -> Event:
    """What the row says."""
    topic = row.topic
    begins = topic.partition(".")[0]
    own = Object(UNDER.get(begins, begins), str(row.stream_id))
    meta, data = decode_meta(row.meta), _data(row)
    about = Object("promise", data["promise_id"]) if begins == "promise" and "promise_id" in data else own
    at = Instant(row.at)
    detail, attributes, related, changes = reader(topic)(data, own, about, at)
    who = f"{meta.actor.kind}:{meta.actor.id}"
    return Event(row.position, topic, detail, at, who, meta.channel, own, attributes, related, changes)


def _data(row: Row) -> Json:
    """As this release has the fact."""
    data, known = decode_data(row.data), FACTS.find(row.topic)
    return lift(row.topic, row.schema_version, data) if known and row.schema_version < known.SCHEMA else data


# --- the code of a topic ---------------------------------------------------------------------------------------------


@cache
def reader(topic: str) -> Reader:
    lines = [
        "def read(d0, own, about, at):",
        " a = {}; r = [Related(own, own.kind)]; c = []",
        *_attributes(_scalars(topic), 0),
    ]
    met = {UNDER.get(begins := topic.partition(".")[0], begins)}
    for path, name, kind in _ids(topic):
        new = " and all(o != one.object for one in r)" if kind in met else ""
        lines += [
            f" v = {_at(path)}",
            f" if v and (o := Object({kind!r}, v)){new}: r.append(Related(o, {name!r}))",
        ]
        met.add(kind)
    for name, place in STATES.get(topic, {}).items():
        lines += [
            f" v = {place[1:]!r}" if place.startswith("=") else f" v = {_at(place.split('.'))}",
            f" if v is not None and v != '': c.append(Change(about, {name!r}, at, {_state(name)}))",
        ]
    detail = f"str({_at(DETAILS[topic])} or '')" if topic in DETAILS else "''"
    made: dict[str, Any] = {"Related": Related, "Change": Change, "Object": Object, "utc": Instant.of}
    exec("\n".join([*lines, f" return {detail}, a, r, c"]), made)  # noqa: S102 - of our own facts' names alone
    read: Reader = made["read"]
    return read


def _attributes(scalars: Sequence[tuple[Path, str]], depth: int) -> Iterator[str]:
    """A value that holds others is looked up once for all of them."""
    d, indent = f"d{depth}", " " * (depth + 1)
    for (name, deeper), group in groupby(scalars, lambda one: (one[0][depth], len(one[0]) > depth + 1)):
        some = [*group]
        if deeper:
            yield f"{indent}d{depth + 1} = {d}.get({name!r})"
            yield f"{indent}if d{depth + 1}.__class__ is dict:"
            yield from _attributes(some, depth + 1)
            continue
        for path, made in some:
            key, value = (
                ".".join(path),
                "v if v.__class__ is str else str(v)" if made == "text" else made.format("v"),
            )
            there = "v is not None and v != ''" if made == "text" else "v is not None"
            yield f"{indent}v = {d}.get({name!r})"
            yield f"{indent}if {there}: a[{key!r}] = {value}"


def _at(path: Sequence[str]) -> str:
    code = f"d0.get({path[0]!r})"
    for name in path[1:]:
        code = f"(w.get({name!r}) if (w := {code}).__class__ is dict else None)"
    return code


def _state(name: str) -> str:
    if name in NUMBERS:
        return "float(v)"
    return "utc(v)" if name in TIMES else "v if v.__class__ in (bool, int) else str(v)"


# --- what a topic's facts have ---------------------------------------------------------------------------------------


def _scalars(topic: str) -> list[tuple[Path, str]]:
    """The attributes of an event: where each stands, and what makes a value of its JSON."""
    return [(path, VALUES[kind]) for path, kind in _leaves(topic) if kind in VALUES]


def _ids(topic: str) -> list[tuple[Path, str, str]]:
    """The objects that are named: where, as what, and of which kind."""
    both = BEFORE_AND_AFTER.get(topic)
    kinds = NAMED | ({"before": both, "after": both} if both else {})
    leaves = ((path, kind) for path, kind in _leaves(topic) if kind is UUID and path[-1] in kinds)
    return [(path, path[-1].removesuffix("_id"), kinds[path[-1]]) for path, _ in leaves]


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
