"""api: whom the ids stand for — lists of teams and reps to choose from."""

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
from api.engine.fields import Filed, Paging, Truth
from api.engine.querying import query
from api.engine.reading import Look
from projections.engine.paging import Page
from projections.people import directory, rep_load
from projections.people.directory import Listed
from projections.people.rep_load import Load

router = auth.router(tags=[])

Reader = Annotated[Look, Depends(may_read(waits_for=("directory",)))]
Pages = Annotated[Paging, Depends(query(Paging))]
LISTED = shaped(Page[Listed])


class RepFilters(Paging):
    team_id: UUID | None = None


class LoadFilters(Filed):
    team_id: UUID | None = None
    active: Annotated[Truth | None, Field(description="only who is there, or only who left")] = None


class LoadsView(msgspec.Struct):
    reps: list[Load]


async def _page(look: Look, kind: str, parent: UUID | None, asked: Paging) -> Response:
    return look.json(await directory.listing(look.source, kind, parent, asked.cursor, asked.limit))


@router.get("/teams", operation_id="listTeams", summary="Teams by name", responses=LISTED, tags=["people"])
async def teams(look: Reader, asked: Pages) -> Response:
    return await _page(look, "team", None, asked)


@router.get("/reps", operation_id="listReps", summary="Reps by name", responses=LISTED, tags=["people"])
async def reps(look: Reader, asked: Annotated[RepFilters, Depends(query(RepFilters))]) -> Response:
    return await _page(look, "rep", asked.team_id, asked)


@router.get(
    "/reps/loads",
    operation_id="readLoads",
    summary="What each rep has on their hands",
    responses=shaped(LoadsView, filed=True),
    tags=["people"],
)
async def loads(
    look: Annotated[Look, Depends(may_read(waits_for=("rep_load", "directory")))],
    asked: Annotated[LoadFilters, Depends(query(LoadFilters))],
) -> Response:
    """The most loaded first."""
    team_id = look.team(asked.team_id)
    found = await rep_load.reps(look.services.pool, datetime.now(UTC), team_id, active=asked.active)
    return look.json(LoadsView(found))
