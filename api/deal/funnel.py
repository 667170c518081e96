"""api: the funnel — how many deals and how much money stand in each stage, how they move on, how long they stay."""

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
from api.engine.errors import invalid
from api.engine.fields import Day, Filed, RuleName
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import KnownAt
from domain.engine.errors import NotFound
from projections.deal import funnel
from projections.deal.funnel import FunnelStage
from projections.people import directory

TAGS = {"funnel": "Count, amount, conversion and dwell per stage"}
router = auth.router(tags=[*TAGS])


class FunnelFilters(Filed):
    """Days are the company's, both included."""

    process: RuleName = "default"
    team_id: UUID | None = None
    owner_id: UUID | None = None
    since: Annotated[Day | None, Field(description="first day of the period for moves")] = None
    until: Annotated[Day | None, Field(description="last day of the period")] = None
    known_at: KnownAt = None


class FunnelView(msgspec.Struct):
    process: str
    stages: list[FunnelStage]


@router.get(
    "/funnel",
    operation_id="readFunnel",
    summary="The funnel of a process",
    responses=shaped(FunnelView, filed=True),
)
async def read_funnel(
    look: Annotated[Look, Depends(may_read(waits_for=("funnel", "rules")))],
    asked: Annotated[FunnelFilters, Depends(query(FunnelFilters))],
) -> Response:
    """What stands in each stage now, and what came and left in the period; for the company, a team or a rep.

    With `known_at` it is what stood there then; what came and left is not known as of a day, and left out.
    """
    team_id = look.team(asked.team_id)
    if asked.owner_id is not None:
        await _check_in_team(look, asked.owner_id)
    if asked.known_at is not None:
        return await _then(look, asked, team_id)
    found = await funnel.stages(
        look.services.pool,
        datetime.now(UTC),
        asked.process,
        team_id,
        asked.owner_id,
        asked.since,
        asked.until,
    )
    if not found:
        raise NotFound(f"no process is called {asked.process!r}", kind="process", id=asked.process)
    return look.json(FunnelView(asked.process, found))


async def _then(look: Look, asked: FunnelFilters, team_id: UUID | None) -> Response:
    """Raises Problem for a period: moves are counted by the day on which they happened, not as known on another."""
    if asked.since or asked.until:
        raise invalid(
            "query.known_at", "what came and left in a period is known as of now only: leave out one"
        )
    position = await look.known(("funnel", "rules", "deal_board"), asked.known_at)
    assert position is not None
    found = await funnel.stages_at(look.services.pool, position, asked.process, team_id, asked.owner_id)
    if not found:
        raise NotFound(f"no process is called {asked.process!r}", kind="process", id=asked.process)
    return look.json(FunnelView(asked.process, found))


async def _check_in_team(look: Look, owner_id: UUID) -> None:
    """Who sees one team only is told nothing of other teams' reps."""
    if look.team_id is not None:
        rep = await directory.get(look.services.pool, owner_id)
        if rep is None or rep.parent_id != look.team_id:
            raise NotFound(f"no rep has the id {owner_id}", kind="rep", id=str(owner_id))
