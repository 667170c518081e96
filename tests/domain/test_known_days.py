"""What a calendar knows of days off, and that people are told where it knows no more."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as holds_for
from hypothesis import strategies as st

from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.deal import commands as d
from domain.engine.errors import Invalid
from domain.engine.values import NextStep
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.time.calendar import BusinessCalendar
from domain.time.known_days import said_of, told_by_source
from runtime.codec import decode_fact
from runtime.holiday_calendar import NOTHING, Given, calendar_for, with_own_days
from tests.domain.given_when_then import NOW, Scenario, given
from tests.domain.words import DEAL, LI, OPENED, STAFF

GOOD_FRIDAY = dt.date(2026, 4, 3)
NEW_YEAR = dt.date(2026, 1, 1)


def china(*years: int, own: Given = NOTHING) -> BusinessCalendar:
    return calendar_for("CN", "Asia/Shanghai", years=years, given=own)


class TestOnesOwnDays:
    def test_come_on_top_of_a_countrys(self) -> None:
        own = Given(holidays=(GOOD_FRIDAY, dt.date(2026, 4, 8)))
        calendar = calendar_for("HK", "Asia/Hong_Kong", years=(2026,), given=own)
        assert not calendar.is_business_day(GOOD_FRIDAY)
        assert not calendar.is_business_day(dt.date(2026, 4, 8))
        assert not calendar.is_business_day(NEW_YEAR)
        assert calendar.own_holidays == own.holidays

    def test_win_over_a_day_off_and_over_a_day_that_is_made_up_for(self) -> None:
        make_up, off = dt.date(2026, 2, 28), dt.date(2026, 10, 5)
        calendar = china(2026, own=Given(holidays=(make_up,), extra_workdays=(off,)))
        assert not calendar.is_business_day(make_up)
        assert calendar.is_business_day(off)
        assert calendar.own_workdays == (off,)

    def test_are_the_whole_list_of_their_own_years(self) -> None:
        """The library would have 1 May 2027 off, and Monday the 3rd for it."""
        own = Given(holidays=(dt.date(2027, 1, 1),), extra_workdays=(dt.date(2027, 1, 3),), years=(2027,))
        calendar = china(2026, own=own)
        assert [day for day in calendar.holidays if day.year == 2027] == [dt.date(2027, 1, 1)]
        assert calendar.is_business_day(dt.date(2027, 1, 3))
        assert (calendar.known_until, calendar.estimated_years) == (dt.date(2027, 12, 31), ())
        assert calendar.source.endswith("CN 2026; given 2027")

    def test_of_a_country_that_the_library_does_not_know_that_year(self) -> None:
        own = Given(holidays=(dt.date(2027, 2, 4),), years=(2027,))
        assert calendar_for("LK", "Asia/Colombo", years=(), given=own).holidays == own.holidays

    def test_may_not_be_both(self) -> None:
        with pytest.raises(Invalid) as refused:
            china(2026, own=Given((GOOD_FRIDAY,), (GOOD_FRIDAY,)))
        assert [e.field for e in refused.value.errors] == ["calendar.extra_workdays"]

    days = st.sets(st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)), max_size=40)

    @holds_for(days, days)
    def test_are_worked_or_not_as_they_say_whatever_the_country_says(
        self, off: set[dt.date], worked: set[dt.date]
    ) -> None:
        calendar = with_own_days(china(2026), Given(off, worked - off), [2026])
        assert not any(calendar.is_business_day(day) for day in off)
        assert all(calendar.is_business_day(day) for day in worked - off)


class TestWhatIsKnown:
    def test_ends_with_the_last_year(self) -> None:
        assert china(2025, 2026).known_until == dt.date(2026, 12, 31)

    def test_has_no_gap(self) -> None:
        with pytest.raises(Invalid, match="2025 is left out"):
            china(2024, 2026)

    @pytest.mark.parametrize(
        ("country", "year", "estimated"),
        [
            ("CN", 2026, False),
            ("CN", 2027, True),
            ("SA", 2026, True),
            ("MY", 2027, False),
            ("MY", 2028, True),
            ("HU", 2027, True),
            ("HK", 2027, False),
            ("DE", 2030, False),
            ("US", 2030, False),
        ],
    )
    def test_is_an_estimate_before_the_days_are_decreed(
        self, country: str, year: int, *, estimated: bool
    ) -> None:
        assert calendar_for(country, "UTC", years=(year,)).estimated_years == ((year,) if estimated else ())

    def test_may_be_that_there_are_no_days_off(self) -> None:
        """In Ukraine the law suspends them: that is known, and differs from knowing nothing."""
        calendar = calendar_for("UA", "Europe/Kyiv", years=(2026, 2027))
        assert (calendar.holidays, calendar.known_until) == ((), dt.date(2027, 12, 31))
        assert "without days off by law: 2026-2027" in calendar.source
        assert calendar.is_business_day(NEW_YEAR)

    def test_may_be_nothing(self) -> None:
        with pytest.raises(Invalid, match="own_years"):
            calendar_for("LK", "Asia/Colombo", years=(2027,))

    @pytest.mark.parametrize(
        ("country", "weekend"),
        [("HK", {7}), ("PY", {7}), ("IR", {5}), ("BN", {5, 7}), ("AE", {6, 7}), ("SA", {5, 6})],
    )
    def test_is_the_countrys_own_weekend(self, country: str, weekend: set[int]) -> None:
        assert set(range(1, 8)) - set(calendar_for(country, "UTC", years=(2026,)).workdays) == weekend

    @pytest.mark.parametrize(
        ("source", "until"),
        [
            ("holidays 0.109 CN 2026-2027", dt.date(2027, 12, 31)),
            ("holidays 0.109 US-CA 2026", dt.date(2026, 12, 31)),
            ("given", None),
            ("none", None),
        ],
    )
    def test_of_older_calendars_is_what_their_source_says(self, source: str, until: dt.date | None) -> None:
        assert told_by_source(source) == until

    def test_of_a_policy_stored_before_is_read_from_it(self) -> None:
        calendar = b'{"timezone":"UTC","workdays":[1],"opens":"09:00","closes":"17:00","holidays":[],'
        calendar += b'"extra_workdays":[],"source":"holidays 0.109 CN 2026"}'
        stored = (
            b'{"policy":{"name":"old","version":1,"due_after":{"amount":1,"unit":"days"},"calendar":'
            + calendar
            + b"}}"
        )
        fact: Any = decode_fact("policy.published", 1, stored)
        assert fact.policy.calendar.known_until == dt.date(2026, 12, 31)


def publish(calendar: BusinessCalendar) -> PublishPolicy:
    return PublishPolicy(policy=replace(DEFAULT_POLICY, calendar=calendar))


def warnings(scenario: Scenario) -> list[str]:
    found: list[str] = scenario.answer.get("warnings", [])
    return found


class TestWhoPublishesIsTold:
    def test_that_nothing_is_known(self) -> None:
        assert "every weekday counts as worked" in warnings(given().when(publish(DEFAULT_POLICY.calendar)))[0]

    def test_which_years_are_estimated(self) -> None:
        assert "2027 are estimated" in warnings(given().when(publish(china(2026, 2027))))[0]
        cycles = PublishCyclePolicy(policy=replace(DEFAULT_CYCLE_POLICY, calendar=china(2026, 2027)))
        assert "2027 are estimated" in warnings(given().when(cycles))[0]

    def test_where_it_ends(self) -> None:
        said = ["days off are known until 2026-12-31: every weekday after it counts as worked"]
        assert warnings(given().when(publish(china(2026)))) == said

    def test_nothing_where_every_day_is_worked(self) -> None:
        assert warnings(given().when(publish(BusinessCalendar.around_the_clock()))) == []


class TestWhoSetsADeadlineIsTold:
    def step(self, *date: int) -> d.PromiseNext:
        due = dt.datetime(*date, 9, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]
        return d.PromiseNext(deal_id=DEAL, next_step=NextStep(what="call", due_at=due))

    def test_that_it_reaches_beyond_what_is_known(self) -> None:
        scenario = given(publish(china(2026)), *OPENED).when(self.step(2026, 12, 29))
        (said,) = warnings(scenario)
        assert said.startswith("a deadline reaches to 2027-01")
        assert "the follow-up policy 'default' knows days off until 2026-12-31" in said

    def test_that_it_reaches_into_an_estimated_year(self) -> None:
        scenario = given(publish(china(2026, 2027)), *OPENED).when(self.step(2027, 3, 1))
        assert "only an estimate of the days off of 2027" in warnings(scenario)[0]

    def test_that_a_deal_brought_in_has_one(self) -> None:
        step = NextStep(what="call", due_at=dt.datetime(2026, 12, 29, 9, tzinfo=dt.UTC))
        row = d.ImportDeal(
            deal_id=DEAL,
            title="20 licences",
            owner_id=LI,
            source="crm",
            reference="7",
            opened_at=NOW,
            stage="identify",
            next_step=step,
        )
        (said,) = warnings(given(publish(china(2026)), *STAFF).when(row))
        assert "the follow-up policy 'default' knows days off until 2026-12-31" in said

    def test_nothing_where_it_does_not(self) -> None:
        assert warnings(given(publish(china(2026)), *OPENED).when(self.step(2026, 6, 1))) == []

    def test_nothing_of_a_calendar_that_knows_nothing(self) -> None:
        assert warnings(given(*OPENED).when(self.step(2030, 6, 3))) == []


def test_a_calendars_end_is_said_two_months_before() -> None:
    calendar = china(2026)
    assert list(said_of(calendar, NOW)) == []
    assert list(said_of(calendar, NOW.replace(month=11))) == [
        "days off are known until 2026-12-31: every weekday after it counts as worked"
    ]
