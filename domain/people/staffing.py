"""Domain room: what the commands about teams and reps decide. Facts, state and commands are in `people.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from domain.engine.command import answers, attributes, decides, handles
from domain.engine.errors import Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.people import people as p

Json = dict[str, Any]


@handles(p.FormTeam)
def form_team(command: p.FormTeam, work: UnitOfWork) -> Json:
    team = work.find(p.Team, command.team_id)
    manager = command.manager_id
    if not team.exists or team.archived:
        team.record(p.TeamFormed(name=command.name, region=command.region, manager_id=manager))
    elif manager is not None and manager != team.manager_id:
        team.record(p.TeamManagerChanged(before=team.manager_id, after=manager))
    return {"team_id": str(command.team_id)}


@handles(p.CorrectTeam)
def correct_team(command: p.CorrectTeam, work: UnitOfWork) -> Json:
    team = work.get(p.Team, command.team_id)
    held = team.known_as
    name = held.name if command.name is None else command.name
    region = held.region if command.region is None else command.region
    after = p.TeamName(name=name, region=region)
    if after != held:
        team.record(p.TeamCorrected(before=held, after=after))
    return {"team_id": str(command.team_id)}


@handles(p.ArchiveTeam)
def archive_team(command: p.ArchiveTeam, work: UnitOfWork) -> Json:
    team = work.get(p.Team, command.team_id)
    if not team.archived:
        team.record(p.TeamArchived())
    return {"team_id": str(command.team_id)}


@handles(p.HireRep)
def hire(command: p.HireRep, work: UnitOfWork) -> Json:
    """As a person says it: who left is not hired by it. A file may go on naming them."""
    told_of = hire_rep(command, work)
    if not work.get(p.Rep, command.rep_id).active:
        raise Refused("this rep has left: hire them under another id", id=str(command.rep_id))
    return told_of


def hire_rep(command: p.HireRep, work: UnitOfWork) -> Json:
    work.want((p.Rep, command.rep_id), (p.Team, command.team_id))
    team, rep = work.get(p.Team, command.team_id), work.find(p.Rep, command.rep_id)
    if not rep.exists:
        _check_open(team)
        rep.record(p.RepHired(name=command.name, team_id=command.team_id, user_id=command.user_id))
    elif rep.active and rep.team_id is not None and rep.team_id != command.team_id:
        _check_open(team)
        rep.record(p.RepMoved(before=rep.team_id, after=command.team_id))
    return answer_of(rep)


def _check_open(team: p.Team) -> None:
    if team.archived:
        raise Refused("this team is archived: form it again first", team_id=str(team.id))


answer_of = answers(p.Rep)(attributes("rep_id", "team_id", "active"))


@handles(p.CorrectRep)
def correct_rep(command: p.CorrectRep, work: UnitOfWork) -> Json:
    rep = work.get(p.Rep, command.rep_id)
    held = rep.known_as
    after = replace(
        held,
        name=held.name if command.name is None else command.name,
        user_id=held.user_id if command.user_id is None else command.user_id,
    )
    if after != held:
        rep.record(p.RepCorrected(before=held, after=after))
    return answer_of(rep)


@decides(p.RepLeaves)
def rep_leaves(rep: p.Rep, _command: p.RepLeaves, work: UnitOfWork) -> None:
    if rep.active:
        rep.record(p.RepLeft(at=work.context.happened_at))


@decides(p.PlanLeave)
def plan_leave(rep: p.Rep, command: p.PlanLeave, _work: UnitOfWork) -> None:
    rep.must_be_active()
    leave = p.LeavePlanned(
        starts_at=command.starts_at.astimezone(UTC), ends_at=command.ends_at.astimezone(UTC)
    )
    if leave not in rep.away:
        rep.record(leave)


@decides(p.ComeBack)
def come_back(rep: p.Rep, _command: p.ComeBack, work: UnitOfWork) -> None:
    at = work.context.happened_at
    if rep.leave_at(at) is not None:
        rep.record(p.CameBack(at=at))
