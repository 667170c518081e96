"""Who may do what: `docs/authority.md` says it, cell by cell, and the running server does it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.engine.roles import Role
from api.engine.sessions import csrf
from domain.action_item.commands import OpenActionItem
from domain.adjustment.commands import StartAdjustment
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle.commands import OpenCycle
from domain.cycle.policy import Cadence
from domain.deal.commands import OpenDeal
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.figures.scope import COMPANY as ALL
from domain.figures.scope import Scope, rep, team
from domain.lead.commands import AllocateLead, CaptureLead
from domain.meeting.commands import CallMeeting, SetMeetingSchedule
from domain.meeting.plan import Plan, meeting_id, schedule_id
from domain.people.people import FormTeam, HireRep
from domain.scorecard.decisions import OpenScorecard
from domain.scorecard.definition import DefineScorecard, Definition, Measure, MeasureKind
from domain.target.commands import ProposeTarget
from domain.time.periods import PeriodKind, Window, period_of
from runtime.ledger import open_ledger
from tests.api import authority as a
from tests.house import House, opened

NOW = datetime.now(UTC)
YEAR = period_of(PeriodKind.YEAR, date(NOW.year + 1, 1, 1))
MEASURES = (Measure(key="spirit", kind=MeasureKind.QUALITATIVE, weight=Decimal(100)),)
CLIENTS = {Role.REP: "north", Role.MANAGER: "north-manager", Role.AUDITOR: "auditor", Role.ADMIN: "admin"}


@dataclass
class World:
    """One of everything that can be somebody's, for everybody it can belong to; by the path's name for it and whose."""

    house: House
    ids: dict[tuple[str, str], UUID] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)

    def of(self, parameter: str, whose: str, *commands: Command, id: UUID) -> None:
        self.ids[parameter, whose] = id
        self.commands += commands

    def furnish(self) -> None:
        house = self.house
        owners = {a.OWN: house.reps["north"], a.TEAM: house.reps["north2"], a.OTHER: house.reps["south"]}
        for name, team_id in house.teams.items():
            self.commands.append(FormTeam(team_id=team_id, name=name, manager_id=uuid4()))
        self.commands.append(DefineScorecard(definition=Definition(name="spirit", measures=MEASURES)))
        for whose, owner in owners.items():
            self._of_a_person(whose, owner)
            self._of_a_scope(whose, rep(owner), owner)
        self._of_a_scope(a.COMPANY, ALL, uuid4())
        self._of_nobody()
        for whose, name in ((a.TEAM, "north"), (a.OTHER, "south")):
            self._of_a_team(whose, house.teams[name])
        self._meeting(a.COMPANY, ALL)

    def _of_a_person(self, whose: str, owner: UUID) -> None:
        deal, customer, lead, item = (uuid4() for _ in range(4))
        known = RegisterCustomer(customer_id=customer, profile=Profile(name=f"Customer {whose}"))
        self.of("customer_id", whose, known, id=customer)
        selling = OpenDeal(deal_id=deal, title=whose, owner_id=owner, customer_id=customer)
        self.of("deal_id", whose, selling, id=deal)
        captured = CaptureLead(lead_id=lead, name=f"Lead {whose}")
        self.of("lead_id", whose, captured, AllocateLead(lead_id=lead, to=owner), id=lead)
        doing = OpenActionItem(item_id=item, what="call", owner_id=owner, due_at=NOW + timedelta(days=30))
        self.of("item_id", whose, doing, id=item)

    def _of_a_scope(self, whose: str, scope: Scope, owner: UUID) -> None:
        target = ProposeTarget(
            metric="deals-won", number=Decimal(4), unit="count", period=YEAR, scope=scope, owner_id=owner,
            achievable="as before", relevant="the plan",
        )  # fmt: skip
        self.of("target_id", whose, target, id=target.stream()[1])  # type: ignore[index]
        cycle = OpenCycle(scope=scope, period=YEAR, owner_id=owner, metrics=("deals-won",))
        self.of("cycle_id", whose, cycle, id=cycle.stream()[1])
        card = OpenScorecard(scope=scope, period=YEAR, definition="spirit", owner_id=owner)
        self.of("scorecard_id", whose, card, id=card.stream()[1])
        change = StartAdjustment(
            adjustment_id=uuid4(), hypothesis="more calls", scope=scope, metric="deals-won", owner_id=owner,
            baseline=Window(date(2026, 1, 1), date(2026, 1, 31)), horizon=YEAR.end,
        )  # fmt: skip
        self.of("adjustment_id", whose, change, id=change.adjustment_id)

    def _of_nobody(self) -> None:
        customer, lead = uuid4(), uuid4()
        known = RegisterCustomer(customer_id=customer, profile=Profile(name="Nobody's"))
        self.of("customer_id", a.NOBODY, known, id=customer)
        self.of("lead_id", a.NOBODY, CaptureLead(lead_id=lead, name="Nobody's"), id=lead)

    def _of_a_team(self, whose: str, team_id: UUID) -> None:
        """Reps of their own: what is done to them takes nobody's key away."""
        someone = HireRep(rep_id=uuid4(), name="Someone", team_id=team_id)
        self.of("rep_id", whose, someone, id=someone.rep_id)
        self.of("team_id", whose, id=team_id)
        self._meeting(whose, team(team_id))

    def _meeting(self, whose: str, scope: Scope) -> None:
        id = schedule_id(scope, Cadence.WEEKLY)
        schedule = SetMeetingSchedule(scope=scope, plan=Plan(cadence=Cadence.WEEKLY, day=3, at="09:30"))
        calling = CallMeeting(schedule_id=id, arming=1, number=1)
        self.of("schedule_id", whose, schedule, id=id)
        self.of("meeting_id", whose, calling, id=meeting_id(id, 1))

    async def record(self) -> int:
        position = 0
        async with open_ledger(self.house.settings.database_url, min_size=1, max_size=2) as ledger:
            for command in self.commands:
                context = Context(now=NOW, actor=Actor("user", "ops"), channel=Channel.CLI)
                position = (await CommandHandler(ledger).execute(command, context)).position
        return position


