"""Years, quarters, months and weeks: what contains what, and that children partition their parent exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.errors import Invalid
from domain.engine.fields import EARLIEST, LATEST
from domain.time.periods import KINDS, Period, PeriodKind, named_period, period_of

YEAR, QUARTER, MONTH, WEEK = KINDS
ONE_DAY = timedelta(days=1)
days = st.dates(date(1901, 1, 1), date(2190, 12, 31))
kinds = st.sampled_from(KINDS)
starts = st.integers(1, 12)


def all_days(period: Period) -> list[date]:
    return [period.start + n * ONE_DAY for n in range(period.days)]


@given(kinds, days, starts)
def test_a_period_contains_the_day_it_is_the_period_of(
    kind: PeriodKind, day: date, fiscal_start: int
) -> None:
    period = period_of(kind, day, fiscal_start)
    assert period.contains(day)
    assert period.problem() is None
    assert all(period_of(kind, d, fiscal_start) == period for d in (period.start, period.end))


@given(kinds, days, starts)
def test_children_partition_their_parent(kind: PeriodKind, day: date, fiscal_start: int) -> None:
    parent = period_of(kind, day, fiscal_start)
    for shorter in KINDS[KINDS.index(kind) + 1 :]:
        parts = parent.parts(shorter)
        assert [d for part in parts for d in all_days(part)] == all_days(parent)
        assert all(part == period_of(shorter, part.start, fiscal_start) for part in parts)


@given(kinds, days, starts)
def test_next_and_previous_leave_no_gap(kind: PeriodKind, day: date, fiscal_start: int) -> None:
    period = period_of(kind, day, fiscal_start)
    assert period.next().start == period.end + ONE_DAY
    assert period.previous().end == period.start - ONE_DAY
    assert period.next().previous() == period


@given(kinds, days, starts)
def test_a_name_is_read_back(kind: PeriodKind, day: date, fiscal_start: int) -> None:
    period = period_of(kind, day, fiscal_start)
    assert named_period(period.name, fiscal_start) == period


@given(days, starts)
def test_names_differ(day: date, fiscal_start: int) -> None:
    year = period_of(YEAR, day, fiscal_start)
    names = [p.name for kind in KINDS for p in year.parts(kind)]
    assert len(set(names)) == len(names)


@given(days)
def test_weeks_are_iso_weeks_cut_at_the_month(day: date) -> None:
    part = period_of(WEEK, day)
    same_week = [d for d in all_days(period_of(MONTH, day)) if d.isocalendar()[:2] == day.isocalendar()[:2]]
    assert all_days(part) == same_week


def test_a_fiscal_year_is_named_after_the_calendar_year_it_starts_in() -> None:
    assert period_of(YEAR, date(2027, 3, 31), 4) == Period(
        YEAR, date(2026, 4, 1), date(2027, 3, 31), "FY2026"
    )
    assert period_of(QUARTER, date(2027, 1, 5), 4).name == "FY2026-Q4"
    assert period_of(QUARTER, date(2027, 1, 5)).name == "2027-Q1"


def test_a_week_that_straddles_two_months_is_two_periods() -> None:
    january, february = period_of(WEEK, date(2026, 1, 31)), period_of(WEEK, date(2026, 2, 1))
    assert january == Period(WEEK, date(2026, 1, 26), date(2026, 1, 31), "2026-W05a")
    assert february == Period(WEEK, date(2026, 2, 1), date(2026, 2, 1), "2026-W05b")
    assert january.next() == february


def test_an_iso_year_may_differ_from_the_calendar_year() -> None:
    assert period_of(WEEK, date(2027, 1, 1)).name == "2026-W53b"
    assert named_period("2026-W53b").start == date(2027, 1, 1)


def test_a_year_has_four_quarters_and_a_week_no_parts() -> None:
    assert [p.name for p in named_period("FY2026", 7).children()] == [f"FY2026-Q{n}" for n in (1, 2, 3, 4)]
    assert [p.name for p in named_period("2026-Q2").children()] == ["2026-04", "2026-05", "2026-06"]
    assert named_period("2026-W06").children() == ()


@pytest.mark.parametrize(
    ("name", "fiscal_start"),
    [
        ("2026-13", 1),
        ("2026-Q5", 1),
        ("2026-W54", 1),
        ("2026-W05", 1),  # straddles: a or b
        ("2026-W06a", 1),  # does not straddle
        ("FY2026", 1),
        ("2026", 4),
        ("2026-Q1", 4),
        ("FY2026-03", 4),
        ("0000", 1),
        ("9999", 1),
        ("0001", 1),
        ("1899-12", 1),
        ("2200", 1),
        ("march", 1),
        ("", 1),
        ("2026-W05b\n", 1),
        ("２０２６", 1),
    ],
)
def test_names_of_no_period_are_refused(name: str, fiscal_start: int) -> None:
    with pytest.raises(Invalid) as refusal:
        named_period(name, fiscal_start)
    assert [e.field for e in refusal.value.errors] == ["period"]


@given(kinds, days, starts, st.sampled_from(["start", "end", "name", "kind"]))
def test_a_period_made_by_hand_is_found_out(
    kind: PeriodKind, day: date, fiscal_start: int, part: str
) -> None:
    right = period_of(kind, day, fiscal_start)
    wrong = {
        "start": replace(right, start=right.start - ONE_DAY),
        "end": replace(right, end=right.end + ONE_DAY),
        "name": replace(right, name=f"{right.name}x"),
        "kind": replace(right, kind=KINDS[KINDS.index(kind) - 1]),
    }[part]
    assert wrong.problem() is not None


@pytest.mark.parametrize(
    ("day", "fiscal_start"), [(date(LATEST - 1, 8, 1), 7), (date(EARLIEST, 1, 1), 7)], ids=["ends", "begins"]
)
def test_a_year_that_is_only_partly_in_the_years_there_are_is_none(day: date, fiscal_start: int) -> None:
    problem = period_of(YEAR, day, fiscal_start).problem()
    assert problem == f"is not between {EARLIEST} and {LATEST}"
