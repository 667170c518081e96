"""One turn of the loop, from its opening to the end of its period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.cycle import cycle_id
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import Cadence, Step
from domain.cycle.state import Phase
from domain.engine.command import Command
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Invalid, NotFound, Refused
from domain.figures.pace import Pace, PaceStatus
from domain.figures.scope import team
from domain.people.people import HireRep
from domain.target import commands as t
from domain.target.facts import TargetAgreed, TargetLeftUnagreed
from tests.domain.given_when_then import NOW, given, later, like
from tests.domain.loop.cycles import (
    AGREE,
    APRIL,
    CYCLE,
    DAY,
    HEAD,
    MAY,
    OPEN,
    OPENED,
    POLICY,
    REVIEW,
    REVIEW_DAY,
    REVIEWED,
    RUNNING,
    SCOPE,
    SECOND,
    START,
    TARGET,
    TARGETED,
    WHEN,
    at,
    check_in,
    cycle_of,
    timer,
    waits,
)
from tests.domain.loop.words import proposal
from tests.domain.words import LI, MANAGER, NORTH, SOUTH, STAFF, WANG

AGREE_BY = POLICY.due_before(Step.AGREE, APRIL, NOW)


class TestOpening:
    def test_includes_the_targets_that_are_there_and_asks_to_agree(self) -> None:
        scenario = given(TARGETED).when(OPEN)
        scenario.then(
            like(f.CycleOpened, executes_at=WHEN.starts_at, arming=1, schedule=WHEN, policy_version=1),
            f.TargetIncluded(target_id=TARGET, metric="revenue-won"),
            like(f.CycleAwaiting, arming=1),
        )
        assert waits(scenario) == {(Step.AGREE, LI)}
        assert cycle_of(scenario).waiting[0].deadlines.due_at == AGREE_BY

    def test_takes_the_teams_manager_for_a_rep(self) -> None:
        scenario = given(TARGETED).when(OPEN)
        assert cycle_of(scenario).people == f.People(
            owner_id=LI, manager_id=MANAGER, above_id=HEAD, team_id=NORTH
        )

    def test_without_a_target_asks_the_manager_for_one(self) -> None:
        scenario = given(STAFF).when(OPEN).topics("cycle.opened", "cycle.awaiting")
        assert waits(scenario) == {(Step.PROPOSE, MANAGER)}

    def test_of_what_is_agreed_already_waits_for_nothing(self) -> None:
        agree = t.AgreeTarget(target_id=TARGET, agreed_by=LI)
        given(TARGETED, agree).when(OPEN).topics("cycle.opened", "cycle.target-included")

    def test_again_is_silence_and_another_one_is_refused(self) -> None:
        given(OPENED).when(OPEN).silence()
        given(OPENED).when(replace(OPEN, owner_id=WANG)).refused(AlreadyExists)

    def test_after_cancelling_is_a_new_turn_under_the_same_id(self) -> None:
        cancel = c.CancelCycle(cycle_id=CYCLE, why="reorganised")
        scenario = given(OPENED, cancel).when(OPEN)
        scenario.topics("cycle.opened", "cycle.target-included", "cycle.awaiting")
        assert cycle_of(scenario).arming == 2
        scenario.when(START, now=WHEN.starts_at).silence()

    def test_too_late_to_agree_before_the_period_gives_time_and_starts_then(self) -> None:
        late = WHEN.starts_at + 3 * DAY
        scenario = given(TARGETED).when(OPEN, now=late)
        agree_by = cycle_of(scenario).waiting[0].deadlines.due_at
        assert late < agree_by
        assert cycle_of(scenario).times.executes_at == agree_by

    def test_names_everything_that_is_wrong(self) -> None:
        wrong = replace(OPEN, metrics=("profit",), period=replace(APRIL, end=date(2026, 4, 29)))
        given(STAFF).when(wrong).refused(Invalid, fields=["period", "metrics[0]"])
        given().when(OPEN).refused(NotFound)

    def test_is_within_the_opening_managers_reach(self) -> None:
        head = HireRep(rep_id=HEAD, name="Gu Xin", team_id=SOUTH)
        given(TARGETED, head).when(OPEN, reach=Reach(team_id=NORTH)).allowed()
        given(TARGETED).when(OPEN, reach=Reach(team_id=SOUTH)).refused(NotFound)


class TestTheTargetPhase:
    def test_a_target_that_comes_later_joins(self) -> None:
        scenario = given(STAFF, OPEN, TARGETED[-1]).when(c.IncludeTarget(cycle_id=CYCLE, target_id=TARGET))
        scenario.topics("cycle.target-included", "cycle.awaiting")
        assert waits(scenario) == {(Step.AGREE, LI)}
        scenario.when(c.IncludeTarget(cycle_id=CYCLE, target_id=TARGET)).silence()

    def test_a_target_for_something_else_does_not(self) -> None:
        other = proposal(scope=SCOPE, period=MAY, owner_id=LI)
        stream = other.stream()
        assert stream is not None
        given(OPENED, other).when(c.IncludeTarget(cycle_id=CYCLE, target_id=stream[1])).refused(
            Invalid, fields=["target_id"]
        )

    def test_agreeing_agrees_to_every_target_in_one_commit(self) -> None:
        scenario = given(OPENED).when(AGREE)
        scenario.then(
            f.TargetsAgreed(agreed_by=LI, target_ids=(TARGET,)),
            TargetAgreed(agreed_by=LI, number=Decimal(210_000)),
        )
        assert waits(scenario) == set()
        scenario.when(AGREE).silence()

    def test_nobody_agrees_for_the_owner_or_to_nothing(self) -> None:
        given(OPENED).when(c.AgreeTargets(cycle_id=CYCLE, agreed_by=MANAGER)).refused(Refused)
        given(STAFF, OPEN).when(AGREE).refused(Refused)

    def test_the_owner_is_reminded_once_and_the_manager_told_once(self) -> None:
        remind, escalate = timer(c.RemindCycle, step=Step.AGREE), timer(c.EscalateCycle, step=Step.AGREE)
        scenario = given(OPENED).when(remind).then(f.CycleReminded(step=Step.AGREE, arming=1, told=LI))
        scenario.when(remind).silence()
        scenario.when(escalate).then(f.CycleEscalated(step=Step.AGREE, arming=1, told=MANAGER))
        scenario.when(escalate).silence()
        scenario.when(AGREE).allowed()

    def test_who_is_above_the_manager_is_told_of_the_manager(self) -> None:
        escalate = timer(c.EscalateCycle, step=Step.PROPOSE)
        given(STAFF, OPEN).when(escalate).then(f.CycleEscalated(step=Step.PROPOSE, arming=1, told=HEAD))

    def test_what_is_not_owed_any_more_is_silence(self) -> None:
        for kind in (c.RemindCycle, c.EscalateCycle):
            given(OPENED, AGREE).when(timer(kind, step=Step.AGREE)).silence()
            given(OPENED).when(timer(kind, step=Step.AGREE, arming=2)).silence()
            given(OPENED).when(timer(kind, step=Step.ASSESS)).silence()

    def test_targets_agreed_to_one_by_one_are_found_agreed(self) -> None:
        one_by_one = t.AgreeTarget(target_id=TARGET, agreed_by=LI)
        scenario = given(OPENED, one_by_one).when(timer(c.EscalateCycle, step=Step.AGREE))
        scenario.topics("cycle.targets-agreed")
        assert waits(scenario) == set()


class TestExecution:
    def test_starts_with_the_period(self) -> None:
        given(OPENED, AGREE).when(START, now=WHEN.starts_at - SECOND).refused(Refused)
        scenario = given(OPENED, AGREE).when(START, now=WHEN.starts_at)
        first = POLICY.next_check_in(APRIL, WHEN.starts_at)
        scenario.then(f.ExecutionStarted(agreed=(TARGET,), unagreed=(), next_check_in_at=first))
        scenario.when(START, now=WHEN.starts_at).silence()

    def test_records_what_was_not_agreed_and_the_figure_holds(self) -> None:
        scenario = given(OPENED).when(START, now=WHEN.starts_at)
        scenario.then(
            like(f.ExecutionStarted, agreed=(), unagreed=(TARGET,)),
            TargetLeftUnagreed(number=Decimal(210_000)),
        )
        assert waits(scenario) == set()
        scenario.when(AGREE, now=WHEN.starts_at + DAY).topics("cycle.targets-agreed", "target.agreed")

    def test_without_any_target_starts_too_and_waits_for_one(self) -> None:
        scenario = given(STAFF, OPEN).when(START, now=WHEN.starts_at).topics("cycle.execution-started")
        assert waits(scenario) == {(Step.PROPOSE, MANAGER)}


class TestCheckIns:
    """On 10 April, 8 of April's 22 business days are over in the default calendar."""

    def test_judge_the_figure_by_pace_and_name_the_next(self) -> None:
        moment = WHEN.starts_at + 10 * DAY
        scenario = given(RUNNING).when(check_in(76_000), now=moment)
        line = f.CheckInLine(
            target_id=TARGET,
            metric="revenue-won",
            number=Decimal(210_000),
            actual=Decimal(76_000),
            expected=Decimal("76363.56"),
            shortfall=Decimal("0.004761"),
            status=PaceStatus.ON_PACE,
            step=0,
        )
        following = POLICY.next_check_in(APRIL, moment)
        scenario.then(
            f.CheckedIn(
                number=1, on=date(2026, 4, 10), position=77, lines=(line,), next_check_in_at=following
            )
        )

    def test_tell_owner_and_manager_once_for_each_step_behind(self) -> None:
        told = (LI, MANAGER)
        scenario = given(RUNNING).when(check_in(60_000))
        scenario.then(like(f.CheckedIn, number=1), f.FellBehind(target_id=TARGET, step=2, told=told))
        scenario.when(check_in(60_000, number=2)).then(like(f.CheckedIn, number=2))
        scenario.when(check_in(65_000, number=3)).then(like(f.CheckedIn, number=3))
        scenario.when(check_in(30_000, number=4)).then(
            like(f.CheckedIn, number=4), f.FellBehind(target_id=TARGET, step=6, told=told)
        )

    def test_tell_when_it_has_recovered_and_again_when_it_falls_behind_anew(self) -> None:
        scenario = given(RUNNING, check_in(60_000)).when(check_in(80_000, number=2))
        scenario.then(like(f.CheckedIn, number=2), f.Recovered(target_id=TARGET, told=(LI, MANAGER)))
        scenario.when(check_in(80_000, number=3)).topics("cycle.checked-in")
        scenario.when(check_in(60_000, number=4)).topics("cycle.checked-in", "cycle.fell-behind")

    @pytest.mark.parametrize("repeat", [check_in(1), check_in(1, number=3), check_in(1, number=2, arming=2)])
    def test_out_of_turn_are_silence(self, repeat: c.CheckIn) -> None:
        given(RUNNING, check_in(60_000)).when(repeat).silence()

    def test_are_judged_by_the_target_in_force_on_the_day(self) -> None:
        """Revised from 13 April on: the tenth is judged by the old number, the fourteenth by the new one."""
        moment = WHEN.starts_at + 11 * DAY
        revise = t.ReviseTarget(
            target_id=TARGET, number=Decimal(420_000), why="one more plant", from_day=date(2026, 4, 13)
        )
        scenario = given(RUNNING, later(revise, now=moment)).when(check_in(1), now=moment)
        assert _line(scenario.facts[0]).number == 210_000
        scenario.when(check_in(1, date(2026, 4, 14), number=2), now=moment)
        assert _line(scenario.facts[0]).number == 420_000

    def test_follow_the_season_where_the_policy_says_so(self) -> None:
        seasonal = PublishCyclePolicy(policy=replace(POLICY, pace=Pace.SEASONAL))
        weeks = len(APRIL.children())
        shape = (Decimal(1), *(Decimal(0),) * (weeks - 1))
        actual = c.Actual(target_id=TARGET, figure=Decimal(1), shape=shape)
        steps = (seasonal, *OPENED, at(START, WHEN.starts_at))
        scenario = given(steps).when(replace(check_in(1), actuals=(actual,)))
        assert _line(scenario.facts[0]).expected == 210_000

    def test_without_a_figure_for_a_target_are_refused(self) -> None:
        given(RUNNING).when(replace(check_in(1), actuals=())).refused(Invalid, fields=["actuals"])

    def test_of_another_time_are_refused(self) -> None:
        given(RUNNING).when(check_in(1, date(2026, 5, 1))).refused(Invalid, fields=["on"])

    def test_of_nothing_yet_to_measure_tell_nobody(self) -> None:
        given(RUNNING).when(check_in(None)).topics("cycle.checked-in")


