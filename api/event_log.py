"""api: the event log for process mining — XES, or OCEL 2.0, of what a reader may see."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from api.engine import auth
from api.engine.answers import answers
from api.engine.auth import may_read
from api.engine.exports import File, place
from api.engine.fields import Amount, Code, Currency, Day, RuleName, ShortText, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import Role
from projections import lead as leads
from projections.case import Cases
from projections.cycle import company
from projections.deal import board
from projections.deal.board import BoardFilter
from projections.engine.paging import in_order
from projections.engine.snapshot import Snapshot
from projections.event_log import reading
from projections.event_log.reading import Period
from projections.event_log.writing import FORMATS
from projections.lead import LeadFilter

PATHS = ("event-log",)
TAGS = {"event log": "What happened to deals, leads and cases, for process mining"}
router = auth.router("/event-log", tags=[*TAGS])

XML, JSON, SQLITE = "application/xml", "application/json", "application/vnd.sqlite3"
KINDS = {"xes": (XML, "xes"), "ocel-json": (JSON, "json"), "ocel-sqlite": (SQLITE, "sqlite")}
FILE = {"type": "string", "format": "binary"}


class EventLogAnswer(BaseModel):
    """An object-centric event log: OCEL 2.0."""

    events: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    objectTypes: list[dict[str, Any]]  # noqa: N815 - the standard's
    eventTypes: list[dict[str, Any]]  # noqa: N815


ANSWERS = answers(EventLogAnswer, 200, "The log, as a file.")
ANSWERS[200]["content"] |= {XML: {"schema": {"type": "string"}}, SQLITE: {"schema": FILE}}
EVERYBODYS = ("owner_id", "team_id", "customer_id", "source")
"""What leads and cases are narrowed down by, too; by anything else only deals, and what belongs to those."""
DAY = timedelta(days=1)
WAITS_FOR = ("deal_board", "leads", "cases")


class LogFilters(Strict):
    """What to narrow the log down to. Days are the company's, of when it happened, both included."""

    format: Annotated[
        Literal["xes", "ocel-json", "ocel-sqlite"],
        Field(
            description="XES (IEEE 1849): a trace for each of one kind; OCEL 2.0: deals, leads and cases together, with all that they are about"
        ),
    ] = "xes"
    of: Annotated[Literal["deal", "lead", "case"], Field(description="of XES: what a trace is of")] = "deal"
    since: Day | None = None
    until: Day | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = None
    process: RuleName | None = None
    stage: Annotated[Code | None, Field(description="where deals are now")] = None
    status: Literal["open", "won", "lost"] | None = None
    source: ShortText | None = None
    currency: Currency | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None

    @property
    def of_deals_alone(self) -> bool:
        told = {name for name in BoardFilter.__struct_fields__ if getattr(self, name, None) is not None}
        return bool(told - {*EVERYBODYS})


@router.get(
    "", operation_id="readEventLog", summary="The event log for process mining, as a file", responses=ANSWERS
)
async def read_event_log(
    look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))],
    asked: Annotated[LogFilters, Depends(query(LogFilters))],
) -> Response:
    """Those deals, leads and cases that your team sees; auditors and admins see all. Nothing that people wrote is in it, and of people only the
    names of reps. With filters of deals alone (a stage, a process, an amount) leads are those that became these deals, cases those about them.
    """
    in_order(asked.since, asked.until, "until", "since")
    period = await _period(look, asked)
    async with AsyncExitStack() as held:
        held.enter_context(place(look))
        snapshot = await Snapshot.opened(look.services.settings.database_url, ZoneInfo("UTC"))
        held.push_async_callback(snapshot.close)
        kinds = (asked.of,) if asked.format == "xes" else ("deal", "lead", "case")
        ids = [await _ids(snapshot, look, asked, kind) for kind in kinds]
        kind, suffix = KINDS[asked.format]
        headers = {
            "Content-Type": kind,
            "Content-Disposition": f'attachment; filename="salesloop-event-log.{suffix}"',
            "Cache-Control": "private, no-store",
        }
        return File(FORMATS[asked.format](snapshot, ids, period), held.pop_all(), headers)


async def _period(look: Look, asked: LogFilters) -> Period:
    days = await company.in_force(look.services.pool)
    since = None if asked.since is None else days.begins(asked.since)
    return Period(since, None if asked.until is None else days.begins(asked.until + DAY))


async def _ids(snapshot: Snapshot, look: Look, asked: LogFilters, kind: str) -> str:
    """The ids of one kind, as a query."""
    if (kind != "deal" and asked.of_deals_alone) or (kind == "case" and asked.source):
        return OF_DEALS[kind].format(deals=await _ids(snapshot, look, asked, "deal"))
    await LISTED[kind](snapshot, look, asked)
    assert snapshot.caught is not None
    return await reading.ids_in(snapshot, kind, snapshot.caught[1])


async def _deals(snapshot: Snapshot, look: Look, asked: LogFilters) -> None:
    given = {name: getattr(asked, name, None) for name in BoardFilter.__struct_fields__}
    await board.listing(snapshot, BoardFilter(**given | {"team_id": look.team(asked.team_id)}), "opened_at")


async def _leads(snapshot: Snapshot, look: Look, asked: LogFilters) -> None:
    look.team(asked.team_id)
    given = {name: getattr(asked, name) for name in EVERYBODYS}
    pool = look.user.role is not Role.REP
    await leads.listing(snapshot, LeadFilter(**given, seen_by=look.team_id, pool=pool))


async def _cases(snapshot: Snapshot, look: Look, asked: LogFilters) -> None:
    team_id = look.team(asked.team_id)
    await Cases.listing(snapshot, owner_id=asked.owner_id, customer_id=asked.customer_id, team_id=team_id)


LISTED = {"deal": _deals, "lead": _leads, "case": _cases}
OF_DEALS = {
    "lead": "SELECT l.lead_id FROM read.leads l WHERE l.deal_id IN ({deals})",
    "case": "SELECT c.case_id FROM read.cases c WHERE c.deal_id IN ({deals})",
}
