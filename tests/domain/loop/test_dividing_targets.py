"""Dividing targets and dividing them anew: sums hold to the cent at every level, and the past stays as it was."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from domain.engine.command import Command
from domain.engine.errors import AlreadyExists, DomainError, Invalid, Refused
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.people.people import HireRep
from domain.target import commands as t
from domain.target import facts as f
from domain.target.target import Target
from domain.time.periods import named_period
from tests.domain.given_when_then import History, Scenario, context_of, given, like
from tests.domain.loop.words import (
    EQUAL,
    MANUAL,
    MARCH,
    MONTHS,
    NORTHERNERS,
    QUARTER,
    TEAMS,
    WEIGHTED,
    YEAR,
    children,
    divide,
    id_of,
    loaded,
    proposal,
)
from tests.domain.words import DAY, LI, NORTH, SOUTH, STAFF, WANG, ZHAO

APRIL = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
MID_MAY = datetime(2026, 5, 16, 9, 0, tzinfo=UTC)
BY_MONTH = divide(children(periods=MONTHS))
BY_TEAM = divide(children(TEAMS))
NORTH_BY_REP = divide(children(NORTHERNERS), team(NORTH))


def numbers(scenario: Scenario, scope: Scope = COMPANY, period: Any = YEAR) -> list[Decimal]:
    return [s.number for s in loaded(scenario.history, scope, period).shares]


def respread(into: Sequence[t.Child] = (), scope: Scope = COMPANY, **changes: Any) -> t.RespreadTarget:
    usual: dict[str, Any] = {
        "target_id": id_of(scope),
        "why": "the plant opens later",
        "children": tuple(into),
    }
    return t.RespreadTarget(**(usual | changes))


def revise(number: int | Decimal, **changes: Any) -> t.ReviseTarget:
    usual: dict[str, Any] = {"target_id": id_of(), "number": Decimal(number), "why": "the plant opens later"}
    return t.ReviseTarget(**(usual | changes))


def move(to: UUID = SOUTH, rep_id: UUID = LI, **changes: Any) -> t.MoveTarget:
    usual: dict[str, Any] = {"target_id": id_of(rep(rep_id)), "parent_id": id_of(team(to)), "why": "moved"}
    return t.MoveTarget(**(usual | changes))


def with_numbers(into: Sequence[t.Child], *them: int | str) -> tuple[t.Child, ...]:
    return tuple(
        t.Child(scope=c.scope, period=c.period, number=Decimal(n)) for c, n in zip(into, them, strict=True)
    )


class TestDividing:
    def test_by_month_to_the_cent(self) -> None:
        scenario = given(proposal(number=Decimal("1000000.01"))).when(BY_MONTH)
        assert sum(numbers(scenario)) == Decimal("1000000.01")
        assert set(numbers(scenario)) == {Decimal("83333.33"), Decimal("83333.34")}

    def test_makes_a_target_of_each_part_in_the_same_commit(self) -> None:
        scenario = given(proposal()).when(divide(children(periods=YEAR.children())))
        scenario.topics(*["target.divided"], *["target.proposed"] * 4)
        first = loaded(scenario.history, period=YEAR.children()[0])
        assert (first.number, first.parent_id, first.owner_id) == (
            Decimal(250_000),
            id_of(),
            proposal().owner_id,
        )

    def test_by_team_then_rep(self) -> None:
        weighted = divide(children(TEAMS, (YEAR,), ["2", "1"]), method=WEIGHTED)
        scenario = given(STAFF, proposal(), weighted).when(NORTH_BY_REP)
        assert numbers(scenario, team(NORTH)) == [Decimal("333333.34"), Decimal("333333.33")]
        assert loaded(scenario.history, rep(LI)).team_id == NORTH

    def test_by_hand(self) -> None:
        by_hand = with_numbers(children(periods=YEAR.children()), 1, 2, 3, 999_994)
        given(proposal()).when(divide(by_hand, method=MANUAL)).allowed()
        short = with_numbers(children(periods=YEAR.children()), 1, 2, 3, 999_993)
        given(proposal()).when(divide(short, method=MANUAL)).refused(Invalid, fields=["number"])

    def test_by_hand_says_every_number(self) -> None:
        fields = [f"children[{n}].number" for n in range(4)]
        by_hand = divide(children(periods=YEAR.children()), method=MANUAL)
        given(proposal()).when(by_hand).refused(Invalid, fields=fields)

    def test_by_weight_says_every_weight(self) -> None:
        weighed = divide(children(periods=YEAR.children()), method=WEIGHTED)
        given(proposal()).when(weighed).refused(Invalid, fields=[f"children[{n}].weight" for n in range(4)])

    @pytest.mark.parametrize(
        "parts",
        [
            (),
            children(periods=MONTHS[:11]),
            children(periods=(*MONTHS, MONTHS[0])),
            children(periods=(named_period("2027"),)),
            children(periods=(YEAR,)),
            children(periods=(*YEAR.children()[:3], *MONTHS[9:])),
            children(TEAMS, (QUARTER,)),
            (*children(TEAMS), *children(periods=YEAR.children())),
        ],
    )
    def test_into_what_does_not_make_it_up_is_refused(self, parts: tuple[t.Child, ...]) -> None:
        given(STAFF, proposal()).when(divide(parts)).refused(Invalid, fields=["children"])

    def test_a_team_goes_to_its_own_reps(self) -> None:
        strangers = divide(children((rep(LI), rep(ZHAO))), team(NORTH))
        given(STAFF, proposal(scope=team(NORTH))).when(strangers).refused(Invalid, fields=["children"])

    def test_the_same_again_is_silence_and_another_one_refused(self) -> None:
        given(proposal(), BY_MONTH).when(BY_MONTH).silence()
        given(proposal(), BY_MONTH).when(divide(children(periods=YEAR.children()))).refused(Refused)

    def test_over_a_target_that_is_there_is_refused(self) -> None:
        given(proposal(), proposal(period=MARCH)).when(BY_MONTH).refused(AlreadyExists)

    def test_a_rate_is_not_divided(self) -> None:
        rate = proposal(metric="win-rate", unit="ratio", currency="", number=Decimal("0.4"))
        by_quarter = divide(children(periods=YEAR.children()), metric="win-rate")
        scenario = given(rate).when(by_quarter)
        assert [s.number for s in loaded(scenario.history, metric="win-rate").shares] == [Decimal("0.4")] * 4


class TestAPart:
    def test_is_not_revised_by_itself(self) -> None:
        for refused in (revise(7, target_id=id_of(period=MARCH)), respread(target_id=id_of(period=MARCH))):
            given(proposal(), BY_MONTH).when(refused).refused(Refused)

    def test_is_not_withdrawn_by_itself(self) -> None:
        withdraw = t.WithdrawTarget(target_id=id_of(period=MARCH), why="no")
        given(proposal(), BY_MONTH).when(withdraw).refused(Refused)

    def test_goes_with_the_whole(self) -> None:
        withdraw = t.WithdrawTarget(target_id=id_of(), why="no")
        scenario = given(STAFF, proposal(), BY_TEAM, NORTH_BY_REP).when(withdraw)
        scenario.topics(*["target.withdrawn"] * 5)

    def test_of_a_rate_may_differ(self) -> None:
        rate = proposal(metric="win-rate", unit="ratio", currency="", number=Decimal("0.4"))
        by_quarter = divide(children(periods=YEAR.children()), metric="win-rate")
        lower = t.ReviseTarget(
            target_id=id_of(period=YEAR.children()[3], metric="win-rate"), number=Decimal("0.3"), why="winter"
        )
        higher = t.ReviseTarget(target_id=id_of(metric="win-rate"), number=Decimal("0.5"), why="better")
        scenario = given(rate, by_quarter, lower).when(higher)
        quarters = [loaded(scenario.history, period=p, metric="win-rate").number for p in YEAR.children()]
        assert quarters == [Decimal(x) for x in ("0.5", "0.5", "0.5", "0.3")]


class TestAMidYearChange:
    def test_leaves_what_is_past_and_spreads_the_rest(self) -> None:
        scenario = given(proposal(number=Decimal(1_200_000)), BY_MONTH).when(revise(1_650_000), now=APRIL)
        assert numbers(scenario) == [Decimal(100_000)] * 3 + [Decimal(150_000)] * 9
        april = loaded(scenario.history, period=MONTHS[3])
        assert [(v.number, v.from_day) for v in april.versions] == [
            (Decimal(100_000), MONTHS[3].start),
            (Decimal(150_000), MONTHS[3].start),
        ]

    def test_reaches_every_level(self) -> None:
        rep_by_month = divide(children((rep(LI),), MONTHS), rep(LI))
        scenario = given(STAFF, proposal(number=Decimal(1_200_000)), BY_TEAM, NORTH_BY_REP, rep_by_month)
        scenario.when(revise(2_400_000), now=APRIL)
        assert numbers(scenario) == [Decimal(1_200_000)] * 2
        assert numbers(scenario, team(NORTH)) == [Decimal(600_000)] * 2
        assert numbers(scenario, rep(LI))[:4] == [Decimal(25_000)] * 3 + [Decimal("58333.34")]
        assert sum(numbers(scenario, rep(LI))) == 600_000

    def test_cannot_take_the_past_back(self) -> None:
        given(proposal(number=Decimal(1_200_000)), BY_MONTH).when(revise(299_999), now=APRIL).refused(
            Invalid, fields=["number"]
        )

    def test_keeps_the_month_it_falls_in_judged_by_both(self) -> None:
        scenario = given(proposal(number=Decimal(1_200_000)), BY_MONTH).when(revise(2_000_000), now=MID_MAY)
        may = loaded(scenario.history, period=MONTHS[4])
        assert may.in_force(date(2026, 5, 15)) == 100_000
        assert may.in_force(date(2026, 5, 16)) == 200_000


class TestRespreading:
    def test_gives_what_is_left_as_somebody_says(self) -> None:
        left = children(periods=MONTHS[3:])
        by_hand = with_numbers(left, *range(100_000, 1_000_000, 100_000))
        held = given(proposal(number=Decimal(4_800_000)), BY_MONTH)
        scenario = held.when(respread(by_hand, method=MANUAL, number=Decimal(5_700_000)), now=APRIL)
        assert numbers(scenario)[:5] == [Decimal(400_000)] * 3 + [Decimal(100_000), Decimal(200_000)]
        assert loaded(scenario.history).number == 5_700_000

    def test_leaves_nobody_out_and_names_nothing_past(self) -> None:
        held = given(proposal(), BY_MONTH)
        held.when(respread(children(periods=MONTHS[4:]), method=EQUAL), now=APRIL).refused(
            Invalid, fields=["children"]
        )
        held.when(respread(children(periods=MONTHS), method=EQUAL), now=APRIL).refused(
            Invalid, fields=["children"]
        )

    def test_takes_in_who_came_and_leaves_nothing_to_who_left(self) -> None:
        newcomer = UUID(int=0xBE)
        scopes = (rep(LI), rep(WANG), rep(newcomer))
        hired = HireRep(rep_id=newcomer, name="Xu Lei", team_id=NORTH)
        held = given(STAFF, hired, proposal(number=Decimal(1_000)), BY_TEAM, NORTH_BY_REP)
        scenario = held.when(
            respread(children(scopes, (YEAR,), ["0", "3", "1"]), scope=team(NORTH)), now=MID_MAY
        )
        assert numbers(scenario, team(NORTH)) == [Decimal(0), Decimal(375), Decimal(125)]
        assert loaded(scenario.history, rep(LI)).in_force(date(2026, 5, 15)) == 250
        assert loaded(scenario.history, rep(newcomer)).versions[0].from_day == date(2026, 5, 16)

    def test_without_saying_how_changes_nothing(self) -> None:
        given(proposal(), BY_MONTH).when(respread()).silence()

    def test_needs_a_division(self) -> None:
        given(proposal()).when(respread()).refused(Refused)


class TestMovingARep:
    GIVEN = (
        *STAFF,
        proposal(number=Decimal(1_460)),
        BY_TEAM,
        NORTH_BY_REP,
        divide(children((rep(ZHAO),)), team(SOUTH)),
    )
    MOVED = HireRep(rep_id=LI, name="Li Na", team_id=SOUTH)

    def test_takes_along_what_is_left_and_leaves_what_is_past(self) -> None:
        """135 of the year's 365 days are over on 16 May; 365 of the company's 1460 are Li's."""
        scenario = given(self.GIVEN, self.MOVED).when(move(), now=MID_MAY)
        assert loaded(scenario.history, rep(LI)).number == 365
        north, south = (loaded(scenario.history, team(id)) for id in (NORTH, SOUTH))
        assert (north.number, south.number) == (Decimal(500), Decimal(960))
        assert north.shares == (
            f.Share(id_of(rep(WANG)), Decimal(365)),
            f.Share(id_of(rep(LI)), Decimal(135), settled=True),
        )
        assert south.shares[-1] == f.Share(id_of(rep(LI)), Decimal(230))
        assert loaded(scenario.history).number == 1_460
        assert numbers(scenario) == [Decimal(500), Decimal(960)]

    def test_rewrites_no_day_that_is_past(self) -> None:
        scenario = given(self.GIVEN, self.MOVED).when(move(), now=MID_MAY)
        north = loaded(scenario.history, team(NORTH))
        assert (north.in_force(date(2026, 5, 15)), north.in_force(date(2026, 5, 16))) == (
            Decimal(730),
            Decimal(500),
        )

    def test_may_say_what_stays(self) -> None:
        scenario = given(self.GIVEN, self.MOVED).when(move(stays=Decimal("0.50")), now=MID_MAY)
        assert loaded(scenario.history, team(NORTH)).number == Decimal("365.50")
        given(self.GIVEN, self.MOVED).when(move(stays=Decimal(366))).refused(Invalid, fields=["stays"])

    def test_is_done_once(self) -> None:
        held = given(self.GIVEN, self.MOVED, move())
        held.when(move()).silence()

    def test_and_back_again_loses_nothing(self) -> None:
        back = HireRep(rep_id=LI, name="Li Na", team_id=NORTH)
        held = given(self.GIVEN, self.MOVED, move(), back)
        scenario = held.when(move(NORTH), now=MID_MAY)
        assert_sums_hold(scenario.history)
        assert loaded(scenario.history, rep(LI)).number == 365

    def test_needs_the_rep_to_be_in_the_other_team(self) -> None:
        given(self.GIVEN).when(move()).refused(Invalid, fields=["children"])

    @pytest.mark.parametrize("to", [id_of(), id_of(rep(WANG)), id_of(rep(ZHAO))])
    def test_goes_to_a_divided_target_of_the_same_kind_only(self, to: UUID) -> None:
        refused = given(self.GIVEN, self.MOVED).when(move(parent_id=to))
        if to == id_of():
            refused.allowed()
        else:
            refused.refused(Invalid, fields=["parent_id"])

    def test_of_what_is_nobodys_part_is_refused(self) -> None:
        given(STAFF, proposal(scope=rep(LI))).when(move(parent_id=id_of(rep(LI)))).refused(Refused)


