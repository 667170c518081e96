"""api: the funnel — how many deals and how much money stand in each stage, how they move on, how long they stay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response

from api import auth
from api.answers import shaped
from api.auth import may_read
from api.fields import Day, RuleName
from api.reading import Look
from domain.errors import NotFound
from projections import directory, funnel
from projections.funnel import FunnelStage

router = auth.router(tags=["funnel"])


class FunnelView(msgspec.Struct):
    process: str
    stages: list[FunnelStage]


@router.get(
    "/funnel", operation_id="readFunnel", summary="The funnel of a process", responses=shaped(FunnelView)
)
async def read_funnel(
    look: Annotated[Look, Depends(may_read(waits_for=("funnel", "rules")))],
    *,
    process: Annotated[RuleName, Query()] = "default",
    team_id: UUID | None = None,
    owner_id: UUID | None = None,
    since: Annotated[Day | None, Query(description="first day of the period for moves")] = None,
    until: Annotated[Day | None, Query(description="last day of the period")] = None,
) -> Response:
    """What stands in each stage now, and what came and left in the period; for the company, a team or a rep."""
    team_id = look.team(team_id)
    if owner_id is not None:
        await _check_in_team(look, owner_id)
    found = await funnel.stages(look.desk.pool, datetime.now(UTC), process, team_id, owner_id, since, until)
    if not found:
        raise NotFound(f"no process is called {process!r}", kind="process", id=process)
    return look.json(FunnelView(process, found))


async def _check_in_team(look: Look, owner_id: UUID) -> None:
    """Who sees one team only is told nothing of other teams' reps."""
    if look.team_id is not None:
        rep = await directory.get(look.desk.pool, owner_id)
        if rep is None or rep.parent_id != look.team_id:
            raise NotFound(f"no rep has the id {owner_id}", kind="rep", id=str(owner_id))
