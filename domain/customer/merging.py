"""Domain room: the part of a customer that knows which records it is made of, and which one it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, ClassVar
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.customer import facts as f
from domain.customer.facts import CustomerAbsorbed, CustomerReleased, Profile
from domain.customer.known import Consent, KeptNote
from domain.customer.layers import EMPTY, File, Key, Layers, laid, said_since, source_of, without
from domain.engine.aggregate import Aggregate, when

PROFILE, CONTACTS, PARENT = "profile", "contacts", "parent_id"
FIELDS = tuple(one.name for one in fields(Profile))
MANY = (CONTACTS, "notes", "consents", "roles", "custom")
"""Attributes that hold entries by a key: each entry comes along by itself."""
THE_PARENT: Key = (PARENT, "")


class Mergeable(Aggregate):
    """`stands_for` is the record that this one was merged into. `layers` are those that were merged into this one."""

    MERGES: ClassVar[bool] = True
    profile: Profile
    contacts: dict[UUID, f.Contact]
    notes: dict[UUID, KeptNote]
    consents: dict[tuple[UUID, f.Purpose], Consent]
    roles: dict[tuple[UUID, UUID | None], f.BuyingRole]
    custom: CustomValues
    parent_id: UUID | None

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.stands_for: UUID | None = None
        self.layers: Layers = ()

    @property
    def file(self) -> File:
        """All that is known of it, by key."""
        found: dict[Key, Any] = {(PROFILE, name): getattr(self.profile, name) for name in FIELDS}
        for part in MANY:
            found |= {(part, key): value for key, value in getattr(self, part).items()}
        return found | {THE_PARENT: self.parent_id}

    def _hold(self, file: File) -> None:
        self.profile = _profile(self.profile, file)
        for part in MANY:
            setattr(self, part, {key: value for (of, key), value in file.items() if of == part})
        self.parent_id = file[THE_PARENT]

    def said_since(self, gone_id: UUID) -> File:
        """What was said of this customer since that record was merged."""
        return said_since(self.layers, gone_id, self.file)

    def source_of(self, key: Key) -> UUID | None:
        """From which merged record a value comes; None: its own."""
        return source_of(self.layers, key, self.file)

    def absorbing(self, gone: Mergeable, taken: tuple[str, ...], left: tuple[str, ...]) -> CustomerAbsorbed:
        """What the merge comes to, where `taken` are the fields chosen from the other, `left` those that stay empty."""
        said = [name for name in FIELDS if getattr(gone.profile, name) not in EMPTY]
        fact = CustomerAbsorbed(
            gone_id=gone.id,
            before=self.profile,
            theirs=gone.profile,
            after=self.profile,
            taken=taken,
            offered=tuple(name for name in said if name not in (*taken, *left)),
            contacts=tuple(f.ContactHeld(contact_id=id, contact=one) for id, one in gone.contacts.items()),
            notes=tuple(
                f.NoteHeld(note_id=id, note=one.note, closed=one.closed) for id, one in gone.notes.items()
            ),
            consents=tuple(
                f.ConsentHeld(contact_id=id, purpose=purpose, given=one.given, evidence=one.source, on=one.on)
                for (id, purpose), one in gone.consents.items()
            ),
            roles=tuple(
                f.RoleHeld(contact_id=id, deal_id=deal_id, role=role)
                for (id, deal_id), role in gone.roles.items()
            ),
            custom=dict(gone.custom),
            parent_id=gone.parent_id,
        )
        _, after = laid(self.layers, gone.id, *_given(fact), self.file)
        return replace(fact, after=_profile(self.profile, after), parent_after=after[THE_PARENT])

    def releasing(
        self, gone_id: UUID, given: tuple[str, ...], contacts: tuple[UUID, ...]
    ) -> CustomerReleased:
        """What taking the record out comes to, where these fields and contacts that were said since go with it."""
        _, after = without(self.layers, gone_id, self.file, _keys(given, contacts))
        held = {id: contact for (part, id), contact in after.items() if part == CONTACTS}
        return CustomerReleased(
            gone_id=gone_id,
            before=self.profile,
            after=_profile(self.profile, after),
            fields=given,
            contacts=contacts,
            lost=tuple(id for id in self.contacts if id not in held),
            changed=tuple(
                f.ContactHeld(contact_id=id, contact=contact)
                for id, contact in held.items()
                if contact != self.contacts.get(id)
            ),
            parent_after=after[THE_PARENT],
        )

    @when(CustomerAbsorbed)
    def _absorbed(self, fact: CustomerAbsorbed) -> None:
        self.layers, file = laid(self.layers, fact.gone_id, *_given(fact), self.file)
        self._hold(file)

    @when(CustomerReleased)
    def _released(self, fact: CustomerReleased) -> None:
        given_back = _keys(fact.fields, fact.contacts)
        self.layers, file = without(self.layers, fact.gone_id, self.file, given_back)
        self._hold(file)

    @when(f.CustomerMerged)
    def _merged(self, fact: f.CustomerMerged) -> None:
        self.stands_for = fact.into

    @when(f.CustomerUnmerged)
    def _unmerged(self, _fact: f.CustomerUnmerged) -> None:
        self.stands_for = None


def _given(fact: CustomerAbsorbed) -> tuple[File, File]:
    """What is taken, and what is offered."""
    taken = {(PROFILE, name): getattr(fact.theirs, name) for name in fact.taken if name in FIELDS}
    return taken, dict(_offered(fact))


def _offered(fact: CustomerAbsorbed) -> Iterator[tuple[Key, Any]]:
    yield from (((PROFILE, name), getattr(fact.theirs, name)) for name in fact.offered if name in FIELDS)
    yield from (((CONTACTS, one.contact_id), one.contact) for one in fact.contacts)
    yield from ((("notes", one.note_id), KeptNote(note=one.note, closed=one.closed)) for one in fact.notes)
    for one in fact.consents:
        consent = Consent(given=one.given, source=one.evidence, on=one.on)
        yield ("consents", (one.contact_id, one.purpose)), consent
    yield from ((("roles", (one.contact_id, one.deal_id)), one.role) for one in fact.roles)
    yield from ((("custom", name), value) for name, value in fact.custom.items())
    yield THE_PARENT, fact.parent_id


def _keys(names: tuple[str, ...], contacts: tuple[UUID, ...]) -> set[Key]:
    return {(PROFILE, name) for name in names} | {(CONTACTS, id) for id in contacts}


def _profile(profile: Profile, file: File) -> Profile:
    return replace(profile, **{name: value for (part, name), value in file.items() if part == PROFILE})
