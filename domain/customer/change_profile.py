"""Domain room: changing a part of a customer's profile — what is said is changed, what is not said stays, what is named to be emptied is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen

from domain.customer.customer import Customer
from domain.customer.facts import CustomerProfileChanged, Profile
from domain.customer.profile import Addresses, Employees, Founded, OtherNames
from domain.engine.command import Command, handles
from domain.engine.errors import FieldError
from domain.engine.fields import Name, ShortText
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money

NOTHING: tuple[Any, ...] = (None, "", ())
EMPTY: dict[str, Any] = {f.name: f.default for f in fields(Profile) if f.name != "name"}
"""Of what can be emptied: everything but the name."""


class ChangeProfile(Command, about=Customer):
    """A field left out stays as it is; `clear` names those that are emptied. What is so already changes nothing."""

    customer_id: UUID
    name: Name | None = None
    sector: ShortText | None = None
    country: ShortText | None = None
    employees: Employees | None = None
    revenue: Money | None = None
    founded: Founded | None = None
    parent: ShortText | None = None
    other_names: OtherNames | None = None
    registration_number: ShortText | None = None
    tax_number: ShortText | None = None
    addresses: Addresses | None = None
    web: ShortText | None = None
    phone: ShortText | None = None
    clear: Annotated[tuple[ShortText, ...], MaxLen(50)] = ()

    def wrong(self) -> Iterator[FieldError]:
        return not_cleared(self, EMPTY)


def not_cleared(command: Any, allowed: Collection[str]) -> Iterator[FieldError]:
    """What is wrong with the fields that a command empties."""
    for name in command.clear:
        if name not in allowed:
            yield FieldError("clear", f"{name!r} cannot be emptied, only: {', '.join(allowed)}")
        elif getattr(command, name) not in NOTHING:
            yield FieldError("clear", f"{name!r} is said as well")


@handles(ChangeProfile)
def change_profile(command: ChangeProfile, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    names = (f.name for f in fields(Profile))
    said = {name: value for name in names if (value := getattr(command, name)) is not None}
    emptied = {name: EMPTY[name] for name in command.clear}
    become(customer, replace(customer.profile, **said | emptied))
    return {"customer_id": str(command.customer_id)}


def become(customer: Customer, after: Profile) -> None:
    if customer.profile != after:
        customer.record(CustomerProfileChanged(before=customer.profile, after=after))


def filled_in(held: Profile, said: Profile) -> Profile:
    """What is said; what it leaves empty stays as it is known."""
    known = {name: getattr(held, name) for name in EMPTY if getattr(said, name) in NOTHING}
    return replace(said, **known)
