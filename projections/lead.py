"""Projections room: leads — who might buy, whose they are, and what became of them.

Holds personal data: names, mail addresses and phone numbers of leads.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.custom_field.value import Told
from domain.engine.facts import FreeText, PersonName, PersonText
from domain.lead import facts as f
from projections.customer import merged
from projections.customer.sentences import LEAD
from projections.engine.condition import Condition
from projections.engine.fold import Folded, on
from projections.engine.paging import MOMENT, Page, Select, SortKey, Source, fetch, page, sort_by
from projections.engine.projection import Entry
from projections.engine.tables import Table

DETAILS = tuple(field.name for field in fields(f.LeadDetails))


class LeadRow(msgspec.Struct, gc=False):
    """`receipt` says by which rule and version it was allocated. `status` is open, converted or discarded; `ended_at` when it
    became that. `qualified_by` is the rep who found out that they may buy, beside the owner, who sells. `imported_from` and
    `reference` are of the system it came from, where it came from one.
    """

    lead_id: UUID
    status: str
    name: PersonName
    mail: PersonText
    phone: PersonText
    interest: FreeText
    source: str
    customer_id: UUID | None
    captured_at: datetime
    owner_id: UUID | None = None
    team_id: UUID | None = None
    allocated_at: datetime | None = None
    receipt: str = ""
    deal_id: UUID | None = None
    why: FreeText = ""
    origin: str = ""
    company: str = ""
    qualified_by: UUID | None = None
    do_not_mail: bool = False
    do_not_call: bool = False
    ended_at: datetime | None = None
    imported_from: str = ""
    reference: str = ""
    position: int = 0
    version: int = 0


LEADS = Table(
    "leads",
    LeadRow,
    key=("lead_id",),
    indexes={
        "captured": "(captured_at, lead_id)",
        "owner": "(owner_id, captured_at, lead_id)",
        "team": "(team_id, captured_at, lead_id)",
        "status": "(status, captured_at, lead_id)",
        "customer": "(customer_id) WHERE customer_id IS NOT NULL",
    },
)


class Leads(Folded):
    name = "leads"
    tables = (LEADS,)
    kind = "lead"
    shown_on = {"customer": "customer_id"}
    open_where = "status = 'open'"
    sentences = LEAD
    owed_by = "owner_id = %(person)s"
    topics = frozenset({f.LeadCaptured.TOPIC})

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.leads = self.rows(LEADS)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries, undone = await self.settled(connection, await self.read(connection, after, upto))
        for lead_id in undone:
            self.leads.remove((lead_id,))
        await self.leads.load(connection, [(entry.stream_id,) for entry in entries])
        for entry in entries:
            row = self.leads.find(entry.stream_id) or self.leads.add(_captured(entry))
            handler = self.handlers.get(type(entry.fact))
            if handler is not None:
                handler(self, row, entry)
            row.position, row.version = entry.position, entry.version
        await self.leads.save(connection)

    @on(f.LeadAllocated)
    def _allocated(self, row: LeadRow, entry: Entry[f.LeadAllocated]) -> None:
        fact = entry.fact
        row.owner_id, row.team_id, row.receipt = fact.after, fact.team_id, str(fact.receipt)
        row.allocated_at = entry.occurred_at

    @on(f.LeadCorrected)
    def _corrected(self, row: LeadRow, entry: Entry[f.LeadCorrected]) -> None:
        for name in DETAILS:
            setattr(row, name, getattr(entry.fact.after, name))

    @on(f.LeadConverted)
    def _converted(self, row: LeadRow, entry: Entry[f.LeadConverted]) -> None:
        row.status, row.deal_id, row.ended_at = "converted", entry.fact.deal_id, entry.occurred_at

    @on(f.LeadDiscarded)
    def _discarded(self, row: LeadRow, entry: Entry[f.LeadDiscarded]) -> None:
        row.status, row.why, row.ended_at = "discarded", entry.fact.why, entry.occurred_at

    @on(f.LeadReopened)
    def _reopened(self, row: LeadRow, _entry: Entry[f.LeadReopened]) -> None:
        row.status, row.deal_id, row.why, row.ended_at = "open", None, "", None

    @on(f.LeadFieldsSet, f.LeadImportNoted)
    def _noted(self, row: LeadRow, entry: Entry[f.LeadFieldsSet | f.LeadImportNoted]) -> None:
        """Only that something was recorded: the version is the stream's."""


def _captured(entry: Entry[f.LeadCaptured]) -> LeadRow:
    fact = entry.fact
    return LeadRow(
        lead_id=entry.stream_id,
        status="open",
        name=fact.name,
        mail=fact.mail,
        phone=fact.phone,
        interest=fact.interest,
        source=fact.source,
        customer_id=fact.customer_id,
        captured_at=entry.occurred_at,
        origin=fact.origin,
        company=fact.company,
        qualified_by=fact.qualified_by,
        do_not_mail=fact.do_not_mail,
        do_not_call=fact.do_not_call,
        imported_from=fact.imported_from,
        reference=fact.reference,
    )