def _line(fact: object) -> f.CheckInLine:
    assert isinstance(fact, f.CheckedIn)
    return fact.lines[0]


class TestWhatPeopleChange:
    @pytest.mark.parametrize("steps", [OPENED, RUNNING, REVIEWED])
    def test_a_paused_cycle_hears_no_timer(self, steps: tuple[Command, ...]) -> None:
        pause = c.PauseCycle(cycle_id=CYCLE, why="flood at the plant")
        scenario = given(steps).when(pause, now=REVIEW_DAY).topics("cycle.paused")
        scenario.when(pause).silence()
        for command in (START, REVIEW, check_in(1), timer(c.EscalateCycle, step=Step.AGREE)):
            scenario.when(command, now=REVIEW_DAY).silence()

    def test_resuming_puts_off_what_was_not_overdue(self) -> None:
        pause, resume = c.PauseCycle(cycle_id=CYCLE, why="flood"), c.ResumeCycle(cycle_id=CYCLE)
        week = timedelta(days=7)
        scenario = given(OPENED, pause).when(resume, now=NOW + week)
        scenario.topics("cycle.resumed", "cycle.awaiting")
        wait = cycle_of(scenario).waiting[0]
        put_off = POLICY.calendar.put_off(AGREE_BY, NOW, NOW + week)
        assert (wait.deadlines.due_at, wait.generation) == (put_off, 2)
        scenario.when(timer(c.EscalateCycle, step=Step.AGREE, arming=1)).silence()
        scenario.when(timer(c.EscalateCycle, step=Step.AGREE, arming=2)).topics("cycle.escalated")
        scenario.when(resume).silence()

    def test_a_pause_is_no_amnesty(self) -> None:
        overdue = AGREE_BY + SECOND
        escalate = timer(c.EscalateCycle, step=Step.AGREE)
        steps = (*OPENED, at(escalate, overdue), at(c.PauseCycle(cycle_id=CYCLE, why="flood"), overdue))
        scenario = given(steps).when(c.ResumeCycle(cycle_id=CYCLE), now=overdue + DAY)
        wait = cycle_of(scenario).waiting[0]
        assert wait.deadlines.due_at == AGREE_BY
        assert wait.escalated

    def test_another_cadence_names_the_next_check_in_anew(self) -> None:
        moment = WHEN.starts_at + 8 * DAY
        daily = c.ChangeCadence(cycle_id=CYCLE, cadence=Cadence.DAILY)
        scenario = given(RUNNING).when(daily, now=moment)
        following = POLICY.next_check_in(APRIL, moment, Cadence.DAILY)
        scenario.then(
            f.CadenceChanged(before=Cadence.WEEKLY, after=Cadence.DAILY, arming=2, next_check_in_at=following)
        )
        scenario.when(check_in(1)).silence()
        scenario.when(check_in(1, arming=2)).allowed()
        scenario.when(daily).silence()

    def test_cancelling_ends_everything(self) -> None:
        cancel = c.CancelCycle(cycle_id=CYCLE, why="reorganised")
        scenario = given(RUNNING).when(cancel).topics("cycle.cancelled")
        assert cycle_of(scenario).phase == Phase.CANCELLED
        scenario.when(cancel).silence()
        scenario.when(check_in(1)).silence()
        scenario.when(AGREE).refused(Refused)

    def test_a_manager_who_leaves_hands_over_what_was_owed(self) -> None:
        boss = c.HandOverCycle(cycle_id=CYCLE, manager_id=HEAD, why="the manager left")
        scenario = given(STAFF, OPEN).when(boss).topics("cycle.handed-over")
        assert waits(scenario) == {(Step.PROPOSE, HEAD)}
        scenario.when(boss).silence()

    def test_another_owner_gets_the_targets_as_well(self) -> None:
        scenario = given(OPENED).when(c.HandOverCycle(cycle_id=CYCLE, owner_id=WANG, why="took over"))
        scenario.topics("cycle.handed-over", "target.handed-over")
        assert waits(scenario) == {(Step.AGREE, WANG)}

    def test_a_rep_who_changed_teams_takes_the_cycle_along(self) -> None:
        moved = HireRep(rep_id=LI, name="Li Na", team_id=SOUTH)
        scenario = given(OPENED, moved).when(
            c.HandOverCycle(cycle_id=CYCLE, manager_id=HEAD, why="moved south")
        )
        assert cycle_of(scenario).people.team_id == SOUTH

    @pytest.mark.parametrize("kind", [c.PauseCycle, c.CancelCycle, c.HandOverCycle])
    def test_is_done_with_a_reason(self, kind: type[c.PauseCycle]) -> None:
        given(OPENED).when(kind(cycle_id=CYCLE, why=" ")).refused(Invalid, fields=["why"])


def test_every_scope_and_period_has_its_own_id() -> None:
    assert len({cycle_id(s, p) for s in (SCOPE, team(NORTH)) for p in (APRIL, MAY)}) == 4
