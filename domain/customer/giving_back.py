"""Domain room: what was said of a customer since a record was merged into it is said of the record, where it goes with that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.custom_field.declaration import RecordKind
from domain.custom_field.holding import HoldsFields, fields_of
from domain.custom_field.value import FieldValue
from domain.customer.buying_roles import give_role
from domain.customer.change_profile import become
from domain.customer.consents import BARS, agree, bar
from domain.customer.customer import Customer
from domain.customer.facts import (
    BuyingRole,
    ConsentGiven,
    ConsentWithdrawn,
    Contact,
    ContactAdded,
    ContactCorrected,
    NoteAdded,
    NoteChanged,
    NoteClosed,
    ParentChanged,
    Purpose,
)
from domain.customer.fields import ContactFields
from domain.customer.known import Consent, KeptNote
from domain.customer.layers import NOTHING, File
from domain.customer.merging import (
    CONSENTS,
    CONTACT_CUSTOM,
    CONTACTS,
    CUSTOM,
    NOTES,
    OF_CONTACTS,
    PARENT,
    PROFILE,
    ROLES,
    GivenBack,
)
from domain.engine.errors import FieldError, Invalid
from domain.engine.unit_of_work import UnitOfWork


def follow_contacts(named: GivenBack, survivor: Customer, gone: Customer) -> GivenBack:
    """With what was said of contacts whom the survivor has no more: where else should it be? Raises Invalid for what was said of contacts
    whom the other has not either.
    """
    said, after = survivor.said_since(gone.id), survivor.without(gone.id, named)
    wrong = [
        FieldError(part, "its contact has to go with it")
        for part in OF_CONTACTS
        for id in getattr(named, part)
        if id not in gone.contacts and id not in named.contacts
    ]
    if wrong:
        raise Invalid(wrong)
    ids: dict[str, dict[UUID, None]] = {part: dict.fromkeys(getattr(named, part)) for part in OF_CONTACTS}
    for part, key in said:
        if part in OF_CONTACTS and (CONTACTS, key[0]) not in after:
            ids[part][key[0]] = None
    following: Any = {part: tuple(found) for part, found in ids.items()}
    return replace(named, **following)


def withhold(customer: Customer, said: File) -> None:
    """Whoever withdrew a consent or objected since must not be reached by this record either, whichever one that went with, or stayed with."""
    of_contacts: Any = [(part, of, value) for (part, of), value in said.items() if value is not NOTHING]
    for part, of, value in of_contacts:
        if part == CONSENTS and not value.given and of[0] in customer.contacts:
            held = customer.consents.get(of)
            _consent(customer, of, value if held is None or held.given else held)
    for part, id, value in of_contacts:
        if part == CONTACTS and id in customer.contacts:
            _object(customer, id, value)


def _object(customer: Customer, id: UUID, said: Contact) -> None:
    """Do-not-mail and do-not-call of what was said hold, and consents go with them; where one stands withdrawn already, they go with that."""
    for purpose, flag in BARS.items():
        consent = customer.consents.get((id, purpose))
        if getattr(said, flag) or (consent is not None and not consent.given):
            before = customer.contacts[id]
            bar(customer, id, purpose, barred=True)
            agree(customer, id, before, customer.contacts[id])


def give_back(given: GivenBack, gone: Customer, said: File, work: UnitOfWork) -> None:
    """Say it of the record, as whoever takes it out says it now."""
    keys = given.keys(said)
    goes = {key: None if said[key] is NOTHING else said[key] for key in said if key in keys}
    profile: Any = {name: value for (part, name), value in goes.items() if part == PROFILE}
    become(gone, replace(gone.profile, **profile))
    for part, say in SAY.items():
        for (of, key), value in goes.items():
            if of == part:
                say(gone, key, value)
    own = {name: value for (part, name), value in goes.items() if part == CUSTOM}
    _fill_in(gone, RecordKind.CUSTOMER, own, work)
    of_contacts = {key: value for (part, key), value in goes.items() if part == CONTACT_CUSTOM}
    for id in dict.fromkeys(id for id, _ in of_contacts):
        theirs = {name: value for (of, name), value in of_contacts.items() if of == id}
        _fill_in(ContactFields(gone, id), RecordKind.CONTACT, theirs, work)


def _contact(gone: Customer, id: UUID, contact: Any) -> None:
    held = gone.contacts.get(id)
    if held is None:
        gone.record(ContactAdded.filled(contact, contact_id=id))
    elif held != contact:
        gone.record(ContactCorrected(contact_id=id, before=held, after=contact))


def _note(gone: Customer, id: UUID, said: KeptNote) -> None:
    held = gone.notes.get(id)
    if held is None:
        gone.record(NoteAdded.filled(said.note, note_id=id))
    elif held.note != said.note:
        gone.record(NoteChanged(note_id=id, before=held.note, after=said.note))
    if said.closed and not gone.notes[id].closed:
        gone.record(NoteClosed(note_id=id, kind=said.note.kind, text=said.note.text))


def _consent(gone: Customer, key: tuple[UUID, Purpose], said: Consent) -> None:
    id, purpose = key
    if gone.consents.get(key) != said:
        fact = ConsentGiven if said.given else ConsentWithdrawn
        gone.record(fact(contact_id=id, purpose=purpose, evidence=said.source, on=said.on))
    bar(gone, id, purpose, barred=not said.given)


def _role(gone: Customer, key: tuple[UUID, UUID | None], said: BuyingRole | None) -> None:
    give_role(gone, key[0], said, key[1])


def _parent(gone: Customer, _key: str, said: UUID | None) -> None:
    if gone.parent_id != said:
        gone.record(ParentChanged(before=gone.parent_id, after=said))


SAY: Mapping[str, Callable[[Customer, Any, Any], None]] = {
    CONTACTS: _contact,
    NOTES: _note,
    CONSENTS: _consent,
    ROLES: _role,
    PARENT: _parent,
}
"""Contacts first: the rest is about them."""


def _fill_in(
    record: HoldsFields, kind: RecordKind, said: Mapping[str, FieldValue | None], work: UnitOfWork
) -> None:
    """As it was held against the declaration of then."""
    held = record.custom
    changed = {name: value for name, value in said.items() if held.get(name) != value}
    before = {name: held[name] for name in changed if name in held}
    after = {name: value for name, value in changed.items() if value is not None}
    if changed:
        record.record(record.FIELDS_SET(before=before, after=after, declared=fields_of(kind, work).version))
