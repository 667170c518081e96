"""Adjustments: a hypothesis, a baseline that stays frozen, a fair comparison, and somebody who decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from domain.adjustment import adjustment as a
from domain.adjustment import commands as c
from domain.adjustment.experiment import METHOD, Compared, choose_control, difference_in_differences
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.figures.metrics import metric
from domain.figures.scope import COMPANY, rep, team
from domain.people.people import HireRep
from domain.time.periods import Window
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.words import LI, MANAGER, NORTH, SOUTH, STAFF, WANG, ZHAO

ID = UUID(int=0xAD)
HEAD = UUID(int=0xB7)
FEBRUARY, JUNE = Window(date(2026, 2, 1), date(2026, 2, 28)), date(2026, 6, 30)
TRIAL = Window(NOW.date(), JUNE)
KEEP, CHANGE, STOP = a.Outcome
POLICY = DEFAULT_CYCLE_POLICY
OVER = POLICY.review_after.after(POLICY.instant(date(2026, 7, 1)), POLICY.calendar)
REVENUE, RATE = metric("revenue-won"), metric("win-rate")

START = c.StartAdjustment(
    adjustment_id=ID,
    hypothesis="demonstrations before offers win one deal in ten more",
    scope=rep(LI),
    metric="win-rate",
    baseline=FEBRUARY,
    horizon=JUNE,
    owner_id=MANAGER,
    above_id=HEAD,
)
STARTED = (*STAFF, START)
ALL_PARTS = ["hypothesis", "scope", "metric", "baseline", "horizon", "owner_id"]


def D(number: int | str) -> Decimal:  # noqa: N802 - what stands beside it is what counts
    return Decimal(number)


FREEZE = c.FreezeBaseline(
    adjustment_id=ID,
    position=50,
    before=D("0.40"),
    candidates=(Compared(rep(WANG), D("0.45")), Compared(rep(ZHAO), D("0.10")), Compared(rep(LI), D("0.40"))),
    busy=(rep(ZHAO),),
)
MEASURE = c.MeasureAdjustment(
    adjustment_id=ID, position=90, after=D("0.55"), controls=(Compared(rep(WANG), None, D("0.50")),)
)
MEASURED = (*STARTED, FREEZE, later(MEASURE, now=OVER))
REMIND, ESCALATE = c.RemindAdjustment(adjustment_id=ID), c.EscalateAdjustment(adjustment_id=ID)


def decide(outcome: a.Outcome) -> c.DecideAdjustment:
    return c.DecideAdjustment(
        adjustment_id=ID, outcome=outcome, decided_by=MANAGER, why="one deal in ten it is"
    )


def test_is_decided_by_its_owner_who_is_above_or_a_manager_and_by_nobody_else() -> None:
    for by in (MANAGER, HEAD):
        given(MEASURED).when(replace(decide(KEEP), decided_by=by)).topics("adjustment.decided")
    given(MEASURED).when(replace(decide(KEEP), decided_by=WANG)).refused(Forbidden)
    handed = (*MEASURED, c.HandOverAdjustment(adjustment_id=ID, to=LI))
    given(handed).when(decide(KEEP)).topics("adjustment.decided")
    given(handed).when(replace(decide(KEEP), decided_by=LI)).topics("adjustment.decided")


def adjustment_of(scenario: Scenario) -> a.Adjustment:
    return scenario.history.load(a.Adjustment, ID)


class TestStarting:
    def test_needs_every_part_and_names_all_that_are_missing(self) -> None:
        given().when(c.StartAdjustment(adjustment_id=ID)).refused(Invalid, fields=ALL_PARTS)

    @pytest.mark.parametrize("part", ALL_PARTS)
    def test_needs_each_part(self, part: str) -> None:
        nothing: Any = "" if part in ("hypothesis", "metric") else None
        given(STAFF).when(replace(START, **{part: nothing})).refused(Invalid, fields=[part])

    def test_says_when_it_will_be_measured(self) -> None:
        given(STAFF).when(START).then(
            like(a.AdjustmentStarted, horizon=TRIAL, measure_at=OVER, team_id=NORTH)
        )
        given(STARTED).when(START).silence()
        given(STARTED).when(START, now=NOW + timedelta(days=3)).silence()
        for other in ({"metric": "promise-keeping"}, {"hypothesis": "something else"}, {"above_id": LI}):
            given(STARTED).when(replace(START, **other)).refused(AlreadyExists)

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("baseline", {"baseline": Window(date(2026, 2, 1), NOW.date())}),
            ("baseline", {"baseline": Window(date(2026, 2, 2), date(2026, 2, 1))}),
            ("horizon", {"horizon": date(2026, 3, 1)}),
            ("metric", {"metric": "foretold"}),
            ("currency", {"metric": "revenue-won"}),
            ("currency", {"currency": "CNY"}),
        ],
    )
    @pytest.mark.usefixtures("foretold")
    def test_compares_what_can_be_compared(self, field: str, changes: dict[str, Any]) -> None:
        given(STAFF).when(replace(START, **changes)).refused(Invalid, fields=[field])

    def test_is_for_the_team(self) -> None:
        staff = (*STAFF, HireRep(rep_id=HEAD, name="Gu Xin", team_id=SOUTH))
        given(staff).when(START, reach=Reach(team_id=NORTH)).allowed()
        given(staff).when(START, reach=Reach(team_id=SOUTH)).refused(NotFound)


class TestTheBaseline:
    def test_is_frozen_with_a_control_group_that_is_free(self) -> None:
        scenario = given(STARTED).when(FREEZE)
        scenario.then(
            a.BaselineFrozen(
                position=50,
                adjusted=Compared(rep(LI), D("0.40")),
                controls=(Compared(rep(WANG), D("0.45")),),
                method=METHOD,
            )
        )

    def test_is_frozen_once(self) -> None:
        given(STARTED, FREEZE).when(replace(FREEZE, position=60, before=D(1))).silence()


class TestMeasuring:
    def test_happens_when_the_horizon_is_over(self) -> None:
        given(STARTED, FREEZE).when(MEASURE, now=OVER - timedelta(seconds=1)).refused(Refused)
        given(STARTED).when(MEASURE, now=OVER).refused(Refused)

    def test_shows_before_after_and_what_the_control_did(self) -> None:
        """Up by 0.15 where the control went up by 0.05."""
        scenario = given(STARTED, FREEZE).when(MEASURE, now=OVER)
        scenario.then(
            like(
                a.AdjustmentMeasured,
                adjusted=Compared(rep(LI), D("0.40"), D("0.55")),
                controls=(Compared(rep(WANG), D("0.45"), D("0.50")),),
                effect=D("0.10"),
            )
        )
        measured = adjustment_of(scenario).measured
        assert measured is not None
        assert measured.awaited.of == MANAGER
        scenario.when(replace(MEASURE, after=D(1)), now=OVER).silence()


class TestDeciding:
    def test_is_asked_for_reminded_and_escalated_once(self) -> None:
        scenario = given(MEASURED)
        scenario.when(REMIND).then(a.AdjustmentReminded(told=MANAGER))
        scenario.when(ESCALATE).then(a.AdjustmentEscalated(told=HEAD))
        alone = replace(START, owner_id=LI, above_id=None)
        managed = given(STAFF, alone, FREEZE, later(MEASURE, now=OVER)).when(ESCALATE)
        managed.then(a.AdjustmentEscalated(told=MANAGER))
        for command in (REMIND, ESCALATE):
            scenario.when(command).silence()
            given(STARTED, FREEZE).when(command).silence()
            given(MEASURED, decide(KEEP)).when(command).silence()

    @pytest.mark.parametrize("outcome", [KEEP, CHANGE, STOP])
    def test_keeps_changes_or_stops(self, outcome: a.Outcome) -> None:
        scenario = given(MEASURED).when(decide(outcome))
        scenario.then(like(a.AdjustmentDecided, outcome=outcome, effect=D("0.10")))
        scenario.when(decide(outcome)).silence()
        scenario.when(decide(KEEP if outcome != KEEP else STOP)).refused(Refused)

    def test_before_it_is_measured_can_only_stop_it(self) -> None:
        for outcome in (KEEP, CHANGE):
            given(STARTED).when(decide(outcome)).refused(Refused)
        scenario = (
            given(STARTED).when(decide(STOP)).then(like(a.AdjustmentDecided, outcome=STOP, effect=None))
        )
        for command in (FREEZE, MEASURE):
            scenario.when(command, now=OVER).silence()

    def test_goes_with_its_owner(self) -> None:
        hand = c.HandOverAdjustment(adjustment_id=ID, to=HEAD)
        scenario = given(MEASURED).when(hand).topics("adjustment.handed-over")
        scenario.when(hand).silence()
        scenario.when(REMIND).then(a.AdjustmentReminded(told=HEAD))
        given(MEASURED, decide(KEEP)).when(hand).refused(Refused)


# -- the comparison ------------------------------------------------------------------------------

MONTH, QUARTER = Window(date(2026, 3, 1), date(2026, 3, 30)), Window(date(2026, 4, 1), date(2026, 6, 29))


def test_sums_are_compared_by_day_and_told_over_the_horizon() -> None:
    """From 10 a day to 14 a day, the control from 10 to 11: 3 a day more, for 90 days."""
    adjusted = Compared(rep(LI), D(300), D(1_260))
    control = Compared(rep(WANG), D(300), D(990))
    assert difference_in_differences(REVENUE, adjusted, [control], MONTH, QUARTER) == 270


def test_without_a_control_it_is_the_plain_change() -> None:
    adjusted = Compared(rep(LI), D("0.4"), D("0.5"))
    lacking = [Compared(rep(WANG), None, D(1)), Compared(rep(ZHAO), D(1), None)]
    assert difference_in_differences(RATE, adjusted, lacking, MONTH, QUARTER) == D("0.1")
    assert difference_in_differences(RATE, Compared(rep(LI), None, D(1)), [], MONTH, QUARTER) is None


figures = st.decimals(0, 10**6, places=2)


@over(figures, figures, st.lists(st.tuples(figures, figures), min_size=1, max_size=4))
def test_what_happens_to_everybody_is_no_effect(before: Decimal, change: Decimal, others: Any) -> None:
    adjusted = Compared(rep(LI), before, before + change)
    controls = [Compared(rep(UUID(int=n)), b, b + change) for n, (b, _) in enumerate(others, 1)]
    assert difference_in_differences(RATE, adjusted, controls, MONTH, QUARTER) == 0


REPS = [rep(UUID(int=n)) for n in range(1, 12)]


@over(figures, st.dictionaries(st.sampled_from(REPS), st.none() | figures), st.sets(st.sampled_from(REPS)))
def test_the_control_is_the_nearest_that_is_free(before: Decimal, known: Any, busy: Any) -> None:
    chosen = choose_control(REPS[0], before, known, busy)
    able = [s for s, figure in known.items() if figure is not None and s not in busy and s != REPS[0]]
    assert len(chosen) == min(3, len(able))
    assert set(chosen) <= set(able)
    far = [abs(known[s] - before) for s in able if s not in chosen]
    assert all(abs(known[s] - before) <= distance for s in chosen for distance in far)
    assert chosen == choose_control(REPS[0], before, dict(reversed(known.items())), busy)


def test_only_the_same_kind_of_scope_is_comparable() -> None:
    known = {COMPANY: D(1), team(NORTH): D(1), rep(WANG): D(1)}
    assert choose_control(rep(LI), D(1), known) == (rep(WANG),)
    assert choose_control(rep(LI), None, known) == ()
