"""Projections room: what a fact says to process mining — an activity, its attributes, the objects that it is about and what changed in them.

Nothing that people wrote is in it, and nothing by which a person is reached: fields that are personal data are left out, but for the names of
reps. A fact of a newer release is an event without attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Value = str | float | int | bool
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


Row = tuple[int, str, str, int, str, str, str, int]
"""Of the ledger: position, stream, topic, schema version, `data` and `meta` as JSON text, when it happened (`utc`), version."""
BESIDE = ("who", "channel", "detail")
"""What each event has beside the values of its fact, which no field of a fact is called."""
BETWEEN = ("customer", "deal", "lead", "case")
"""What an object is told to belong to; whose it was changes, and is an attribute."""


def utc(text: str) -> str:
    """A time of a fact in UTC, to the microsecond: `2026-11-30T08:39:00.000000Z`. What is later is greater. Raises ValueError."""
    if text[-1] != "Z" or len(text) not in (20, 27):
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    return text if len(text) == 27 else f"{text[:19]}.000000Z"


def name_of(kind: str, id: str) -> str:
    """What an object is called."""
    return f"{kind}:{id}"
