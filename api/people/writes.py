"""api: teams and the reps in them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import StringConstraints

from api.engine import auth
from api.engine.answers import DONE, MADE
from api.engine.auth import ADMIN, LEADERS, may_write
from api.engine.bodies import Envelope
from api.engine.fields import Instant, Name, ShortText
from api.engine.users import USER_PATTERN
from api.engine.writing import Act
from domain.people import people as p

router = auth.router(tags=["people"])

UserId = Annotated[str, StringConstraints(pattern=USER_PATTERN)]
Admin = Annotated[Act, Depends(may_write(*ADMIN))]
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
    user_id: UserId | None = None
    rep_id: UUID | None = None


class CorrectTeam(Envelope):
    """A field left out stays as it is."""

    name: Name | None = None
    region: ShortText | None = None


class CorrectRep(Envelope):
    """A field left out stays as it is."""

    name: Name | None = None
    user_id: UserId | None = None


class Away(Envelope):
    starts_at: Instant
    ends_at: Instant


@router.post(
    "/teams",
    operation_id="formTeam",
    summary="Form a team, or name its manager anew",
    status_code=201,
    responses=MADE,
)
async def form_team(body: NewTeam, act: Admin) -> Response:
    team_id = act.new_id("team", body.team_id)
    command = p.FormTeam(team_id=team_id, name=body.name, region=body.region, manager_id=body.manager_id)
    return await act(command, body, status=201)


@router.post(
    "/teams/{team_id}/corrections", operation_id="correctTeam", summary="Set a team right", responses=DONE
)
async def correct_team(team_id: UUID, body: CorrectTeam, act: Admin) -> Response:
    return await act(p.CorrectTeam(team_id=team_id, name=body.name, region=body.region), body)


@router.post("/teams/{team_id}/archive", operation_id="archiveTeam", summary="Archive a team", responses=DONE)
async def archive_team(team_id: UUID, body: Envelope, act: Admin) -> Response:
    """Nobody is hired or moved into it any more."""
    return await act(p.ArchiveTeam(team_id=team_id), body)


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
async def leave(rep_id: UUID, body: Envelope, act: Leader) -> Response:
    """A workflow then hands every open deal over; the rep's API keys stop counting."""
    return await act(p.RepLeaves(rep_id=rep_id), body)


@router.post(
    "/reps/{rep_id}/corrections", operation_id="correctRep", summary="Set a rep right", responses=DONE
)
async def correct_rep(rep_id: UUID, body: CorrectRep, act: Leader) -> Response:
    return await act(p.CorrectRep(rep_id=rep_id, name=body.name, user_id=body.user_id), body)


@router.post("/reps/{rep_id}/away", operation_id="planLeave", summary="A rep will be away", responses=DONE)
async def plan_leave(rep_id: UUID, body: Away, act: Leader) -> Response:
    """Nothing is allocated to them by a rule meanwhile."""
    return await act(p.PlanLeave(rep_id=rep_id, starts_at=body.starts_at, ends_at=body.ends_at), body)


@router.post("/reps/{rep_id}/back", operation_id="comeBack", summary="A rep is back early", responses=DONE)
async def come_back(rep_id: UUID, body: Envelope, act: Leader) -> Response:
    return await act(p.ComeBack(rep_id=rep_id), body)
