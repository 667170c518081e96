"""Domain room: teams and the reps in them.

Facts: a team was formed, corrected or archived; its manager changed; a rep was hired, corrected, moved, went on leave
or left; a deal or lead was allocated to a rep. State: what allocation and handover need to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.allocation.receipt import AllocationReceipt, lifted
from domain.engine.aggregate import Aggregate, becomes, when
from domain.engine.command import Command
from domain.engine.context import Reach
from domain.engine.errors import FieldError, Refused
from domain.engine.facts import Fact, Json, PersonName, fact, upcast
from domain.engine.fields import Name, ShortText, UserId
from domain.engine.references import PersonId, TeamId
from domain.engine.undoing import TakesBack
from domain.engine.unit_of_work import UnitOfWork

LONGEST_LEAVE = timedelta(days=3 * 366)


@fact("team.formed")
class TeamFormed(Fact):
    name: str
    region: str = ""
    manager_id: UUID | None = None


@fact("team.manager-changed")
class TeamManagerChanged(Fact):
    before: UUID | None
    after: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamName:
    name: str
    region: str = ""


@fact("team.corrected")
class TeamCorrected(Fact):
    before: TeamName
    after: TeamName


@fact("team.archived")
class TeamArchived(Fact):
    """Nobody is hired or moved into it any more; forming it again brings it back."""


@fact("rep.hired")
class RepHired(Fact):
    name: PersonName
    team_id: UUID
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepName:
    """A rep's name, and the pseudonym of the user who is this rep."""

    name: PersonName
    user_id: str | None = None


@fact("team.import-undone")
class TeamImportUndone(TakesBack):
    before: TeamName
    after: TeamName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepInTeam:
    """A rep's name, and the team that the rep is in."""

    name: PersonName
    team_id: UUID | None = None


@fact("rep.import-undone")
class RepImportUndone(TakesBack):
    before: RepInTeam
    after: RepInTeam | None


@fact("rep.corrected")
class RepCorrected(Fact):
    before: RepName
    after: RepName


@fact("rep.moved")
class RepMoved(Fact):
    before: UUID
    after: UUID


@fact("rep.left")
class RepLeft(Fact):
    at: datetime


@fact("rep.leave-planned")
class LeavePlanned(Fact):
    """The rep is away from `starts_at` until `ends_at`."""

    starts_at: datetime
    ends_at: datetime


@fact("rep.came-back")
class CameBack(Fact):
    """Before the end of their leave."""

    at: datetime


@fact("rep.allocated", version=2)
class RepAllocated(Fact):
    """A deal or lead came to this rep; `receipt` says by which rule and over whom."""

    subject: str
    subject_id: UUID
    receipt: AllocationReceipt


@upcast("rep.allocated", from_version=1)
def _receipt_was_text(data: Json) -> Json:
    return {**data, "receipt": lifted(data.get("receipt", ""))}


class Team(Aggregate):
    KIND = "team"
    UNDONE = TeamImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.known_as = TeamName(name="")
        self.manager_id: UUID | None = None
        self.archived = False

    def shown(self) -> TeamName:
        return self.known_as

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.id)

    @when(TeamFormed)
    def _formed(self, fact: TeamFormed) -> None:
        self.known_as = TeamName(name=fact.name, region=fact.region)
        self.manager_id, self.archived = fact.manager_id, False

    _corrected = becomes(TeamCorrected, "known_as")

    @when(TeamArchived)
    def _archived(self, fact: TeamArchived) -> None:
        self.archived = True

    _manager_changed = becomes(TeamManagerChanged, "manager_id")