@pytest.fixture(scope="module")
def world(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as house:
        for name in CLIENTS.values():
            house.browser(name)  # while their teams are there: an administrator's acts end them
        made = World(house)
        made.furnish()
        position = asyncio.run(made.record())
        for path in ("/deals", "/customers", "/leads", "/cycles", "/targets", "/scorecards", "/action-items"):
            house.admin.get(path, params={"after": position}).raise_for_status()
        for path in ("/adjustments", "/meetings", "/meeting-schedules"):
            house.admin.get(path, params={"after": position}).raise_for_status()
        yield made


@pytest.fixture(scope="module")
def bodies(world: World) -> dict[str, Any]:
    """The published example of each operation's body."""
    paths = world.house.admin.get("/openapi.json").json()["paths"]
    found = {}
    for operations in paths.values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found[operation["operationId"]] = content.get("example")
    return found


def address(act: a.Act, world: World, whose: str | None) -> str:
    """The act's path with the subject's id, and made-up ids of what is inside it."""
    path = act.path
    if act.parameter is not None and whose is not None:
        path = path.replace(f"{{{act.parameter}}}", str(world.ids[act.parameter, whose]))
    path = path.replace("{operation}", "openDeal").replace("{of}", "customer")
    path = path.replace("{name}", "default").replace("{number}", "1").replace("{key_id}", "0123456789abcdef")
    return re.sub(r"{\w+}", lambda _: str(uuid4()), path)


def outcome(act: a.Act, answer: httpx.Response) -> str:
    """What the answer says of authority: a limit of the policy and all that a rule refuses come after it."""
    told = answer.json() if answer.headers.get("content-type", "").endswith("json") else {}
    kind = a.SUBJECTS[act.parameter].kind.KIND if act.parameter else None
    if answer.status_code == 403 and "limit" not in told:
        return a.NO
    if answer.status_code == 404 and told.get("kind") == kind:
        return a.HIDDEN
    return a.YES


def said_by(role: Role, body: Any) -> Any:
    """Only an administrator names who speaks."""
    if not isinstance(body, dict) or role is Role.ADMIN:
        return body
    return {name: value for name, value in body.items() if name != "by"}


ACTS = [act for act in a.acts() if act.name]
"""Pages have no name of their own and take no key: whom they let in is tried in `tests/pages`."""


def test_the_page_says_what_routes_and_aggregates_say() -> None:
    assert a.PAGE.read_text() == a.page(), "write it anew: python -m tests.api.authority"


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER, Role.AUDITOR, Role.ADMIN])
def test_every_cell_of_the_page_holds_on_the_running_server(
    world: World, bodies: dict[str, Any], role: Role
) -> None:
    """Administrators come last: they may end what others look at."""
    client = world.house.client(CLIENTS[role])
    wrong: list[tuple[Any, ...]] = []
    for act in [act for act in ACTS if not act.page]:
        for whose, said in [(whose, said) for one, whose, said in a.cells(act) if one is role]:
            answer = client.request(
                act.method, address(act, world, whose), json=said_by(role, bodies[act.name])
            )
            if answer.status_code in (401, 500):
                wrong.append((act.name, whose, answer.status_code, answer.text[:200]))
            met = outcome(act, answer)
            to_a_key = a.NO if said == a.SIGNED_IN else said
            if met != to_a_key and not (said == a.PART and met != a.HIDDEN):
                wrong.append((act.name, whose, said, answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER, Role.AUDITOR, Role.ADMIN])
