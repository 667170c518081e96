"""api: the agenda — live promises, overdue first, and how promises ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response

from api import auth
from api.answers import shaped
from api.auth import OVERSEERS, may_read
from api.fields import MAX_PAGE, CursorText, Day, Instant
from api.reading import Look
from domain.values import PromiseOutcome
from projections import agenda
from projections.agenda import AgendaItem, EndedItem, Outcomes
from projections.paging import Page

router = auth.router(tags=["agenda"])

WAITS_FOR = ("agenda", "directory")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Cursor = Annotated[CursorText | None, Query(description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


class OutcomesView(msgspec.Struct):
    reps: list[Outcomes]


class HealthView(msgspec.Struct):
    """`open_deals_without_promise` is the health number: 0, or the system owes an explanation. `deals` are the first of them."""

    open_deals_without_promise: int
    deals: list[UUID]


@router.get(
    "/agenda",
    operation_id="readAgenda",
    summary="Live promises, overdue first",
    responses=shaped(Page[AgendaItem]),
)
async def read_agenda(
    look: Reader,
    *,
    rep_id: UUID | None = None,
    team_id: UUID | None = None,
    overdue: Annotated[bool, Query(description="only what was due before now")] = False,
    due_before: Instant | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    before = datetime.now(UTC) if overdue else due_before
    found = await agenda.listing(look.desk.pool, rep_id, look.team(team_id), before, cursor, limit)
    return look.json(found)


@router.get(
    "/agenda/ended",
    operation_id="readEndedPromises",
    summary="Promises that ended",
    responses=shaped(Page[EndedItem]),
)
async def read_ended(
    look: Reader,
    *,
    rep_id: UUID | None = None,
    team_id: UUID | None = None,
    outcome: PromiseOutcome | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The latest first."""
    return look.json(await agenda.ended(look.desk.pool, rep_id, look.team(team_id), outcome, cursor, limit))


@router.get(
    "/agenda/outcomes",
    operation_id="readOutcomes",
    summary="Promises kept, late, broken and excused, by rep",
    responses=shaped(OutcomesView),
)
async def read_outcomes(
    look: Reader,
    *,
    rep_id: UUID | None = None,
    team_id: UUID | None = None,
    since: Day | None = None,
    until: Day | None = None,
) -> Response:
    """From day `since` to day `until` (UTC), both included."""
    found = await agenda.outcomes(look.desk.pool, rep_id, look.team(team_id), since, until)
    return look.json(OutcomesView(found))


@router.get(
    "/agenda/health",
    operation_id="readPromiseHealth",
    summary="Open deals without a live promise",
    responses=shaped(HealthView),
)
async def read_health(look: Annotated[Look, Depends(may_read(*OVERSEERS, waits_for=WAITS_FOR))]) -> Response:
    found = await agenda.unpromised(look.desk.pool, MAX_PAGE)
    return look.json(HealthView(len(found), found))
