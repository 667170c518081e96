"""Domain room: which company a customer belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import ParentChanged
from domain.engine.command import Command, handles
from domain.engine.errors import Refused
from domain.engine.references import CustomerId
from domain.engine.unit_of_work import UnitOfWork


class SetParent(Command, about=Customer):
    """Say which customer it belongs to as a company; without one, none. Saying the same again changes nothing."""

    customer_id: UUID
    parent_id: CustomerId | None = None


@handles(SetParent)
def set_parent(command: SetParent, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    if command.parent_id != customer.parent_id:
        if command.parent_id is not None and customer.id in _upwards(command.parent_id, work):
            raise Refused("a company cannot belong to one that belongs to it")
        customer.record(ParentChanged(before=customer.parent_id, after=command.parent_id))
    return {"customer_id": str(customer.id), "parent_id": command.parent_id and str(command.parent_id)}


def _upwards(id: UUID, work: UnitOfWork) -> Iterator[UUID]:
    """The company with this id, the one above it, and so on."""
    above: UUID | None = id
    while above is not None:
        yield above
        above = work.find(Customer, above).parent_id
