"""Domain room: filling in custom fields of a customer, and of its contacts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import Custom, CustomValues
from domain.custom_field.holding import fields_of, fill_in
from domain.customer.customer import Customer
from domain.customer.facts import ContactFieldsSet
from domain.engine.command import Command, handles
from domain.engine.facts import Fact
from domain.engine.unit_of_work import Json, Stream, UnitOfWork


class ContactFields:
    """Custom fields of one contact, which stand in the customer's stream."""

    def __init__(self, customer: Customer, contact_id: UUID) -> None:
        self._customer, self._id = customer, contact_id
        self.FIELDS_SET: Any = partial(ContactFieldsSet, contact_id=contact_id)

    @property
    def custom(self) -> CustomValues:
        return self._customer.custom_of(self._id)

    def record(self, fact: Fact, at: datetime | None = None) -> None:
        self._customer.record(fact, at)


class SetCustomerFields(Command, about=Customer):
    """Fill in custom fields. A field that is not named stays as it is, nothing said of one empties it."""

    customer_id: UUID
    custom: Custom

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.CUSTOMER)),)


class SetContactFields(Command, about=Customer):
    """Fill in custom fields of a contact. A field that is not named stays as it is, nothing said of one empties it."""

    customer_id: UUID
    contact_id: UUID
    custom: Custom

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.CONTACT)),)


@handles(SetCustomerFields)
def set_customer_fields(command: SetCustomerFields, work: UnitOfWork) -> Json:
    customer = work.get(Customer, command.customer_id)
    fill_in(customer, command.custom, fields_of(RecordKind.CUSTOMER, work))
    return {"customer_id": str(command.customer_id)}


@handles(SetContactFields)
def set_contact_fields(command: SetContactFields, work: UnitOfWork) -> Json:
    customer = work.get(Customer, command.customer_id)
    customer.contact(command.contact_id)
    fill_in(ContactFields(customer, command.contact_id), command.custom, fields_of(RecordKind.CONTACT, work))
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}
