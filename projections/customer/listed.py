"""Projections room: customers with their profile — the list that is paged, and taken out as a file.

A column each, so that a file has them; what is a list within a profile is JSON.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.custom_field.value import Told
from domain.customer import facts as c
from domain.customer.profile import Address, OtherName
from domain.engine import currency
from projections import search
from projections.customer import SEEN, merged
from projections.customer.sentences import CUSTOMER, TERMS
from projections.engine.condition import Condition
from projections.engine.fold import Folded, is_mark, on
from projections.engine.paging import TEXT, Page, Select, SortKey, Source, page, sort_by
from projections.engine.projection import Entry
from projections.engine.tables import AnyScale, Table
from projections.people.directory import Listed
from runtime.codec import encode


class CustomerRow(msgspec.Struct, gc=False):
    """A profile; `other_names` and `addresses` are JSON."""

    id: UUID
    name: str = ""
    sector: str = ""
    country: str = ""
    employees: int | None = None
    revenue: AnyScale | None = None
    currency: str = ""
    founded: int | None = None
    parent: str = ""
    parent_id: UUID | None = None
    registration_number: str = ""
    tax_number: str = ""
    web: str = ""
    phone: str = ""
    other_names: str = "[]"
    addresses: str = "[]"
    position: int = 0


CUSTOMERS = Table(
    "customers",
    CustomerRow,
    key=("id",),
    indexes={"name": "(name, id)", "parent": "(parent_id) WHERE parent_id IS NOT NULL"},
)
PLAIN = ("name", "sector", "country", "employees", "founded", "parent", "registration_number", "tax_number", "web", "phone")  # fmt: skip


class Customers(Folded):
    name = "customers"
    tables = (CUSTOMERS,)
    kind = "customer"
    sentences = CUSTOMER
    terms = TERMS
    copies = {c.ParentChanged: {"parent_id": "after"}}

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.customers = self.rows(CUSTOMERS)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries, undone = await self.settled(connection, await self.read(connection, after, upto))
        for id in undone:
            self.customers.remove((id,))
        entries = [entry for entry in entries if not is_mark(entry)]
        await self.customers.load(connection, [(entry.stream_id,) for entry in entries])
        for entry in entries:
            row = self.customers.find(entry.stream_id) or self.customers.add(CustomerRow(entry.stream_id))
            self.handlers[type(entry.fact)](self, row, entry)
            row.position = entry.position
        await self.save(connection)

    @on(c.CustomerRegistered)
    def _registered(self, row: CustomerRow, entry: Entry[c.CustomerRegistered]) -> None:
        _fill(row, entry.fact.profile)

    @on(c.CustomerProfileChanged)
    def _changed(self, row: CustomerRow, entry: Entry[c.CustomerProfileChanged]) -> None:
        _fill(row, entry.fact.after)

    @on(c.CustomerAbsorbed, c.CustomerReleased)
    def _merged(self, row: CustomerRow, entry: Entry[c.CustomerAbsorbed | c.CustomerReleased]) -> None:
        _fill(row, entry.fact.after)
        row.parent_id = entry.fact.parent_after


def _fill(row: CustomerRow, profile: c.Profile) -> None:
    for name in PLAIN:
        setattr(row, name, getattr(profile, name))
    revenue = profile.revenue
    row.revenue, row.currency = (revenue.amount, revenue.currency) if revenue else (None, "")
    row.other_names, row.addresses = encode(profile.other_names).decode(), encode(profile.addresses).decode()


# -- queries --------------------------------------------------------------------------------------


class ListedCustomer(Listed, gc=False):
    """`parent_id` is the customer that it belongs to as a company, `parent` what is known of that as a name."""

    sector: str = ""
    country: str = ""
    employees: int | None = None
    revenue: AnyScale | None = None
    currency: str = ""
    founded: int | None = None
    parent: str = ""
    registration_number: str = ""
    tax_number: str = ""
    web: str = ""
    other_names: list[OtherName] = []
    addresses: list[Address] = []
    custom: dict[str, Told] = {}


LIST = """
SELECT id, 'customer' AS kind, name, parent_id, sector AS note, true AS active, '' AS mail, phone, NULL::text AS user_id, position,
       sector, country, employees, revenue, currency, founded, parent, registration_number, tax_number, web,
       other_names::json AS other_names, addresses::json AS addresses
  FROM read.customers WHERE {where} ORDER BY {order} LIMIT %(limit)s
"""
SORTS = {"name": SortKey("name", TEXT, nullable=False, id="id")}
OF_PARENT = merged.SAME.replace("customer_id", "parent_id", 1)
EVERYBODYS = SEEN.replace("directory.id", "customers.id")


async def listing(
    source: Source,
    cursor: str | None = None,
    limit: int = 50,
    *,
    seen_by: UUID | None = None,
    text: str | None = None,
    custom: Condition | None = None,
    parent_id: UUID | None = None,
    **narrowed: Any,
) -> Page[ListedCustomer]:
    """By name: those that the team `seen_by` may see, with `text` anywhere in their name, that belong to `parent_id` as a company; narrowed down to a column's value."""
    select = Select(LIST)
    select.conditions.append(merged.ITSELF.format(id="customers.id"))
    select.where(EVERYBODYS, seen_by=seen_by)
    select.where(OF_PARENT, customer_id=parent_id)
    for name, value in narrowed.items():
        select.equal(name, value)
    if custom is not None:
        custom.narrow(select, "customers.id")
    if text:
        condition, params = search.customers_named(text)
        select.conditions.append(condition)
        select.params |= params
    return await page(source, select, sort_by("name", SORTS), cursor, limit, _listed)


def _listed(*row: Any) -> ListedCustomer:
    """An amount has its currency's decimals."""
    made = msgspec.convert(dict(zip(ListedCustomer.__struct_fields__, row, strict=False)), ListedCustomer)
    if made.revenue is not None:
        made.revenue = currency.written(made.revenue, made.currency)
    return made
