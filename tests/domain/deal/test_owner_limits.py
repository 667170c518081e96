"""What the owner of a deal may do alone about its promise: the policy's limits, which name who may go further."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.deal import commands as c
from domain.deal.facts import PromiseEnded
from domain.engine.checking import problems
from domain.engine.command import Command
from domain.engine.context import Reach
from domain.engine.errors import Forbidden, NotFound, Refused
from domain.engine.values import PromiseOutcome, id_within
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.time.duration import Duration
from tests.domain.given_when_then import NOW, Later, Scenario, given, later, like
from tests.domain.words import DAY, DEAL, LI, NORTH, OPENED, opening, step, touch

OWNER, LEADER = Reach(team_id=NORTH, rep_id=LI), Reach(team_id=NORTH)
FIRST, SECOND = (id_within(DEAL, f"promise:{n}") for n in (1, 2))
FAR = NOW + timedelta(days=3_600)


def promising(days: int) -> c.PromiseNext:
    return c.PromiseNext(deal_id=DEAL, next_step=step(NOW + days * DAY))


def excusing(promise_id: UUID = FIRST) -> c.ExcusePromise:
    return c.ExcusePromise(deal_id=DEAL, promise_id=promise_id)


def excused(promise_id: UUID = FIRST) -> Later:
    return later(excusing(promise_id), reason="the customer is away")


def excuse(scenario: Scenario, reach: Reach | None, promise_id: UUID = FIRST) -> Scenario:
    return scenario.when(excusing(promise_id), reason="the customer is away", reach=reach)


@pytest.mark.parametrize(
    "command",
    [
        c.PromiseNext(deal_id=DEAL, next_step=step(FAR)),
        touch(next_step=step(FAR)),
        opening(deal_id=UUID(int=0xD2), next_step=step(FAR)),
    ],
    ids=lambda command: type(command).__name__,
)
def test_an_owner_promises_no_further_ahead_than_the_policy_says(command: Command) -> None:
    refused = given(OPENED).when(command, reach=OWNER).refused(Forbidden).refusal
    assert "lets an owner promise 90d ahead at most: a manager" in str(refused)
    given(OPENED).when(command, reach=LEADER).allowed()


def test_an_owner_puts_a_promise_off_as_often_as_the_policy_says() -> None:
    deal = given(OPENED, promising(4), promising(5), promising(6), promising(7))
    refused = deal.when(promising(8), reach=OWNER).refused(Forbidden).refusal
    assert "lets an owner put a promise off 3 times: a manager" in str(refused)
    deal.when(promising(2), reach=OWNER).allowed()
    deal.when(promising(9), reach=LEADER).allowed()


def test_work_that_was_done_starts_a_promise_anew() -> None:
    deal = given(OPENED, promising(4), promising(5), promising(6), promising(7))
    deal.given(touch(next_step=step(NOW + 8 * DAY))).when(promising(9), reach=OWNER).allowed()


def test_an_owner_excuses_no_promise_unless_the_policy_lets_them() -> None:
    refused = excuse(given(OPENED), OWNER).refused(Forbidden).refusal
    assert "lets an owner excuse 0 promises of a deal: a manager" in str(refused)
    ended = like(PromiseEnded, outcome=PromiseOutcome.EXCUSED)
    assert excuse(given(OPENED), LEADER).allowed().facts[0] == ended
    generous = PublishPolicy(policy=replace(DEFAULT_POLICY, owner_excuses=1))
    deal = given(OPENED, generous)
    assert excuse(deal, OWNER).allowed().facts[0] == ended
    excuse(deal, OWNER, SECOND).refused(Forbidden)


def test_excusing_again_is_silence_and_what_ended_otherwise_is_not_excused() -> None:
    excuse(given(OPENED, excused()), LEADER).silence()
    excuse(given(OPENED, touch()), LEADER).refused(Refused)
    excuse(given(OPENED, excused(), excused(SECOND)), LEADER).refused(Refused)
    excuse(given(OPENED), LEADER, UUID(int=0xDEAD)).refused(NotFound)


def test_limits_are_a_part_of_the_policy_and_have_to_make_sense() -> None:
    for wrong in ({"owner_moves": -1}, {"owner_excuses": -1}, {"owner_ahead": Duration(0, "days")}):
        assert [error.field for error in problems(replace(DEFAULT_POLICY, **wrong))] == list(wrong)
