"""A pause stops a cycle's clock: every time is put off by the business time that the pause took of it, and by nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as holds_for
from hypothesis import settings
from hypothesis import strategies as st

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.cycle import Cycle
from domain.cycle.deadlines import Turn, due_steps
from domain.cycle.policy import Step, Times
from domain.engine.command import Command
from domain.engine.errors import Refused
from domain.time.commitment import Kind
from tests.domain.given_when_then import Later, given, like
from tests.domain.loop.cycles import (
    ACKNOWLEDGED,
    AFTER_APPEALS,
    AGREE,
    APPEAL,
    ASSESS,
    ASSESSED,
    CYCLE,
    DAY,
    DECISION,
    FED_BACK,
    FEEDBACK,
    HEAD,
    OPENED,
    POLICY,
    REVIEW_DAY,
    REVIEWED,
    RUNNING,
    SECOND,
    SELF,
    WHEN,
    at,
    cycle_of,
    timer,
)

CALENDAR = POLICY.calendar
PAUSE, RESUME = c.PauseCycle(cycle_id=CYCLE, why="a strike"), c.ResumeCycle(cycle_id=CYCLE)
WEEK = timedelta(days=7)
PROPOSED = timer(c.ProposeNext, position=120, targets=())
ASKED = c.AskDecision(
    cycle_id=CYCLE, decision_id=DECISION, question="which price?", of=HEAD, due_at=REVIEW_DAY + 3 * DAY
)
LATE = at(c.OpenCycle(**vars(OPENED[-1])), WHEN.starts_at + DAY)
SITUATIONS: dict[str, tuple[tuple[Command | Later, ...], datetime]] = {
    "asked to agree": (OPENED, WHEN.starts_at - 12 * DAY),
    "agreed": ((*OPENED, AGREE), WHEN.starts_at - 12 * DAY),
    "opened late": ((*OPENED[:-1], LATE), WHEN.starts_at + DAY),
    "running": (RUNNING, WHEN.starts_at + 2 * DAY),
    "before the review": (RUNNING, WHEN.ends_at + timedelta(hours=1)),
    "reviewed": (REVIEWED, REVIEW_DAY),
    "to decide": ((*REVIEWED, at(ASKED, REVIEW_DAY)), REVIEW_DAY),
    "assessed": (ASSESSED, REVIEW_DAY),
    "fed back": (FED_BACK, REVIEW_DAY),
    "to close": ((*ACKNOWLEDGED, at(PROPOSED, REVIEW_DAY)), REVIEW_DAY),
    "appealed": ((*FED_BACK, at(APPEAL, REVIEW_DAY)), REVIEW_DAY),
}
"""What happened, and when it did last."""


def cst(day: int, hour: int, minute: int = 0, month: int = 5) -> datetime:
    """In Shanghai, 2026."""
    return datetime(2026, month, day, hour - 8, minute, tzinfo=UTC)


def paused(name: str, since: datetime, until: datetime) -> tuple[Cycle, Cycle]:
    """As it stood before a pause, and after it."""
    steps, _ = SITUATIONS[name]
    scenario = given(steps)
    before = cycle_of(scenario)
    scenario.given(at(PAUSE, since)).when(RESUME, now=until)
    return before, cycle_of(scenario)


def times_of(cycle: Cycle) -> dict[str, datetime]:
    """Every time by which the cycle goes on or somebody has something to do, by name."""
    found = {one.name: getattr(cycle.times, one.name) for one in fields(Times)}
    for wait in cycle.waiting:
        for name in ("remind_at", "due_at", "escalate_at"):
            found[f"{wait.what}.{name}"] = getattr(wait.deadlines, name)
    return {name: value for name, value in found.items() if value is not None}


BEGAN = {"review_at": WHEN.ends_at}
BY_RULE = {"next_check_in_at", "executes_at"}
"""The next check-in is the next on the cadence; execution begins with the period, or when the time to agree is over."""


class TestPutsOff:
    def test_a_deadline_by_business_time(self) -> None:
        """Thursday 14 May 2026, 18:00, to Friday, 09:00: the office was shut."""
        due = cst(18, 10)
        asked = at(replace(ASKED, due_at=due), cst(12, 10))
        scenario = given(REVIEWED, asked, at(PAUSE, cst(14, 18))).when(RESUME, now=cst(15, 9))
        assert times_of(cycle_of(scenario))["decide.due_at"] == due

    def test_what_became_due_in_the_pause_by_what_was_left_of_it(self) -> None:
        """The owner assesses on Wednesday in a pause from Monday to Friday: the manager's three days begin on Friday."""
        steps = (*REVIEWED, at(PAUSE, cst(11, 10)), at(SELF, cst(13, 10)))
        scenario = given(steps).when(RESUME, now=cst(15, 10))
        assert times_of(cycle_of(scenario))["assess.due_at"] == POLICY.due_after(Step.ASSESS, cst(15, 10))

    def test_the_time_to_appeal(self) -> None:
        back = AFTER_APPEALS + WEEK
        scenario = given(FED_BACK, at(PAUSE, REVIEW_DAY + DAY)).when(RESUME, now=back)
        scenario.when(APPEAL, now=back).topics("cycle.appealed", "cycle.awaiting")

    def test_the_time_to_appeal_against_feedback_given_in_the_pause(self) -> None:
        steps = (*ASSESSED, at(PAUSE, REVIEW_DAY), at(FEEDBACK, cst(13, 10)))
        scenario = given(steps).when(RESUME, now=cst(15, 10))
        expected = POLICY.appeal_within.after(cst(15, 10), CALENDAR)
        assert cycle_of(scenario).times.appeal_until == expected

    def test_the_start_where_there_is_still_time_to_agree(self) -> None:
        _, after = paused("asked to agree", WHEN.starts_at - 4 * DAY, WHEN.starts_at + WEEK)
        assert after.times.executes_at == after.waiting[0].deadlines.due_at > WHEN.starts_at + WEEK

    @pytest.mark.parametrize("name", SITUATIONS)
    def test_every_time_there_is(self, name: str) -> None:
        """Also one that is added tomorrow: nothing here names the fields."""
        _, last = SITUATIONS[name]
        since = last + timedelta(hours=1)
        before, after = paused(name, since, since + WEEK)
        expected = {
            one: CALENDAR.put_off(value, max(since, BEGAN.get(one, since)), since + WEEK)
            for one, value in times_of(before).items()
            if one not in BY_RULE and not one.endswith("remind_at")
        }
        assert {one: value for one, value in times_of(after).items() if one in expected} == expected

    def test_every_kind_of_time_that_the_clock_of_a_cycle_knows(self) -> None:
        """The situations above reach each of them."""
        kinds = {
            mark.kind
            for name, (_, last) in SITUATIONS.items()
            for mark in due_steps(paused(name, last, last)[1], WHEN.ends_at)
        }
        assert kinds == {*Turn, Kind.REMIND, Kind.ESCALATE}

    def test_no_period(self) -> None:
        _, after = paused("running", WHEN.starts_at + 2 * DAY, WHEN.starts_at + WEEK)
        assert after.times.review_at == WHEN.review_at


