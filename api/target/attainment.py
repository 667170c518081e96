"""api: attainment — what came against the target in force on a day, and against where it should be by then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Response
from pydantic import Field, model_validator

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Day, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import KnownAt, seen
from api.target.routes import OfTargets
from projections.cycle import company
from projections.engine.paging import Page
from projections.target import attainment
from projections.target.attainment import Attainment
from projections.target.tree import TargetTree

router = auth.router(tags=["targets"])

MOST_DAYS = 100
DAY = timedelta(days=1)
WAITS_FOR = ("contributions", "segment_stays", "merged", "target_tree")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Today = Annotated[Day | None, Field(description="true on this day; left out, today", examples=["2027-02-15"])]


class AttainmentQuery(OfTargets):
    """Without a period, the targets whose period contains the day."""

    day: Today = None
    known_at: KnownAt = None

    def of(self, team_id: UUID | None, day: date) -> dict[str, Any]:
        return self.narrowed(team_id) | {"on": None if self.period else day}


class DaysQuery(Strict):
    """Both days included, a hundred at most. Left out: today alone."""

    since: Day | None = None
    until: Day | None = None
    known_at: KnownAt = None

    @model_validator(mode="after")
    def few(self) -> DaysQuery:
        if self.since and self.until and not 0 <= (self.until - self.since).days < MOST_DAYS:
            raise ValueError(f"name 1 to {MOST_DAYS} days")
        if self.since and not self.until:
            raise ValueError("name until, too")
        return self

    def days(self, today: date) -> list[date]:
        last = self.until or today
        first = self.since or last
        return [first + n * DAY for n in range((last - first).days + 1)]


class Course(msgspec.Struct):
    """One target, day by day. Days without a version in force are left out."""

    days: list[Attainment]


async def _today(look: Look) -> date:
    return (await company.in_force(look.services.pool)).day(datetime.now(UTC))


@router.get(
    "/attainment",
    operation_id="listAttainment",
    summary="Attainment of targets on a day",
    responses=shaped(Page[Attainment]),
)
async def list_attainment(
    look: Reader, asked: Annotated[AttainmentQuery, Depends(query(AttainmentQuery))]
) -> Response:
    """Actual, the version in force and the expected pace. Those of your team; auditors and admins see all."""
    position = await look.known(WAITS_FOR, asked.known_at)
    day = asked.day or await _today(look)
    narrowed = asked.of(look.team(asked.team_id), day)
    return look.json(
        await attainment.listing(look.source, day, position, asked.cursor, asked.limit, **narrowed)
    )


@router.get(
    "/targets/{target_id}/attainment",
    operation_id="readAttainment",
    summary="Attainment of a target, day by day",
    responses=shaped(Course),
)
async def read_attainment(
    target_id: UUID, look: Reader, asked: Annotated[DaysQuery, Depends(query(DaysQuery))]
) -> Response:
    """Each day against the version in force on it, also where that was changed later."""
    pool = look.services.pool
    seen(look, await TargetTree.get(pool, target_id), "target", target_id)
    position = await look.known(WAITS_FOR, asked.known_at)
    days = asked.days(await _today(look))
    return look.json(Course(await attainment.series(pool, target_id, days, position)))
