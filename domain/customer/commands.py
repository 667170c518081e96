"""Domain room: registering a customer, and its contacts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import (
    Contact,
    ContactAdded,
    ContactCorrected,
    CustomerProfileChanged,
    CustomerRegistered,
    Profile,
)
from domain.engine.command import Command, handles
from domain.engine.fields import Name, ShortText
from domain.engine.unit_of_work import UnitOfWork


class RegisterCustomer(Command, about=Customer):
    """Register a customer, or change its profile. The same profile again changes nothing."""

    customer_id: UUID
    profile: Profile


class AddContact(Command, about=Customer):
    """Add a contact, or set one right. Saying the same again changes nothing."""

    customer_id: UUID
    contact_id: UUID
    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    role: ShortText = ""
    do_not_mail: bool = False
    do_not_call: bool = False

    def known_by(self) -> Any:
        """What nobody could say once is left out where nobody says it."""
        said = vars(self)
        return {n: said[n] for n in said if n not in ("do_not_mail", "do_not_call") or said[n]}


@handles(RegisterCustomer)
def register_customer(command: RegisterCustomer, work: UnitOfWork) -> dict[str, Any]:
    customer = work.find(Customer, command.customer_id)
    if not customer.exists:
        customer.record(CustomerRegistered(profile=command.profile))
    elif customer.profile != command.profile:
        customer.record(CustomerProfileChanged(before=customer.profile, after=command.profile))
    return {"customer_id": str(command.customer_id)}


@handles(AddContact)
def add_contact(command: AddContact, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    id, held = command.contact_id, customer.contacts.get(command.contact_id)
    said = Contact(**{f.name: getattr(command, f.name) for f in fields(Contact)})
    if held is None:
        customer.record(ContactAdded.filled(command))
    elif said != held:
        customer.record(ContactCorrected(contact_id=id, before=held, after=said))
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}
