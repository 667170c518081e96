"""api: teams and the reps in them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import StringConstraints

from api import auth
from api.answers import DONE, MADE
from api.auth import ADMIN, LEADERS, may_write
from api.bodies import Envelope
from api.fields import Name, ShortText
from api.users import USER_PATTERN
from api.writing import Act
from domain import people as p

router = auth.router(tags=["people"])

Leader = Annotated[Act, Depends(may_write(*LEADERS))]


class NewTeam(Envelope):
    name: Name
    region: ShortText = ""
    manager_id: UUID | None = None
    team_id: UUID | None = None


class NewRep(Envelope):
    """`user_id` is the pseudonym that the rep's API keys carry."""

    name: Name
    team_id: UUID
    user_id: Annotated[str, StringConstraints(pattern=USER_PATTERN)] | None = None
    rep_id: UUID | None = None


class Leave(Envelope):
    pass


@router.post(
    "/teams",
    operation_id="formTeam",
    summary="Form a team, or name its manager anew",
    status_code=201,
    responses=MADE,
)
async def form_team(body: NewTeam, act: Annotated[Act, Depends(may_write(*ADMIN))]) -> Response:
    team_id = act.new_id("team", body.team_id)
    command = p.FormTeam(team_id=team_id, name=body.name, region=body.region, manager_id=body.manager_id)
    return await act(command, body, status=201)


@router.post(
    "/reps",
    operation_id="hireRep",
    summary="Hire a rep into a team, or move one there",
    status_code=201,
    responses=MADE,
)
async def hire(body: NewRep, act: Leader) -> Response:
    rep_id = act.new_id("rep", body.rep_id)
    command = p.HireRep(rep_id=rep_id, name=body.name, team_id=body.team_id, user_id=body.user_id)
    return await act(command, body, status=201)


@router.post(
    "/reps/{rep_id}/leave",
    operation_id="repLeaves",
    summary="A rep leaves",
    responses=DONE,
)
async def leave(rep_id: UUID, body: Leave, act: Leader) -> Response:
    """A workflow then hands every open deal over; the rep's API keys stop counting."""
    return await act(p.RepLeaves(rep_id=rep_id), body)