class TestInThePause:
    def test_the_time_to_appeal_does_not_run_out(self) -> None:
        scenario = given(FED_BACK, at(PAUSE, REVIEW_DAY))
        scenario.when(APPEAL, now=AFTER_APPEALS + WEEK).topics("cycle.appealed", "cycle.awaiting")

    def test_what_was_too_late_before_stays_so(self) -> None:
        scenario = given(FED_BACK, at(PAUSE, AFTER_APPEALS + SECOND))
        scenario.when(APPEAL, now=AFTER_APPEALS + WEEK).refused(Refused)

    def test_the_owners_assessment_still_comes_first(self) -> None:
        given(REVIEWED, at(PAUSE, REVIEW_DAY)).when(ASSESS, now=REVIEW_DAY + WEEK).refused(Refused)


class TestOldFacts:
    def test_of_a_pause_that_put_off_only_what_was_owed_are_read_as_they_are(self) -> None:
        scenario = given(FED_BACK, at(PAUSE, REVIEW_DAY))
        cycle = cycle_of(scenario)
        resumed = f.CycleResumed(at=REVIEW_DAY + WEEK, arming=2, next_check_in_at=None)
        cycle.replay(resumed, cycle.version + 1)
        assert cycle.times.appeal_until == AFTER_APPEALS


moments = st.integers(0, 60 * 24 * 21).map(lambda minutes: timedelta(minutes=minutes))


class TestWhateverThePause:
    @settings(max_examples=60, deadline=None)
    @holds_for(st.sampled_from(list(SITUATIONS)), moments, moments)
    def test_business_time_until_each_deadline_is_what_it_was(
        self, name: str, ahead: timedelta, long: timedelta
    ) -> None:
        since = SITUATIONS[name][1] + ahead
        until = since + long
        before, after = paused(name, since, until)
        lost = CALENDAR.business_hours_between(since, until)
        for one, value in times_of(before).items():
            if one.endswith("due_at") and value > since:
                left = CALENDAR.business_hours_between(since, value)
                assert CALENDAR.business_hours_between(until, times_of(after)[one]) == left
                assert CALENDAR.business_hours_between(since, times_of(after)[one]) == left + lost

    @settings(max_examples=60, deadline=None)
    @holds_for(st.sampled_from(list(SITUATIONS)), moments)
    def test_one_that_ends_at_once_moves_nothing(self, name: str, ahead: timedelta) -> None:
        since = SITUATIONS[name][1] + ahead
        before, after = paused(name, since, since)
        known = {one: v for one, v in times_of(before).items() if one != "next_check_in_at"}
        unreminded = {one: v for one, v in known.items() if not one.endswith("remind_at")}
        assert {one: times_of(after)[one] for one in unreminded} == unreminded

    @settings(max_examples=60, deadline=None)
    @holds_for(st.sampled_from(list(SITUATIONS)), moments, moments)
    def test_what_is_owed_keeps_its_order(self, name: str, ahead: timedelta, long: timedelta) -> None:
        since = SITUATIONS[name][1] + ahead
        _, after = paused(name, since, since + long)
        for wait in after.waiting:
            owed = wait.deadlines
            assert owed.remind_at <= owed.due_at <= owed.escalate_at


def test_acts_in_a_pause_are_told_from_those_before() -> None:
    scenario = given(REVIEWED, at(PAUSE, REVIEW_DAY)).when(SELF, now=REVIEW_DAY + DAY)
    scenario.then(like(f.SelfAssessed), like(f.CycleAwaiting, since=REVIEW_DAY + DAY))
