"""Projections room: the directory — who and what the ids of reps, teams, customers, contacts and products stand for.

For display beside ids, and for lists to choose from. Holds personal data: the names, mail addresses and phone
numbers of reps and contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain import catalogue as c
from domain import people as p
from domain.facts import PersonName, PersonText
from projections import customer_scope
from projections.base import Entry
from projections.fold import Folded, on
from projections.paging import TEXT, Page, Select, SortKey, Source, fetch, page, sort_by
from projections.tables import Table


class Listed(msgspec.Struct, gc=False):
    """`kind` is team, rep, customer, contact or product. `parent_id` is a rep's team, a contact's customer,
    a team's manager. `note` is a team's region, a customer's sector, a contact's role, a product's series.
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


class Directory(Folded):
    name = "directory"
    tables = (LISTED,)

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.listed = self.rows(LISTED)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries = await self.read(connection, after, upto)
        await self.listed.load(connection, [(_subject(entry),) for entry in entries])
        for entry in entries:
            row = self.listed.find(_subject(entry)) or self.listed.add(Listed(_subject(entry), "", ""))
            handler: Callable[..., None] = self.handlers[type(entry.fact)]
            handler(self, row, entry)
            row.position = entry.position
        await self.listed.save(connection)

    @on(p.TeamFormed)
    def _team_formed(self, row: Listed, entry: Entry[p.TeamFormed]) -> None:
        fact = entry.fact
        row.kind, row.name, row.parent_id, row.note = "team", fact.name, fact.manager_id, fact.region
        row.active = True

    @on(p.TeamManagerChanged)
    def _team_manager_changed(self, row: Listed, entry: Entry[p.TeamManagerChanged]) -> None:
        row.parent_id = entry.fact.after

    @on(p.TeamCorrected)
    def _team_corrected(self, row: Listed, entry: Entry[p.TeamCorrected]) -> None:
        row.name, row.note = entry.fact.after.name, entry.fact.after.region

    @on(p.TeamArchived)
    def _team_archived(self, row: Listed, entry: Entry[p.TeamArchived]) -> None:
        row.active = False

    @on(p.RepHired)
    def _rep_hired(self, row: Listed, entry: Entry[p.RepHired]) -> None:
        fact = entry.fact
        row.kind, row.name, row.parent_id, row.user_id = "rep", fact.name, fact.team_id, fact.user_id

    @on(p.RepCorrected)
    def _rep_corrected(self, row: Listed, entry: Entry[p.RepCorrected]) -> None:
        row.name, row.user_id = entry.fact.after.name, entry.fact.after.user_id

    @on(p.RepMoved)
    def _rep_moved(self, row: Listed, entry: Entry[p.RepMoved]) -> None:
        row.parent_id = entry.fact.after

    @on(p.RepLeft)
    def _rep_left(self, row: Listed, entry: Entry[p.RepLeft]) -> None:
        row.active = False

    @on(c.CustomerRegistered)
    def _customer_registered(self, row: Listed, entry: Entry[c.CustomerRegistered]) -> None:
        row.kind, row.name, row.note = "customer", entry.fact.profile.name, entry.fact.profile.sector

    @on(c.CustomerProfileChanged)
    def _customer_profile_changed(self, row: Listed, entry: Entry[c.CustomerProfileChanged]) -> None:
        row.name, row.note = entry.fact.after.name, entry.fact.after.sector

    @on(c.ContactAdded)
    def _contact_added(self, row: Listed, entry: Entry[c.ContactAdded]) -> None:
        fact = entry.fact
        row.kind, row.name, row.parent_id = "contact", fact.name, entry.stream_id
        row.note, row.mail, row.phone = fact.role, fact.mail, fact.phone

    @on(c.ContactCorrected)
    def _contact_corrected(self, row: Listed, entry: Entry[c.ContactCorrected]) -> None:
        after = entry.fact.after
        row.name, row.note, row.mail, row.phone = after.name, after.role, after.mail, after.phone

    @on(c.ProductListed)
    def _product_listed(self, row: Listed, entry: Entry[c.ProductListed]) -> None:
        row.kind, row.name, row.note = "product", entry.fact.name, entry.fact.series
        row.active = True

    @on(c.ProductArchived)
    def _product_archived(self, row: Listed, entry: Entry[c.ProductArchived]) -> None:
        row.active = False


def _subject(entry: Entry[Any]) -> UUID:
    """Whose row a fact is about: the stream's, or the contact's that a customer's stream tells of."""
    fact = entry.fact
    return fact.contact_id if isinstance(fact, c.ContactAdded | c.ContactCorrected) else entry.stream_id


# -- queries --------------------------------------------------------------------------------------

COLUMNS = ", ".join(LISTED.names)
NAMES = "SELECT id, name FROM read.directory WHERE id = ANY(%s)"
USERS = (
    "SELECT user_id, min(name) AS name FROM read.directory WHERE user_id = ANY(%s) AND kind = 'rep'"
    " GROUP BY user_id HAVING count(DISTINCT name) = 1"
)
"""Who came back has two rows; where two of them differ, nobody's name is put to what was done."""
NAMED = f"""
SELECT id, NULL AS user_id, name FROM read.directory WHERE id = ANY(%s)
 UNION ALL SELECT NULL, user_id, name FROM ({USERS}) u
"""
GET = f"SELECT {COLUMNS} FROM read.directory WHERE id = %s"
BY_LOGIN = f"SELECT {COLUMNS} FROM read.directory WHERE user_id = %s AND kind = 'rep'"
LIST = f"SELECT {COLUMNS} FROM read.directory WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s"
SORTS = {"name": SortKey("name", TEXT, nullable=False, id="id")}


async def names(source: Source, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of the ids that are known."""
    return dict(await fetch(source, NAMES, [list(ids)])) if ids else {}


async def users(source: Source, user_ids: Collection[str]) -> dict[str, str]:
    """The names of the reps who log in as these users."""
    return dict(await fetch(source, USERS, [list(user_ids)])) if user_ids else {}


async def named(
    source: Source, ids: Collection[UUID], user_ids: Collection[str]
) -> tuple[dict[UUID, str], dict[str, str]]:
    """The names of the ids that are known and of the reps who log in as these users, in one query."""
    found = await fetch(source, NAMED, [list(ids), list(user_ids)])
    by_id = {id: name for id, _, name in found if id is not None}
    return by_id, {user: name for _, user, name in found if user is not None}


async def get(source: Source, id: UUID) -> Listed | None:
    rows = await fetch(source, GET, [id])
    return Listed(*rows[0]) if rows else None


async def rep_of(source: Source, user_id: str) -> Listed | None:
    """The rep who logs in as this user."""
    rows = await fetch(source, BY_LOGIN, [user_id])
    return Listed(*rows[0]) if rows else None


async def everybody(source: Source, kind: str) -> list[dict[str, Any]]:
    """All of one kind: whom a name may stand for."""
    rows = await fetch(source, "SELECT id, name, user_id, active FROM read.directory WHERE kind = %s", [kind])
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
) -> Page[Listed]:
    """One kind, by name; `parent_id` narrows down to a team's reps or a customer's contacts, `seen_by` to the customers
    that a team may see.
    """
    select = Select(LIST)
    select.where("kind = %(kind)s", kind=kind)
    select.where("parent_id = %(parent_id)s", parent_id=parent_id)
    select.where(customer_scope.SEEN, seen_by=seen_by)
    return await page(source, select, sort_by("name", SORTS), cursor, limit, Listed)
