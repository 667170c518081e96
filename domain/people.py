"""Domain room: teams and the reps in them.

Facts: a team was formed; its manager changed; a rep was hired, moved, went on leave or left;
a deal or lead was allocated to a rep. State: what allocation and handover need to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, when
from domain.context import Reach
from domain.door import Book, Command, handles
from domain.errors import Refused
from domain.facts import Fact, PersonName, fact
from domain.values import MAX_NAME, Checks


@fact("team.formed")
class TeamFormed(Fact):
    name: str
    region: str = ""
    manager_id: UUID | None = None


@fact("team.manager-changed")
class TeamManagerChanged(Fact):
    before: UUID | None
    after: UUID | None


@fact("rep.hired")
class RepHired(Fact):
    name: PersonName
    team_id: UUID
    user_id: str | None = None


@fact("rep.moved")
class RepMoved(Fact):
    before: UUID
    after: UUID


@fact("rep.left")
class RepLeft(Fact):
    at: datetime


@fact("rep.allocated")
class RepAllocated(Fact):
    """A deal or lead came to this rep; `receipt` says by which rule and over whom."""

    subject: str
    subject_id: UUID
    receipt: str = ""


class Team(Aggregate):
    KIND = "team"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.name = ""
        self.manager_id: UUID | None = None

    @when(TeamFormed)
    def _formed(self, fact: TeamFormed) -> None:
        self.name, self.manager_id = fact.name, fact.manager_id

    @when(TeamManagerChanged)
    def _manager_changed(self, fact: TeamManagerChanged) -> None:
        self.manager_id = fact.after


class Rep(Aggregate):
    KIND = "rep"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.team_id: UUID | None = None
        self.active = False
        self.allocated = 0

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.team_id)

    def must_be_active(self) -> None:
        if not self.active:
            raise Refused("this rep has left: choose another one", rep_id=str(self.id))

    @when(RepHired)
    def _hired(self, fact: RepHired) -> None:
        self.team_id, self.active = fact.team_id, True

    @when(RepMoved)
    def _moved(self, fact: RepMoved) -> None:
        self.team_id = fact.after

    @when(RepLeft)
    def _left(self, fact: RepLeft) -> None:
        self.active = False

    @when(RepAllocated)
    def _allocated(self, fact: RepAllocated) -> None:
        self.allocated += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTeam(Command):
    """Form a team, or name its manager anew. Saying the same again changes nothing."""

    team_id: UUID
    name: str
    region: str = ""
    manager_id: UUID | None = None

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Team, self.team_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HireRep(Command):
    """Hire a rep into a team; for a rep who is there, move to that team."""

    rep_id: UUID
    name: PersonName
    team_id: UUID
    user_id: str | None = None

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Rep, self.rep_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RepLeaves(Command):
    """The rep is gone from now; a workflow hands over every promise the rep had."""

    rep_id: UUID

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Rep, self.rep_id


@handles(FormTeam)
def form_team(command: FormTeam, book: Book) -> dict[str, Any]:
    checks = Checks()
    checks.text(command.name, "name", most=MAX_NAME, needed=True)
    checks.text(command.region, "region", most=MAX_NAME)
    checks.done()
    team = book.find(Team, command.team_id)
    if not team.exists:
        team.record(TeamFormed(name=command.name, region=command.region, manager_id=command.manager_id))
    elif team.manager_id != command.manager_id:
        team.record(TeamManagerChanged(before=team.manager_id, after=command.manager_id))
    return {"team_id": str(command.team_id)}


@handles(HireRep)
def hire_rep(command: HireRep, book: Book) -> dict[str, Any]:
    checks = Checks()
    checks.text(command.name, "name", most=MAX_NAME, needed=True)
    checks.done()
    book.want((Rep, command.rep_id), (Team, command.team_id))
    book.get(Team, command.team_id)
    rep = book.find(Rep, command.rep_id)
    if not rep.exists:
        rep.record(RepHired(name=command.name, team_id=command.team_id, user_id=command.user_id))
    elif rep.team_id is not None and rep.team_id != command.team_id:
        rep.record(RepMoved(before=rep.team_id, after=command.team_id))
    return {"rep_id": str(command.rep_id)}


@handles(RepLeaves)
def rep_leaves(command: RepLeaves, book: Book) -> dict[str, Any]:
    rep = book.get(Rep, command.rep_id)
    if rep.active:
        rep.record(RepLeft(at=book.context.happened_at))
    return {"rep_id": str(command.rep_id)}
