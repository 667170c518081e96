"""Projections room: the directory — who and what the ids of reps, teams, customers, contacts and products stand for.

For display beside ids, and for lists to choose from. Holds personal data: the names, mail addresses and phone
numbers of reps and contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import chain
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.custom_field.value import Told
from domain.customer import facts as c
from domain.customer import product
from domain.customer.customer import Customer
from domain.engine.facts import PersonName, PersonText
from domain.people import people as p
from projections import customer as customer_scope
from projections import search
from projections.customer import moved_contacts
from projections.engine.condition import Condition
from projections.engine.fold import Folded, is_mark, on
from projections.engine.paging import TEXT, Page, Select, SortKey, Source, fetch, page, sort_by
from projections.engine.projection import Entry
from projections.engine.tables import Table


class Listed(msgspec.Struct, gc=False):
    """`kind` is team, rep, customer or product, and contact in lists of `CONTACTS`. `parent_id` is a rep's team, a contact's
    customer, a team's manager, the customer that a record was merged into. `note` is a team's region, a customer's sector, a contact's role, a product's series.
    """

    id: UUID
    kind: str
    name: PersonName
    parent_id: UUID | None = None
    note: str = ""
    active: bool = True
    mail: PersonText = ""
    phone: PersonText = ""
    user_id: str | None = None
    position: int = 0


LISTED = Table(
    "directory",
    Listed,
    key=("id",),
    indexes={
        "name": "(kind, name, id)",
        "parent": "(parent_id, kind, name, id) WHERE parent_id IS NOT NULL",
        "login": "(user_id) WHERE user_id IS NOT NULL",
    },
)


class ContactRow(msgspec.Struct, gc=False):
    """Under the customer's id and its own: whoever adds a contact may give it any id, that of a rep as well."""

    customer_id: UUID
    id: UUID
    name: PersonName = ""
    role: PersonText = ""
    mail: PersonText = ""
    phone: PersonText = ""
    position: int = 0
    do_not_mail: bool = False
    do_not_call: bool = False
    buying_role: str = ""


class ListedContact(Listed, gc=False):
    """Of `CONTACTS`, with the ways in which they must not be reached, their part in deciding, and what custom fields say of them."""

    do_not_mail: bool = False
    do_not_call: bool = False
    buying_role: str = ""
    custom: dict[str, Told] = {}


CONTACTS = Table(
    "contacts",
    ContactRow,
    key=("customer_id", "id"),
    indexes={"name": "(customer_id, name, id)", "contact": "(id)"},
)


