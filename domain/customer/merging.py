"""Domain room: the part of a customer that knows which records it is made of, and which one it stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.custom_field.value import FieldValue
from domain.customer import facts as f
from domain.customer.facts import (
    ConsentHeld,
    ContactFieldsHeld,
    ContactHeld,
    CustomerAbsorbed,
    CustomerMerged,
    CustomerReleased,
    CustomerUnmerged,
    NoteHeld,
    Profile,
    RoleHeld,
)
from domain.customer.known import Consent, KeptNote
from domain.customer.layers import EMPTY, File, Key, Layers, laid, said_since, source_of, without
from domain.engine.aggregate import Aggregate, when

PROFILE, CONTACTS, NOTES, CONSENTS, ROLES, CUSTOM = (
    "profile",
    "contacts",
    "notes",
    "consents",
    "roles",
    "custom",
)
CONTACT_CUSTOM, PARENT = "contact_custom", "parent_id"
FIELDS = tuple(one.name for one in fields(Profile))
MANY = (CONTACTS, NOTES, CONSENTS, ROLES, CUSTOM, CONTACT_CUSTOM)
"""Attributes that hold entries by a key: each entry comes along by itself."""
OF_CONTACTS = (CONSENTS, ROLES, CONTACT_CUSTOM)
"""Of these the key begins with a contact's id."""
THE_PARENT: Key = (PARENT, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """What was said since a merge and goes with the record that is taken out: fields of the profile, contacts, notes, the consents,
    parts in deciding and custom fields of contacts, custom fields, the company it belongs to.
    """

    fields: tuple[str, ...] = ()
    contacts: tuple[UUID, ...] = ()
    notes: tuple[UUID, ...] = ()
    consents: tuple[UUID, ...] = ()
    roles: tuple[UUID, ...] = ()
    custom: tuple[str, ...] = ()
    contact_custom: tuple[UUID, ...] = ()
    parent: bool = False

    @classmethod
    def of(cls, said: object) -> Self:
        """Of what has its fields."""
        return cls(**{one.name: getattr(said, one.name) for one in fields(cls)})

    @property
    def named(self) -> Iterator[tuple[str, Key]]:
        """Each thing that is named: the field that names it, and its key, of a contact's consents and parts in deciding the key's beginning."""
        places = {"fields": PROFILE} | {part: part for part in MANY}
        for place, part in places.items():
            yield from ((place, (part, one)) for one in getattr(self, place))
        if self.parent:
            yield "parent", THE_PARENT

    def keys(self, said: Collection[Key]) -> set[Key]:
        """Of what was said since, that which goes."""
        named = {key for _, key in self.named}
        return {key for key in said if named_by(key) in named}


def named_by(key: Key) -> Key:
    """How it is named: what is said of a contact by that."""
    part, of = key
    return (part, of[0]) if part in OF_CONTACTS else key


class Mergeable(Aggregate):
    """`stands_for` is the record that this one was merged into. `layers` are those that were merged into this one."""

    MERGES: ClassVar[bool] = True
    profile: Profile
    contacts: dict[UUID, f.Contact]
    notes: dict[UUID, KeptNote]
    consents: dict[tuple[UUID, f.Purpose], Consent]
    roles: dict[tuple[UUID, UUID | None], f.BuyingRole]
    custom: CustomValues
    contact_custom: dict[tuple[UUID, str], FieldValue]
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

    def custom_of(self, contact_id: UUID) -> CustomValues:
        """What a contact's custom fields say."""
        return {name: value for (id, name), value in self.contact_custom.items() if id == contact_id}

    def said_since(self, gone_id: UUID) -> File:
        """What was said of this customer since that record was merged."""
        return said_since(self.layers, gone_id, self.file)

    def without(self, gone_id: UUID, given: GivenBack) -> File:
        """What it would be with that record taken out, and with it what is given back."""
        return without(self.layers, gone_id, self.file, given.keys(self.said_since(gone_id)))[1]

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
            contacts=tuple(ContactHeld(contact_id=id, contact=one) for id, one in gone.contacts.items()),
            notes=tuple(
                NoteHeld(note_id=id, note=one.note, closed=one.closed) for id, one in gone.notes.items()
            ),
            consents=tuple(
                ConsentHeld(contact_id=id, purpose=purpose, given=one.given, evidence=one.source, on=one.on)
                for (id, purpose), one in gone.consents.items()
            ),
            roles=tuple(
                RoleHeld(contact_id=id, deal_id=deal_id, role=role)
                for (id, deal_id), role in gone.roles.items()
            ),
            custom=dict(gone.custom),
            contact_custom=tuple(
                ContactFieldsHeld(contact_id=id, custom=gone.custom_of(id))
                for id in dict.fromkeys(id for id, _ in gone.contact_custom)
            ),
            parent_id=gone.parent_id,
        )
        _, after = laid(self.layers, gone.id, *_given(fact), self.file)
        return replace(fact, after=_profile(self.profile, after), parent_after=after[THE_PARENT])

    def releasing(self, gone_id: UUID, given: GivenBack) -> CustomerReleased:
        """What taking the record out comes to, where that goes with it."""
        after = self.without(gone_id, given)
        held = {id: contact for (part, id), contact in after.items() if part == CONTACTS}
        return CustomerReleased(
            gone_id=gone_id,
            before=self.profile,
            after=_profile(self.profile, after),
            **{one.name: getattr(given, one.name) for one in fields(given)},
            lost=tuple(id for id in self.contacts if id not in held),
            changed=tuple(
                ContactHeld(contact_id=id, contact=contact)
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
        given_back = GivenBack.of(fact).keys(self.said_since(fact.gone_id))
        self.layers, file = without(self.layers, fact.gone_id, self.file, given_back)
        self._hold(file)

    @when(CustomerMerged)
    def _merged(self, fact: CustomerMerged) -> None:
        self.stands_for = fact.into

    @when(CustomerUnmerged)
    def _unmerged(self, _fact: CustomerUnmerged) -> None:
        self.stands_for = None


def _given(fact: CustomerAbsorbed) -> tuple[File, File]:
    """What is taken, and what is offered."""
    taken = {(PROFILE, name): getattr(fact.theirs, name) for name in fact.taken if name in FIELDS}
    return taken, dict(_offered(fact))


def _offered(fact: CustomerAbsorbed) -> Iterator[tuple[Key, Any]]:
    yield from (((PROFILE, name), getattr(fact.theirs, name)) for name in fact.offered if name in FIELDS)
    yield from (((CONTACTS, one.contact_id), one.contact) for one in fact.contacts)
    yield from (((NOTES, one.note_id), KeptNote(note=one.note, closed=one.closed)) for one in fact.notes)
    for one in fact.consents:
        consent = Consent(given=one.given, source=one.evidence, on=one.on)
        yield (CONSENTS, (one.contact_id, one.purpose)), consent
    yield from (((ROLES, (one.contact_id, one.deal_id)), one.role) for one in fact.roles)
    yield from (((CUSTOM, name), value) for name, value in fact.custom.items())
    for of in fact.contact_custom:
        yield from (((CONTACT_CUSTOM, (of.contact_id, name)), value) for name, value in of.custom.items())
    yield THE_PARENT, fact.parent_id


def _profile(profile: Profile, file: File) -> Profile:
    return replace(profile, **{name: value for (part, name), value in file.items() if part == PROFILE})
