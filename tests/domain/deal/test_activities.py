"""A touch is logged once, and is what keeps a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.deal.facts import ActivityLogged, PromiseEnded, PromiseMade
from domain.engine.errors import Invalid, NotFound, Refused
from domain.engine.values import Activity, ActivityKind, PromiseOutcome
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.time.duration import Duration
from tests.domain.given_when_then import NOW, given, later, like
from tests.domain.words import (
    CALL,
    DAY,
    LI,
    LOST,
    MINUTE,
    OPENED,
    SECOND_CALL,
    STAFF,
    WANG,
    hand_to,
    opening,
    step,
    touch,
)

DUE = NOW + 2 * DAY
PROMISED = (*STAFF, opening(next_step=step(DUE)))
KEPT, LATE = PromiseOutcome.KEPT, PromiseOutcome.LATE


class TestATouch:
    def test_ends_the_promise_and_makes_the_next(self) -> None:
        given(PROMISED).when(touch(outcome="reached", duration_minutes=12)).then(
            ActivityLogged(
                activity_id=CALL,
                activity=Activity(kind=ActivityKind.CALL, outcome="reached", duration_minutes=12),
            ),
            like(PromiseEnded, outcome=KEPT, due_at=DUE),
            like(PromiseMade, number=2, by_rule=True, owner_id=LI),
        )

    def test_may_name_the_next_step(self) -> None:
        scenario = given(PROMISED).when(touch(next_step=step(DUE + DAY, "send the plan")))
        assert scenario.facts[2] == like(PromiseMade, what="send the plan", by_rule=False, number=2)

    def test_after_the_due_time_is_late(self) -> None:
        scenario = given(PROMISED).when(touch(), now=DUE + MINUTE)
        assert scenario.facts[1] == like(PromiseEnded, outcome=LATE)

    def test_sets_the_next_time_by_its_kind_and_outcome(self) -> None:
        rules = {"call": Duration(2, "hours"), "call:no-answer": Duration(1, "hours")}
        policy = PublishPolicy(policy=replace(DEFAULT_POLICY, due_after_by_activity=rules))
        for outcome, hours in (("", 2), ("reached", 2), ("no-answer", 1)):
            scenario = given(policy, OPENED).when(touch(outcome=outcome))
            made = scenario.facts[-1]
            assert isinstance(made, PromiseMade)
            assert (made.deadlines.due_at - NOW).total_seconds() == hours * 3600

    def test_by_anybody_keeps_the_owners_promise(self) -> None:
        given(PROMISED, hand_to(WANG)).when(touch(rep_id=LI)).then(
            like(ActivityLogged), like(PromiseEnded, outcome=KEPT), like(PromiseMade, owner_id=WANG)
        )

    def test_again_is_silence(self) -> None:
        given(PROMISED, touch()).when(touch()).silence()

    def test_again_with_other_content_is_refused(self) -> None:
        given(PROMISED, touch()).when(touch(outcome="reached")).refused(Refused)

    def test_and_another_each_keep_a_promise_of_their_own(self) -> None:
        scenario = given(PROMISED, touch()).when(touch(activity_id=SECOND_CALL))
        assert scenario.facts[2] == like(PromiseMade, number=3)

    def test_of_a_closed_deal_is_only_logged(self) -> None:
        given(LOST).when(touch()).then(like(ActivityLogged))

    def test_of_no_deal_is_not_found(self) -> None:
        given(STAFF).when(touch()).refused(NotFound)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("summary", "x" * 10_001),
            ("summary", "\x00"),
            ("outcome", "x" * 301),
            ("name", "x" * 301),
            ("duration_minutes", -1),
            ("duration_minutes", 10_081),
        ],
    )
    def test_with_a_field_that_is_wrong_is_refused(self, field: str, value: Any) -> None:
        given(PROMISED).when(touch(**{field: value})).refused(Invalid, fields=[f"activity.{field}"])

    def test_with_a_next_step_in_the_past_is_refused(self) -> None:
        given(PROMISED).when(touch(next_step=step(NOW - DAY))).refused(Invalid, fields=["next_step.due_at"])


class TestALateEntry:
    def test_of_work_done_in_time_keeps_the_promise(self) -> None:
        scenario = given(PROMISED).when(touch(), now=DUE + DAY, occurred_at=DUE - MINUTE)
        logged, ended, made = scenario.pending
        assert logged.occurred_at == DUE - MINUTE
        assert ended.fact == like(PromiseEnded, outcome=KEPT)
        assert ended.occurred_at == made.occurred_at == DUE + DAY

    def test_of_work_done_too_late_is_late(self) -> None:
        scenario = given(PROMISED).when(touch(), now=DUE + 3 * DAY, occurred_at=DUE + DAY)
        assert scenario.facts[1] == like(PromiseEnded, outcome=LATE)

    def test_of_work_done_before_the_promise_was_made_is_history_and_puts_nothing_off(self) -> None:
        given(PROMISED).when(touch(), now=NOW + DAY, occurred_at=NOW - 30 * DAY).topics(
            "deal.activity-logged"
        )

    def test_of_history_may_still_name_the_next_step(self) -> None:
        history = touch(next_step=step(DUE + DAY, "send the plan"))
        given(PROMISED).when(history, now=NOW + DAY, occurred_at=NOW - 30 * DAY).topics(
            "deal.activity-logged", "promise.reworded", "promise.rearmed"
        )

    def test_gives_the_next_promise_its_full_time_from_now(self) -> None:
        now = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
        scenario = given(OPENED).when(touch(), now=now, occurred_at=NOW + DAY)
        assert scenario.facts[-1] == like(PromiseMade, made_at=now)


def test_a_touch_without_a_time_counts_though_another_clock_was_ahead() -> None:
    opened = given(STAFF).given(later(opening(), now=NOW + MINUTE))
    opened.when(touch(), now=NOW).topics("deal.activity-logged", "promise.ended", "promise.made")
