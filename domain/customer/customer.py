"""Domain room: the customer, as its facts have it, and who may see and change it."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.custom_field.holding import becoming
from domain.custom_field.value import FieldValue
from domain.customer.facts import (
    BuyingRole,
    BuyingRoleChanged,
    ConsentGiven,
    ConsentWithdrawn,
    Contact,
    ContactAdded,
    ContactCorrected,
    ContactFieldsSet,
    CustomerComparedAgain,
    CustomerFieldsSet,
    CustomerImportUndone,
    CustomerProfileChanged,
    CustomerRegistered,
    CustomerToldApart,
    Note,
    NoteAdded,
    NoteChanged,
    NoteClosed,
    ParentChanged,
    Profile,
    Purpose,
)
from domain.customer.known import Consent, KeptNote
from domain.customer.merging import Mergeable
from domain.engine.aggregate import becomes, when
from domain.engine.context import Reach
from domain.engine.errors import NotFound
from domain.engine.unit_of_work import UnitOfWork


class Customer(Mergeable):
    KIND = "customer"
    FIELDS_SET = CustomerFieldsSet
    UNDONE = CustomerImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.profile = Profile(name="")
        self.contacts: dict[UUID, Contact] = {}
        self.apart: frozenset[UUID] = frozenset()
        """Customers that it was said of not to be this one."""
        self.parent_id: UUID | None = None
        self.notes: dict[UUID, KeptNote] = {}
        self.consents: dict[tuple[UUID, Purpose], Consent] = {}
        self.custom: CustomValues = {}
        self.contact_custom: dict[tuple[UUID, str], FieldValue] = {}
        self.roles: dict[tuple[UUID, UUID | None], BuyingRole] = {}
        """Of a contact: in all deals, and in one where it differs."""

    def contact(self, id: UUID) -> Contact:
        """Raises NotFound."""
        held = self.contacts.get(id)
        if held is None:
            words = f"contact_id: this customer has no contact with the id {id}"
            raise NotFound(words, kind="contact", id=str(id), field="contact_id")
        return held

    def shown(self) -> Profile:
        return self.profile

    def within(self, reach: Reach) -> bool:
        return reach.team_id is None or self.id in reach.customers

    def changeable(self, reach: Reach) -> bool:
        return reach.team_id is None or self.id in reach.own_customers

    def makeable(self, reach: Reach) -> bool:
        """Whoever finds a new one registers it."""
        return True

    def fork(self) -> Self:
        forked = super().fork()
        forked.contacts = dict(self.contacts)
        return forked

    @when(CustomerRegistered)
    def _registered(self, fact: CustomerRegistered) -> None:
        self.profile = fact.profile

    _profile_changed = becomes(CustomerProfileChanged, "profile")

    _fields_set = becoming(CustomerFieldsSet)

    @when(ContactFieldsSet)
    def _contact_fields_set(self, fact: ContactFieldsSet) -> None:
        gone = {(fact.contact_id, name) for name in fact.before}
        kept = {key: value for key, value in self.contact_custom.items() if key not in gone}
        self.contact_custom = kept | {(fact.contact_id, name): value for name, value in fact.after.items()}

    @when(ContactAdded)
    def _contact_added(self, fact: ContactAdded) -> None:
        self.contacts[fact.contact_id] = Contact(
            name=fact.name,
            mail=fact.mail,
            phone=fact.phone,
            role=fact.role,
            do_not_mail=fact.do_not_mail,
            do_not_call=fact.do_not_call,
        )

    @when(ContactCorrected)
    def _contact_corrected(self, fact: ContactCorrected) -> None:
        self.contacts[fact.contact_id] = fact.after

    _parent_changed = becomes(ParentChanged, "parent_id")

    @when(NoteAdded)
    def _note_added(self, fact: NoteAdded) -> None:
        self.notes = {**self.notes, fact.note_id: KeptNote(note=Note.of(fact))}

    @when(NoteChanged)
    def _note_changed(self, fact: NoteChanged) -> None:
        self.notes = {**self.notes, fact.note_id: KeptNote(note=fact.after)}

    @when(NoteClosed)
    def _note_closed(self, fact: NoteClosed) -> None:
        """It may have been added to a record that was merged into this one."""
        held = self.notes.get(fact.note_id)
        note = held.note if held else Note(kind=fact.kind, text=fact.text)
        self.notes = {**self.notes, fact.note_id: KeptNote(note=note, closed=True)}

    @when(ConsentGiven, ConsentWithdrawn)
    def _consented(self, fact: ConsentGiven | ConsentWithdrawn) -> None:
        given = isinstance(fact, ConsentGiven)
        held = Consent(given=given, source=fact.evidence, on=fact.on)
        self.consents = {**self.consents, (fact.contact_id, fact.purpose): held}

    @when(BuyingRoleChanged)
    def _role_changed(self, fact: BuyingRoleChanged) -> None:
        place = fact.contact_id, fact.deal_id
        others = {at: role for at, role in self.roles.items() if at != place}
        self.roles = others | ({place: fact.after} if fact.after is not None else {})

    @when(CustomerToldApart)
    def _told_apart(self, fact: CustomerToldApart) -> None:
        self.apart |= {fact.other_id}

    @when(CustomerComparedAgain)
    def _compared_again(self, fact: CustomerComparedAgain) -> None:
        self.apart -= {fact.other_id}


def customer_of(id: UUID, work: UnitOfWork) -> Customer:
    """The customer that an id stands for, to be looked at. Raises NotFound."""
    found = work.look(Customer, id)
    while found.stands_for is not None:
        found = work.look(Customer, found.stands_for)
    return found


def is_same(one: UUID | None, other: UUID | None, work: UnitOfWork) -> bool:
    """Whether both ids stand for one customer, or are both of none."""
    if one is None or other is None or one == other:
        return one == other
    return customer_of(one, work) is customer_of(other, work)
