"""Projections room: the agenda — who owes which next step by when, and how promises ended.

One row a deal with its live promise, one row for each promise that ended, and a count of outcomes by rep and day.
The health number: open deals without a live promise. It must be 0.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from domain.deal import facts as f
from domain.engine.facts import FreeText, PersonName
from domain.engine.values import PromiseOutcome
from domain.policy.closed import LOST, WON
from projections.customer import merged
from projections.deal.live_promise import PromiseFold
from projections.engine.counters import counters_table
from projections.engine.fold import on
from projections.engine.paging import MOMENT, Page, Select, SortKey, Source, fetch, in_order, page, sort_by
from projections.engine.projection import Entry
from projections.engine.tables import Table


class AgendaRow(msgspec.Struct, gc=False):
    """A deal, as far as the agenda shows it, and its live promise (see `live_promise.py`)."""

    deal_id: UUID
    title: str
    customer_id: UUID | None
    owner_id: UUID
    team_id: UUID
    stage: str
    policy: str
    status: str = "open"
    promise_id: UUID | None = None
    promised: FreeText | None = None
    promised_by: UUID | None = None
    by_rule: bool = False
    overdue: bool = msgspec.field(default=False, name="was_overdue")  # no reader may take it for "is overdue"
    made_at: datetime | None = None
    remind_at: datetime | None = None
    due_at: datetime | None = None
    escalate_at: datetime | None = None
    reassign_at: datetime | None = None
    arming: int = 0
    policy_version: int | None = None
    reminded_at: datetime | None = None
    missed_at: datetime | None = None
    escalated_at: datetime | None = None


class EndedRow(msgspec.Struct, gc=False):
    """A promise that ended: kept, late, broken or excused."""

    promise_id: UUID
    deal_id: UUID
    owner_id: UUID
    team_id: UUID
    promised: FreeText
    made_at: datetime
    due_at: datetime
    ended_at: datetime
    outcome: str
    position: int


class OutcomeRow(msgspec.Struct, gc=False):
    """How many promises of a rep ended how, on one day of the company's."""

    team_id: UUID
    owner_id: UUID
    day: date
    kept: int
    late: int
    broken: int
    excused: int


AGENDA = Table(
    "agenda",
    AgendaRow,
    key=("deal_id",),
    indexes={
        "due": "(due_at, deal_id) WHERE due_at IS NOT NULL",
        "rep": "(promised_by, due_at, deal_id) WHERE due_at IS NOT NULL",
        "team": "(team_id, due_at, deal_id) WHERE due_at IS NOT NULL",
        "health": "(deal_id) WHERE status = 'open' AND promise_id IS NULL",
    },
    counted=("promised_by", "team_id"),
)
ENDED = Table(
    "agenda_ended",
    EndedRow,
    key=("promise_id",),
    indexes={
        "ended": "(ended_at, promise_id)",
        "rep": "(owner_id, ended_at, promise_id)",
        "team": "(team_id, ended_at, promise_id)",
    },
)
OUTCOMES = counters_table("agenda_outcome", OutcomeRow, 4, day="(day)")
ENDINGS = tuple(PromiseOutcome)


class Agenda(PromiseFold):
    name = "agenda"
    tables = (AGENDA, ENDED, OUTCOMES)
    deal_table = AGENDA
    cuts_days = True
    copies = {
        f.TitleCorrected: {"title": "after"},
        f.CustomerCorrected: {"customer_id": "after"},
        f.OwnerChanged: {"owner_id": "after", "team_id": "team_after"},
        f.StageMoved: {"stage": "after"},
    }
    revision = 2

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.ended = self.rows(ENDED)
        self.outcomes = self.counters(OUTCOMES)

    def opened(self, entry: Entry[f.DealOpened]) -> AgendaRow:
        fact = entry.fact
        return AgendaRow(
            deal_id=entry.stream_id,
            title=fact.title,
            customer_id=fact.customer_id,
            owner_id=fact.owner_id,
            team_id=fact.team_id,
            stage=fact.stage,
            policy=fact.policy,
        )

    @on(f.PromiseEnded)
    def _promise_ended(self, row: AgendaRow, entry: Entry[f.PromiseEnded]) -> None:  # type: ignore[override]
        owner, day = row.promised_by or row.owner_id, self.company.day(entry.occurred_at)
        self.outcomes.add(
            (row.team_id, owner, day), [int(entry.fact.outcome == ending) for ending in ENDINGS]
        )
        self.ended.add(
            EndedRow(
                promise_id=entry.fact.promise_id,
                deal_id=row.deal_id,
                owner_id=owner,
                team_id=row.team_id,
                promised=row.promised or "",
                made_at=row.made_at or entry.occurred_at,
                due_at=entry.fact.due_at,
                ended_at=entry.occurred_at,
                outcome=str(entry.fact.outcome),
                position=entry.position,
            )
        )
        super()._promise_ended(row, entry)

    @on(f.DealWon)
    def _won(self, row: AgendaRow, entry: Entry[f.DealWon]) -> None:
        row.status = WON

    @on(f.DealLost)
    def _lost(self, row: AgendaRow, entry: Entry[f.DealLost]) -> None:
        row.status = LOST

    @on(f.DealReopened)
    def _reopened(self, row: AgendaRow, entry: Entry[f.DealReopened]) -> None:
        row.status, row.stage = "open", entry.fact.stage


# -- queries --------------------------------------------------------------------------------------


