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
        if command.parent_id is not None:
            refuse_circle(customer.id, command.parent_id, work)
        customer.record(ParentChanged(before=customer.parent_id, after=command.parent_id))
    return {"customer_id": str(customer.id), "parent_id": command.parent_id and str(command.parent_id)}


def refuse_circle(id: UUID, parent_id: UUID | None, work: UnitOfWork) -> None:
    """Raises Refused where the company is the parent, or above it."""
    if id in upwards(parent_id, work):
        raise Refused("a company cannot belong to one that belongs to it")


def upwards(id: UUID | None, work: UnitOfWork) -> Iterator[UUID]:
    """The company that this id stands for, the one above it, and so on. Whoever changes one of them meanwhile is first."""
    above, seen = id, set[UUID]()
    while above is not None and above not in seen:
        seen.add(above)
        found = work.find(Customer, above, guard=True)
        if found.stands_for is None:
            yield found.id
        above = found.stands_for or found.parent_id
