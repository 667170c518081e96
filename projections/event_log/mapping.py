"""Projections room: what a fact says to process mining — an activity, its attributes, the objects that it is about and what changed in them.

Nothing that people wrote is in it, and nothing by which a person is reached: fields that are personal data are left out, but for the names of
reps. A fact of a newer release is an event without attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, get_type_hints
from uuid import UUID

import msgspec

from domain.engine.facts import FACTS, lift, personal_fields

Value = str | float | int | bool | datetime
Json = dict[str, Any]
UNDER = {"promise": "deal"}
"""Whose stream the facts of a topic are in, where it is not called like the topic."""
NAMED = {
    "customer_id": "customer",
    "owner_id": "rep",
    "rep_id": "rep",
    "told": "rep",
    "promise_id": "promise",
    "deal_id": "deal",
    "lead_id": "lead",
    "case_id": "case",
    "follows": "case",
}
"""What kind of object a field names."""
BEFORE_AND_AFTER = {
    "deal.customer-corrected": "customer",
    "deal.owner-changed": "rep",
    "promise.handed-over": "rep",
    "lead.allocated": "rep",
    "case.handed-over": "rep",
    "case.linked": "deal",
}
STATES: dict[str, Mapping[str, str]] = {
    "deal.opened": {"status": "=open"} | {n: n for n in ("process", "stage", "source", "reference", "expected_close")} | {"amount": "amount.amount", "currency": "amount.currency", "owner": "owner_id"},
    "deal.stage-moved": {"stage": "after"},
    "deal.amount-changed": {"amount": "after.amount", "currency": "after.currency"},
    "deal.expected-close-moved": {"expected_close": "after"},
    "deal.owner-changed": {"owner": "after"},
    "deal.won": {"status": "=won", "stage": "=won", "amount": "amount.amount", "currency": "amount.currency"},
    "deal.lost": {"status": "=lost", "stage": "=lost"},
    "deal.reopened": {"status": "=open", "stage": "stage"},
    "promise.made": {"state": "=live", "due_at": "deadlines.due_at", "by_rule": "by_rule", "number": "number", "owner": "owner_id"},
    "promise.rearmed": {"due_at": "after.due_at"},
    "promise.handed-over": {"owner": "after"},
    "promise.missed": {"state": "=missed"},
    "promise.ended": {"state": "outcome"},
    "lead.captured": {"status": "=open", "source": "source"},
    "lead.allocated": {"owner": "after"},
    "lead.converted": {"status": "=converted"},
    "lead.discarded": {"status": "=discarded"},
    "case.opened": {"status": "=open", "category": "category", "severity": "severity", "owner": "owner_id"},
    "case.waiting": {"status": "=waiting"},
    "case.resumed": {"status": "=open"},
    "case.severity-changed": {"severity": "after"},
    "case.handed-over": {"owner": "after"},
    "case.solved": {"status": "=solved"},
    "case.reopened": {"status": "=open"},
    "case.closed": {"status": "=closed", "score": "score"},
    "customer.registered": {n: f"profile.{n}" for n in ("name", "sector", "country", "employees")},
    "customer.profile-changed": {n: f"after.{n}" for n in ("name", "sector", "country", "employees")},
    "rep.hired": {"name": "name", "team": "team_id"},
    "rep.corrected": {"name": "after.name"},
    "rep.moved": {"team": "after"},
    "rep.left": {"status": "=left"},
}  # fmt: skip
"""What an object is like from a fact on: an attribute and the field that has its value, or a word behind `=`."""
NUMBERS, TIMES = {"amount"}, {"due_at"}


class Row(NamedTuple):
    """Of the ledger; `data` and `meta` are JSON text."""

    position: int
    stream_id: UUID
    topic: str
    schema_version: int
    data: str
    meta: str
    at: datetime


class Object(NamedTuple):
    kind: str
    id: str


class Related(NamedTuple):
    """`qualifier`: as what it takes part."""

    object: Object
    qualifier: str


class Change(NamedTuple):
    object: Object
    name: str
    at: datetime
    value: Value


@dataclass(slots=True)
class Event:
    """`detail` is what the activity was of its kind: the stage, the kind of a touch, the outcome of a promise."""

    position: int
    activity: str
    detail: str
    at: datetime
    who: str
    channel: str
    case: Object
    attributes: dict[str, Value] = field(default_factory=dict)
    related: list[Related] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def event_of(row: Row) -> Event:
    """What the row says."""
    begins = row.topic.partition(".")[0]
    own = Object(UNDER.get(begins, begins), str(row.stream_id))
    meta, data = msgspec.json.decode(row.meta), _data(row)
    event = Event(
        row.position, row.topic, _detail(row.topic, data), row.at, f"{meta['actor']['kind']}:{meta['actor']['id']}", meta["channel"], own
    )  # fmt: skip
    event.attributes = {
        name: value
        for name, as_value, path in _scalars(row.topic)
        if (value := as_value(_at(data, path))) is not None
    }
    event.related = [Related(own, own.kind), *_related(row.topic, data, own)]
    about = Object("promise", data["promise_id"]) if begins == "promise" and "promise_id" in data else own
    event.changes = [*_changes(row, data, about)]
    return event


def _data(row: Row) -> Json:
    """As this release has the fact."""
    data: Json = msgspec.json.decode(row.data)
    known = FACTS.find(row.topic)
    return lift(row.topic, row.schema_version, data) if known and row.schema_version < known.SCHEMA else data


def _detail(topic: str, data: Json) -> str:
    path = DETAILS.get(topic)
    return str(_at(data, path) or "") if path else ""


DETAILS = {
    "deal.stage-moved": ("after",),
    "deal.opened": ("stage",),
    "deal.reopened": ("stage",),
    "deal.activity-logged": ("activity", "kind"),
    "promise.ended": ("outcome",),
    "case.opened": ("severity",),
    "case.severity-changed": ("after",),
    "case.missed": ("clock",),
}


def _related(topic: str, data: Json, own: Object) -> Iterator[Related]:
    seen = {own}
    for path, name, kind in _ids(topic):
        value = _at(data, path)
        if value and (found := Object(kind, str(value))) not in seen:
            seen.add(found)
            yield Related(found, name)


def _changes(row: Row, data: Json, about: Object) -> Iterator[Change]:
    for name, place in STATES.get(row.topic, {}).items():
        value = place[1:] if place.startswith("=") else _at(data, tuple(place.split(".")))
        if value not in (None, ""):
            yield Change(about, name, row.at, _typed(name, value))


def _typed(name: str, value: Any) -> Value:
    if name in NUMBERS:
        return float(value)
    if name in TIMES:
        return datetime.fromisoformat(value)
    known: Value = value if isinstance(value, bool | int) else str(value)
    return known


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


# --- what a topic's facts have, worked out once -----------------------------------------------------------------------


@cache
def _scalars(topic: str) -> tuple[tuple[str, Any, tuple[str, ...]], ...]:
    """The attributes of an event: name, what makes a value of its JSON, and where that stands."""
    found = []
    for path, kind in _leaves(topic):
        if (as_value := VALUES.get(kind)) is not None:
            found.append((".".join(path), as_value, path))
    return tuple(found)


@cache
def _ids(topic: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """The objects that are named: where, as what, and of which kind."""
    both = BEFORE_AND_AFTER.get(topic)
    kinds = NAMED | ({"before": both, "after": both} if both else {})
    leaves = ((path, kind) for path, kind in _leaves(topic) if kind is UUID and path[-1] in kinds)
    return tuple((path, path[-1].removesuffix("_id"), kinds[path[-1]]) for path, _ in leaves)


@cache
def _leaves(topic: str) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """Every field that holds one value and nothing personal, with its type."""
    known = FACTS.find(topic)
    if known is None:
        return ()
    personal = {tuple(path.split(".")) for path in personal_fields(known)}
    return tuple((path, kind) for path, kind in _walked(known, ()) if path not in personal)


def _walked(cls: Any, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
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


def _text(value: Any) -> Value | None:
    return str(value) if value not in (None, "") else None


def _number(value: Any) -> Value | None:
    return None if value is None else float(value)


def _time(value: Any) -> Value | None:
    return None if value is None else datetime.fromisoformat(value)


VALUES: dict[Any, Any] = {
    str: _text,
    int: lambda value: value,
    bool: lambda value: value,
    Decimal: _number,
    datetime: _time,
    date: _text,
}
"""What makes a value of the JSON of a type. A day stays text: it has no zone."""
