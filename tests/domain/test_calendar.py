"""Rules of business time, each a sentence. Properties and the oracle are in `test_calendar_properties.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import holidays as library
import msgspec
import pytest

from domain.engine.errors import Invalid
from domain.time.calendar import BusinessCalendar
from runtime.holiday_calendar import calendar_for

OFFICE = BusinessCalendar("Asia/Shanghai", (1, 2, 3, 4, 5), "09:00", "17:00")
AMSTERDAM = BusinessCalendar("Europe/Amsterdam", (1, 2, 3, 4, 5, 6, 7), "00:30", "05:00")
NEW_YORK = BusinessCalendar("America/New_York", (1, 2, 3, 4, 5, 6, 7), "00:30", "05:00")
ALWAYS = BusinessCalendar.around_the_clock("UTC")
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


def at(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> dt.datetime:
    """An instant from local wall-clock time; 2026-03-02 is a Monday."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(dt.UTC)


class TestBusinessHours:
    def test_hours_inside_one_day_pass_at_the_speed_of_the_clock(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-02 10:00"), 3) == at("2026-03-02 13:00")

    def test_the_night_does_not_count(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-02 16:00"), 2) == at("2026-03-03 10:00")

    def test_the_weekend_does_not_count(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-06 16:00"), 2) == at("2026-03-09 10:00")

    def test_a_holiday_does_not_count(self) -> None:
        calendar = BusinessCalendar("Asia/Shanghai", holidays=(dt.date(2026, 3, 3),))
        assert calendar.add_business_hours(at("2026-03-02 16:00"), 2) == at("2026-03-04 10:00")

    def test_a_make_up_saturday_counts(self) -> None:
        calendar = BusinessCalendar("Asia/Shanghai", extra_workdays=(dt.date(2026, 3, 7),))
        assert calendar.add_business_hours(at("2026-03-06 16:00"), 2) == at("2026-03-07 10:00")

    def test_a_span_that_ends_at_closing_ends_there_and_not_the_next_morning(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-02 09:00"), 8) == at("2026-03-02 17:00")

    def test_a_start_outside_opening_hours_starts_at_the_next_opening(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-07 12:00"), 1) == at("2026-03-09 10:00")

    def test_zero_hours_from_a_closed_moment_is_the_next_opening(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-07 12:00"), 0) == at("2026-03-09 09:00")

    def test_hours_may_be_fractions_or_timedeltas(self) -> None:
        assert OFFICE.add_business_hours(at("2026-03-02 16:30"), Decimal("0.75")) == at("2026-03-03 09:15")
        assert OFFICE.add_business_hours(at("2026-03-02 16:30"), 45 * MINUTE) == at("2026-03-03 09:15")

    def test_subtracting_walks_back_over_the_weekend(self) -> None:
        assert OFFICE.subtract_business_hours(at("2026-03-09 10:00"), 2) == at("2026-03-06 16:00")

    def test_subtracting_all_the_hours_since_opening_stops_at_opening(self) -> None:
        assert OFFICE.subtract_business_hours(at("2026-03-09 12:00"), 3) == at("2026-03-09 09:00")

    def test_subtracting_zero_hours_from_opening_time_is_opening_time(self) -> None:
        assert OFFICE.subtract_business_hours(at("2026-03-09 09:00"), 0) == at("2026-03-09 09:00")

    def test_around_the_clock_every_hour_counts(self) -> None:
        start = dt.datetime(2026, 3, 7, 23, 59, 30, 123456, tzinfo=dt.UTC)
        assert ALWAYS.add_business_hours(start, 1000) == start + 1000 * HOUR
        assert ALWAYS.subtract_business_hours(start, 1000) == start - 1000 * HOUR
        assert ALWAYS.add_business_days(start, 3) == start + dt.timedelta(days=3)

    def test_results_are_utc_whatever_the_zone_of_the_start(self) -> None:
        start = dt.datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert OFFICE.add_business_hours(start, 1).tzinfo is dt.UTC


class TestBusinessDays:
    def test_a_business_day_later_is_the_same_local_time(self) -> None:
        assert OFFICE.add_business_days(at("2026-03-06 10:20"), 1) == at("2026-03-09 10:20")

    def test_a_start_before_opening_counts_as_opening(self) -> None:
        assert OFFICE.add_business_days(at("2026-03-02 07:00"), 1) == at("2026-03-03 09:00")

    def test_a_start_after_closing_counts_as_closing(self) -> None:
        assert OFFICE.add_business_days(at("2026-03-02 22:00"), 1) == at("2026-03-03 17:00")

    def test_one_business_day_after_saturday_is_the_end_of_monday(self) -> None:
        assert OFFICE.add_business_days(at("2026-03-07 10:00"), 1) == at("2026-03-09 17:00")

    def test_one_business_day_before_sunday_is_the_start_of_friday(self) -> None:
        assert OFFICE.subtract_business_days(at("2026-03-08 10:00"), 1) == at("2026-03-06 09:00")

    def test_days_back_undo_days_forward_inside_opening_hours(self) -> None:
        start = at("2026-03-04 11:11")
        assert OFFICE.subtract_business_days(OFFICE.add_business_days(start, 9), 9) == start

    def test_the_same_local_time_is_kept_over_a_clock_change(self) -> None:
        calendar = BusinessCalendar("Europe/Amsterdam")
        start, end = at("2026-03-27 10:00", "Europe/Amsterdam"), at("2026-03-30 10:00", "Europe/Amsterdam")
        assert calendar.add_business_days(start, 1) == end
        assert end - start == dt.timedelta(days=3, hours=-1)

    def test_zero_days_is_zero_business_hours(self) -> None:
        assert OFFICE.add_business_days(at("2026-03-07 10:00"), 0) == at("2026-03-09 09:00")
        assert OFFICE.subtract_business_days(at("2026-03-07 10:00"), 0) == at("2026-03-06 17:00")


class TestNextOpen:
    def test_an_open_moment_is_itself(self) -> None:
        assert OFFICE.next_open(at("2026-03-02 16:59")) == at("2026-03-02 16:59")

    def test_closing_time_is_already_closed(self) -> None:
        assert OFFICE.next_open(at("2026-03-06 17:00")) == at("2026-03-09 09:00")


class TestClockChanges:
    def test_a_night_shift_loses_the_hour_that_is_skipped_in_spring(self) -> None:
        night = at("2026-03-29 00:00", "Europe/Amsterdam"), at("2026-03-29 12:00", "Europe/Amsterdam")
        assert AMSTERDAM.business_hours_between(*night) == dt.timedelta(hours=3.5)

    def test_a_night_shift_gains_the_hour_that_comes_twice_in_autumn(self) -> None:
        night = at("2026-11-01 00:00", "America/New_York"), at("2026-11-01 12:00", "America/New_York")
        assert NEW_YORK.business_hours_between(*night) == dt.timedelta(hours=5.5)

    def test_an_opening_time_that_does_not_exist_is_the_instant_of_the_jump(self) -> None:
        calendar = BusinessCalendar("America/New_York", (7,), "02:30", "06:00")
        jump = dt.datetime(2026, 3, 8, 7, tzinfo=dt.UTC)
        assert calendar.next_open(at("2026-03-08 00:00", "America/New_York")) == jump

    def test_a_day_whose_opening_hours_all_fall_into_the_jump_has_no_open_time(self) -> None:
        calendar = BusinessCalendar("America/New_York", (7,), "02:15", "02:45")
        opening = calendar.next_open(at("2026-03-08 00:00", "America/New_York"))
        assert opening == at("2026-03-15 02:15", "America/New_York")

    def test_an_opening_time_that_comes_twice_is_its_first_occurrence(self) -> None:
        calendar = BusinessCalendar("America/New_York", (7,), "01:30", "06:00")
        opening = calendar.next_open(at("2026-11-01 00:00", "America/New_York"))
        assert opening == at("2026-11-01 01:30", "America/New_York", fold=0)

    def test_a_day_that_begins_twice_is_counted_once(self) -> None:
        # Havana sets its clock from 01:00 back to 00:00.
        calendar = BusinessCalendar.around_the_clock("America/Havana")
        start = at("2026-10-31 12:00", "America/Havana")
        assert calendar.business_hours_between(start, start + 72 * HOUR) == 72 * HOUR

    def test_a_clock_set_back_over_midnight_repeats_no_hours(self) -> None:
        # St John's set its clock from 00:01 back to 23:01 of the day before.
        calendar = BusinessCalendar.around_the_clock("America/St_Johns")
        start = dt.datetime(2010, 11, 7, 3, tzinfo=dt.UTC)
        assert calendar.add_business_hours(start, 1) == start + HOUR
        assert calendar.subtract_business_hours(start, 1) == start - HOUR

    def test_a_date_that_a_country_skipped_has_no_open_time(self) -> None:
        # Samoa went from 29 to 31 December 2011.
        calendar = BusinessCalendar("Pacific/Apia", (1, 2, 3, 4, 5, 6, 7))
        start = at("2011-12-29 16:00", "Pacific/Apia")
        assert calendar.add_business_hours(start, 2) == at("2011-12-31 10:00", "Pacific/Apia")
        assert calendar.add_business_days(start, 1) == at("2011-12-31 16:00", "Pacific/Apia")


class TestRefusals:
    @pytest.mark.parametrize(
        ("calendar", "field", "hint"),
        [
            (BusinessCalendar("X"), "calendar.timezone", "unknown time zone 'X'; use an IANA name"),
            (BusinessCalendar("Europe"), "calendar.timezone", "unknown time zone"),
            (BusinessCalendar("../etc"), "calendar.timezone", "unknown time zone"),
            (BusinessCalendar("UTC", ()), "calendar.workdays", "no open time"),
            (BusinessCalendar("UTC", (0, 1)), "calendar.workdays", "1 (Monday) to 7 (Sunday)"),
            (BusinessCalendar("UTC", (1, 1)), "calendar.workdays", "different"),
            (BusinessCalendar("UTC", opens="9:00"), "calendar.opens", "'HH:MM'"),
            (BusinessCalendar("UTC", opens="24:00"), "calendar.opens", "23:59"),
            (BusinessCalendar("UTC", closes="24:01"), "calendar.closes", "24:00"),
            (BusinessCalendar("UTC", closes="12:60"), "calendar.closes", "'HH:MM'"),
            (BusinessCalendar("UTC", opens="17:00"), "calendar.closes", "no open time"),
            (BusinessCalendar("UTC", opens="22:00", closes="06:00"), "calendar.closes", "not after opening"),
            (
                BusinessCalendar(
                    "UTC", holidays=(dt.date(2026, 1, 4),), extra_workdays=(dt.date(2026, 1, 4),)
                ),
                "calendar.extra_workdays",
                "2026-01-04",
            ),
        ],
    )
    def test_an_unusable_calendar_says_which_field_and_why(
        self, calendar: BusinessCalendar, field: str, hint: str
    ) -> None:
        (problem,) = calendar.problems()
        assert problem.field == field
        assert hint in problem.message
        with pytest.raises(Invalid) as refusal:
            calendar.add_business_hours(at("2026-03-02 10:00"), 1)
        assert refusal.value.errors == (problem,)

    def test_every_bad_field_is_named_at_once(self) -> None:
        fields = [
            error.field for error in BusinessCalendar("X", (), "a", "b").problems(prefix="policy.calendar")
        ]
        assert fields == [f"policy.calendar.{name}" for name in ("timezone", "workdays", "opens", "closes")]

    def test_a_calendar_whose_holidays_cover_everything_is_refused_instead_of_searched_for_ever(self) -> None:
        days = tuple(dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(12 * 366))
        calendar = BusinessCalendar("UTC", holidays=days)
        start = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
        late = start + dt.timedelta(days=4000)
        searches: list[Callable[[], dt.datetime]] = [
            lambda: calendar.add_business_hours(start, 1),
            lambda: calendar.add_business_days(start, 1),
            lambda: calendar.next_open(start),
            lambda: calendar.subtract_business_hours(late, 1),
            lambda: calendar.subtract_business_days(late, 1),
        ]
        for search in searches:
            with pytest.raises(Invalid, match="not enough open time within ten years"):
                search()

    def test_a_span_beyond_ten_years_is_refused(self) -> None:
        with pytest.raises(Invalid, match="ten years"):
            OFFICE.add_business_hours(at("2026-03-02 10:00"), 10**6)

    @pytest.mark.parametrize("hours", [Decimal("NaN"), Decimal("Infinity"), 10**30, -1, -MINUTE])
    def test_a_senseless_span_is_refused(self, hours: Decimal | int | dt.timedelta) -> None:
        with pytest.raises(Invalid):
            OFFICE.add_business_hours(at("2026-03-02 10:00"), hours)

    def test_a_negative_number_of_days_is_refused(self) -> None:
        with pytest.raises(Invalid, match="subtract"):
            OFFICE.add_business_days(at("2026-03-02 10:00"), -1)

    def test_a_naive_time_is_a_mistake_of_the_programmer(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            OFFICE.next_open(dt.datetime.fromisoformat("2026-03-02 10:00"))


class TestRecording:
    def test_a_calendar_decoded_from_json_is_equal_and_gives_the_same_times(self) -> None:
        calendar = calendar_for("CN", "Asia/Shanghai", years=[2026])
        calendar.add_business_hours(at("2026-02-13 16:00"), 5)
        decoded = msgspec.json.decode(msgspec.json.encode(calendar), type=BusinessCalendar)
        assert decoded == calendar
        start = at("2026-02-13 16:00")
        assert decoded.add_business_hours(start, 50) == calendar.add_business_hours(start, 50)

    def test_a_bad_calendar_in_an_old_event_can_still_be_read(self) -> None:
        assert msgspec.json.decode(b'{"timezone": "Mars/Olympus"}', type=BusinessCalendar).problems()


class TestHolidaysOfCountries:
    def test_china_2026_works_on_exactly_the_days_its_notice_says(self) -> None:
        calendar = calendar_for("CN", "Asia/Shanghai", years=[2026])
        official = library.country_holidays("CN", years=[2026])
        year = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]
        assert [calendar.is_business_day(day) for day in year] == [
            official.is_working_day(day) for day in year
        ]
        assert calendar.is_business_day(dt.date(2026, 2, 14))  # a Saturday worked for the Spring Festival
        assert not calendar.is_business_day(dt.date(2026, 2, 16))  # the Monday of New Year's Eve

    @pytest.mark.parametrize(
        ("country", "years"), [("CN", [2019, 2020]), ("NL", [2026]), ("US", [2026]), ("AE", [2021, 2022])]
    )
    def test_a_country_calendar_agrees_with_the_library_on_every_day(
        self, country: str, years: list[int]
    ) -> None:
        calendar = calendar_for(country, "UTC", years=years)
        official = library.country_holidays(country, years=years)
        first, last = dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31)
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        assert [d for d in days if calendar.is_business_day(d) != official.is_working_day(d)] == []

    def test_a_country_that_changed_its_weekend_keeps_the_last_one_as_its_week(self) -> None:
        assert calendar_for("AE", "Asia/Dubai", years=[2021, 2022]).workdays == (1, 2, 3, 4, 5)

    def test_a_december_make_up_day_of_next_year_s_notice_is_worked(self) -> None:
        assert dt.date(2005, 12, 31) in calendar_for("CN", "UTC", years=[2005]).extra_workdays

    def test_a_six_day_week_still_has_its_saturday_holidays(self) -> None:
        calendar = calendar_for("CN", "Asia/Shanghai", years=[2026], workdays=(1, 2, 3, 4, 5, 6))
        assert calendar.is_business_day(dt.date(2026, 3, 7))
        assert not calendar.is_business_day(dt.date(2026, 10, 3))

    def test_a_subdivision_has_its_own_holidays(self) -> None:
        corpus_christi = dt.date(2026, 6, 4)
        assert corpus_christi in calendar_for("DE", "UTC", years=[2026], subdivision="BY").holidays
        assert corpus_christi not in calendar_for("DE", "UTC", years=[2026]).holidays

    def test_the_source_names_library_version_place_and_years(self) -> None:
        source = calendar_for("DE", "UTC", years=[2026, 2027], subdivision="BY").source
        assert source.startswith("holidays ")
        assert source.endswith(" DE-BY 2026-2027")

    @pytest.mark.parametrize(
        ("country", "subdivision", "years", "field", "hint"),
        [
            ("XX", None, [2026], "calendar.country", "ISO 3166-1"),
            ("date_range", None, [2026], "calendar.country", "ISO 3166-1"),
            ("DE", "ZZ", [2026], "calendar.subdivision", "BY"),
            ("CN", None, [1940], "calendar.years", "1940"),
            ("CN", None, [], "calendar.years", "at least one year"),
        ],
    )
    def test_an_unknown_place_or_year_is_refused_with_a_way_out(
        self, country: str, subdivision: str | None, years: list[int], field: str, hint: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            calendar_for(country, "UTC", years=years, subdivision=subdivision)
        (problem,) = refusal.value.errors
        assert problem.field == field
        assert hint in problem.message
