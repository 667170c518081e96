"""Projections room: the funnel — how many deals and how much money stand in each stage, how they move on, how long
they stay.

Three tables: where each deal stands (the fold's memory), counters of what stands where now, and counters of moves
by the company's day on which they happened, not on which they were recorded. Moves are counted for the company, the
team and the rep who had the deal then, so that no question reads more than its own scope; and by the month as well, so
that years are not added up by their days. What a move was is said by the process version that the deal was on: a later
version changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.deal import facts as f
from domain.engine.currency import written
from domain.policy.closed import LOST
from projections.deal import known
from projections.deal.fold import NO_CURRENCY, EventsByDeal, Priced, priced
from projections.deal.processes import ProcessVersions, Version
from projections.engine.counters import counters_table
from projections.engine.fold import on
from projections.engine.paging import Source, fetch, in_order
from projections.engine.projection import Entry
from projections.engine.tables import Table
from projections.policy import rules

NOBODY = UUID(int=0)
COMPANY, TEAM, REP = "company", "team", "rep"
A_DAY, A_MONTH = "day", "month"
DAY = timedelta(days=1)


class StandingRow(msgspec.Struct, gc=False):
    """Where a deal stands and since when; without an amount the currency is ''."""

    deal_id: UUID
    process: str
    process_version: int
    stage: str
    team_id: UUID
    owner_id: UUID
    currency: str
    amount: Decimal
    entered_at: datetime


class StageRow(msgspec.Struct, gc=False):
    """`entered` is the sum of the seconds since 1970 at which the deals came; it gives their mean age at any time."""

    process: str
    stage: str
    team_id: UUID
    owner_id: UUID
    currency: str
    deals: int
    amount: Decimal
    entered: int


class MoveRow(msgspec.Struct, gc=False):
    """Moves of a day within a scope, or of the month that begins with it; `before` is '' for a deal that was opened.
    `forward` of the moves went on to a later stage; `seconds` were spent in `before`.
    """

    level: str
    scope_id: UUID
    span: str
    day: date
    process: str
    before: str
    after: str
    currency: str
    moves: int
    forward: int
    amount: Decimal
    seconds: int


STANDING = Table("funnel", StandingRow, key=("deal_id",))
STAGES = counters_table("funnel_stage", StageRow, 3)
MOVES = counters_table("funnel_move", MoveRow, 4)


class Funnel(Priced[StandingRow]):
    name = "funnel"
    tables = (STANDING, STAGES, MOVES)
    deal_table = STANDING
    cuts_days = True
    copies = {
        f.ProcessMoved: {"process_version": "after"},
        f.OwnerChanged: {"owner_id": "after", "team_id": "team_after"},
    }

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.stages = self.counters(STAGES)
        self.moves = self.counters(MOVES)
        self.processes = ProcessVersions()

    async def prepare(self, connection: AsyncConnection[Any], events_by_deal: EventsByDeal) -> None:
        wanted = {version for id, events in events_by_deal.items() for version in self._versions(id, events)}
        await self.processes.learn(connection, wanted)

    def _versions(self, deal_id: UUID, events: Sequence[Entry[Any]]) -> Iterator[Version]:
        """The process versions that a deal is on in this stretch."""
        pinned = self.deals.peek(deal_id) or events[0].fact
        yield pinned.process, pinned.process_version
        yield from ((pinned.process, e.fact.after) for e in events if isinstance(e.fact, f.ProcessMoved))

    def fold_deal(self, deal_id: UUID, entries: Sequence[Entry[Any]]) -> None:
        """Take the deal out of its counters, let it move, and count it where it stands then."""
        stood = self.deals.peek(deal_id)
        if stood is not None:
            self.stages.take(*_counted(stood))
        super().fold_deal(deal_id, entries)
        stands = self.deals.peek(deal_id)
        assert stands is not None
        self.stages.add(*_counted(stands))

    def opened(self, entry: Entry[f.DealOpened]) -> StandingRow:
        fact = entry.fact
        currency, amount = priced(fact.amount)
        row = StandingRow(
            entry.stream_id,
            fact.process,
            fact.process_version,
            "",
            fact.team_id,
            fact.owner_id,
            currency,
            amount,
            entry.occurred_at,
        )
        self._move(row, fact.stage, entry.occurred_at)
        return row

    def _move(self, row: StandingRow, to: str, at: datetime) -> None:
        seconds = max(0, int((at - row.entered_at).total_seconds()))
        forward = self.processes.forward(row.process, row.process_version, row.stage, to)
        day = self.company.day(at)
        for level, scope_id in ((COMPANY, NOBODY), (TEAM, row.team_id), (REP, row.owner_id)):
            for span, first in ((A_DAY, day), (A_MONTH, day.replace(day=1))):
                key = (level, scope_id, span, first, row.process, row.stage, to, row.currency)
                self.moves.add(key, (1, forward, row.amount, seconds))
        row.stage, row.entered_at = to, at

    @on(*(f.STAGE_IN.keys() - {f.DealOpened}))
    def _entered(self, row: StandingRow, entry: Entry[Any]) -> None:
        self._move(row, getattr(entry.fact, f.STAGE_IN[type(entry.fact)]), entry.occurred_at)


def _counted(row: StandingRow) -> tuple[tuple[Any, ...], tuple[int, Decimal, int]]:
    key = (row.process, row.stage, row.team_id, row.owner_id, row.currency)
    return key, (1, row.amount, int(row.entered_at.timestamp()))


# -- queries --------------------------------------------------------------------------------------


class FunnelStage(msgspec.Struct):
    """One stage. `deals`, `amounts` (by currency) and `mean_age_days` are of what stands there now, or stood there then. The rest
    is None of an earlier time, and of now it is of the period asked for: who came, who left, of those who went on to a later stage and who was lost;
    `conversion` is the part of those who left that went on, `mean_dwell_days` how long they had stayed;
    `amounts_entered` is what the deals that came were worth then.
    """

    stage: str
    deals: int
    amounts: dict[str, Decimal]
    mean_age_days: float | None
    entered: int | None = None
    amounts_entered: dict[str, Decimal] | None = None
    left: int | None = None
    advanced: int | None = None
    lost: int | None = None
    conversion: float | None = None
    mean_dwell_days: float | None = None


NOW_STANDING = """
SELECT stage, currency, sum(deals)::int8, sum(amount), sum(entered)::int8 FROM read.funnel_stage
 WHERE process = %(process)s AND (team_id = %(team_id)s OR %(team_id)s::uuid IS NULL)
   AND (owner_id = %(owner_id)s OR %(owner_id)s::uuid IS NULL)
 GROUP BY stage, currency
