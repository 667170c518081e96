"""api: the closed lists of words that answers use, for OpenAPI. A stage or a gate is nobody's here: processes are data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.adjustment.adjustment import Outcome
from domain.cycle.policy import Cadence
from domain.engine.context import Channel
from domain.engine.values import PromiseOutcome
from domain.figures.shares import Method
from domain.policy.closed import LOST, WON

Json = dict[str, Any]
DEAL = ("open", WON, LOST)
LEAD = ("open", "converted", "discarded")
WHO = ("user", "service", "workflow")
WORDS: Mapping[str, Iterable[str]] = {
    "AdjustmentSeen.outcome": Outcome,
    "AdjustmentSeen.status": ("started", "running", "measured", "decided"),
    "AgendaAgendaItem.status": DEAL,
    "CalendarKnown.kind": ("follow-up", "cycle"),
    "CustomerEvent.channel": Channel,
    "CustomerEvent.who_kind": WHO,
    "CycleSeen.cadence": Cadence,
    "DealView.status": DEAL,
    "EndedItem.outcome": PromiseOutcome,
    "Found.status": tuple(dict.fromkeys((*DEAL, *LEAD))),
    "FoundEvent.channel": Channel,
    "FoundEvent.who_kind": WHO,
    "HistoryEntry.channel": Channel,
    "HistoryEntry.who_kind": WHO,
    "ItemSeen.outcome": ("open", *PromiseOutcome),
    "LeadView.status": LEAD,
    "Listed.kind": ("team", "rep", "customer", "contact", "product"),
    "ListedCustomer.kind": ("customer",),
    "MeetingSeen.status": ("called", "held", "lapsed", "cancelled"),
    "ProjectionStatus.status": ("live", "catching-up", "stopped", "missing"),
    "Remark.kind": ("comment", "appeal"),
    "ScheduleSeen.status": ("running", "cancelled"),
    "ScorecardSeen.status": ("open", "closed"),
    "Targeted.method": Method,
    "Targeted.status": ("proposed", "agreed", "unagreed", "withdrawn"),
}


OBJECTS = ("PackSeen.pack", "HistoryEntry.data")
"""JSON as it is stored."""


def say_words(shapes: dict[str, Json]) -> None:
    """Put each list beside its field. Raises KeyError for a field that is not there any more."""
    for place, words in WORDS.items():
        shape, field = place.split(".")
        _only(shapes[shape]["properties"][field], [str(word) for word in words])
    for place in OBJECTS:
        shape, field = place.split(".")
        shapes[shape]["properties"][field] |= {"type": "object"}


def _only(schema: Json, words: list[str]) -> None:
    for kind in schema.get("anyOf", [schema]):
        if kind.get("type") == "string":
            kind["enum"] = words
