"""Domain room: what part contacts have in what a customer decides, in all deals or in one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.customer.customer import Customer, is_same
from domain.customer.facts import BuyingRole, BuyingRoleChanged
from domain.engine.aggregate import KINDS
from domain.engine.command import Command, handles
from domain.engine.errors import Refused
from domain.engine.references import DealId
from domain.engine.unit_of_work import UnitOfWork


class SetBuyingRole(Command, about=Customer):
    """Say what part a contact has in deciding. With a deal it is said of that one, where it differs; without a role it is taken away."""

    customer_id: UUID
    contact_id: UUID
    role: BuyingRole | None = None
    deal_id: DealId | None = None


@handles(SetBuyingRole)
def set_buying_role(command: SetBuyingRole, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    customer.contact(command.contact_id)
    if command.deal_id is not None:
        deal: Any = work.get(KINDS["deal"], command.deal_id)
        if not is_same(deal.customer_id, customer.id, work):
            raise Refused("this deal is another customer's")
    give_role(customer, command.contact_id, command.role, command.deal_id)
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}


def give_role(
    customer: Customer, contact_id: UUID, role: BuyingRole | None, deal_id: UUID | None = None
) -> None:
    held = customer.roles.get((contact_id, deal_id))
    if held != role:
        customer.record(BuyingRoleChanged(contact_id=contact_id, before=held, after=role, deal_id=deal_id))
