"""Teams, and the reps who are hired, move, go on leave, come back and leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.deal import commands as c
from domain.engine.context import Reach
from domain.engine.errors import Invalid, NotFound, Refused
from domain.people import people as p
from tests.domain.given_when_then import NOW, given, later, like
from tests.domain.words import (
    DAY,
    DEAL,
    LI,
    MANAGER,
    NORTH,
    OPENED,
    SOUTH,
    STAFF,
    TIMER,
    WANG,
    hand_to,
    leaves,
)

EAST, HU = UUID(int=0xA9), UUID(int=0xB9)
FORMED = p.FormTeam(team_id=EAST, name="East", region="Shanghai", manager_id=MANAGER)
HIRED = p.HireRep(rep_id=HU, name="Hu Jing", team_id=NORTH, user_id="u-hu")
AWAY = p.PlanLeave(rep_id=WANG, starts_at=NOW - DAY, ends_at=NOW + 7 * DAY)


class TestATeam:
    def test_is_formed_once(self) -> None:
        given().when(FORMED).then(p.TeamFormed(name="East", region="Shanghai", manager_id=MANAGER))
        given(FORMED).when(FORMED).silence()

    def test_gets_another_manager(self) -> None:
        changed = p.FormTeam(team_id=EAST, name="East", manager_id=LI)
        given(FORMED).when(changed).then(p.TeamManagerChanged(before=MANAGER, after=LI))

    def test_keeps_its_manager_where_none_is_named(self) -> None:
        given(FORMED).when(p.FormTeam(team_id=EAST, name="East")).silence()

    def test_is_corrected_with_before_and_after(self) -> None:
        before, after = p.TeamName(name="East", region="Shanghai"), p.TeamName(name="East", region="Suzhou")
        correct = p.CorrectTeam(team_id=EAST, region="Suzhou")
        given(FORMED).when(correct).then(p.TeamCorrected(before=before, after=after))
        given(FORMED, correct).when(correct).silence()

    @pytest.mark.parametrize("name", ["", " ", "x" * 301, "\x00"])
    def test_needs_a_name(self, name: str) -> None:
        given().when(p.FormTeam(team_id=EAST, name=name)).refused(Invalid, fields=["name"])
        given(FORMED).when(p.CorrectTeam(team_id=EAST, name=name)).refused(Invalid, fields=["name"])

    def test_that_is_archived_takes_nobody_in(self) -> None:
        archived = given(STAFF, p.ArchiveTeam(team_id=SOUTH))
        archived.when(p.ArchiveTeam(team_id=SOUTH)).silence()
        archived.when(p.HireRep(rep_id=HU, name="Hu Jing", team_id=SOUTH)).refused(Refused)
        archived.when(p.HireRep(rep_id=LI, name="Li Na", team_id=SOUTH)).refused(Refused)

    def test_that_is_archived_comes_back_when_it_is_formed_again(self) -> None:
        again = p.FormTeam(team_id=SOUTH, name="South")
        given(STAFF, p.ArchiveTeam(team_id=SOUTH)).when(again).then(p.TeamFormed(name="South"))
        given(STAFF, p.ArchiveTeam(team_id=SOUTH), again).when(
            p.HireRep(rep_id=HU, name="Hu Jing", team_id=SOUTH)
        ).topics("rep.hired")

    def test_that_is_not_there_is_not_found(self) -> None:
        given().when(p.ArchiveTeam(team_id=EAST)).refused(NotFound)
        given().when(p.CorrectTeam(team_id=EAST, name="West")).refused(NotFound)


class TestARep:
    def test_is_hired_once(self) -> None:
        given(STAFF).when(HIRED).then(p.RepHired(name="Hu Jing", team_id=NORTH, user_id="u-hu"))
        given(STAFF, HIRED).when(HIRED).silence()

    def test_moves_to_another_team(self) -> None:
        move = p.HireRep(rep_id=LI, name="Li Na", team_id=SOUTH)
        given(STAFF).when(move).then(p.RepMoved(before=NORTH, after=SOUTH))

    def test_is_hired_into_a_team_that_is_there(self) -> None:
        given().when(HIRED).refused(NotFound)
        given(STAFF).when(p.HireRep(rep_id=HU, name="Hu Jing", team_id=LI)).refused(NotFound)

    def test_is_corrected_with_before_and_after(self) -> None:
        correct = p.CorrectRep(rep_id=HU, name="Hu Jin")
        given(STAFF, HIRED).when(correct).then(
            p.RepCorrected(
                before=p.RepName(name="Hu Jing", user_id="u-hu"),
                after=p.RepName(name="Hu Jin", user_id="u-hu"),
            )
        )
        given(STAFF, HIRED, correct).when(correct).silence()

    @pytest.mark.parametrize("name", ["", " ", "x" * 301, "\x00"])
    def test_needs_a_name(self, name: str) -> None:
        given(STAFF).when(p.HireRep(rep_id=HU, name=name, team_id=NORTH)).refused(Invalid, fields=["name"])
        given(STAFF).when(p.CorrectRep(rep_id=LI, name=name)).refused(Invalid, fields=["name"])

    def test_leaves_once_and_says_when(self) -> None:
        given(STAFF).when(leaves(LI), occurred_at=NOW - DAY).then(p.RepLeft(at=NOW - DAY))
        given(STAFF, leaves(LI)).when(leaves(LI)).silence()

    def test_who_left_does_not_come_back_under_the_old_id(self) -> None:
        gone = given(STAFF, leaves(LI))
        gone.when(p.HireRep(rep_id=LI, name="Li Na", team_id=SOUTH)).refused(Refused)

    def test_who_is_not_there_does_not_leave(self) -> None:
        given(STAFF).when(leaves(HU)).refused(NotFound)

    def test_of_another_team_is_not_there_for_a_team_leader(self) -> None:
        given(STAFF).when(leaves(LI), reach=Reach(team_id=SOUTH)).refused(NotFound)


class TestOnLeave:
    def test_is_planned_once(self) -> None:
        planned = p.LeavePlanned(starts_at=AWAY.starts_at, ends_at=AWAY.ends_at)
        given(STAFF).when(AWAY).then(planned)
        given(STAFF, AWAY).when(AWAY).silence()

    def test_nothing_is_reassigned_to_them(self) -> None:
        away = given(OPENED, AWAY)
        promise = away.deal.promise
        assert promise is not None
        to_wang = c.ReassignPromise(deal_id=DEAL, promise_id=promise.id, arming=1, to=WANG)
        away.when(to_wang, actor=TIMER).refused(Refused)
        assert away.refusal is not None
        assert away.refusal.details["rep_id"] == str(WANG)

    def test_a_person_may_still_hand_them_a_deal(self) -> None:
        given(OPENED, AWAY).when(hand_to(WANG)).allowed()

    @pytest.mark.parametrize("now", [NOW - 2 * DAY, NOW + 7 * DAY])
    def test_they_are_here_before_it_begins_and_from_when_it_ends(self, now: datetime) -> None:
        rep = given(STAFF, AWAY).history.load(p.Rep, WANG)
        assert rep.leave_at(NOW) is not None
        rep.must_be_here(now)

    def test_they_may_come_back_early(self) -> None:
        back = given(OPENED, AWAY).when(p.ComeBack(rep_id=WANG)).then(p.CameBack(at=NOW))
        back.history.load(p.Rep, WANG).must_be_here(NOW)
        back.when(p.ComeBack(rep_id=WANG)).silence()

    def test_coming_back_leaves_the_next_leave_planned(self) -> None:
        summer = p.PlanLeave(rep_id=WANG, starts_at=NOW + 100 * DAY, ends_at=NOW + 120 * DAY)
        rep = given(STAFF, AWAY, summer, p.ComeBack(rep_id=WANG)).history.load(p.Rep, WANG)
        assert rep.away == (p.LeavePlanned(starts_at=summer.starts_at, ends_at=summer.ends_at),)

    @pytest.mark.parametrize(
        ("starts_at", "ends_at", "field"),
        [
            (NOW, NOW, "ends_at"),
            (NOW, NOW - DAY, "ends_at"),
            (NOW, NOW + timedelta(days=1200), "ends_at"),
            (NOW.replace(tzinfo=None), NOW + DAY, "starts_at"),
            (NOW, datetime.max.replace(tzinfo=UTC), "ends_at"),
        ],
    )
    def test_a_leave_that_cannot_be_is_refused(
        self, starts_at: datetime, ends_at: datetime, field: str
    ) -> None:
        given(STAFF).when(p.PlanLeave(rep_id=LI, starts_at=starts_at, ends_at=ends_at)).refused(
            Invalid, fields=[field]
        )

    def test_who_left_plans_none(self) -> None:
        given(STAFF, leaves(WANG)).when(AWAY).refused(Refused)


def test_a_rep_counts_what_was_allocated() -> None:
    scenario = given(OPENED, hand_to(WANG), hand_to(LI), later(hand_to(WANG), now=NOW + DAY))
    assert scenario.history.load(p.Rep, WANG).allocated == 2
    assert scenario.history.streams[LI][-1] == like(p.RepAllocated, subject_id=DEAL)
