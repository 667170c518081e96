"""api: the agenda — live promises, overdue first, and how promises ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import MAX_PAGE, Day, Instant, Paging, Strict, Truth
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import OVERSEERS
from domain.engine.values import PromiseOutcome
from projections.deal import agenda
from projections.deal.agenda import AgendaItem, EndedItem, Outcomes
from projections.engine.paging import Page
from projections.policy import rules
from projections.policy.rules import CalendarKnown

TAGS = {"agenda": "Promises by rep, overdue first"}
router = auth.router(tags=[*TAGS])

WAITS_FOR = ("agenda", "directory")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


class OfPeople(Strict):
    rep_id: UUID | None = None
    team_id: UUID | None = None


class AgendaFilters(OfPeople, Paging):
    overdue: Annotated[Truth, Field(description="only what was due before now")] = False
    due_before: Instant | None = None
    due_from: Instant | None = None


class EndedFilters(OfPeople, Paging):
    outcome: PromiseOutcome | None = None


class OutcomeFilters(OfPeople):
    """Days are the company's, both included."""

    since: Day | None = None
    until: Day | None = None


class OutcomesView(msgspec.Struct):
    reps: list[Outcomes]


class HealthView(msgspec.Struct):
    """`open_deals_without_promise` is the health number: 0, or the system owes an explanation. `deals` are the first of them.
    `calendars` say until when each policy knows days off.
    """

    open_deals_without_promise: int
    deals: list[UUID]
    calendars: list[CalendarKnown]


@router.get(
    "/agenda",
    operation_id="readAgenda",
    summary="Live promises, overdue first",
    responses=shaped(Page[AgendaItem]),
)
async def read_agenda(
    look: Reader, asked: Annotated[AgendaFilters, Depends(query(AgendaFilters))]
) -> Response:
    before = datetime.now(UTC) if asked.overdue else asked.due_before
    team_id = look.team(asked.team_id)
    found = await agenda.listing(
        look.source, asked.rep_id, team_id, before, asked.cursor, asked.limit, asked.due_from
    )
    return look.json(found)


@router.get(
    "/agenda/ended",
    operation_id="readEndedPromises",
    summary="Promises that ended",
    responses=shaped(Page[EndedItem]),
)
async def read_ended(look: Reader, asked: Annotated[EndedFilters, Depends(query(EndedFilters))]) -> Response:
    """The latest first."""
    team_id = look.team(asked.team_id)
    found = await agenda.ended(look.source, asked.rep_id, team_id, asked.outcome, asked.cursor, asked.limit)
    return look.json(found)


@router.get(
    "/agenda/outcomes",
    operation_id="readOutcomes",
    summary="Promises kept, late, broken and excused, by rep",
    responses=shaped(OutcomesView),
)
async def read_outcomes(
    look: Reader, asked: Annotated[OutcomeFilters, Depends(query(OutcomeFilters))]
) -> Response:
    team_id = look.team(asked.team_id)
    found = await agenda.outcomes(look.services.pool, asked.rep_id, team_id, asked.since, asked.until)
    return look.json(OutcomesView(found))


@router.get(
    "/agenda/health",
    operation_id="readPromiseHealth",
    summary="Open deals without a live promise, and how far the calendars reach",
    responses=shaped(HealthView),
)
async def read_health(
    look: Annotated[Look, Depends(may_read(*OVERSEERS, waits_for=(*WAITS_FOR, "rules")))],
) -> Response:
    found = await agenda.unpromised(look.services.pool, MAX_PAGE)
    calendars = await rules.calendars(look.services.pool, datetime.now(UTC))
    lacking = (await agenda.health(look.services.pool)).lacking
    return look.json(HealthView(lacking, found, calendars))