def test_every_page_is_shown_to_whom_the_table_says(world: World, role: Role) -> None:
    browser = world.house.browser(CLIENTS[role])
    browser.headers["X-CSRF-Token"] = csrf(browser.cookies["salesloop"])
    wrong: list[tuple[Any, ...]] = []
    for act in [act for act in ACTS if act.page]:
        for whose, said in [(whose, said) for one, whose, said in a.cells(act) if one is role]:
            with browser.stream(act.method, address(act, world, whose)) as answer:  # a page may go on and on
                met = {403: a.NO, 404: a.HIDDEN}.get(answer.status_code, a.YES)
                if answer.status_code in (401, 500) or met != said:
                    wrong.append((act.method, act.path, whose, said, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def test_nobody_sees_a_page_without_signing_in(world: World) -> None:
    """A key opens none either, and a stranger's form is not even read."""
    key = {"Authorization": f"Bearer {world.house.tokens['admin']}"}
    for act in [act for act in ACTS if act.page]:
        for headers in ({}, key):
            answer = httpx.request(act.method, world.house.base + address(act, world, a.OWN), headers=headers)
            assert answer.status_code == 401, (act.method, act.path)


def test_every_act_and_every_cell_is_tried() -> None:
    tried = {(act.method, act.path, role, whose) for act in ACTS for role, whose, _ in a.cells(act)}
    acts = [act for act in ACTS if not act.page]
    assert len({act.name for act in acts}) == len(acts) > 100
    assert len(tried) > 1_000


TOLD = {"deal_id": "/deals", "lead_id": "/leads", "cycle_id": "/cycles"}
OF_THE_MOMENT = {"appealCycle", "decideOverride"}
"""A rule of its capability decides, beside role and reach."""


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER, Role.AUDITOR])
def test_what_is_told_to_be_ones_own_to_do_is_what_the_table_says(world: World, role: Role) -> None:
    client = world.house.client(CLIENTS[role])
    for (parameter, whose), id in world.ids.items():
        doing = [act for act in ACTS if act.method == "POST" and act.parameter == parameter]
        answer = client.get(f"{TOLD.get(parameter, '')}/{id}/acts") if parameter in TOLD else None
        if answer is not None and answer.status_code == 200:
            may = {act.name for act in doing if act.cell(role, whose) in (a.YES, a.PART)} - OF_THE_MOMENT
            assert set(answer.json()["acts"]) - OF_THE_MOMENT == may, (parameter, whose)


LISTS = {
    "deal_id": "/deals",
    "lead_id": "/leads",
    "customer_id": "/customers",
    "target_id": "/targets",
    "cycle_id": "/cycles",
    "scorecard_id": "/scorecards",
    "item_id": "/action-items",
    "adjustment_id": "/adjustments",
    "meeting_id": "/meetings",
    "schedule_id": "/meeting-schedules",
}


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER, Role.AUDITOR])
def test_lists_hold_what_may_be_read_one_by_one_and_nothing_else(world: World, role: Role) -> None:
    client, reading = (
        world.house.client(CLIENTS[role]),
        {act.parameter: act for act in ACTS if act.method == "GET" and not act.page},
    )
    for parameter, path in LISTS.items():
        listed = client.get(path, params={"limit": 200}).text
        for (name, whose), id in world.ids.items():
            if name == parameter:
                seen = reading[parameter].cell(role, whose) == a.YES
                assert (str(id) in listed) is seen, (path, whose)


def test_search_agenda_and_figures_tell_nothing_of_other_teams(world: World) -> None:
    house, south = world.house, world.house.reps["south"]
    theirs = str(world.ids["deal_id", a.OTHER])
    for name in ("north", "north-manager"):
        client = house.client(name)
        for path in ("/deals?text=another", f"/deals?owner_id={south}", "/agenda?limit=200", "/agenda/ended"):
            assert theirs not in client.get(path).text, path
        for scope in (
            f"scope=team&scope_id={house.teams['south']}",
            f"scope=rep&scope_id={south}",
            "scope=company",
        ):
            assert client.get(f"/figures?period=2026&metric=deals-won&{scope}").status_code == 403
        assert client.get(f"/deals?team_id={house.teams['south']}").status_code == 403
        assert theirs not in client.get("/events", params={"after": 0, "limit": 200}).text
