"""When somebody is told: cadences, quiet hours and working days, in any zone, whatever its clock does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notification.hours import Cadence, Hours, chosen
from domain.time.calendar import BusinessCalendar

WEEK = BusinessCalendar("Asia/Shanghai", holidays=(date(2026, 3, 3),), extra_workdays=(date(2026, 3, 7),))
BERLIN = "Europe/Berlin"
ZONES = st.sampled_from(sorted(available_timezones()))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("hours", "cadence", "at", "due"),
    [
        (Hours(), Cadence.AT_ONCE, local("UTC", 2026, 3, 2, 3), local("UTC", 2026, 3, 2, 3)),
        (Hours(), Cadence.HOURLY, local("UTC", 2026, 3, 2, 3, 20), local("UTC", 2026, 3, 2, 4)),
        (Hours(), Cadence.HOURLY, local("UTC", 2026, 3, 2, 3), local("UTC", 2026, 3, 2, 4)),
        (
            Hours("Asia/Kolkata"),
            Cadence.HOURLY,
            local("UTC", 2026, 3, 2, 3),
            local("Asia/Kolkata", 2026, 3, 2, 9),
        ),
        (
            Hours("Asia/Tokyo"),
            Cadence.DAILY,
            local("UTC", 2026, 3, 1, 22),
            local("Asia/Tokyo", 2026, 3, 2, 8),
        ),
        (
            Hours("Asia/Tokyo"),
            Cadence.DAILY,
            local("Asia/Tokyo", 2026, 3, 2, 8),
            local("Asia/Tokyo", 2026, 3, 3, 8),
        ),
        (
            Hours("Asia/Tokyo", daily_at=time(17, 30)),
            Cadence.DAILY,
            local("Asia/Tokyo", 2026, 3, 2, 9),
            local("Asia/Tokyo", 2026, 3, 2, 17, 30),
        ),
        # the day on which a clock is set forward over the time, and back over it
        (
            Hours(BERLIN, daily_at=time(2, 30)),
            Cadence.DAILY,
            local(BERLIN, 2026, 3, 29, 1),
            local(BERLIN, 2026, 3, 29, 3),
        ),
        (
            Hours(BERLIN, daily_at=time(2, 30)),
            Cadence.DAILY,
            local(BERLIN, 2026, 10, 25, 2, 30),
            local(BERLIN, 2026, 10, 26, 2, 30),
        ),
        (
            Hours(BERLIN),
            Cadence.HOURLY,
            local(BERLIN, 2026, 10, 25, 2, 10),
            local(BERLIN, 2026, 10, 25, 2, fold=1),
        ),
        (Hours(BERLIN), Cadence.HOURLY, local(BERLIN, 2026, 3, 29, 1, 10), local(BERLIN, 2026, 3, 29, 3)),
    ],
)
def test_a_cadence_says_when(hours: Hours, cadence: Cadence, at: datetime, due: datetime) -> None:
    assert hours.due(cadence, at).astimezone(UTC) == due.astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (local(BERLIN, 2026, 3, 2, 21, 59), local(BERLIN, 2026, 3, 2, 21, 59)),
        (local(BERLIN, 2026, 3, 2, 22), local(BERLIN, 2026, 3, 3, 7)),
        (local(BERLIN, 2026, 3, 3, 6, 59), local(BERLIN, 2026, 3, 3, 7)),
        (local(BERLIN, 2026, 3, 3, 7), local(BERLIN, 2026, 3, 3, 7)),
        (local(BERLIN, 2026, 3, 28, 23), local(BERLIN, 2026, 3, 29, 7)),  # a night of eight hours
        (local(BERLIN, 2026, 10, 24, 23), local(BERLIN, 2026, 10, 25, 7)),  # and one of ten
    ],
)
def test_nothing_comes_in_quiet_hours_over_midnight(at: datetime, due: datetime) -> None:
    assert Hours(BERLIN, time(22), time(7)).put_off(at).astimezone(UTC) == due.astimezone(UTC)


def test_quiet_hours_that_end_in_an_hour_that_comes_twice_last_until_it_has_passed_again() -> None:
    hours = Hours(BERLIN, time(1), time(2, 30))
    first, again = local(BERLIN, 2026, 10, 25, 1, 30), local(BERLIN, 2026, 10, 25, 2, 10, fold=1)
    assert hours.put_off(first).astimezone(UTC) == local(BERLIN, 2026, 10, 25, 2, 30).astimezone(UTC)
    assert hours.put_off(again).astimezone(UTC) == local(BERLIN, 2026, 10, 25, 2, 30, fold=1).astimezone(UTC)


def test_quiet_hours_at_noon_are_within_the_day() -> None:
    hours = Hours("UTC", time(12), time(13))
    assert hours.put_off(local("UTC", 2026, 3, 2, 12, 20)) == local("UTC", 2026, 3, 2, 13)
    assert hours.put_off(local("UTC", 2026, 3, 2, 11)) == local("UTC", 2026, 3, 2, 11)


def test_quiet_hours_without_length_are_none() -> None:
    at = local("UTC", 2026, 3, 2, 12)
    assert Hours("UTC", time(12), time(12)).put_off(at) == at


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ((2026, 3, 2, 23), (2026, 3, 2, 23)),  # a Monday
        ((2026, 3, 3, 10), (2026, 3, 4, 8)),  # a holiday
        ((2026, 3, 7, 10), (2026, 3, 7, 10)),  # a Saturday that is worked
        ((2026, 3, 8, 10), (2026, 3, 9, 8)),
    ],
)
def test_nothing_comes_on_days_off(at: tuple[int, ...], due: tuple[int, ...]) -> None:
    hours = Hours("Asia/Shanghai", calendar=WEEK)
    assert hours.put_off(local("Asia/Shanghai", *at)) == local("Asia/Shanghai", *due)


def test_what_days_off_put_into_quiet_hours_goes_on_to_their_end() -> None:
    hours = Hours("Asia/Shanghai", time(20), time(9), calendar=WEEK)
    assert hours.put_off(local("Asia/Shanghai", 2026, 3, 8, 10)) == local("Asia/Shanghai", 2026, 3, 9, 9)


@given(ZONES, INSTANTS, st.times(), st.times(), st.booleans(), st.sampled_from(list(Cadence)))
def test_it_is_never_told_early_nor_when_it_must_not_be(
    zone: str, at: datetime, begins: time, ends: time, working: bool, cadence: Cadence
) -> None:
    begins, ends = (one.replace(second=0, microsecond=0) for one in (begins, ends))
    hours = Hours(zone, begins, ends, calendar=WEEK if working else None)
    due = hours.due(cadence, at)
    assert at <= due < at + timedelta(days=12)
    assert hours.put_off(due) == due
    shown = due.astimezone(ZoneInfo(zone))
    if begins < ends:
        assert not begins <= shown.time() < ends
    elif begins > ends:
        assert ends <= shown.time() < begins
    if working:
        assert WEEK.is_business_day(shown.date())


@pytest.mark.parametrize(
    ("kind", "channel", "found"),
    [
        ("promise.missed", "mail", ("promise.missed", Cadence.HOURLY)),
        ("promise.reminded", "mail", ("promise", Cadence.DAILY)),
        ("deal.given", "mail", ("*", Cadence.OFF)),
        ("promise.missed", "chat", ("*", Cadence.OFF)),
    ],
)
def test_of_several_rules_the_one_that_names_most_counts(
    kind: str, channel: str, found: tuple[str, Cadence]
) -> None:
    rules = {
        ("promise.missed", "mail"): Cadence.HOURLY,
        ("promise", "mail"): Cadence.DAILY,
        ("*", "mail"): Cadence.OFF,
    }
    assert chosen(rules, kind, channel) == found


def test_without_any_rule_mails_come_at_once_and_nothing_else() -> None:
    assert chosen({}, "promise.missed", "mail") == ("*", Cadence.AT_ONCE)
    assert chosen({}, "promise.missed", "chat") == ("*", Cadence.OFF)
