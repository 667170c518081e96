"""Properties of business time, against an oracle that walks minute by minute.

The oracle knows one thing only: a minute counts when the wall clock of the calendar's zone shows a business
day and a time inside opening hours. It walks real minutes and knows nothing of how the calendar computes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.time.calendar import BusinessCalendar

MINUTE = dt.timedelta(minutes=1)

ZONES = ["UTC", "Asia/Shanghai", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe"]
CHANGES = [  # the weekends around which clocks change, so that random starts meet them often
    dt.datetime(2026, 3, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 27, tzinfo=dt.UTC),
    dt.datetime(2026, 4, 3, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 2, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 23, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 30, tzinfo=dt.UTC),
]
dates = st.dates(dt.date(2026, 3, 1), dt.date(2026, 11, 30))
starts = st.builds(
    lambda base, minutes: base + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(0, 5 * 1440)
)
spans = st.integers(0, 40 * 60).map(lambda minutes: minutes * MINUTE)
long_spans = st.integers(0, 600 * 60).map(lambda minutes: minutes * MINUTE)


@st.composite
def calendars(
    draw: st.DrawFn, closes: Sequence[str] = ("03:15", "12:20", "17:00", "24:00")
) -> BusinessCalendar:
    """Night and day shifts that never open or close in an hour that comes twice (see TestClockChanges)."""
    shuts = draw(st.sampled_from(closes))
    holidays = draw(st.sets(dates, max_size=6))
    return BusinessCalendar(
        timezone=draw(st.sampled_from(ZONES)),
        workdays=tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=1)))),
        opens=draw(st.sampled_from([o for o in ("00:00", "00:30", "08:45", "09:00") if o < shuts])),
        closes=shuts,
        holidays=tuple(sorted(holidays)),
        extra_workdays=tuple(sorted(draw(st.sets(dates, max_size=6)) - holidays)),
    )


def open_minute(calendar: BusinessCalendar, instant: dt.datetime) -> bool:
    local = instant.astimezone(ZoneInfo(calendar.timezone))
    day = local.date()
    works = day in calendar.extra_workdays or (
        local.isoweekday() in calendar.workdays and day not in calendar.holidays
    )
    return works and calendar.opens <= local.strftime("%H:%M") < calendar.closes


def walked(
    calendar: BusinessCalendar, instant: dt.datetime, minutes: int, step: dt.timedelta
) -> dt.datetime | None:
    """The instant after that many open minutes in one direction; None when it is further than 12 days."""
    for _ in range(12 * 1440):
        if not minutes:
            return instant
        minutes -= open_minute(calendar, instant if step > 0 * MINUTE else instant + step)
        instant += step
    return None


@given(calendars(), starts, st.integers(1, 30 * 60))
def test_adding_agrees_with_walking_minute_by_minute(
    calendar: BusinessCalendar, start: dt.datetime, minutes: int
) -> None:
    expected = walked(calendar, start, minutes, MINUTE)
    assume(expected is not None)
    assert calendar.add_business_hours(start, minutes * MINUTE) == expected


@given(calendars(), starts, st.integers(1, 30 * 60))
def test_subtracting_agrees_with_walking_back_minute_by_minute(
    calendar: BusinessCalendar, end: dt.datetime, minutes: int
) -> None:
    expected = walked(calendar, end, minutes, -MINUTE)
    assume(expected is not None)
    assert calendar.subtract_business_hours(end, minutes * MINUTE) == expected


@given(calendars(), starts, st.integers(0, 6 * 1440))
def test_the_hours_between_are_the_open_minutes_between(
    calendar: BusinessCalendar, a: dt.datetime, minutes: int
) -> None:
    counted = sum(open_minute(calendar, a + n * MINUTE) for n in range(minutes))
    b = a + minutes * MINUTE
    assert calendar.business_hours_between(a, b) == counted * MINUTE
    assert calendar.business_hours_between(b, a) == -counted * MINUTE


@given(calendars(), starts, spans)
def test_adding_hours_and_measuring_them_gives_the_same_hours(
    calendar: BusinessCalendar, start: dt.datetime, span: dt.timedelta
) -> None:
    assert calendar.business_hours_between(start, calendar.add_business_hours(start, span)) == span


@given(calendars(), starts, long_spans)
def test_hours_of_many_months_are_the_hours_between(
    calendar: BusinessCalendar, start: dt.datetime, span: dt.timedelta
) -> None:
    """Measuring goes from day to day; adding and subtracting look the end up."""
    assert calendar.business_hours_between(start, calendar.add_business_hours(start, span)) == span
    assert calendar.business_hours_between(calendar.subtract_business_hours(start, span), start) == span


@given(calendars(), starts, long_spans)
def test_the_same_question_has_the_same_answer_again(
    calendar: BusinessCalendar, start: dt.datetime, span: dt.timedelta
) -> None:
    """At first days are computed as they are come to, from the local date on; afterwards an end is looked up."""

    def asked() -> tuple[dt.datetime, dt.datetime]:
        return calendar.add_business_hours(start, span), calendar.subtract_business_hours(start, span)

    assert asked() == asked()


@given(calendars(), starts, spans, spans)
def test_adding_in_two_steps_is_adding_once(
    calendar: BusinessCalendar, start: dt.datetime, a: dt.timedelta, b: dt.timedelta
) -> None:
    in_steps = calendar.add_business_hours(calendar.add_business_hours(start, a), b)
    assert calendar.business_hours_between(in_steps, calendar.add_business_hours(start, a + b)) == 0 * MINUTE
    if a or not b:  # zero hours first moves a closed start to its opening, which costs no business time
        assert in_steps == calendar.add_business_hours(start, a + b)


@given(calendars(), starts, starts, spans, spans)
def test_later_starts_and_longer_spans_never_end_earlier(
    calendar: BusinessCalendar, s1: dt.datetime, s2: dt.datetime, a: dt.timedelta, b: dt.timedelta
) -> None:
    early, late = sorted((s1, s2))
    short, long = sorted((a, b))
    assert calendar.add_business_hours(early, short) <= calendar.add_business_hours(late, short)
    assert calendar.add_business_hours(early, short) <= calendar.add_business_hours(early, long)
    assert calendar.subtract_business_hours(early, short) <= calendar.subtract_business_hours(late, short)


@given(calendars(), starts, spans, st.integers(0, 12))
def test_no_result_lands_outside_opening_hours(
    calendar: BusinessCalendar, start: dt.datetime, span: dt.timedelta, days: int
) -> None:
    for landed in (
        calendar.add_business_hours(start, span),
        calendar.subtract_business_hours(start, span),
        calendar.add_business_days(start, days),
        calendar.subtract_business_days(start, days),
    ):
        assert open_minute(calendar, landed) or open_minute(calendar, landed - dt.timedelta(microseconds=1))
    assert open_minute(calendar, calendar.next_open(start))


@given(calendars(closes=["03:15", "17:00"]), starts, st.integers(1, 300))
def test_business_days_are_counted_by_dates(
    calendar: BusinessCalendar, start: dt.datetime, days: int
) -> None:
    zone = ZoneInfo(calendar.timezone)
    there = start.astimezone(zone).date()
    last = calendar.add_business_days(start, days).astimezone(zone).date()
    first = calendar.subtract_business_days(start, days).astimezone(zone).date()
    dates_after = [there + dt.timedelta(days=n) for n in range(1, (last - there).days + 1)]
    dates_before = [there - dt.timedelta(days=n) for n in range(1, (there - first).days + 1)]
    for dates in (dates_after, dates_before):
        assert sum(calendar.is_business_day(date) for date in dates) == days
        assert calendar.is_business_day(dates[-1])