class Directory(Folded):
    name = "directory"
    tables = (LISTED, CONTACTS)
    revision = 2
    copies = {
        p.TeamManagerChanged: {"parent_id": "after"},
        p.TeamCorrected: {"name": "after.name", "note": "after.region"},
        p.RepCorrected: {"name": "after.name", "user_id": "after.user_id"},
        p.RepMoved: {"parent_id": "after"},
        c.CustomerProfileChanged: {"name": "after.name", "note": "after.sector"},
        c.CustomerAbsorbed: {"name": "after.name", "note": "after.sector"},
        c.CustomerReleased: {"name": "after.name", "note": "after.sector"},
    }

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.listed = self.rows(LISTED)
        self.contacts = self.rows(CONTACTS)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries, undone = await self.settled(connection, await self.read(connection, after, upto))
        for entry in chain.from_iterable(undone.values()):
            if isinstance(entry.fact, OF_CONTACTS):
                self.contacts.remove(_contact(entry))
            else:
                self.listed.remove((entry.stream_id,))
        entries = [entry for entry in entries if not is_mark(entry)]
        contacts = [_contact(entry) for entry in entries if isinstance(entry.fact, OF_CONTACTS)]
        await self.contacts.load(connection, [*contacts, *moved_contacts.keys(entries, _key)])
        others = [(entry.stream_id,) for entry in entries if not isinstance(entry.fact, OF_CONTACTS)]
        await self.listed.load(connection, others)
        for entry in entries:
            if isinstance(entry.fact, moved_contacts.OF_MERGES):
                moved_contacts.move(self.contacts, entry, _key, ContactRow, _fill)
                await self._take_roles(connection, entry, upto)
            row = self._row(entry)
            handler: Callable[..., None] = self.handlers[type(entry.fact)]
            handler(self, row, entry)
            row.position = entry.position
        await self.save(connection)

    async def _take_roles(self, connection: AsyncConnection[Any], entry: Entry[Any], upto: int) -> None:
        roles = await moved_contacts.roles(connection, entry, upto)
        await self.contacts.load(connection, [_key(entry.stream_id, id) for id in roles])
        for id, role in roles.items():
            row = self.contacts.peek(entry.stream_id, id)
            if row is not None and row.buying_role != role:
                row.buying_role = role
                self.contacts.add(row)

    def _row(self, entry: Entry[Any]) -> Listed | ContactRow:
        """Of what a fact is about: the stream's, or the contact's that a customer's stream tells of."""
        if isinstance(entry.fact, OF_CONTACTS):
            key = _contact(entry)
            return self.contacts.find(*key) or self.contacts.add(ContactRow(*key))
        id = entry.stream_id
        return self.listed.find(id) or self.listed.add(Listed(id, "", ""))

    @on(p.TeamFormed)
    def _team_formed(self, row: Listed, entry: Entry[p.TeamFormed]) -> None:
        fact = entry.fact
        row.kind, row.name, row.parent_id, row.note = "team", fact.name, fact.manager_id, fact.region
        row.active = True

    @on(p.TeamArchived)
    def _team_archived(self, row: Listed, entry: Entry[p.TeamArchived]) -> None:
        row.active = False

    @on(p.RepHired)
    def _rep_hired(self, row: Listed, entry: Entry[p.RepHired]) -> None:
        fact = entry.fact
        row.kind, row.name, row.parent_id, row.user_id = "rep", fact.name, fact.team_id, fact.user_id

    @on(p.RepLeft)
    def _rep_left(self, row: Listed, entry: Entry[p.RepLeft]) -> None:
        row.active = False

    @on(c.CustomerRegistered)
    def _customer_registered(self, row: Listed, entry: Entry[c.CustomerRegistered]) -> None:
        row.kind, row.name, row.note = "customer", entry.fact.profile.name, entry.fact.profile.sector

    @on(c.ContactAdded)
    def _contact_added(self, row: ContactRow, entry: Entry[c.ContactAdded]) -> None:
        _fill(row, entry.fact)

    @on(c.ContactCorrected)
    def _contact_corrected(self, row: ContactRow, entry: Entry[c.ContactCorrected]) -> None:
        _fill(row, entry.fact.after)

    @on(c.BuyingRoleChanged)
    def _role_changed(self, row: ContactRow, entry: Entry[c.BuyingRoleChanged]) -> None:
        """In all deals; what it is in one stands in the customer's file."""
        if entry.fact.deal_id is None:
            row.buying_role = entry.fact.after or ""

    @on(product.ProductListed)
    def _product_listed(self, row: Listed, entry: Entry[product.ProductListed]) -> None:
        row.kind, row.name, row.note = "product", entry.fact.name, entry.fact.series
        row.active = True

    @on(product.ProductArchived)
    def _product_archived(self, row: Listed, entry: Entry[product.ProductArchived]) -> None:
        row.active = False

    @on(c.CustomerMerged)
    def _customer_merged(self, row: Listed, entry: Entry[c.CustomerMerged]) -> None:
        row.active, row.parent_id = False, entry.fact.into

    @on(c.CustomerUnmerged)
    def _customer_unmerged(self, row: Listed, entry: Entry[c.CustomerUnmerged]) -> None:
        row.active, row.parent_id = True, None


OF_CONTACTS = (c.ContactAdded, c.ContactCorrected, c.BuyingRoleChanged)


def _key(customer_id: UUID, contact_id: UUID) -> tuple[UUID, UUID]:
    return customer_id, contact_id


def _contact(entry: Entry[Any]) -> tuple[UUID, UUID]:
    return entry.stream_id, entry.fact.contact_id


def _fill(row: ContactRow, said: c.ContactAdded | c.Contact) -> None:
    row.name, row.role, row.mail, row.phone = said.name, said.role, said.mail, said.phone
    row.do_not_mail, row.do_not_call = said.do_not_mail, said.do_not_call


# -- queries --------------------------------------------------------------------------------------

COLUMNS = ", ".join(LISTED.names)
CONTACT_NAME = "SELECT min(name) FROM read.contacts WHERE id = {id} HAVING count(DISTINCT name) = 1"
"""Of the contact with this id, unless there are several with different names."""
NAMES = f"""
SELECT id, COALESCE((SELECT name FROM read.directory d WHERE d.id = asked.id), ({CONTACT_NAME.format(id="asked.id")}))
  FROM unnest(%s::uuid[]) asked (id)
"""
USERS = (
    "SELECT user_id, min(name) AS name FROM read.directory WHERE user_id = ANY(%s) AND kind = 'rep'"
    " GROUP BY user_id HAVING count(DISTINCT name) = 1"
)
"""Who came back has two rows; where two of them differ, nobody's name is put to what was done."""
NAMED = f"""
SELECT id, NULL AS user_id, name FROM ({NAMES}) n (id, name)
 UNION ALL SELECT NULL, user_id, name FROM ({USERS}) u
"""
MANAGERS = """
SELECT m.id FROM read.directory m
 WHERE EXISTS (SELECT FROM read.directory t WHERE t.kind = 'team' AND t.parent_id = m.id) ORDER BY m.name, m.id LIMIT %s
"""
GET = f"SELECT {COLUMNS} FROM read.directory WHERE id = %s"
LIST = f"SELECT {COLUMNS} FROM read.directory WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s"
OF_CUSTOMER = f"""
SELECT {COLUMNS}, do_not_mail, do_not_call, buying_role FROM
 (SELECT id, 'contact' AS kind, name, customer_id AS parent_id, role AS note, true AS active, mail, phone, NULL AS user_id, position,
         do_not_mail, do_not_call, buying_role FROM read.contacts) c
 WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s
"""
SORTS = {"name": SortKey("name", TEXT, nullable=False, id="id")}


