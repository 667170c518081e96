"""tests: who may do what, worked out from the roles of the routes and the reach of the aggregates; the page that says so.

    python -m tests.api.authority

writes the tables of `docs/authority.md` anew. Each cell is held to the running server in `test_authority_table.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from api.engine.auth import authority_of
from api.engine.roles import Role
from domain.action_item.action_item import ActionItem
from domain.adjustment.adjustment import Adjustment
from domain.customer.customer import Customer
from domain.cycle.cycle import Cycle
from domain.cycle.facts import People
from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.engine.context import Reach
from domain.lead.lead import Lead
from domain.meeting.meeting import Meeting
from domain.meeting.schedule import MeetingSchedule
from domain.people.people import Rep, Team
from domain.scorecard.scorecard import Scorecard
from domain.target.target import Target
from runtime.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "authority.md"
BEGINS = "<!-- made by tests/api/authority.py -->\n"
OWN, TEAM, OTHER, NOBODY, COMPANY = "own", "team's", "another team's", "nobody's", "company's"
YES, NO, HIDDEN, PART, SIGNED_IN = "yes", "no", "not there", "their part", "signed in"
NORTH, SOUTH, LI, WANG, ZHAO, IT = (UUID(int=n) for n in range(1, 7))
TEAMS = {OWN: NORTH, TEAM: NORTH, OTHER: SOUTH}
OWNERS = {OWN: LI, TEAM: WANG, OTHER: ZHAO}
REP, MANAGER = Reach(team_id=NORTH, rep_id=LI), Reach(team_id=NORTH)


@dataclass(frozen=True)
class Subject:
    """What a path names by an id, and whose it can be."""

    kind: type[Aggregate]
    whose: tuple[str, ...]


OF_TEAMS, OF_PEOPLE = (TEAM, OTHER), (OWN, TEAM, OTHER)
SUBJECTS = {
    "deal_id": Subject(Deal, OF_PEOPLE),
    "lead_id": Subject(Lead, (*OF_PEOPLE, NOBODY)),
    "customer_id": Subject(Customer, (*OF_PEOPLE, NOBODY)),
    "rep_id": Subject(Rep, OF_TEAMS),
    "team_id": Subject(Team, OF_TEAMS),
    "target_id": Subject(Target, (*OF_PEOPLE, COMPANY)),
    "cycle_id": Subject(Cycle, (*OF_PEOPLE, COMPANY)),
    "scorecard_id": Subject(Scorecard, (*OF_PEOPLE, COMPANY)),
    "item_id": Subject(ActionItem, OF_PEOPLE),
    "adjustment_id": Subject(Adjustment, (*OF_PEOPLE, COMPANY)),
    "meeting_id": Subject(Meeting, (*OF_TEAMS, COMPANY)),
    "schedule_id": Subject(MeetingSchedule, (*OF_TEAMS, COMPANY)),
}
FOR_A_PART = {
    *("agreeTarget", "agreeTargets", "assessSelf", "assessCycle", "takeDecision", "giveFeedback"),
    *("acknowledgeFeedback", "appealCycle", "decideAppeal", "scoreScorecard", "appealScorecard"),
    *("decideAdjustment", "holdMeeting", "takeMeetingDecision"),
}
"""Of those who may, only the one whose part it is: owner, manager, chair, or who was asked."""

OF_THE_SIGNED_IN = {
    *("readOwnAccount", "chooseForOneself", "readOwnNotifications", "chooseOwnNotifications"),
    *("readOwnCalendarAddress", "makeOwnCalendarAddress", "revokeOwnCalendarAddress"),
}
"""A key is refused: it has no account."""


def held(kind: type[Aggregate], whose: str) -> Aggregate:
    """One that is so placed, as far as reach looks at it."""
    team = TEAMS.get(whose)
    if kind is Team:
        return Team(team or IT)
    made = kind(IT)
    made.__dict__.update(team_id=team, owner_id=OWNERS.get(whose, None if kind is Lead else IT))
    if isinstance(made, Cycle):
        made.people = People(owner_id=OWNERS.get(whose, IT), manager_id=None, team_id=team)
    return made


def reaching(reach: Reach, whose: str) -> Reach:
    """With what deals and leads say of the customer."""
    seen = {IT} if whose != OTHER else set()
    own = {IT} if whose == OWN or (whose == TEAM and reach.rep_id is None) else set()
    return Reach(
        team_id=reach.team_id, rep_id=reach.rep_id, customers=frozenset(seen), own_customers=frozenset(own)
    )


@dataclass(frozen=True)
class Act:
    method: str
    path: str
    name: str
    summary: str
    roles: tuple[Role, ...]
    page: bool = False
    """For people who are signed in."""

    @property
    def parameter(self) -> str | None:
        """What the path names first, where that belongs to somebody."""
        named = re.findall(r"{(\w+)}", self.path)
        return named[0] if named and named[0] in SUBJECTS else None

    def cell(self, role: Role, whose: str | None) -> str:
        if role not in self.roles:
            return NO
        if self.name in OF_THE_SIGNED_IN:
            return SIGNED_IN
        if role is Role.ADMIN and self.name in FOR_A_PART:
            return PART
        if whose is None or self.parameter is None or role in (Role.AUDITOR, Role.ADMIN):
            return YES
        reach = reaching(REP if role is Role.REP else MANAGER, whose)
        one = held(SUBJECTS[self.parameter].kind, whose)
        if not one.within(reach):
            return HIDDEN
        if self.method != "GET" and not one.changeable(reach):
            return NO
        return PART if self.name in FOR_A_PART else YES


def application() -> FastAPI:
    return create_app(Settings("postgresql:///unused", "postgresql:///unused", Path("unused")))


def acts() -> list[Act]:
    """Every route that asks who calls."""
    found = []
    for route in application().routes:
        authority = authority_of(route) if isinstance(route, APIRoute) else None
        if isinstance(route, APIRoute) and authority is not None:
            name, summary = route.operation_id or "", route.summary or ""
            page = hasattr(authority, "signed_in")
            found += [
                Act(m, route.path, name, summary, authority.roles, page) for m in sorted(route.methods or ())
            ]
    return found


def cells(act: Act) -> Iterator[tuple[Role, str | None, str]]:
    """Role, whose, and what is to come of it."""
    whose = SUBJECTS[act.parameter].whose if act.parameter else (None,)
    for role in Role:
        for one in whose:
            yield role, one, act.cell(role, one)


# -- the page -------------------------------------------------------------------------------------


def tables() -> str:
    everything = acts()
    parts = [_plain([act for act in everything if act.parameter is None])]
    for parameter, subject in SUBJECTS.items():
        about = [act for act in everything if act.parameter == parameter]
        parts.append(_of(subject, about))
    return "\n".join(parts)


def _plain(about: list[Act]) -> str:
    rows = [[f"`{a.method} {a.path}`", a.summary, *(a.cell(role, None) for role in Role)] for a in about]
    return "## Lists, rules, and what is new\n\n" + _table(["", "", *Role], rows)


def _of(subject: Subject, about: list[Act]) -> str:
    columns = [(Role.REP, whose) for whose in subject.whose]
    columns += [(Role.MANAGER, whose) for whose in subject.whose if whose != OWN]
    names = [f"{role}: {whose}" for role, whose in columns]
    rows = [
        [
            f"`{a.method} {a.path}`",
            a.summary,
            *(a.cell(role, whose) for role, whose in columns),
            *(a.cell(role, None) for role in (Role.AUDITOR, Role.ADMIN)),
        ]
        for a in about
    ]
    title = subject.kind.KIND.capitalize()
    return f"## {title}\n\n" + _table(["", "", *names, Role.AUDITOR, Role.ADMIN], rows)


def _table(names: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (names, ["---"] * len(names), *rows)]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page with its tables as they have to be."""
    said, _, _ = PAGE.read_text().partition(BEGINS)
    return said + BEGINS + "\n" + tables()


if __name__ == "__main__":
    PAGE.write_text(page())
