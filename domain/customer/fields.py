"""Domain room: filling in a customer's custom fields."""

from __future__ import annotations

from uuid import UUID

from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import Custom
from domain.custom_field.holding import fields_of, fill_in
from domain.customer.customer import Customer
from domain.engine.command import Command, handles
from domain.engine.unit_of_work import Json, Stream, UnitOfWork


class SetCustomerFields(Command, about=Customer):
    """Fill in custom fields. A field that is not named stays as it is, nothing said of one empties it."""

    customer_id: UUID
    custom: Custom

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.CUSTOMER)),)


@handles(SetCustomerFields)
def set_customer_fields(command: SetCustomerFields, work: UnitOfWork) -> Json:
    customer = work.get(Customer, command.customer_id)
    fill_in(customer, command.custom, fields_of(RecordKind.CUSTOMER, work))
    return {"customer_id": str(command.customer_id)}
