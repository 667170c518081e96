"""Domain room: what a file's row about a customer, a contact, a product, a rep or a team decides.

An empty cell takes nothing away, and what stands in for one (a default, a name made of a key) replaces nothing that is
known here. What the file does say is recorded, or it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Self, TypeVar
from uuid import UUID

from domain.custom_field.holding import without_custom
from domain.customer.commands import AddContact, RegisterCustomer, add_contact, register_customer, registered
from domain.customer.customer import Customer
from domain.customer.facts import Contact, Profile
from domain.customer.product import ListProduct, Product, list_product
from domain.customer.profile import Address
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command, handles
from domain.engine.context import Context
from domain.engine.errors import FieldError, Invalid
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money
from domain.people.people import CorrectRep, CorrectTeam, FormTeam, HireRep, Rep, Team
from domain.people.staffing import correct_rep, correct_team, form_team, hire_rep

Json = dict[str, Any]
C = TypeVar("C", bound=Command)
NOTHING = (None, "", ())


class AsImported(Command):
    """`said` as a file says it. `assumed` names the fields that do not stand in the file itself; `if_missing`: it is made
    where it is not there yet, and otherwise left alone.
    """

    said: RegisterCustomer | AddContact | ListProduct | FormTeam | HireRep
    assumed: frozenset[str] = frozenset()
    if_missing: bool = False

    def known_by(self) -> Any:
        """What a row said is told from what it says now by what could be said once, too."""
        said: Any = self.said
        if isinstance(said, RegisterCustomer):
            said = said.known_by()
        elif isinstance(said, AddContact):
            said = without_custom(vars(said))
        return {**vars(self), "said": said}

    def check(self, context: Context) -> None:
        """An empty cell may be filled in by what is known: what comes of that is checked."""

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        return self.said.stream()

    def as_named(self) -> bool:
        return self.said.as_named()

    def instead(self, ids: Mapping[UUID, UUID]) -> Self:
        return replace(self, said=self.said.instead(ids))


@handles(AsImported)
def as_imported(command: AsImported, work: UnitOfWork) -> Json:
    said = command.said
    if isinstance(said, RegisterCustomer):
        return _customer(said, command, work)
    if isinstance(said, AddContact):
        return _contact(said, command, work)
    if isinstance(said, ListProduct):
        return _product(said, command, work)
    return _team(said, command, work) if isinstance(said, FormTeam) else _rep(said, command, work)


def _customer(said: RegisterCustomer, command: AsImported, work: UnitOfWork) -> Json:
    held = work.find(Customer, said.customer_id)
    if not held.exists:
        return registered(_checked(said, work), work, complete=not command.if_missing)
    if command.if_missing:
        return {}
    values = {f.name: _kept(f.name, said.profile, held.profile, command) for f in fields(Profile)}
    custom = {
        name: value
        for name, value in said.custom.items()
        if f"custom.{name}" not in command.assumed or name not in held.custom
    }
    return register_customer(_checked(replace(said, profile=Profile(**values), custom=custom), work), work)


def _contact(said: AddContact, command: AsImported, work: UnitOfWork) -> Json:
    customer = work.get(Customer, said.customer_id)
    held = customer.contacts.get(said.contact_id)
    if held is not None:
        said = replace(said, **{f.name: _kept(f.name, said, held, command) for f in fields(Contact)})
        known = customer.custom_of(said.contact_id)
        custom = {
            n: v for n, v in said.custom.items() if f"custom.{n}" not in command.assumed or n not in known
        }
        said = replace(said, custom=custom)
    return add_contact(_checked(said, work), work)


def _checked(said: C, work: UnitOfWork) -> C:
    said.check(work.context)
    return said


def _product(said: ListProduct, command: AsImported, work: UnitOfWork) -> Json:
    held = work.find(Product, said.product_id)
    if not held.exists or held.listed is None:
        return list_product(_checked(said, work), work)
    if command.if_missing:
        return {}
    values = {name: _kept(name, said, held.listed, command) for name in ("name", "series", "price")}
    return list_product(_checked(replace(said, **values), work), work)


def _kept(name: str, said: Any, held: Any, command: AsImported) -> Any:
    """What the file says of this field, else what is known."""
    value, known = getattr(said, name), getattr(held, name)
    if value in NOTHING or name in command.assumed:
        return known
    if isinstance(value, tuple):
        return _with(value, known)
    if isinstance(value, Money) and isinstance(known, Money) and "currency" in command.assumed:
        return Money(value.amount, known.currency)
    return value


def _with(said: tuple[Any, ...], known: tuple[Any, ...]) -> tuple[Any, ...]:
    """Names and addresses that a file tells are added to those that are known; of a kind of address there is the file's alone then."""
    said = tuple(_filled(one, known) if isinstance(one, Address) else one for one in said)
    new = tuple(one for one in said if one not in known)
    kinds = {one.kind for one in new if isinstance(one, Address)}
    return (*(one for one in known if getattr(one, "kind", None) not in kinds or one in said), *new)


def _filled(said: Address, known: tuple[Any, ...]) -> Address:
    """What the file leaves empty of an address stays, where one of its kind is known."""
    held = [one for one in known if one.kind == said.kind]
    if len(held) != 1:
        return said
    return replace(
        said, **{f.name: getattr(said, f.name) or getattr(held[0], f.name) for f in fields(Address)}
    )


def _team(said: FormTeam, command: AsImported, work: UnitOfWork) -> Json:
    held = work.find(Team, said.team_id)
    if not held.exists or held.archived:
        return form_team(_checked(said, work), work)
    if command.if_missing:
        return {}
    name, region = (_kept(part, said, held.known_as, command) for part in ("name", "region"))
    correct_team(_checked(CorrectTeam(team_id=said.team_id, name=name, region=region), work), work)
    return form_team(said, work)


def _rep(said: HireRep, command: AsImported, work: UnitOfWork) -> Json:
    held = work.find(Rep, said.rep_id)
    if not held.exists:
        return hire_rep(_checked(said, work), work)
    if command.if_missing:
        return {}
    name = _kept("name", said, held.known_as, command)
    if not held.active and (name, said.team_id) != (held.known_as.name, held.team_id):
        raise Invalid(
            [FieldError("key", "this rep has left: what the file changes of them cannot be recorded")]
        )
    hire_rep(said, work)
    return correct_rep(_checked(CorrectRep(rep_id=said.rep_id, name=name), work), work)