"""
# OFFSET 0: each stretch is looked up in the index, however many days the scope has.
MOVED = """
SELECT before, after, currency, sum(moves)::int8, sum(forward)::int8, sum(amount), sum(seconds)::int8
  FROM unnest(%(spans)s::text[], %(firsts)s::date[], %(lasts)s::date[]) AS r(span, first, last)
  CROSS JOIN LATERAL (SELECT * FROM read.funnel_move WHERE level = %(level)s AND scope_id = %(scope_id)s
                         AND process = %(process)s AND span = r.span AND day BETWEEN r.first AND r.last OFFSET 0) m
 GROUP BY before, after, currency
"""


async def stages(
    source: Source,
    now: datetime,
    process: str = "default",
    team_id: UUID | None = None,
    owner_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[FunnelStage]:
    """The stages of a process in order, for the company, a team or a rep; days are the company's and both included."""
    in_order(since, until, "until", "since")
    level, scope = (REP, owner_id) if owner_id else (TEAM, team_id) if team_id else (COMPANY, NOBODY)
    spans, firsts, lasts = zip(*_stretches(since, until), strict=True)
    period = {"level": level, "scope_id": scope, "process": process}
    period |= {"spans": list(spans), "firsts": list(firsts), "lasts": list(lasts)}
    stand = await fetch(source, NOW_STANDING, {"process": process, "team_id": team_id, "owner_id": owner_id})
    moved = await fetch(source, MOVED, period)
    order = await _order(source, process, {*(row[0] for row in stand), *(row[1] for row in moved)})
    return [_stage(name, stand, moved, now) for name in order]


