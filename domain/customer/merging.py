"""Domain room: the part of a customer that knows which records it is made of, and which one it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, ClassVar
from uuid import UUID

from domain.customer.facts import (
    Contact,
    ContactHeld,
    CustomerAbsorbed,
    CustomerMerged,
    CustomerReleased,
    CustomerUnmerged,
    Profile,
)
from domain.customer.layers import EMPTY, File, Key, Layers, laid, said_since, source_of, without
from domain.engine.aggregate import Aggregate, when

PROFILE, CONTACTS = "profile", "contacts"
FIELDS = tuple(one.name for one in fields(Profile))


class Mergeable(Aggregate):
    """`stands_for` is the record that this one was merged into. `layers` are those that were merged into this one."""

    MERGES: ClassVar[bool] = True
    profile: Profile
    contacts: dict[UUID, Contact]

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.stands_for: UUID | None = None
        self.layers: Layers = ()

    @property
    def file(self) -> File:
        """All that is known of it, by key."""
        profile = {(PROFILE, name): getattr(self.profile, name) for name in FIELDS}
        return profile | {(CONTACTS, id): contact for id, contact in self.contacts.items()}

    def _hold(self, file: File) -> None:
        self.profile = replace(
            self.profile, **{name: v for (part, name), v in file.items() if part == PROFILE}
        )
        self.contacts = {id: v for (part, id), v in file.items() if part == CONTACTS}

    def is_part(self, id: UUID) -> bool:
        """Whether that record was merged into this one itself."""
        return any(layer.gone_id == id for layer in self.layers)

    def said_since(self, gone_id: UUID) -> File:
        """What was said of this customer since that record was merged."""
        return said_since(self.layers, gone_id, self.file)

    def source_of(self, key: Key) -> UUID | None:
        """From which merged record a value comes; None: its own."""
        return source_of(self.layers, key, self.file)

    def absorbing(self, gone: Mergeable, taken: tuple[str, ...], left: tuple[str, ...]) -> CustomerAbsorbed:
        """What the merge comes to, where `taken` are the fields chosen from the other, `left` those that stay empty."""
        said = [name for name in FIELDS if getattr(gone.profile, name) not in EMPTY]
        offered = tuple(name for name in said if name not in (*taken, *left))
        contacts = tuple(ContactHeld(contact_id=id, contact=one) for id, one in gone.contacts.items())
        fact = CustomerAbsorbed(
            gone_id=gone.id, before=self.profile, theirs=gone.profile, after=self.profile,
            taken=taken, offered=offered, contacts=contacts,
        )  # fmt: skip
        _, after = laid(self.layers, gone.id, *_given(fact), self.file)
        return replace(fact, after=replace(self.profile, **dict(_profile(after))))

    def releasing(
        self, gone_id: UUID, given: tuple[str, ...], contacts: tuple[UUID, ...]
    ) -> CustomerReleased:
        """What taking the record out comes to, where these fields and contacts that were said since go with it."""
        _, after = without(self.layers, gone_id, self.file, _keys(given, contacts))
        held = {id: contact for (part, id), contact in after.items() if part == CONTACTS}
        return CustomerReleased(
            gone_id=gone_id,
            before=self.profile,
            after=replace(self.profile, **dict(_profile(after))),
            fields=given,
            contacts=contacts,
            lost=tuple(id for id in self.contacts if id not in held),
            changed=tuple(
                ContactHeld(contact_id=id, contact=contact)
                for id, contact in held.items()
                if contact != self.contacts.get(id)
            ),
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

    @when(CustomerMerged)
    def _merged(self, fact: CustomerMerged) -> None:
        self.stands_for = fact.into

    @when(CustomerUnmerged)
    def _unmerged(self, _fact: CustomerUnmerged) -> None:
        self.stands_for = None


def _given(fact: CustomerAbsorbed) -> tuple[File, File]:
    taken = {(PROFILE, name): getattr(fact.theirs, name) for name in fact.taken if name in FIELDS}
    offered: dict[Key, Any] = {
        (PROFILE, name): getattr(fact.theirs, name) for name in fact.offered if name in FIELDS
    }
    return taken, offered | {(CONTACTS, one.contact_id): one.contact for one in fact.contacts}


def _keys(names: tuple[str, ...], contacts: tuple[UUID, ...]) -> set[Key]:
    return {(PROFILE, name) for name in names} | {(CONTACTS, id) for id in contacts}


def _profile(file: File) -> Iterator[tuple[str, Any]]:
    return ((name, value) for (part, name), value in file.items() if part == PROFILE)