class AgendaItem(AgendaRow, gc=False):
    """A live promise with the names to show (personal data: the rep's), and the deal's in the system it came from."""

    promised_by_name: PersonName | None = None
    team_name: str | None = None
    customer_name: str | None = None
    reference: str | None = None

    def state(self, now: datetime) -> str:
        """waiting, reminded, overdue (nobody was told yet), missed (the rep was told), escalated (the manager)."""
        if self.escalated_at or self.missed_at:
            return "escalated" if self.escalated_at else "missed"
        if self.due_at is not None and self.due_at < now:
            return "overdue"
        return "reminded" if self.reminded_at else "waiting"


class EndedItem(EndedRow, gc=False):
    title: str | None = None
    owner_name: PersonName | None = None


class Outcomes(msgspec.Struct):
    """A rep's ended promises in a period, by outcome."""

    owner_id: UUID
    owner_name: PersonName | None
    kept: int
    late: int
    broken: int
    excused: int


STANDS_FOR = {"customer_id": merged.WHOSE.format(id="a.customer_id")}
LIST = f"""
SELECT {", ".join(STANDS_FOR.get(name, f"a.{name}") for name in AGENDA.names)}, p.name, t.name, c.name, d.reference
  FROM (SELECT * FROM read.agenda WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s) a
  LEFT JOIN read.directory p ON p.id = a.promised_by
  LEFT JOIN read.directory t ON t.id = a.team_id
  {merged.JOIN.format(id="a.customer_id")}
  LEFT JOIN read.directory c ON c.id = {merged.WHOSE.format(id="a.customer_id")}
  LEFT JOIN read.deal_board d ON d.deal_id = a.deal_id
 ORDER BY {{order}}
"""
ENDED_LIST = f"""
SELECT {", ".join(f"e.{name}" for name in ENDED.names)}, a.title, p.name
  FROM (SELECT * FROM read.agenda_ended WHERE {{where}} ORDER BY {{order}} LIMIT %(limit)s) e
  LEFT JOIN read.agenda a ON a.deal_id = e.deal_id
  LEFT JOIN read.directory p ON p.id = e.owner_id
 ORDER BY {{order}}
"""
OUTCOMES_BY_REP = """
SELECT o.owner_id, p.name, o.kept, o.late, o.broken, o.excused
  FROM (SELECT owner_id, sum(kept)::int8 AS kept, sum(late)::int8 AS late, sum(broken)::int8 AS broken,
               sum(excused)::int8 AS excused
          FROM read.agenda_outcome WHERE {where} GROUP BY owner_id) o
  LEFT JOIN read.directory p ON p.id = o.owner_id
 ORDER BY o.owner_id
"""
HEALTH = """
SELECT (SELECT count(*) FROM read.agenda WHERE due_at IS NOT NULL),
       (SELECT count(*) FROM read.agenda WHERE status = 'open' AND promise_id IS NULL),
       (SELECT count(*) FROM read.agenda WHERE due_at < now())
"""
UNPROMISED = """
SELECT deal_id FROM read.agenda WHERE status = 'open' AND promise_id IS NULL ORDER BY deal_id LIMIT %s
"""
BY_DUE = {"due_at": SortKey("due_at", MOMENT, "deal_id", nullable=False)}
BY_END = {"ended_at": SortKey("ended_at", MOMENT, nullable=False, id="promise_id")}


async def listing(
    source: Source,
    rep_id: UUID | None = None,
    team_id: UUID | None = None,
    due_before: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
    due_from: datetime | None = None,
) -> Page[AgendaItem]:
    """Live promises, the most overdue first; `due_before` now gives the overdue ones only, `due_from` now the others."""
    in_order(due_from, due_before, "due_before", "due_from")
    select = Select(LIST)
    select.where("promised_by = %(rep_id)s", rep_id=rep_id)
    select.where("team_id = %(team_id)s", team_id=team_id)
    select.where("due_at < %(due_before)s", due_before=due_before)
    select.where("due_at >= %(due_from)s", due_from=due_from)
    return await page(source, select, sort_by("due_at", BY_DUE), cursor, limit, AgendaItem)


async def ended(
    source: Source,
    rep_id: UUID | None = None,
    team_id: UUID | None = None,
    outcome: PromiseOutcome | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[EndedItem]:
    """Promises that ended, the latest first, of one rep or one team."""
    select = Select(ENDED_LIST)
    select.where("owner_id = %(rep_id)s", rep_id=rep_id)
    select.where("team_id = %(team_id)s", team_id=team_id)
    select.where("outcome = %(outcome)s", outcome=None if outcome is None else str(outcome))
    return await page(source, select, sort_by("-ended_at", BY_END), cursor, limit, EndedItem)


class Health(msgspec.Struct):
    """`lacking`: open deals without a live promise; 0, or the system owes an explanation."""

    live: int
    lacking: int
    overdue: int


async def outcomes(
    source: Source,
    rep_id: UUID | None = None,
    team_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[Outcomes]:
    """How the promises of each rep ended, from day `since` to day `until` (the company's), both included."""
    in_order(since, until, "until", "since")
    select = Select(OUTCOMES_BY_REP)
    select.where("owner_id = %(rep_id)s", rep_id=rep_id)
    select.where("team_id = %(team_id)s", team_id=team_id)
    select.where("day >= %(since)s", since=since)
    select.where("day <= %(until)s", until=until)
    return [Outcomes(*row) for row in await fetch(source, select.narrowed(), select.params)]


async def unpromised(source: Source, limit: int = 100) -> list[UUID]:
    """The first open deals without a live promise, of which there must be none."""
    return [deal_id for (deal_id,) in await fetch(source, UNPROMISED, [limit])]


async def health(source: Source) -> Health:
    """In numbers, of everybody."""
    ((live, lacking, overdue),) = await fetch(source, HEALTH, [])
    return Health(live, lacking, overdue)
