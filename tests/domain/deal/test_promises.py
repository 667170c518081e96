"""The promise behind every open deal: made, moved, re-armed, told of, and ended once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.deal import commands as c
from domain.deal.facts import (
    PromiseEnded,
    PromiseEscalated,
    PromiseMade,
    PromiseMissed,
    PromiseRearmed,
    PromiseReminded,
    PromiseReworded,
)
from domain.deal.promises import Promise
from domain.engine.errors import Invalid, Refused
from domain.engine.values import PromiseOutcome
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.time.duration import Duration
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.words import (
    DAY,
    DEAL,
    LI,
    LOST,
    MANAGER,
    MINUTE,
    OPENED,
    STAFF,
    TIMER,
    WANG,
    ZHAO,
    hand_to,
    leaves,
    opening,
    step,
    to,
    touch,
)

DUE = NOW + 2 * DAY
PROMISED = (*STAFF, opening(next_step=step(DUE)))
BRISK = PublishPolicy(policy=replace(DEFAULT_POLICY, due_after_by_stage={}, due_after=Duration(1, "days")))
KEPT, LATE, BROKEN, EXCUSED = PromiseOutcome


def live(scenario: Scenario) -> Promise:
    assert scenario.deal.promise is not None
    return scenario.deal.promise


def name(due_at: datetime, what: str = "send the offer") -> c.PromiseNext:
    return c.PromiseNext(deal_id=DEAL, next_step=step(due_at, what))


def timer(kind: type[c.PromiseTimer], scenario: Scenario, arming: int | None = None) -> c.PromiseTimer:
    promise = live(scenario)
    return kind(deal_id=DEAL, promise_id=promise.id, arming=arming or promise.generation)


def reassign(scenario: Scenario, to: UUID = WANG) -> c.ReassignPromise:
    promise = live(scenario)
    return c.ReassignPromise(deal_id=DEAL, promise_id=promise.id, arming=promise.generation, to=to)


class TestNamingTheNextStep:
    def test_moves_the_live_promise(self) -> None:
        scenario = given(PROMISED).when(name(DUE + DAY))
        scenario.then(like(PromiseRearmed, arming=2, named=True, overdue=False))
        assert live(scenario).deadlines.due_at == DUE + DAY

    def test_in_other_words_rewords_it(self) -> None:
        given(PROMISED).when(name(DUE, "bring the offer")).then(
            like(PromiseReworded, before="send the offer", after="bring the offer")
        )

    def test_once_more_is_silence(self) -> None:
        given(PROMISED).when(name(DUE)).silence()

    def test_makes_a_promise_by_rule_a_named_one(self) -> None:
        named = given(OPENED, name(DUE, "follow up"))  # the rule's own words
        assert not live(named).by_rule
        named.when(to("contact")).allowed()
        assert live(named).deadlines.due_at == DUE

    @pytest.mark.parametrize("due_at", [NOW, NOW - DAY, NOW + 4000 * DAY, NOW.replace(tzinfo=None) + DAY])
    def test_asks_for_a_time_ahead(self, due_at: datetime) -> None:
        given(OPENED).when(name(due_at)).refused(Invalid, fields=["next_step.due_at"])

    @pytest.mark.parametrize("what", ["", " ", "x" * 1001, "\x00"])
    def test_asks_for_words(self, what: str) -> None:
        given(OPENED).when(name(DUE, what)).refused(Invalid, fields=["next_step.what"])

    def test_of_a_closed_deal_is_refused(self) -> None:
        given(LOST).when(name(DUE)).refused(Refused)

    def test_after_the_due_time_does_not_make_it_kept(self) -> None:
        overdue = DUE + MINUTE
        moved = given(PROMISED).when(name(DUE + 9 * DAY), now=overdue)
        moved.then(like(PromiseRearmed, overdue=True))
        moved.when(touch(), now=overdue + DAY).allowed()
        assert moved.facts[1] == like(PromiseEnded, outcome=LATE)

    def test_reads_a_time_in_any_zone(self) -> None:
        shanghai = datetime.fromisoformat("2026-03-05T09:00:00+08:00")
        scenario = given(OPENED).when(name(shanghai)).allowed()
        assert live(scenario).deadlines.due_at == datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


class TestTheTimer:
    def test_reminds_the_owner_once(self) -> None:
        scenario = given(PROMISED)
        remind = timer(c.RemindPromise, scenario)
        scenario.when(remind, actor=TIMER).then(
            PromiseReminded(promise_id=live(scenario).id, arming=1, told=LI)
        )
        scenario.when(remind).silence()

    def test_does_not_remind_of_what_is_missed(self) -> None:
        scenario = given(PROMISED)
        scenario.given(timer(c.MissPromise, scenario)).when(timer(c.RemindPromise, scenario)).silence()

    def test_tells_the_owner_of_the_miss_once(self) -> None:
        scenario = given(PROMISED)
        miss = timer(c.MissPromise, scenario)
        scenario.when(miss).then(PromiseMissed(promise_id=live(scenario).id, arming=1, told=LI, due_at=DUE))
        scenario.when(miss).silence()

    def test_tells_the_manager_once_and_once_more_when_asked_to(self) -> None:
        scenario = given(PROMISED)
        escalate = timer(c.EscalatePromise, scenario)
        assert isinstance(escalate, c.EscalatePromise)
        told = PromiseEscalated(promise_id=live(scenario).id, arming=1, told=MANAGER)
        scenario.when(escalate).then(told)
        scenario.when(escalate).silence()
        scenario.when(replace(escalate, again=True)).then(told)
        scenario.when(replace(escalate, again=True)).silence()

    def test_has_nobody_to_tell_in_a_team_without_a_manager(self) -> None:
        south = given(STAFF, opening(owner_id=ZHAO))
        south.when(timer(c.EscalatePromise, south)).then(like(PromiseEscalated, told=None))

    def test_tells_the_manager_of_the_team_that_has_the_deal_now(self) -> None:
        scenario = given(STAFF, opening(owner_id=ZHAO), hand_to(LI))
        scenario.when(timer(c.EscalatePromise, scenario)).then(like(PromiseEscalated, told=MANAGER))

    @pytest.mark.parametrize("kind", [c.RemindPromise, c.MissPromise, c.EscalatePromise])
    def test_of_an_earlier_arming_is_not_heard(self, kind: type[c.PromiseTimer]) -> None:
        moved = given(PROMISED, name(DUE + DAY))
        moved.when(timer(kind, moved, arming=1)).silence()

    @pytest.mark.parametrize("kind", [c.RemindPromise, c.MissPromise, c.EscalatePromise])
    def test_of_an_ended_promise_is_not_heard(self, kind: type[c.PromiseTimer]) -> None:
        scenario = given(PROMISED)
        old = timer(kind, scenario)
        scenario.given(touch()).when(old).silence()

    def test_too_late_to_reassign_is_not_heard(self) -> None:
        scenario = given(PROMISED)
        old = reassign(scenario)
        scenario.given(touch()).when(old).silence()


class TestReassigning:
    def test_breaks_the_promise_and_makes_the_next_owner_one(self) -> None:
        scenario = given(PROMISED)
        scenario.when(reassign(scenario), now=DUE + 9 * DAY, actor=TIMER).topics(
            "promise.ended", "deal.owner-changed", "promise.made", "rep.allocated"
        )
        assert scenario.facts[0] == like(PromiseEnded, outcome=BROKEN)
        assert scenario.facts[2] == like(PromiseMade, owner_id=WANG, number=2, by_rule=True)
        scenario.holds(owner_id=WANG, reassignments=1)

    def test_stops_where_the_policy_says(self) -> None:
        once = PublishPolicy(policy=replace(DEFAULT_POLICY, max_reassignments=1))
        scenario = given(once, PROMISED)
        scenario.given(reassign(scenario)).when(reassign(scenario, LI)).refused(Refused)

    def test_is_counted_anew_after_reopening(self) -> None:
        scenario = given(PROMISED)
        scenario.given(reassign(scenario), c.LoseDeal(deal_id=DEAL, loss_reason="price"))
        scenario.given(c.ReopenDeal(deal_id=DEAL, stage="identify")).holds(reassignments=0)

    def test_to_a_rep_who_left_is_refused(self) -> None:
        scenario = given(PROMISED, leaves(WANG))
        scenario.when(reassign(scenario)).refused(Refused)

    def test_where_nobody_else_is_leaves_the_owner_with_the_next_promise(self) -> None:
        scenario = given(PROMISED)
        scenario.when(reassign(scenario, LI)).topics("promise.ended", "promise.made")


class TestReArming:
    def test_a_stage_move_gives_a_promise_by_rule_the_rules_time_anew(self) -> None:
        scenario = given(OPENED).when(to("contact"), now=NOW + DAY).allowed()
        assert live(scenario).deadlines.due_at == datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
        assert live(scenario).generation == 2

    def test_a_stage_move_leaves_a_named_time_where_it_is(self) -> None:
        scenario = given(PROMISED).when(to("contact"), now=NOW + DAY).allowed()
        assert live(scenario).deadlines.due_at == DUE

    def test_a_new_policy_re_arms_by_its_own_time_and_version(self) -> None:
        scenario = given(OPENED, BRISK).when(c.RearmPromise(deal_id=DEAL), now=NOW + MINUTE)
        scenario.then(like(PromiseRearmed, policy_version=2, arming=2, named=False))
        assert live(scenario).deadlines.due_at == NOW + MINUTE + DAY

    def test_the_same_policy_again_is_silence(self) -> None:
        given(OPENED).when(c.RearmPromise(deal_id=DEAL)).silence()
        given(OPENED, BRISK, c.RearmPromise(deal_id=DEAL)).when(c.RearmPromise(deal_id=DEAL)).silence()

    def test_a_new_policy_is_no_amnesty(self) -> None:
        scenario = given(OPENED)
        due = live(scenario).deadlines.due_at
        scenario.given(BRISK).when(c.RearmPromise(deal_id=DEAL), now=due + DAY)
        scenario.then(like(PromiseRearmed, overdue=True, policy_version=2))
        assert live(scenario).deadlines.due_at == due

    def test_who_was_told_of_a_due_time_is_not_told_again(self) -> None:
        scenario = given(PROMISED)
        scenario.given(timer(c.MissPromise, scenario), timer(c.EscalatePromise, scenario), BRISK)
        scenario.given(later(c.RearmPromise(deal_id=DEAL), now=DUE + DAY))
        for kind in (c.RemindPromise, c.MissPromise, c.EscalatePromise):
            scenario.when(timer(kind, scenario)).silence()

    def test_who_was_told_of_another_due_time_is_told_of_the_new_one(self) -> None:
        scenario = given(PROMISED)
        scenario.given(timer(c.MissPromise, scenario), later(name(DUE + 5 * DAY), now=DUE + DAY))
        scenario.when(timer(c.MissPromise, scenario)).then(
            like(PromiseMissed, arming=2, due_at=DUE + 5 * DAY)
        )

    def test_an_overdue_promise_by_rule_that_a_stage_move_puts_off_ends_late(self) -> None:
        scenario = given(OPENED)
        overdue = live(scenario).deadlines.due_at + DAY
        scenario.given(later(to("contact"), now=overdue)).when(touch(), now=overdue + MINUTE)
        assert scenario.facts[1] == like(PromiseEnded, outcome=LATE)


class TestExcusing:
    def excuse(self, scenario: Scenario, **changes: object) -> c.ExcusePromise:
        return replace(c.ExcusePromise(deal_id=DEAL, promise_id=live(scenario).id), **changes)  # type: ignore[arg-type]

    def test_ends_the_promise_and_makes_the_next(self) -> None:
        scenario = given(PROMISED)
        scenario.when(self.excuse(scenario), reason="the buyer is on holiday").then(
            like(PromiseEnded, outcome=EXCUSED), like(PromiseMade, number=2, by_rule=True)
        )

    def test_may_name_the_next_step(self) -> None:
        scenario = given(PROMISED)
        excuse = self.excuse(scenario, next_step=step(DUE + DAY, "call again"))
        scenario.when(excuse, reason="holiday").then(
            like(PromiseEnded, outcome=EXCUSED), like(PromiseMade, what="call again", by_rule=False)
        )

    @pytest.mark.parametrize("reason", [None, "", " "])
    def test_needs_a_reason(self, reason: str | None) -> None:
        scenario = given(PROMISED)
        scenario.when(self.excuse(scenario), reason=reason).refused(Invalid, fields=["reason"])

    def test_of_a_promise_that_was_kept_is_refused(self) -> None:
        scenario = given(PROMISED)
        late = self.excuse(scenario)
        scenario.given(touch()).when(late, reason="holiday").refused(Refused)


def test_an_open_deal_has_its_promise_already() -> None:
    given(OPENED).when(c.EnsurePromise(deal_id=DEAL)).silence()


def test_a_promise_is_kept_up_to_and_including_its_due_time() -> None:
    for now, outcome in ((DUE, KEPT), (DUE + timedelta(microseconds=1), LATE)):
        scenario = given(PROMISED).when(touch(), now=now)
        assert scenario.facts[1] == like(PromiseEnded, outcome=outcome)
