"""Projections room: a customer's file — profile, notes, consents and roles with who said it and when, as they stand in its own stream.

Read from the ledger, now or as it was known at a position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import dropwhile
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from domain.customer import facts as f
from domain.customer.customer import Customer
from domain.customer.known import Consent
from domain.engine.facts import FreeText, PersonName
from domain.engine.recorded import Recorded
from domain.engine.undoing import TakesBack, standing
from projections.engine.paging import Source, fetch
from projections.engine.streams import streams
from projections.people import directory


class FileNote(msgspec.Struct):
    """`since` when it is true, where that was said; `at` and `who` when it was noted, and by whom: an account, with the rep's name."""

    note_id: UUID
    kind: f.NoteKind
    text: FreeText
    contact_id: UUID | None
    product_id: UUID | None
    since: date | None
    closed: bool
    why: FreeText
    at: datetime
    who: str
    who_name: PersonName | None = None


class FileConsent(msgspec.Struct):
    """How a consent stands. `on` is the day that was said, else of `at`, when it was recorded to have happened."""

    contact_id: UUID
    purpose: f.Purpose
    given: bool
    source: FreeText
    on: date | None
    at: datetime
    who: str
    who_name: PersonName | None = None


class FileRole(msgspec.Struct):
    """A part in deciding; with a deal in that one alone."""

    contact_id: UUID
    role: f.BuyingRole
    deal_id: UUID | None


class CustomerFile(msgspec.Struct):
    customer: Customer
    notes: list[FileNote]
    consents: list[FileConsent]
    roles: list[FileRole]


async def file_of(source: Source, ids: Sequence[UUID], position: int | None = None) -> CustomerFile | None:
    """Of the first of these records, with what is noted in the others that were merged into it. None for what is no customer, or was none then."""
    by_id: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for event in await streams(source, ids, position):
        by_id[event.originator_id].append(event)
    stand = {id: _stand(events) for id, events in by_id.items()}
    customer = _replayed(ids[0], stand.get(ids[0], ()))
    if not customer.exists:
        return None
    events = sorted((e for found in stand.values() for e in found), key=attrgetter("position"))
    for id in ids[1:]:
        _complete(customer, _replayed(id, stand.get(id, ())))
    _, users = await directory.named(
        source, (), {e.meta.actor.id for e in events if e.meta.actor.kind == "user"}
    )
    notes, consents = list(_notes(customer, events)), list(_consents(customer, events))
    said: list[FileNote | FileConsent] = [*notes, *consents]
    for one in said:
        one.who_name = users.get(one.who)
    return CustomerFile(customer, notes, consents, list(_roles(customer)))


OF_TEAM = "SELECT deal_id FROM read.deal_board WHERE team_id = %(team)s AND deal_id = ANY(%(ids)s)"


async def of_team(source: Source, team: UUID, deals: Collection[UUID]) -> set[UUID]:
    """Those of the deals that are a team's."""
    return {id for (id,) in await fetch(source, OF_TEAM, {"team": team, "ids": list(deals)})}


def _complete(customer: Customer, merged: Customer) -> None:
    """The first merges that were recorded did not say what came along of notes and consents; neither is ever taken away."""
    customer.notes = merged.notes | customer.notes
    customer.consents = merged.consents | customer.consents


def _replayed(id: UUID, events: Iterable[Recorded]) -> Customer:
    customer = Customer(id)
    for event in events:
        customer.replay(event.fact, event.originator_version, event.occurred_at)
    return customer


def _stand(events: Sequence[Recorded]) -> list[Recorded]:
    """Without what undone imports recorded."""
    stand = standing(events, attrgetter("fact"), attrgetter("originator_version"))
    return [event for event in dropwhile(_is_mark, stand) if not _is_mark(event)]


def _is_mark(event: Recorded) -> bool:
    return isinstance(event.fact, TakesBack)


def _notes(customer: Customer, events: Sequence[Recorded]) -> Iterator[FileNote]:
    """The newest first."""
    added: dict[UUID, Recorded] = {}
    for event in events:
        if isinstance(event.fact, f.NoteAdded) and event.fact.note_id in customer.notes:
            added.setdefault(event.fact.note_id, event)
    why = {e.fact.note_id: e.fact.why for e in events if isinstance(e.fact, f.NoteClosed)}
    for id in reversed(added):
        held, event = customer.notes[id], added[id]
        values: dict[str, Any] = {
            n: getattr(held.note, n) for n in ("kind", "text", "contact_id", "product_id", "since")
        }
        yield FileNote(
            note_id=id,
            closed=held.closed,
            why=why.get(id, ""),
            at=event.occurred_at,
            who=event.meta.actor.id,
            **values,
        )


def _consents(customer: Customer, events: Sequence[Recorded]) -> Iterator[FileConsent]:
    said = {
        (e.fact.contact_id, e.fact.purpose, _as_held(e.fact)): e
        for e in events
        if isinstance(e.fact, f.ConsentGiven | f.ConsentWithdrawn)
    }
    for (contact_id, purpose), held in customer.consents.items():
        event = said[contact_id, purpose, held]
        yield FileConsent(
            contact_id, purpose, held.given, held.source, held.on, event.occurred_at, event.meta.actor.id
        )


def _as_held(fact: f.ConsentGiven | f.ConsentWithdrawn) -> Consent:
    return Consent(given=isinstance(fact, f.ConsentGiven), source=fact.evidence, on=fact.on)


def _roles(customer: Customer) -> Iterator[FileRole]:
    for (contact_id, deal_id), role in customer.roles.items():
        yield FileRole(contact_id, role, deal_id)
