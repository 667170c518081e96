"""Projections room: what each rep has on their hands.

Four tables: the reps, what each deal weighs on whom (the fold's memory), the sums by rep and currency, and the live
promises by rep and the day they are due. Time makes a promise overdue, not a fact: the days that are over are added up
when asked for, and only today's promises are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.deal import facts as f
from domain.engine.currency import written
from domain.engine.facts import PersonName
from domain.people import people as p
from projections.deal.fold import Priced, priced
from projections.engine.counters import counters_table
from projections.engine.fold import is_mark, on
from projections.engine.paging import Select, Source, fetch
from projections.engine.projection import Entry
from projections.engine.tables import Table
from runtime.codec import encode

Leave = tuple[datetime, datetime]
NONE_AWAY = "[]"


class RepRow(msgspec.Struct, gc=False):
    """`away` are the planned leaves as JSON, each from and until; `allocated` counts what ever came to the rep."""

    rep_id: UUID
    team_id: UUID
    active: bool = True
    allocated: int = 0
    away: str = NONE_AWAY


class WeightRow(msgspec.Struct, gc=False):
    """What a deal weighs on its owner: nothing when it is closed. `promised_by` and `due_at` are of its live promise."""

    deal_id: UUID
    owner_id: UUID
    currency: str
    amount: Decimal
    open: bool = True
    promised_by: UUID | None = None
    due_at: datetime | None = None


class LoadRow(msgspec.Struct, gc=False):
    owner_id: UUID
    currency: str
    open_deals: int
    amount: Decimal
    live_promises: int


class DueRow(msgspec.Struct, gc=False):
    """How many live promises a rep has that are due within one day of UTC: a bucket that nobody is shown. Any other cut
    would count the same as overdue.
    """

    rep_id: UUID
    day: date
    promises: int


REPS = Table("rep_load", RepRow, key=("rep_id",), indexes={"team": "(team_id, rep_id)"})
WEIGHTS = Table(
    "rep_load_deal",
    WeightRow,
    key=("deal_id",),
    indexes={"due": "(promised_by, due_at) WHERE due_at IS NOT NULL"},
)
LOADS = counters_table("rep_load_sum", LoadRow, 3)
DUES = counters_table("rep_load_due", DueRow, 1)


class RepLoad(Priced[WeightRow]):
    name = "rep_load"
    tables = (REPS, WEIGHTS, LOADS, DUES)
    deal_table = WEIGHTS
    copies = {
        p.RepMoved: {"team_id": "after"},
        f.OwnerChanged: {"owner_id": "after"},
        f.PromiseMade: {"promised_by": "owner_id", "due_at": "deadlines.due_at"},
        f.PromiseRearmed: {"due_at": "after.due_at"},
        f.PromiseHandedOver: {"promised_by": "after"},
    }

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.reps = self.rows(REPS)
        self.loads = self.counters(LOADS)
        self.dues = self.counters(DUES)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries = await self.read(connection, after, upto)
        await self._fold_reps(connection, [e for e in entries if e.fact.TOPIC.startswith("rep.")])
        await self.fold(connection, [e for e in entries if not e.fact.TOPIC.startswith("rep.")])

    async def _fold_reps(self, connection: AsyncConnection[Any], entries: Sequence[Entry[Any]]) -> None:
        entries, undone = await self.settled(connection, entries)
        await self.reps.load(connection, [(entry.stream_id,) for entry in entries])
        for id in undone:
            self.reps.remove((id,))
        for entry in entries:
            if is_mark(entry):
                continue
            row = self.reps.find(entry.stream_id) or self.reps.add(RepRow(entry.stream_id, entry.stream_id))
            handler: Callable[..., None] = self.handlers[type(entry.fact)]
            handler(self, row, entry)
        await self.reps.save(connection)

    def fold_deal(self, deal_id: UUID, entries: Sequence[Entry[Any]]) -> None:
        weighed = self.deals.peek(deal_id)
        if weighed is not None:
            self.loads.take(*_load(weighed))
            if weighed.promised_by:
                self.dues.take(*_due(weighed))
        super().fold_deal(deal_id, entries)
        weighs = self.deals.peek(deal_id)
        assert weighs is not None
        self.loads.add(*_load(weighs))
        if weighs.promised_by:
            self.dues.add(*_due(weighs))

    def opened(self, entry: Entry[f.DealOpened]) -> WeightRow:
        return WeightRow(entry.stream_id, entry.fact.owner_id, *priced(entry.fact.amount))

    @on(p.RepHired)
    def _hired(self, row: RepRow, entry: Entry[p.RepHired]) -> None:
        row.team_id, row.active = entry.fact.team_id, True

    @on(p.RepLeft)
    def _left(self, row: RepRow, entry: Entry[p.RepLeft]) -> None:
        row.active = False

    @on(p.RepAllocated)
    def _allocated(self, row: RepRow, entry: Entry[p.RepAllocated]) -> None:
        row.allocated += 1

    @on(p.LeavePlanned)
    def _leave_planned(self, row: RepRow, entry: Entry[p.LeavePlanned]) -> None:
        row.away = _written([*leaves(row.away), (entry.fact.starts_at, entry.fact.ends_at)])

    @on(p.CameBack)
    def _came_back(self, row: RepRow, entry: Entry[p.CameBack]) -> None:
        row.away = _written([leave for leave in leaves(row.away) if not _within(leave, entry.fact.at)])

    @on(f.DealWon)
    def _won(self, row: WeightRow, entry: Entry[f.DealWon]) -> None:
        super()._won(row, entry)
        row.open = False

    @on(f.DealLost)
    def _lost(self, row: WeightRow, entry: Entry[f.DealLost]) -> None:
        row.open = False

    @on(f.DealReopened)
    def _reopened(self, row: WeightRow, entry: Entry[f.DealReopened]) -> None:
        row.open = True

    @on(f.PromiseEnded)
    def _promise_ended(self, row: WeightRow, entry: Entry[f.PromiseEnded]) -> None:
        row.promised_by = row.due_at = None


def _load(row: WeightRow) -> tuple[tuple[UUID, str], tuple[int, Decimal, int]]:
    promised = row.promised_by is not None
    return (row.owner_id, row.currency), (row.open, row.amount if row.open else Decimal(0), promised)


def _due(row: WeightRow) -> tuple[tuple[UUID, date], tuple[int]]:
    assert row.promised_by is not None
    assert row.due_at is not None
    return (row.promised_by, row.due_at.astimezone(UTC).date()), (1,)


def _written(away: Collection[Leave]) -> str:
    return encode(away).decode()


def _within(leave: Leave, at: datetime) -> bool:
    return leave[0] <= at < leave[1]


leaves = msgspec.json.Decoder(list[Leave]).decode
read_amounts = msgspec.json.Decoder(dict[str, Decimal]).decode

# -- queries --------------------------------------------------------------------------------------


class Load(msgspec.Struct):
    """What one rep has on their hands; `open_amounts` by currency, `away`: on leave at the time asked for."""

    rep_id: UUID
    rep_name: PersonName | None
    team_id: UUID
    team_name: str | None
    active: bool
    away: bool
    allocated: int
    open_deals: int
    open_amounts: dict[str, Decimal]
    live_promises: int
    overdue_promises: int


class Totals(msgspec.Struct):
    """Of everybody, at the same moment; they must be equal."""

    open_deals: int
    live_promises: int


TOTALS = """
SELECT COALESCE(sum(open_deals), 0)::int8, COALESCE(sum(live_promises), 0)::int8 FROM read.rep_load_sum
"""
LIST = """
SELECT r.rep_id, n.name, r.team_id, t.name, r.active, r.away, r.allocated, s.open_deals, s.amounts, s.promises,
       o.overdue
  FROM read.rep_load r
  CROSS JOIN LATERAL (
        SELECT COALESCE(sum(open_deals), 0)::int8 AS open_deals, COALESCE(sum(live_promises), 0)::int8 AS promises,
               COALESCE(json_object_agg(currency, amount) FILTER (WHERE currency <> '' AND open_deals > 0), '{}')::text
                   AS amounts
          FROM read.rep_load_sum WHERE owner_id = r.rep_id) s
  CROSS JOIN LATERAL (
        SELECT (SELECT COALESCE(sum(promises), 0) FROM read.rep_load_due
                 WHERE rep_id = r.rep_id AND day < %(today)s)::int8
             + (SELECT count(*) FROM read.rep_load_deal
                 WHERE promised_by = r.rep_id AND due_at >= %(midnight)s AND due_at < %(now)s) AS overdue) o
  LEFT JOIN read.directory n ON n.id = r.rep_id
  LEFT JOIN read.directory t ON t.id = r.team_id
 WHERE {where} ORDER BY s.open_deals DESC, r.rep_id
"""


async def reps(
    source: Source,
    now: datetime,
    team_id: UUID | None = None,
    rep_id: UUID | None = None,
    *,
    active: bool | None = None,
) -> list[Load]:
    """The reps of the company, of a team, or one of them, the most loaded first."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    select = Select(LIST, params={"now": now, "midnight": midnight, "today": midnight.date()})
    select.where("r.team_id = %(team_id)s", team_id=team_id)
    select.where("r.rep_id = %(rep_id)s", rep_id=rep_id)
    select.where("r.active = %(active)s", active=active)
    return [_seen(row, now) for row in await fetch(source, select.narrowed(), select.params)]


async def totals(source: Source) -> Totals:
    [(open_deals, live_promises)] = await fetch(source, TOTALS, [])
    return Totals(open_deals, live_promises)


def _seen(row: Any, now: datetime) -> Load:
    rep_id, name, team_id, team, active, away, allocated, deals, amounts, promises, overdue = row
    on_leave = any(_within(leave, now) for leave in leaves(away))
    return Load(
        rep_id,
        name,
        team_id,
        team,
        active,
        on_leave,
        allocated,
        deals,
        {currency: written(amount, currency) for currency, amount in read_amounts(amounts).items()},
        promises,
        overdue,
    )