def targets_of(history: History) -> list[Target]:
    ids = [id for id, facts in history.streams.items() if facts[0].TOPIC == "target.proposed"]
    return [history.load(Target, id) for id in ids]


def assert_sums_hold(history: History) -> None:
    """Shares sum to their whole; every number is what its parents give it."""
    targets = {x.id: x for x in targets_of(history) if x.stands}
    given_to: dict[UUID, Decimal] = {}
    for whole in targets.values():
        if whole.shares:
            assert sum(s.number for s in whole.shares) == whole.number
            assert all(s.number >= 0 and s.number % whole.unit == 0 for s in whole.shares)
        for share in whole.shares:
            given_to[share.child_id] = given_to.get(share.child_id, Decimal(0)) + share.number
    for part in targets.values():
        if part.parent_id is not None:
            assert part.number == given_to[part.id]


def random_command(chance: random.Random) -> Command:
    scopes = [COMPANY, *TEAMS, *map(rep, (LI, WANG, ZHAO))]
    scope, number = chance.choice(scopes), Decimal(chance.randrange(10**8)).scaleb(-2)
    who = chance.choice([children(TEAMS), children(NORTHERNERS), children((rep(ZHAO),))])
    when = children((scope,), chance.choice([MONTHS, YEAR.children(), MONTHS[6:]]))
    parts = chance.choice([who, when])
    weighed = tuple(
        t.Child(scope=c.scope, period=c.period, weight=Decimal(chance.randrange(9))) for c in parts
    )
    day = chance.choice([None, None, date(2026, chance.randrange(4, 13), 15)])
    options: list[Command] = [
        divide(weighed, scope, method=WEIGHTED),
        divide(parts, scope),
        revise(number, target_id=id_of(scope), from_day=day),
        respread(weighed, scope, from_day=day),
        respread((), scope, number=number, from_day=day),
        respread(parts, scope, method=EQUAL, number=number, from_day=day),
        move(chance.choice([NORTH, SOUTH]), chance.choice([LI, WANG]), from_day=day),
        HireRep(rep_id=chance.choice([LI, WANG]), name="N", team_id=chance.choice([NORTH, SOUTH])),
    ]
    return chance.choice(options)


@settings(max_examples=60)
@over(st.integers(0, 10**6))
def test_whatever_is_asked_the_sums_hold(seed: int) -> None:
    chance, history, now = random.Random(seed), History(), APRIL
    for step in TestMovingARep.GIVEN:
        history.decide(step, context_of())
    kinds = set()
    for _ in range(60):
        command, now = random_command(chance), now + chance.randrange(4) * DAY
        try:
            if history.decide(command, context_of(now=now)).facts:
                kinds.add(type(command))
        except DomainError:
            continue
        assert_sums_hold(history)
    assert kinds


def test_the_commit_is_all_or_nothing() -> None:
    """A part that cannot be made refuses the whole division."""
    scenario = given(STAFF, proposal(), proposal(scope=team(SOUTH))).when(BY_TEAM).refused(AlreadyExists)
    assert len(targets_of(scenario.history)) == 2
    assert like(f.TargetProposed, scope=team(SOUTH)) == scenario.history.streams[id_of(team(SOUTH))][0]