class Rep(Aggregate):
    KIND = "rep"
    UNDONE = RepImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.known_as = RepName(name="")
        self.team_id: UUID | None = None
        self.active = False
        self.away: tuple[LeavePlanned, ...] = ()
        self.allocated = 0

    def shown(self) -> RepInTeam:
        return RepInTeam(name=self.known_as.name, team_id=self.team_id)

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.team_id)

    @property
    def has_left(self) -> bool:
        return self.exists and not self.active

    def must_be_active(self) -> None:
        if not self.active:
            raise Refused("this rep has left: choose another one", rep_id=str(self.id))

    def must_be_here(self, now: datetime) -> None:
        """Active, and not on leave: work that nobody chose them for by hand may come."""
        self.must_be_active()
        leave = self.leave_at(now)
        if leave is not None:
            until = leave.ends_at
            raise Refused("this rep is on leave", rep_id=str(self.id), until=until.isoformat())

    def leave_at(self, instant: datetime) -> LeavePlanned | None:
        return next((leave for leave in self.away if leave.starts_at <= instant < leave.ends_at), None)

    @when(RepHired)
    def _hired(self, fact: RepHired) -> None:
        self.known_as = RepName(name=fact.name, user_id=fact.user_id)
        self.team_id, self.active = fact.team_id, True

    _corrected = becomes(RepCorrected, "known_as")
    _moved = becomes(RepMoved, "team_id")

    @when(RepLeft)
    def _left(self, fact: RepLeft) -> None:
        self.active = False

    @when(LeavePlanned)
    def _leave_planned(self, fact: LeavePlanned) -> None:
        self.away = (*self.away, fact)

    @when(CameBack)
    def _came_back(self, fact: CameBack) -> None:
        self.away = tuple(leave for leave in self.away if not leave.starts_at <= fact.at < leave.ends_at)

    @when(RepAllocated)
    def _allocated(self, fact: RepAllocated) -> None:
        self.allocated += 1


class TeamCommand(Command, about=Team):
    team_id: UUID


class FormTeam(TeamCommand):
    """Form a team, or name its manager anew. Saying the same again, or no manager, changes nothing."""

    name: Name
    region: ShortText = ""
    manager_id: PersonId | None = None


class CorrectTeam(TeamCommand):
    """Set right what was entered wrongly. A field left out stays as it is."""

    name: Name | None = None
    region: ShortText | None = None


class ArchiveTeam(TeamCommand):
    """Nobody is hired or moved into the team any more."""


class RepCommand(Command, about=Rep):
    rep_id: UUID


class HireRep(RepCommand):
    """Hire a rep into a team; for a rep who is there, move to that team. Who left does not come back under the old id."""

    name: Name
    team_id: TeamId
    user_id: UserId | None = None


class CorrectRep(RepCommand):
    """Set right a rep's name, or which user is this rep. A field left out stays as it is."""

    name: Name | None = None
    user_id: UserId | None = None


class RepLeaves(RepCommand):
    """The rep is gone from now; a workflow hands over every promise the rep had."""


class PlanLeave(RepCommand):
    """The rep is away for a time; nothing is allocated to them by a rule meanwhile."""

    starts_at: datetime
    ends_at: datetime

    def wrong(self) -> Iterator[FieldError]:
        if self.starts_at >= self.ends_at:
            yield FieldError("ends_at", "must be after the start")
        if self.ends_at - self.starts_at >= LONGEST_LEAVE:
            yield FieldError("ends_at", "is more than three years after the start")


class ComeBack(RepCommand):
    """The rep is back before the end of their leave."""


def managers_over(owner_id: UUID, team_id: UUID | None, work: UnitOfWork) -> Iterator[UUID]:
    """Who manages, now, the team that something concerns, and the team that its owner is in; not the owner, nor who has left."""
    for id in dict.fromkeys((team_id, work.find(Rep, owner_id).team_id)):
        manager_id = work.find(Team, id).manager_id if id is not None else None
        if manager_id not in (None, owner_id) and not work.find(Rep, manager_id).has_left:
            yield manager_id


def team_of(person_id: UUID, near: UUID | None, work: UnitOfWork) -> UUID | None:
    """A person's team: the one that the rep is in, or `near` for its manager, who need not be a rep."""
    own = work.find(Rep, person_id).team_id
    if own is None and near is not None and work.find(Team, near).manager_id == person_id:
        return near
    return own