# -- queries --------------------------------------------------------------------------------------


class LeadView(LeadRow, gc=False):
    """With the names to show (personal data: the rep's), and the values of custom fields."""

    owner_name: PersonName | None = None
    team_name: str | None = None
    qualified_by_name: PersonName | None = None
    custom: dict[str, Told] = {}


class LeadFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `owned` false: only those that nobody has yet. `seen_by` is a team: only its
    leads, and with `pool` those that nobody has yet.
    """

    status: str | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    source: str | None = None
    origin: str | None = None
    qualified_by: UUID | None = None
    captured_from: datetime | None = None
    captured_before: datetime | None = None
    owned: bool | None = None
    seen_by: UUID | None = None
    pool: bool = True


EVERYTHING = LeadFilter()
SORTS = {"captured_at": SortKey("captured_at", MOMENT, nullable=False, id="lead_id")}
STANDS_FOR = {"customer_id": merged.WHOSE.format(id="l.customer_id")}
LIST = f"""
SELECT {", ".join(STANDS_FOR.get(name, f"l.{name}") for name in LEADS.names)}, p.name, t.name, q.name
  FROM (SELECT * FROM read.leads WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s) l
  LEFT JOIN read.directory p ON p.id = l.owner_id
  LEFT JOIN read.directory t ON t.id = l.team_id
  LEFT JOIN read.directory q ON q.id = l.qualified_by
  {merged.JOIN.format(id="l.customer_id")}
 ORDER BY {{order}}
"""


async def get(source: Source, lead_id: UUID) -> LeadView | None:
    select = Select(LIST)
    select.equal("lead_id", lead_id)
    rows = await fetch(source, select.narrowed(order="lead_id"), {**select.params, "limit": 1})
    return LeadView(*rows[0]) if rows else None


async def listing(
    source: Source,
    narrowed: LeadFilter = EVERYTHING,
    sort: str = "-captured_at",
    cursor: str | None = None,
    limit: int = 50,
    *,
    custom: Condition | None = None,
) -> Page[LeadView]:
    """A page of leads. Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500."""
    select = Select(LIST)
    _narrow(select, narrowed)
    if custom is not None:
        custom.narrow(select, "lead_id")
    return await page(source, select, sort_by(sort, SORTS), cursor, limit, LeadView)


def _narrow(select: Select, narrowed: LeadFilter) -> None:
    for name in ("status", "owner_id", "team_id", "source", "origin", "qualified_by"):
        select.equal(name, getattr(narrowed, name))
    select.where(merged.SAME, customer_id=narrowed.customer_id)
    select.where("captured_at >= %(captured_from)s", captured_from=narrowed.captured_from)
    select.where("captured_at < %(captured_before)s", captured_before=narrowed.captured_before)
    select.where("(owner_id IS NOT NULL) = %(owned)s", owned=narrowed.owned)
    seen = "(team_id IS NULL OR team_id = %(seen_by)s)" if narrowed.pool else "team_id = %(seen_by)s"
    select.where(seen, seen_by=narrowed.seen_by)


class Origin(msgspec.Struct, frozen=True):
    """What became of the leads that came from one place. `conversion` is of those that are over; None while none is."""

    name: str
    leads: int
    open: int
    converted: int
    discarded: int
    conversion: Decimal | None


class Origins(msgspec.Struct, frozen=True):
    """The most first, at most MOST_ORIGINS."""

    items: list[Origin]


BY = {"origin": "origin", "source": "source", "qualified_by": "q.name", "owner": "p.name"}
"""What leads can be counted by, and the column that says it."""
MOST_ORIGINS = 500
COUNTED = """
SELECT COALESCE({by}, ''), count(*), count(*) FILTER (WHERE status = 'open'), count(*) FILTER (WHERE status = 'converted'),
       count(*) FILTER (WHERE status = 'discarded'),
       round(count(*) FILTER (WHERE status = 'converted')::numeric / NULLIF(count(*) FILTER (WHERE status <> 'open'), 0), 6)
  FROM (SELECT * FROM read.leads WHERE {where}) l
  LEFT JOIN read.directory p ON p.id = l.owner_id
  LEFT JOIN read.directory q ON q.id = l.qualified_by
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s
"""


async def origins(source: Source, narrowed: LeadFilter = EVERYTHING, by: str = "origin") -> Origins:
    """Leads counted by where they came from. `by` is one of BY."""
    select = Select(COUNTED.replace("{by}", BY[by]))
    _narrow(select, narrowed)
    rows = await fetch(source, select.narrowed(), {**select.params, "limit": MOST_ORIGINS})
    return Origins([Origin(*row) for row in rows])
