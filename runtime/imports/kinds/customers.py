"""Runtime room, file import: customers, a row each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.customer import Customer
from domain.customer.facts import Profile
from domain.imports import AsImported
from runtime.imports.cells import Unreadable
from runtime.imports.custom_fields import CustomCells
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.lines import Row
from runtime.imports.mapping import Mapping, needed, told
from runtime.imports.misspelled import proposals
from runtime.imports.plan import IdOf, Planned, named_row
from runtime.imports.profiles import PARTS, addresses, other_names
from runtime.imports.rows import Cells, Once, Reasons

CUSTOMERS = "customers"


class CustomerPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._sheet, self._values, self._id_of = at_hand.sheet, at_hand.values, at_hand.id_of
        self._custom = CustomCells(self._sheet, self._values, at_hand.references.declared.get(CUSTOMERS))
        self._once = Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, key = Reasons(self._sheet, cells), cells["key"]
        self._once.check(row, reasons)
        profile = Profile(
            name=cells.get("name", key),
            sector=cells.get("sector", ""),
            country=cells.get("country", ""),
            employees=self._values.count(reasons, "employees"),
            revenue=self._values.money(reasons, "revenue"),
            founded=self._values.year(reasons, "founded"),
            parent=cells.get("parent", ""),
            other_names=other_names(reasons),
            addresses=addresses(reasons),
            **{name: cells.get(name, "") for name in ("registration_number", "tax_number", "web", "phone")},
        )
        id = reasons.take("id", _own) or self._id_of(CUSTOMERS, key)
        command = RegisterCustomer(
            customer_id=id,
            profile=profile,
            custom=self._custom.read(reasons),
            another_because=cells.get("another_because", ""),
        )
        planned = named_row(row, command, reasons, ((CUSTOMERS, key), id))
        return replace(planned, notes=tuple(proposals(reasons)))


def _own(text: str) -> UUID:
    """A customer of ours: a file that we wrote names it by its id."""
    try:
        return UUID(text)
    except ValueError as wrong:
        raise Unreadable("is no id of a customer") from wrong


def _from_name(id: UUID, name: str, _mapping: Mapping, _id_of: IdOf) -> Iterator[AsImported]:
    yield AsImported(said=RegisterCustomer(customer_id=id, profile=Profile(name=name)), if_missing=True)


KIND = Kind(
    name=CUSTOMERS,
    one="customer",
    fields=(
        *needed("key"),
        *told("name", "sector", "country", "employees", "revenue", "currency", "founded", "parent"),
        *told("other_names", "registration_number", "tax_number", "web", "phone", "addresses", *PARTS, "id"),
        *told("another_because"),
    ),
    planner=CustomerPlanner,
    aggregate=Customer,
    from_name=_from_name,
    in_order=True,
)