WHEN = "SELECT recorded_at FROM ledger.events WHERE position = %s"


async def stages_at(
    source: Source,
    position: int,
    process: str = "default",
    team_id: UUID | None = None,
    owner_id: UUID | None = None,
) -> list[FunnelStage]:
    """What stood in each stage as known at a position. Raises Invalid where too much has changed since (`known.MOST`)."""
    stand = await known.standing(source, position, process, team_id, owner_id)
    then = await fetch(source, WHEN, [position])
    order = await _order(source, process, {row[0] for row in stand})
    return [_standing(name, stand, then[0][0] if then else datetime.now(UTC)) for name in order]


def _stretches(since: date | None, until: date | None) -> list[tuple[str, date, date]]:
    """What is added up for a period: its whole months, and the days before and after them. Each has its first and its last
    day that counts.
    """
    first, last = since or date.min, until or date.max
    if last.replace(day=1) <= first.replace(day=1):  # also where no month comes before or after
        return [(A_DAY, first, last)]
    begin = first if first.day == 1 else _month_after(first)
    end = last if last == date.max else (last + DAY).replace(day=1) - DAY
    if begin > end:
        return [(A_DAY, first, last)]
    around = [(A_DAY, first, begin - DAY)] if first < begin else []
    around += [(A_DAY, end + DAY, last)] if end < last else []
    return [(A_MONTH, begin, end), *around]


def _month_after(day: date) -> date:
    return (day.replace(day=1) + 31 * DAY).replace(day=1)


async def _order(source: Source, process: str, met: Collection[str]) -> list[str]:
    """The stages of the newest version; those that only older versions have, where a deal was met in one, behind the
    stage that they followed there.
    """
    versions = [published.process for published in await rules.processes(source, process)]
    known = [stage.name for stage in versions[-1].stages] if versions else []
    for version in reversed(versions[:-1]):
        _take_in(known, [stage.name for stage in version.stages], met)
    return list(dict.fromkeys([*known, *sorted(met)]))


def _take_in(known: list[str], older: Sequence[str], met: Collection[str]) -> None:
    for n, name in enumerate(older):
        if name in met and name not in known:
            before = next((one for one in reversed(older[:n]) if one in known), None)
            known.insert(known.index(before) + 1 if before else 0, name)


def _standing(name: str, stand: Sequence[Any], now: datetime) -> FunnelStage:
    here = [row for row in stand if row[0] == name]
    deals = sum(row[2] for row in here)
    return FunnelStage(
        stage=name,
        deals=deals,
        amounts={row[1]: written(row[3], row[1]) for row in here if row[1] != NO_CURRENCY},
        mean_age_days=_days(int(now.timestamp()) * deals - sum(row[4] for row in here), deals),
    )


def _stage(name: str, stand: Sequence[Any], moved: Sequence[Any], now: datetime) -> FunnelStage:
    came = [row for row in moved if row[1] == name]
    left = [row for row in moved if row[0] == name]
    gone, advanced = sum(row[3] for row in left), sum(row[4] for row in left)
    found = _standing(name, stand, now)
    found.entered, found.amounts_entered = sum(row[3] for row in came), _by_currency(came)
    found.left, found.advanced = gone, advanced
    found.lost = sum(row[3] for row in left if row[1] == LOST)
    found.conversion = round(advanced / gone, 4) if gone else None
    found.mean_dwell_days = _days(sum(row[6] for row in left), gone)
    return found


def _days(seconds: int, count: int) -> float | None:
    return round(seconds / count / 86_400, 2) if count else None


def _by_currency(moved: Sequence[Any]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for _, _, currency, _, _, amount, _ in moved:
        if currency != NO_CURRENCY:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {currency: written(amount, currency) for currency, amount in sums.items()}
