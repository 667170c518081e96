"""Domain room: the customer, as its facts have it, and who may see and change it."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from domain.customer.facts import (
    Contact,
    ContactAdded,
    ContactCorrected,
    CustomerImportUndone,
    CustomerProfileChanged,
    CustomerRegistered,
    Profile,
)
from domain.engine.aggregate import Aggregate, becomes, when
from domain.engine.context import Reach


class Customer(Aggregate):
    KIND = "customer"
    UNDONE = CustomerImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.profile = Profile(name="")
        self.contacts: dict[UUID, Contact] = {}

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
