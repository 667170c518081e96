"""Revisits: a customer without an open deal is promised to be seen again, by policy, once, and by somebody who is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.context import Reach
from domain.engine.errors import Forbidden, Invalid, Refused
from domain.engine.values import ActivityKind, PromiseOutcome
from domain.figures.metrics import figure, metric
from domain.figures.scope import COMPANY
from domain.lifecycle.policy import LifecyclePolicy, LifecycleStage
from domain.offer import Offer, PublishOffer
from domain.people.people import RepLeaves
from domain.revisit import commands as c
from domain.revisit import revisit as r
from domain.revisit.figures import REVISITS_KEPT
from domain.revisit.needs import Policies, QuietCustomer, needed
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from domain.revisit.revisit import Release, Revisit, revisit_of
from domain.revisit.rules import RULES, rests
from domain.time.commitment import Kind
from domain.time.periods import PeriodKind, period_of
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.loop.log import Log
from tests.domain.words import LI, MANAGER, NORTH, STAFF, WANG

DAY = timedelta(days=1)
CUSTOMER = UUID(int=0xC1)
REVISIT = revisit_of(CUSTOMER)
TODAY = date(2026, 3, 2)
POLICY = RevisitPolicy(
    name="default",
    rules=(RevisitRule(LifecycleStage.LOYAL, 90), RevisitRule(LifecycleStage.REPEAT, 120)),
    catch_up_days=10,
)
KNOWN = (
    *STAFF,
    RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Acme")),
    PublishRevisitPolicy(policy=POLICY),
)
ENSURE = c.EnsureRevisit(
    customer_id=CUSTOMER, stage=LifecycleStage.LOYAL, seen_on=TODAY - 10 * DAY, owner_id=LI, team_id=NORTH
)
PROMISED = (*KNOWN, ENSURE)
SPRING = PublishOffer(
    offer=Offer(
        name="spring", what="10 % off", stage=LifecycleStage.LOYAL, since=TODAY, until=TODAY + 90 * DAY
    )
)
RECORD = c.RecordRevisit(revisit_id=REVISIT, note="all is well")


def revisit_in(scenario: Scenario) -> Revisit:
    return scenario.history.load(Revisit, REVISIT)


def due(scenario: Scenario) -> datetime:
    held = revisit_in(scenario).commitment
    assert held is not None
    return held.deadlines.due_at


class TestPromised:
    def test_by_the_rule_of_the_stage_and_once(self) -> None:
        scenario = given(KNOWN).when(ENSURE)
        scenario.then(
            like(r.RevisitPromised, owner_id=LI, team_id=NORTH, stage=LifecycleStage.LOYAL, policy_version=2)
        )
        assert due(scenario).date() == TODAY + 80 * DAY
        scenario.when(ENSURE).silence()
        scenario.when(replace(ENSURE, stage=LifecycleStage.REPEAT)).silence()

    def test_not_where_the_policy_asks_for_nothing(self) -> None:
        given(KNOWN).when(replace(ENSURE, stage=LifecycleStage.DORMANT)).silence()
        given(KNOWN[:-1]).when(ENSURE).silence()

    def test_what_would_be_due_in_the_past_is_spread_over_the_next_days(self) -> None:
        days = {
            POLICY.due_on(POLICY.rules[0], TODAY - 400 * DAY, TODAY, UUID(int=n)) - TODAY for n in range(50)
        }
        assert days == {n * DAY for n in range(1, 11)}

    def test_today_is_the_company_s_day(self) -> None:
        """Whatever the zone that reminders are sent by: on Sunday afternoon (UTC) it is Monday there."""
        kiritimati = replace(DEFAULT_CYCLE_POLICY.calendar, timezone="Pacific/Kiritimati")
        company = PublishCyclePolicy(policy=replace(DEFAULT_CYCLE_POLICY, calendar=kiritimati))
        late, sunday = NOW.replace(day=1, hour=15), TODAY - DAY
        long_ago = replace(ENSURE, seen_on=TODAY - 400 * DAY)
        wait = 1 + CUSTOMER.int % POLICY.catch_up_days
        for steps, today in ((KNOWN, sunday), ((*KNOWN, company), TODAY)):
            assert due(given(*steps).when(long_ago, now=late)).date() == today + wait * DAY

    def test_by_the_manager_where_the_rep_has_left_and_else_by_nobody(self) -> None:
        left = given(KNOWN, RepLeaves(rep_id=LI)).when(ENSURE)
        left.then(like(r.RevisitPromised, owner_id=MANAGER, team_id=NORTH))
        given(KNOWN, RepLeaves(rep_id=LI)).when(replace(ENSURE, team_id=None)).refused(Refused)

    def test_by_a_person_beside_the_policy(self) -> None:
        promise = c.PromiseRevisit(customer_id=CUSTOMER, owner_id=LI, due_at=NOW + 9 * DAY)
        scenario = given(KNOWN).when(promise)
        scenario.then(like(r.RevisitPromised, owner_id=LI, stage=None))
        scenario.when(promise).silence()
        scenario.when(replace(promise, due_at=NOW + 8 * DAY)).refused(Refused)
        given(KNOWN).when(replace(promise, due_at=NOW)).refused(Invalid, fields=["due_at"])

    def test_a_policy_has_one_rule_a_stage(self) -> None:
        twice = replace(POLICY, rules=(*POLICY.rules, RevisitRule(LifecycleStage.LOYAL, 9)))
        given().when(PublishRevisitPolicy(policy=twice)).refused(Invalid, fields=["rules[2].stage"])


class TestKept:
    def test_by_its_due_time_and_late_afterwards(self) -> None:
        kept = given(PROMISED, SPRING).when(replace(RECORD, offered=("spring",)), now=NOW + 5 * DAY)
        kept.then(
            like(r.RevisitEnded, outcome=PromiseOutcome.KEPT, kind=ActivityKind.VISIT, offered=("spring",))
        )
        assert revisit_in(kept).offers[0].offer == "spring"
        kept.when(replace(RECORD, offered=("spring",)), now=NOW + 6 * DAY).silence()
        more = replace(RECORD, offered=("spring", "spring"))
        kept.when(more, now=NOW + 6 * DAY).refused(Refused)
        given(PROMISED, SPRING).when(replace(RECORD, offered=("spring", "sprnig"))).refused(
            Invalid, fields=["offered[1]"]
        )
        late = given(PROMISED).when(RECORD, now=due(given(PROMISED)) + DAY)
        late.then(like(r.RevisitEnded, outcome=PromiseOutcome.LATE))

    def test_not_by_what_was_before_it(self) -> None:
        before = given(PROMISED).when(RECORD, now=NOW + DAY, occurred_at=NOW - DAY)
        before.refused(Invalid, fields=["occurred_at"])

    def test_the_next_one_counts_from_it_under_another_arming(self) -> None:
        seen = given(PROMISED, later(RECORD, now=NOW + 5 * DAY))
        assert revisit_in(seen).last_seen == NOW + 5 * DAY
        again = seen.when(replace(ENSURE, seen_on=TODAY + 5 * DAY), now=NOW + 6 * DAY)
        again.then(like(r.RevisitPromised, arming=2))
        assert due(again).date() == TODAY + 95 * DAY

    def test_excused_broken_or_let_go(self) -> None:
        excused = given(PROMISED).when(c.ExcuseRevisit(revisit_id=REVISIT, why="they moved"))
        excused.then(like(r.RevisitEnded, outcome=PromiseOutcome.EXCUSED, done_at=None))
        excused.when(c.ExcuseRevisit(revisit_id=REVISIT, why="they moved")).silence()
        excused.when(c.BreakRevisit(revisit_id=REVISIT, why="no time")).refused(Refused)
        let_go = given(PROMISED).when(c.ReleaseRevisit(revisit_id=REVISIT, why=Release.DEAL_IS_OPEN))
        let_go.then(like(r.RevisitReleased, owner_id=LI, customer_id=CUSTOMER))
        let_go.when(c.ReleaseRevisit(revisit_id=REVISIT, why=Release.DEAL_IS_OPEN)).silence()

    def test_counts_for_whoever_owed_it(self) -> None:
        log = Log()
        for command in PROMISED:
            log.do(command)
        log.do(RECORD, now=NOW + 5 * DAY)
        made = log.contributions()
        month = period_of(PeriodKind.MONTH, TODAY + 80 * DAY)
        assert figure(made, metric(REVISITS_KEPT), COMPANY, month) == 1


class TestItsTimes:
    def test_are_said_once_each_and_start_anew_when_it_is_moved(self) -> None:
        scenario = given(PROMISED)
        kinds = [step.kind for step in RULES.due_steps(revisit_in(scenario), {})]
        assert kinds == [Kind.REMIND, Kind.MISS, Kind.ESCALATE, Kind.ESCALATE_AGAIN]
        missed = scenario.when(c.MissRevisit(revisit_id=REVISIT, arming=1))
        missed.then(like(r.RevisitMissed, told=LI))
        missed.when(c.MissRevisit(revisit_id=REVISIT, arming=1)).silence()
        told = missed.when(c.EscalateRevisit(revisit_id=REVISIT, arming=1))
        told.then(like(r.RevisitEscalated, told=MANAGER))
        moved = told.when(c.MoveRevisit(revisit_id=REVISIT, due_at=NOW + 200 * DAY))
        moved.then(like(r.RevisitMoved, arming=2, overdue=False))
        moved.when(c.MissRevisit(revisit_id=REVISIT, arming=1)).silence()
        handed = moved.when(c.HandOverRevisit(revisit_id=REVISIT, to=WANG))
        handed.then(like(r.RevisitHandedOver, before=LI, after=WANG))

    def test_are_its_owner_s_and_the_leaders_to_change(self) -> None:
        own, other = Reach(team_id=NORTH, rep_id=LI), Reach(team_id=NORTH, rep_id=WANG)
        given(PROMISED).when(RECORD, reach=other, now=NOW + DAY).refused(Forbidden)
        given(PROMISED).when(RECORD, reach=own, now=NOW + DAY).then(like(r.RevisitEnded))

    def test_rest_until_the_first_is_near(self) -> None:
        log = Log()
        for command in PROMISED:
            log.do(command)
        promised = log.recorded[-1]
        assert rests(promised)
        fact: Any = promised.fact
        assert not rests(replace(promised, fact=replace(fact, made_at=due(given(PROMISED)) - DAY)))
        assert rests(replace(promised, recorded_at=due(given(PROMISED)))), "the command's clock counts"

    def test_wake_nobody_for_whom_they_are_handed_to(self) -> None:
        log = Log()
        for command in (*PROMISED, c.HandOverRevisit(revisit_id=REVISIT, to=WANG)):
            log.do(command)
        assert rests(log.recorded[-1])


class TestNeeds:
    POLICIES = Policies(LifecyclePolicy(name="default", loyal_purchases=2), POLICY)
    LOYAL = QuietCustomer(
        customer_id=CUSTOMER,
        days=(TODAY - 50 * DAY, TODAY - 10 * DAY),
        closed_on=TODAY - 10 * DAY,
        owner_id=LI,
        team_id=NORTH,
    )

    def said(self, **changes: object) -> object:
        return needed(replace(self.LOYAL, **changes), self.POLICIES, TODAY)  # type: ignore[arg-type]

    def test_are_those_of_the_stages_that_have_a_rule(self) -> None:
        assert self.said() == ENSURE
        assert self.said(seen_on=TODAY - DAY) == replace(ENSURE, seen_on=TODAY - DAY)
        assert self.said(days=(TODAY,)) is None, "there is no rule for a first purchase"
        assert self.said(owner_id=None) is None
        assert self.said(revisit_live=True, by_rule=True) is None, "all is well"

    def test_end_where_a_deal_is_open_or_the_rule_is_gone(self) -> None:
        assert self.said(has_open_deal=True) is None
        open_again = self.said(has_open_deal=True, revisit_live=True, by_rule=True)
        assert open_again == c.ReleaseRevisit(revisit_id=REVISIT, why=Release.DEAL_IS_OPEN)
        merged = self.said(merged=True, revisit_live=True, by_rule=True)
        assert merged == c.ReleaseRevisit(revisit_id=REVISIT, why=Release.MERGED)
        assert self.said(merged=True) is None
        assert self.said(promised_beside=True) is None, "a person owes one for a record that was merged"
        beside = self.said(promised_beside=True, revisit_live=True, by_rule=True)
        assert beside == merged
        no_rule = self.said(days=(TODAY,), revisit_live=True, by_rule=True)
        assert no_rule == c.ReleaseRevisit(revisit_id=REVISIT, why=Release.NO_RULE)
        assert self.said(has_open_deal=True, revisit_live=True) is None, (
            "what a person promised is theirs to end"
        )