async def names(source: Source, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of the ids that are known."""
    found = await fetch(source, NAMES, [list(ids)]) if ids else []
    return {id: name for id, name in found if name is not None}


async def users(source: Source, user_ids: Collection[str]) -> dict[str, str]:
    """The names of the reps who log in as these users."""
    return dict(await fetch(source, USERS, [list(user_ids)])) if user_ids else {}


async def named(
    source: Source, ids: Collection[UUID], user_ids: Collection[str]
) -> tuple[dict[UUID, str], dict[str, str]]:
    """The names of the ids that are known and of the reps who log in as these users, in one query."""
    found = await fetch(source, NAMED, [list(ids), list(user_ids)])
    by_id = {id: name for id, _, name in found if id is not None and name is not None}
    return by_id, {user: name for _, user, name in found if user is not None}


async def customers_with(source: Source, contact_id: UUID) -> set[UUID]:
    """The customers who have a contact with this id, and records that were merged into one."""
    return {
        id
        for (id,) in await fetch(source, "SELECT customer_id FROM read.contacts WHERE id = %s", [contact_id])
    }


async def get(source: Source, id: UUID) -> Listed | None:
    rows = await fetch(source, GET, [id])
    return Listed(*rows[0]) if rows else None


async def team_managers(source: Source, limit: int) -> list[UUID]:
    """Reps who manage a team, by name."""
    return [id for (id,) in await fetch(source, MANAGERS, [limit])]


EVERYBODY = """
SELECT id, name, user_id, active FROM read.directory WHERE kind = %s AND (active OR kind <> 'customer')
"""


async def everybody(source: Source, kind: str) -> list[dict[str, Any]]:
    """All of one kind: whom a name may stand for. A customer that was merged is the one that it stands for."""
    rows = await fetch(source, EVERYBODY, [kind])
    return [
        {"id": id, "name": name, "user_id": user_id, "active": active} for id, name, user_id, active in rows
    ]


async def listing(
    source: Source,
    kind: str,
    parent_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
    *,
    seen_by: UUID | None = None,
    text: str | None = None,
) -> Page[Listed]:
    """One kind, by name; `parent_id` narrows down to a team's reps, `seen_by` to the customers that a team may see, `text` to
    customers with it anywhere in their name.
    """
    select = Select(LIST)
    select.where("kind = %(kind)s", kind=kind)
    select.where("parent_id = %(parent_id)s", parent_id=parent_id)
    select.where(customer_scope.SEEN, seen_by=seen_by)
    if kind == "customer":
        select.conditions.append("active")
    if text:
        condition, params = search.customers_named(text)
        select.conditions.append(condition)
        select.params |= params
    return await page(source, select, sort_by("name", SORTS), cursor, limit, Listed)


def contacts_of(customer: Customer) -> list[ListedContact]:
    """The same of a customer as it was at some time, by name."""
    found = [
        ListedContact(
            id=id,
            kind="contact",
            name=held.name,
            parent_id=customer.id,
            note=held.role,
            mail=held.mail,
            phone=held.phone,
            do_not_mail=held.do_not_mail,
            do_not_call=held.do_not_call,
            buying_role=customer.roles.get((id, None), ""),
        )
        for id, held in customer.contacts.items()
    ]
    return sorted(found, key=attrgetter("name", "id"))


async def contacts(
    source: Source,
    customer_id: UUID,
    cursor: str | None = None,
    limit: int = 50,
    custom: Condition | None = None,
) -> Page[ListedContact]:
    """A customer's, by name; `custom` narrows them down by a custom field."""
    select = Select(OF_CUSTOMER)
    select.equal("parent_id", customer_id)
    if custom is not None:
        custom.narrow(select, "id", within=customer_id)
    return await page(source, select, sort_by("name", SORTS), cursor, limit, ListedContact)
