"""Service cases: two clocks that stand still while the customer is waited for, a solution, and what the customer says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.case import commands as c
from domain.case import facts as f
from domain.case.case import Case
from domain.case.decisions import NO_SEVERE_CASE
from domain.case.policy import DEFAULT_SERVICE, Clock, Promised, ServicePolicies, Severity
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.deal import Deal
from domain.deal.facts import DealUnblocked
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.figures.metrics import figure, metric
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.people.people import FormTeam, RepLeaves
from domain.survey.commands import NoteFeedback
from domain.survey.facts import SurveyAnswerGiven
from domain.time.duration import Duration
from domain.time.periods import PeriodKind, period_of
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.loop.log import Log
from tests.domain.words import DAY, DEAL, LI, MANAGER, NORTH, SOUTH, STAFF, WANG, ZHAO, opening

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CASE, OTHER = UUID(int=0xCA5E), UUID(int=0xCA5F)
CUSTOMER, STRANGER = UUID(int=0xC1), UUID(int=0xC2)
MORNING = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
"""Tuesday, 9:00 in Shanghai: nine business hours until it closes at 18:00."""
OPEN_CASE = c.OpenCase(
    case_id=CASE, title="the line stands still", customer_id=CUSTOMER, severity=Severity.SEVERE, owner_id=LI
)
KNOWN = (
    *STAFF,
    RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Acme")),
    RegisterCustomer(customer_id=STRANGER, profile=Profile(name="Other")),
)
OPENED = (*KNOWN, later(OPEN_CASE, now=MORNING))
SOLVE = c.SolveCase(case_id=CASE, solution="a new valve")
WAIT = c.WaitForCustomer(case_id=CASE, what="a photo of the valve")
RESUME = c.ResumeCase(case_id=CASE)
ANSWER = c.AnswerCase(case_id=CASE)
REOPEN = c.ReopenCase(case_id=CASE, why="it leaks again")


def at(hours: float) -> datetime:
    return MORNING + hours * HOUR


def case_of(scenario: Scenario) -> Case:
    return scenario.history.load(Case, CASE)


def due(scenario: Scenario) -> dict[str, datetime]:
    return {held.what: held.deadlines.due_at for held in case_of(scenario).commitments}


class TestIntake:
    def test_sets_both_clocks_by_severity_in_business_time(self) -> None:
        scenario = given(KNOWN).when(OPEN_CASE)
        scenario.then(like(f.CaseOpened, owner_id=LI, team_id=NORTH, policy_version=1, made_at=NOW))
        assert due(scenario) == {"answer": NOW + HOUR, "solve": datetime(2026, 3, 3, 8, 0, tzinfo=UTC)}
        scenario.when(OPEN_CASE).silence()
        scenario.when(replace(OPEN_CASE, title="another")).refused(AlreadyExists)

    def test_counts_from_when_the_customer_came(self) -> None:
        scenario = given(KNOWN).when(OPEN_CASE, now=at(2), occurred_at=at(0))
        assert due(scenario)["answer"] == at(1)

    def test_is_about_what_there_is(self) -> None:
        nobody = UUID(int=0xDEAD)
        wrong: Any
        for wrong in (
            {"customer_id": nobody},
            {"deal_id": nobody},
            {"product_id": nobody},
            {"follows": nobody},
        ):
            given(KNOWN).when(replace(OPEN_CASE, **wrong)).refused(NotFound)
        given(KNOWN).when(replace(OPEN_CASE, policy="none")).refused(NotFound)
        given(KNOWN).when(replace(OPEN_CASE, title=" ")).refused(Invalid, fields=["title"])

    def test_names_a_deal_and_an_earlier_case_of_the_same_customer(self) -> None:
        theirs = opening(customer_id=STRANGER)
        given(KNOWN, theirs).when(replace(OPEN_CASE, deal_id=DEAL)).refused(Refused)
        other = replace(OPEN_CASE, case_id=OTHER, customer_id=STRANGER, follows=CASE)
        given(OPENED).when(other).refused(Refused)
        given(OPENED).when(replace(other, customer_id=CUSTOMER)).then(like(f.CaseOpened, follows=CASE))

    def test_is_for_anybody_of_the_team_and_seen_by_it(self) -> None:
        seen = frozenset({CUSTOMER})
        mine = Reach(team_id=NORTH, rep_id=WANG, customers=seen)
        given(KNOWN).when(OPEN_CASE, reach=mine).topics("case.opened")
        given(KNOWN).when(OPEN_CASE, reach=Reach(team_id=NORTH, rep_id=WANG)).refused(NotFound)
        given(KNOWN).when(OPEN_CASE, reach=Reach(team_id=SOUTH, customers=seen)).refused(Forbidden)
        given(OPENED).when(SOLVE, reach=mine, now=at(1)).refused(Forbidden)
        given(OPENED).when(SOLVE, reach=Reach(team_id=SOUTH), now=at(1)).refused(NotFound)


class TestClocks:
    def test_the_first_answer_is_judged_and_counted(self) -> None:
        scenario = given(OPENED).when(ANSWER, now=at(0.5))
        scenario.then(like(f.CaseAnswered, minutes=30, kept=True, owner_id=LI, customer_id=CUSTOMER))
        assert set(due(scenario)) == {"solve"}
        scenario.when(ANSWER, now=at(3)).silence()
        given(OPENED).when(ANSWER, now=at(1)).then(like(f.CaseAnswered, kept=True))
        given(OPENED).when(ANSWER, now=at(1) + MINUTE).then(like(f.CaseAnswered, kept=False, minutes=61))
        given(OPENED).when(ANSWER, now=at(3), occurred_at=at(1)).then(like(f.CaseAnswered, kept=True))

    def test_what_is_left_is_kept_while_the_customer_is_waited_for(self) -> None:
        scenario = given(OPENED, later(ANSWER, now=at(0.5)), later(WAIT, now=at(2)))
        scenario.when(WAIT, now=at(3)).silence()
        scenario.when(RESUME, now=at(26))
        scenario.then(like(f.CaseResumed, waited=9 * 3600))
        assert due(scenario) == {"solve": at(32)}
        assert case_of(scenario).arming == 2
        scenario.when(RESUME, now=at(27)).silence()
        scenario.when(SOLVE, now=at(32)).then(like(f.CaseSolved, minutes=8 * 60, kept=True))

    def test_both_clocks_stand_still(self) -> None:
        scenario = given(OPENED, later(WAIT, now=at(0.5)), later(RESUME, now=at(4)))
        assert due(scenario) == {"answer": at(4.5), "solve": at(4 + 7.5 + 15)}

    def test_what_ran_out_before_stays_so(self) -> None:
        missed = c.MissClock(case_id=CASE, arming=1, clock=Clock.ANSWER)
        scenario = given(OPENED, later(missed, now=at(1)), later(WAIT, now=at(2)), later(RESUME, now=at(3)))
        assert due(scenario)["answer"] == at(1)
        assert [held.missed for held in case_of(scenario).commitments] == [True, False]
        scenario.when(replace(missed, arming=2), now=at(3)).silence()
        scenario.when(ANSWER, now=at(3.5)).then(like(f.CaseAnswered, kept=False, minutes=150))

    def test_one_that_stood_still_when_it_would_have_run_out_did_not(self) -> None:
        scenario = given(OPENED, later(WAIT, now=at(0.5)), later(RESUME, now=at(2)))
        assert due(scenario)["answer"] == at(2.5)

    def test_an_answer_while_waiting_is_in_time(self) -> None:
        given(OPENED, later(WAIT, now=at(0.5))).when(ANSWER, now=at(5)).then(
            like(f.CaseAnswered, kept=True, minutes=30)
        )

    def test_another_severity_is_another_promise(self) -> None:
        change = c.ChangeSeverity(case_id=CASE, severity=Severity.NORMAL)
        scenario = given(OPENED).when(change, now=at(0.5)).topics("case.severity-changed")
        assert due(scenario) == {
            clock: DEFAULT_SERVICE.due(Clock(clock), Severity.NORMAL, MORNING)
            for clock in ("answer", "solve")
        }
        scenario.when(change, now=at(0.5)).silence()
        waiting = given(OPENED, later(WAIT, now=at(0.5)))
        waiting.when(change, now=at(1)).then(like(f.CaseSeverityChanged, clocks=None))
        waiting.when(RESUME, now=at(2))
        assert due(waiting)["answer"] == at(4 + 1.5)

    def test_a_clock_that_runs_out_is_told_to_the_manager_of_the_owner_s_team(self) -> None:
        for clock, hours in ((Clock.ANSWER, 1), (Clock.SOLVE, 8)):
            missed = c.MissClock(case_id=CASE, arming=1, clock=clock)
            scenario = given(OPENED).when(missed, now=at(hours))
            scenario.then(f.CaseMissed(clock=clock, arming=1, due_at=at(hours), told=MANAGER))
            scenario.when(missed, now=at(hours)).silence()
        own = replace(OPEN_CASE, owner_id=MANAGER)
        scenario = given(KNOWN).when(own, reach=Reach(team_id=NORTH, customers=frozenset({CUSTOMER})))
        scenario.when(missed).then(like(f.CaseMissed, told=None))

    def test_a_timer_of_another_setting_or_of_a_pause_is_not_heard(self) -> None:
        missed = c.MissClock(case_id=CASE, arming=1, clock=Clock.SOLVE)
        scenario = given(OPENED, later(WAIT, now=at(0.5))).when(missed, now=at(8)).silence()
        scenario.when(RESUME, now=at(9))
        scenario.when(missed, now=at(9)).silence()

    def test_a_manager_who_has_left_is_told_nothing(self) -> None:
        gone = (FormTeam(team_id=NORTH, name="North", manager_id=WANG), RepLeaves(rep_id=WANG))
        missed = c.MissClock(case_id=CASE, arming=1, clock=Clock.ANSWER)
        given(OPENED, gone).when(missed, now=at(1)).then(like(f.CaseMissed, told=None))
        now = FormTeam(team_id=NORTH, name="North", manager_id=ZHAO)
        given(OPENED, gone, now).when(missed, now=at(1)).then(like(f.CaseMissed, told=ZHAO))

    def test_a_wait_that_is_entered_late_takes_back_nothing_that_was_told(self) -> None:
        missed = c.MissClock(case_id=CASE, arming=1, clock=Clock.ANSWER)
        late = given(OPENED, later(missed, now=at(1)), later(WAIT, now=at(2), occurred_at=at(0.5)))
        late.when(ANSWER, now=at(2)).then(like(f.CaseAnswered, kept=False, minutes=30))
        for ends in (0.75, 3):
            scenario = given(OPENED, later(missed, now=at(1)), later(WAIT, now=at(2), occurred_at=at(0.5)))
            scenario.when(RESUME, now=at(3), occurred_at=at(ends))
            assert due(scenario) == {"answer": at(1), "solve": at(8 + ends - 0.5 + (15 if ends > 1 else 0))}
            assert [one.missed for one in case_of(scenario).commitments] == [True, False]
            scenario.when(replace(missed, arming=2), now=at(4)).silence()
            scenario.when(ANSWER, now=at(4)).then(like(f.CaseAnswered, kept=False))
        in_time = given(OPENED, later(missed, now=at(1)))
        in_time.when(ANSWER, now=at(2), occurred_at=at(1)).then(like(f.CaseAnswered, kept=True))

    def test_what_happened_is_entered_in_order(self) -> None:
        scenario = given(OPENED, later(WAIT, now=at(2)))
        scenario.when(RESUME, now=at(3), occurred_at=at(1)).refused(Invalid, fields=["occurred_at"])


class TestSolutionAndFeedback:
    def test_the_solution_is_a_first_answer_and_asks_for_feedback(self) -> None:
        scenario = given(OPENED).when(SOLVE, now=at(8))
        scenario.then(
            like(f.CaseAnswered, kept=False, minutes=480), like(f.CaseSolved, kept=True, minutes=480)
        )
        assert due(scenario) == {
            "feedback": DEFAULT_SERVICE.feedback_after.after(at(8), DEFAULT_SERVICE.calendar)
        }
        scenario.when(SOLVE, now=at(9)).silence()
        scenario.when(replace(SOLVE, solution="another"), now=at(9)).refused(Refused)

    @pytest.mark.parametrize(
        "command", [ANSWER, WAIT, RESUME, c.ChangeSeverity(case_id=CASE, severity=Severity.MINOR)]
    )
    def test_nothing_of_a_clock_is_said_of_a_solved_case(self, command: Any) -> None:
        given(OPENED, later(SOLVE, now=at(2))).when(command, now=at(3)).refused(Refused)

    def test_the_customer_says_how_it_went(self) -> None:
        said = NoteFeedback(case_id=CASE, score=4, text="quick")
        scenario = given(OPENED, later(SOLVE, now=at(2))).when(said, now=at(30))
        scenario.topics("case.closed", "survey-answer.given")
        scenario.when(said, now=at(31)).silence()
        scenario.when(replace(said, score=1), now=at(31)).refused(Refused)
        given(OPENED).when(said, now=at(3)).refused(Refused)
        for score in (0, 6):
            given(OPENED, later(SOLVE, now=at(2))).when(replace(said, score=score)).refused(
                Invalid, fields=["score"]
            )

    def test_or_does_not(self) -> None:
        scenario = given(OPENED, later(SOLVE, now=at(2)))
        scenario.when(c.CloseUnanswered(case_id=CASE, arming=1)).silence()
        scenario.when(c.CloseUnanswered(case_id=CASE, arming=2)).then(like(f.CaseClosed, score=None))
        scenario.when(c.CloseUnanswered(case_id=CASE, arming=2)).silence()
        scenario.when(NoteFeedback(case_id=CASE, score=4), now=at(400))
        scenario.then(like(f.CaseClosed, score=4), like(SurveyAnswerGiven, csat=4))

    def test_it_goes_on_when_it_is_reopened_in_time(self) -> None:
        solved = (*OPENED, later(SOLVE, now=at(2)))
        scenario = given(solved).when(REOPEN, now=at(2) + 14 * DAY)
        scenario.then(like(f.CaseReopened, solved_at=at(2), why="it leaks again"))
        assert set(due(scenario)) == {"solve"}
        assert case_of(scenario).reopened == 1
        scenario.when(REOPEN, now=at(3) + 14 * DAY).silence()
        scenario.when(SOLVE, now=at(4) + 14 * DAY).then(like(f.CaseSolved, minutes=120, kept=True))
        late = given(solved).when(REOPEN, now=at(2) + 14 * DAY + MINUTE)
        late.refused(Refused)
        assert late.refusal is not None
        assert late.refusal.details["follows"] == str(CASE)

    def test_a_closed_one_can_be_reopened_too(self) -> None:
        closed = (*OPENED, later(SOLVE, now=at(2)), c.CloseUnanswered(case_id=CASE, arming=2))
        given(closed).when(REOPEN, now=at(50)).topics("case.reopened")


class TestOwners:
    def test_it_is_handed_over_with_its_clocks(self) -> None:
        hand = c.HandOverCase(case_id=CASE, to=ZHAO)
        scenario = given(OPENED).when(hand).then(like(f.CaseHandedOver, before=LI, after=ZHAO))
        assert {held.owner_id for held in case_of(scenario).commitments} == {ZHAO}
        scenario.when(hand).silence()
        closed = (*OPENED, later(SOLVE, now=at(2)), c.CloseUnanswered(case_id=CASE, arming=2))
        given(closed).when(hand).refused(Refused)

    def test_nobody_who_has_left_gets_one(self) -> None:
        gone = RepLeaves(rep_id=ZHAO)
        given(KNOWN, gone).when(replace(OPEN_CASE, owner_id=ZHAO)).refused(Refused)
        given(OPENED, gone).when(c.HandOverCase(case_id=CASE, to=ZHAO)).refused(Refused)
        given(OPENED).when(c.HandOverCase(case_id=CASE, to=MANAGER)).then(
            like(f.CaseHandedOver, team_id=NORTH)
        )


class TestGate:
    ABOUT = (*KNOWN, opening(customer_id=CUSTOMER), later(replace(OPEN_CASE, deal_id=DEAL), now=MORNING))

    def blocked(self, scenario: Scenario) -> bool:
        return not scenario.history.load(Deal, DEAL).evidence()[NO_SEVERE_CASE]

    def test_a_severe_open_case_stands_in_its_deal_s_way(self) -> None:
        scenario = given(self.ABOUT)
        assert self.blocked(scenario)
        scenario.when(c.ChangeSeverity(case_id=CASE, severity=Severity.NORMAL), now=at(1))
        scenario.topics("case.severity-changed", "deal.unblocked")
        scenario.when(c.ChangeSeverity(case_id=CASE, severity=Severity.SEVERE), now=at(1))
        scenario.topics("case.severity-changed", "deal.blocked")
        scenario.when(SOLVE, now=at(2)).topics("case.answered", "case.solved", "deal.unblocked")
        scenario.when(REOPEN, now=at(3)).topics("case.reopened", "deal.blocked")
        assert self.blocked(scenario)

    def test_as_long_as_any_does(self) -> None:
        other = replace(OPEN_CASE, case_id=OTHER, deal_id=DEAL)
        scenario = given(self.ABOUT, later(other, now=MORNING), later(SOLVE, now=at(2)))
        assert self.blocked(scenario)
        scenario.when(replace(SOLVE, case_id=OTHER), now=at(3))
        assert not self.blocked(scenario)

    def test_one_that_is_linked_later_does_so_from_then_on(self) -> None:
        link = c.LinkCase(case_id=CASE, deal_id=DEAL)
        renewal = opening(deal_id=UUID(int=0xDEA2), customer_id=CUSTOMER)
        scenario = given(OPENED, opening(customer_id=CUSTOMER), renewal).when(link)
        scenario.topics("case.linked", "deal.blocked").when(link).silence()
        scenario.when(replace(link, deal_id=renewal.deal_id))
        assert sorted(fact.TOPIC for fact in scenario.facts) == [
            "case.linked",
            "deal.blocked",
            "deal.unblocked",
        ]
        assert not self.blocked(scenario)

    def test_one_that_is_about_no_deal_any_more_does_so_no_more(self) -> None:
        scenario = given(self.ABOUT).when(c.UnlinkCase(case_id=CASE))
        scenario.then(f.CaseLinked(before=DEAL, after=None), like(DealUnblocked, by=CASE))
        scenario.when(c.UnlinkCase(case_id=CASE)).silence()
        assert not self.blocked(scenario)

    def test_whoever_has_the_case_it_stays_so(self) -> None:
        scenario = given(self.ABOUT).when(c.HandOverCase(case_id=CASE, to=ZHAO))
        scenario.then(like(f.CaseHandedOver, team_id=SOUTH))
        assert self.blocked(scenario)


class TestPolicy:
    POLICY = replace(
        DEFAULT_SERVICE, name="gold", severe=Promised(Duration(15, "minutes"), Duration(4, "hours"))
    )

    def test_is_published_in_versions_and_kept_by_open_cases(self) -> None:
        publish = c.PublishServicePolicy(policy=self.POLICY)
        scenario = given(KNOWN).when(publish).topics("service-policy.published")
        scenario.when(publish).silence()
        scenario.when(replace(OPEN_CASE, policy="gold"), now=MORNING)
        assert due(scenario)["answer"] == at(0.25)
        slower = replace(self.POLICY, severe=Promised(Duration(1, "hours"), Duration(5, "hours")))
        scenario.when(c.PublishServicePolicy(policy=slower), now=MORNING)
        assert scenario.history.load(ServicePolicies, ServicePolicies.stream_of("gold")).current.version == 2
        scenario.when(WAIT, now=at(0.1)).when(RESUME, now=at(0.2))
        assert case_of(scenario).policy_version == 1
        scenario.when(SOLVE, now=at(1)).when(REOPEN, now=at(2))
        assert case_of(scenario).policy_version == 2

    def test_hours_of_the_clock_stand_still_too_by_night(self) -> None:
        publish = c.PublishServicePolicy(policy=self.POLICY)
        opened = later(replace(OPEN_CASE, policy="gold"), now=at(8.9))
        scenario = given(KNOWN, publish, opened, later(WAIT, now=at(9)), later(RESUME, now=at(11)))
        assert due(scenario) == {"answer": at(8.9 + 0.25 + 2), "solve": at(8.9 + 4 + 2)}
        scenario.when(WAIT, now=at(11)).when(RESUME, now=at(12))
        assert due(scenario)["answer"] == at(8.9 + 0.25 + 3)
        scenario.when(SOLVE, now=at(12)).when(REOPEN, now=at(13))
        assert due(scenario) == {"solve": at(13 + 4)}

    def test_gives_some_time(self) -> None:
        wrong = replace(self.POLICY, minor=Promised(Duration(0, "hours"), Duration(1, "hours")))
        given().when(c.PublishServicePolicy(policy=wrong)).refused(Invalid, fields=["minor.answer"])


def test_it_is_measured() -> None:
    log = Log()
    for command, moment in (
        *((one, NOW) for one in KNOWN),
        (OPEN_CASE, MORNING),
        (ANSWER, at(0.5)),
        (SOLVE, at(9)),
        (REOPEN, at(10)),
        (SOLVE, at(11)),
    ):
        log.do(command, now=moment)
    month, found = period_of(PeriodKind.MONTH, MORNING.date()), log.contributions()
    for scope in (COMPANY, team(NORTH), rep(LI)):
        figures = {
            key: figure(found, metric(key), scope, month)
            for key in ("first-answer", "time-to-solve", "service-kept", "reopened")
        }
        assert [str(one) for one in figures.values()] == ["30.00", "270.00", "0.666667", "0.500000"]


def test_a_reopened_case_counts_in_the_segment_that_its_customer_was_in_then() -> None:
    log = Log()
    steel, retail = (Profile(name="Acme", sector=sector) for sector in ("steel", "retail"))
    for command, moment in (
        *((one, NOW) for one in KNOWN),
        (RegisterCustomer(customer_id=CUSTOMER, profile=steel), NOW),
        (OPEN_CASE, MORNING),
        (SOLVE, at(2)),
        (RegisterCustomer(customer_id=CUSTOMER, profile=retail), at(3)),
        (REOPEN, at(4)),
        (SOLVE, at(5)),
    ):
        log.do(command, now=moment)
    month, found = period_of(PeriodKind.MONTH, MORNING.date()), log.contributions()
    shares = [
        figure(found, metric("reopened"), Scope(kind=COMPANY.kind, segment=segment), month)
        for segment in ("steel", "retail")
    ]
    assert [str(one) for one in shares] == ["1.000000", "0.000000"]


def test_a_reopened_case_counts_for_whoever_solved_it() -> None:
    log = Log()
    hand = c.HandOverCase(case_id=CASE, to=WANG)
    for command, moment in (
        *((one, NOW) for one in KNOWN),
        (OPEN_CASE, MORNING),
        (SOLVE, at(2)),
        (hand, at(3)),
        (REOPEN, at(4)),
    ):
        log.do(command, now=moment)
    month, found = period_of(PeriodKind.MONTH, MORNING.date()), log.contributions()
    assert str(figure(found, metric("reopened"), rep(LI), month)) == "1.000000"
    assert figure(found, metric("reopened"), rep(WANG), month) is None
