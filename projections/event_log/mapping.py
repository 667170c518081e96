"""Projections room: what a fact says to process mining — an activity, its attributes, the objects that it is about and what changed in them.

Nothing that people wrote is in it, and nothing by which a person is reached: fields that are personal data are left out, but for the names of
reps. A fact of a newer release is an event without attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID


class Instant(str):
    """A time in UTC, to the microsecond: `2026-11-30T08:39:00.000000Z`. What is later is greater."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> Instant:
        """Of what facts are written with. Raises ValueError."""
        if text[-1] != "Z" or len(text) not in (20, 27):
            return cls(f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z")
        return cls(text if len(text) == 27 else f"{text[:19]}.000000Z")


Value = str | float | int | bool | Instant
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
    "lead.reopened": {"status": "=open"},
    "lead.corrected": {"source": "after.source"},
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
"""What an activity was of its kind."""


class Row(NamedTuple):
    """Of the ledger; `data` and `meta` are JSON text, `at` as an Instant is."""

    position: int
    stream_id: UUID
    topic: str
    schema_version: int
    data: str
    meta: str
    at: str
    version: int


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
    at: Instant
    value: Value


@dataclass(slots=True)
class Event:
    """`detail` is what the activity was of its kind: the stage, the kind of a touch, the outcome of a promise."""

    position: int
    activity: str
    detail: str
    at: Instant
    who: str
    channel: str
    case: Object
    attributes: dict[str, Value]
    related: list[Related]
    changes: list[Change]
