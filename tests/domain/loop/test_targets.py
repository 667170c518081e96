"""Targets: what one must say, who agrees, which number is in force when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.figures.scope import COMPANY, Scope, ScopeKind, rep, team
from domain.target import commands as t
from domain.target import facts as f
from domain.target.target import Version, in_force
from tests.domain.given_when_then import given, like
from tests.domain.loop.words import MARCH, OWNER, YEAR, id_of, loaded, proposal
from tests.domain.words import LI, MANAGER, NORTH, STAFF, WANG, ZHAO

ALL_PARTS = ["metric", "number", "unit", "currency", "period", "scope", "owner_id", "achievable", "relevant"]
ID = id_of()
AGREE = t.AgreeTarget(target_id=ID, agreed_by=OWNER)
JULY = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def revise(number: int | str, from_day: date | None = None, **changes: Any) -> t.ReviseTarget:
    usual: dict[str, Any] = {"target_id": ID, "why": "the plant opens later"}
    return t.ReviseTarget(**(usual | {"number": Decimal(number), "from_day": from_day} | changes))


class TestATargetMustSay:
    def test_everything_at_once(self) -> None:
        given().when(t.ProposeTarget()).refused(Invalid, fields=ALL_PARTS)

    @pytest.mark.parametrize("part", ALL_PARTS)
    def test_each_part(self, part: str) -> None:
        nothing = "" if isinstance(getattr(proposal(), part), str) else None
        given().when(proposal(**{part: nothing})).refused(Invalid, fields=[part])

    @pytest.mark.parametrize("part", ["achievable", "relevant", "unit", "currency"])
    def test_more_than_blanks(self, part: str) -> None:
        given().when(proposal(**{part: "  "})).refused(Invalid, fields=[part])

    def test_no_currency_where_none_belongs(self) -> None:
        calls = proposal(metric="activities:call", unit="count", currency="")
        given().when(calls).allowed()
        given().when(proposal(metric="activities:call", unit="count")).refused(Invalid, fields=["currency"])

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("metric", "profit"),
            ("number", Decimal("0.001")),
            ("number", Decimal(-1)),
            ("number", Decimal("NaN")),
            ("number", Decimal("1e15")),
            ("unit", "count"),
            ("currency", "yuan"),
            ("scope.id", Scope(kind=ScopeKind.TEAM)),
            ("scope.id", Scope(kind=ScopeKind.COMPANY, id=NORTH)),
            ("scope.channel", Scope(kind=ScopeKind.COMPANY, channel="partners")),
        ],
    )
    def test_what_can_be_measured(self, part: str, value: object) -> None:
        given().when(proposal(**{part.partition(".")[0]: value})).refused(Invalid, fields=[part])

    def test_something_that_is_recorded(self, foretold: str) -> None:
        rate: dict[str, Any] = {"unit": "ratio", "currency": "", "number": Decimal("0.9")}
        satisfied = proposal(metric=foretold, **rate)
        given().when(satisfied).refused(Invalid, fields=["metric"])

    def test_a_rate_of_a_hundred_per_cent_at_most(self) -> None:
        rate = {"metric": "win-rate", "unit": "ratio", "currency": ""}
        given().when(proposal(number=Decimal("1.01"), **rate)).refused(Invalid, fields=["number"])
        given().when(proposal(number=Decimal(1), **rate)).allowed()

    def test_a_period_that_is_one(self) -> None:
        hand_made = type(YEAR)(YEAR.kind, YEAR.start, date(2026, 11, 30), YEAR.name)
        given().when(proposal(period=hand_made)).refused(Invalid, fields=["period"])

    def test_people_who_are_there(self) -> None:
        given().when(proposal(scope=rep(LI))).refused(NotFound)
        given(STAFF).when(proposal(scope=rep(LI))).then(like(f.TargetProposed, team_id=NORTH))
        given().when(proposal(scope=team(NORTH))).refused(NotFound)


class TestAProposedTarget:
    def test_is_one_for_its_metric_scope_and_period(self) -> None:
        scenario = given(proposal()).when(proposal(number=Decimal(2), owner_id=MANAGER))
        scenario.refused(AlreadyExists)

    def test_proposed_again_is_silence(self) -> None:
        given(proposal()).when(proposal()).silence()

    def test_is_agreed_to_by_its_owner_only(self) -> None:
        given(proposal()).when(AGREE).then(f.TargetAgreed(agreed_by=OWNER, number=Decimal(1_000_000)))
        given(proposal()).when(t.AgreeTarget(target_id=ID, agreed_by=MANAGER)).refused(Refused)
        given(proposal(), AGREE).when(AGREE).silence()

    def test_left_unagreed_holds_and_can_be_agreed_to_later(self) -> None:
        leave = t.LeaveTargetUnagreed(target_id=ID)
        scenario = given(proposal()).when(leave).then(f.TargetLeftUnagreed(number=Decimal(1_000_000)))
        assert loaded(scenario.history).in_force(date(2026, 5, 1)) == 1_000_000
        scenario.when(leave).silence()
        scenario.when(AGREE).topics("target.agreed")
        scenario.when(leave).silence()

    def test_goes_over_to_somebody_else(self) -> None:
        hand = t.HandOverTarget(target_id=ID, owner_id=MANAGER)
        given(proposal(), hand).when(AGREE).refused(Refused)
        given(proposal(), hand).when(hand).silence()

    def test_withdrawn_holds_nothing_and_may_be_proposed_anew(self) -> None:
        withdraw = t.WithdrawTarget(target_id=ID, why="the plant is sold")
        scenario = given(proposal()).when(withdraw).topics("target.withdrawn")
        assert loaded(scenario.history).in_force(date(2026, 5, 1)) is None
        scenario.when(withdraw).silence()
        scenario.when(AGREE).refused(Refused)
        scenario.when(proposal(number=Decimal(7))).topics("target.proposed")
        assert loaded(scenario.history).in_force(date(2026, 5, 1)) == 7


class TestRevising:
    def test_keeps_the_version_that_earlier_days_are_judged_by(self) -> None:
        scenario = given(proposal(), AGREE).when(revise(1_200_000, date(2026, 7, 1)))
        scenario.then(
            f.TargetRevised(
                before=Decimal(1_000_000),
                after=Decimal(1_200_000),
                from_day=date(2026, 7, 1),
                version=2,
                why="the plant opens later",
            )
        )
        target = loaded(scenario.history)
        assert target.in_force(date(2026, 6, 30)) == 1_000_000
        assert target.in_force(date(2026, 7, 1)) == 1_200_000
        assert target.status == "proposed"

    def test_takes_effect_today_where_no_day_is_said(self) -> None:
        given(proposal()).when(revise(7), now=JULY).then(like(f.TargetRevised, from_day=JULY.date()))

    def test_of_what_is_to_come_takes_effect_with_it(self) -> None:
        scenario = given(proposal(period=MARCH))
        early = datetime(2026, 1, 5, tzinfo=UTC)
        scenario.when(revise(7, target_id=id_of(period=MARCH)), now=early)
        scenario.then(like(f.TargetRevised, from_day=MARCH.start))

    @pytest.mark.parametrize("day", [date(2026, 6, 29), date(2025, 12, 31), date(2027, 1, 1)])
    def test_judges_no_day_that_is_past_anew(self, day: date) -> None:
        given(proposal()).when(revise(7, day), now=JULY).refused(Invalid, fields=["from_day"])

    def test_entered_late_counts_from_when_it_happened(self) -> None:
        then = datetime(2026, 2, 1, 9, tzinfo=UTC)
        given(proposal()).when(revise(7, then.date()), now=JULY, occurred_at=then).allowed()

    def test_says_why(self) -> None:
        given(proposal()).when(revise(7, why=" ")).refused(Invalid, fields=["why"])

    def test_to_the_same_number_is_silence(self) -> None:
        given(proposal()).when(revise(1_000_000)).silence()

    def test_of_a_withdrawn_one_is_refused(self) -> None:
        withdraw = t.WithdrawTarget(target_id=ID, why="the plant is sold")
        given(proposal(), withdraw).when(revise(7)).refused(Refused)


class TestReach:
    def test_a_team_leader_proposes_within_the_team_only(self) -> None:
        north = Reach(team_id=NORTH)
        for whom, allowed in ((rep(WANG), True), (rep(ZHAO), False), (COMPANY, False)):
            scenario = given(STAFF).when(proposal(scope=whom, owner_id=WANG), reach=north)
            scenario.allowed() if allowed else scenario.refused(Forbidden)

    def test_a_rep_agrees_to_their_own_only(self) -> None:
        for_li = proposal(scope=rep(LI), owner_id=LI)
        agree = t.AgreeTarget(target_id=id_of(rep(LI)), agreed_by=LI)
        given(STAFF, for_li).when(agree, reach=Reach(team_id=NORTH, rep_id=LI)).allowed()
        given(STAFF, for_li).when(agree, reach=Reach(team_id=NORTH, rep_id=WANG)).refused(Forbidden)


class TestTheVersionInForce:
    VERSIONS = (
        Version(Decimal(100), date(2026, 1, 1), position=10),
        Version(Decimal(200), date(2026, 7, 1), position=20),
        Version(Decimal(150), date(2026, 6, 1), position=30),
    )

    @pytest.mark.parametrize(
        ("on", "known_at", "number"),
        [
            (date(2026, 5, 31), None, 100),
            (date(2026, 6, 1), None, 150),
            (date(2026, 8, 1), None, 150),
            (date(2026, 8, 1), 29, 200),
            (date(2026, 6, 1), 29, 100),
            (date(2026, 8, 1), 10, 100),
        ],
    )
    def test_is_the_last_recorded_one_that_had_begun(
        self, on: date, known_at: int | None, number: int
    ) -> None:
        version = in_force(self.VERSIONS, on, known_at)
        assert version is not None
        assert version.number == number

    def test_is_none_before_the_first(self) -> None:
        assert in_force(self.VERSIONS, date(2025, 12, 31)) is None
        assert in_force(self.VERSIONS, date(2026, 12, 31), known_at=9) is None
