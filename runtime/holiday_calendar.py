"""Runtime room: turns the maintained `holidays` library into the explicit dates that a calendar records.

Runs once, when a policy is published. Nothing that computes a deadline may call it: the dates in the recorded
calendar are the only ones that count, so an update of the library moves no deadline.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from domain.calendar import BusinessCalendar
from domain.errors import FieldError, Invalid

if TYPE_CHECKING:
    from holidays import HolidayBase


class ResolvedHolidays(NamedTuple):
    """Sorted dates: days off, weekend days that are worked (make-up days), and where they came from."""

    holidays: tuple[dt.date, ...]
    extra_workdays: tuple[dt.date, ...]
    source: str


def resolve_holidays(country: str, subdivision: str | None, years: Sequence[int]) -> ResolvedHolidays:
    """Public holidays of `country` (ISO 3166-1 code) and `subdivision` (ISO 3166-2 part) in `years`.

    `Invalid` for an unknown country or subdivision, and for a year the library knows nothing about. Years
    whose official notice is not out yet hold the library's estimate, without make-up weekends: publish the
    policy again when the notice is out.
    """
    return _resolved(_load(country, subdivision, years), country, subdivision, years)


def calendar_for(
    country: str,
    timezone: str,
    *,
    years: Sequence[int],
    subdivision: str | None = None,
    workdays: tuple[int, ...] | None = None,
    opens: str = "09:00",
    closes: str = "18:00",
) -> BusinessCalendar:
    """A checked calendar with the country's holidays; without `workdays` its usual working week is taken.

    A country that changed its weekend within `years` keeps the last one as the working week; the earlier
    years' differing days are listed date by date.
    """
    book = _load(country, subdivision, years)
    found = _resolved(book, country, subdivision, years)
    days_off, extra = set(found.holidays), set(found.extra_workdays)
    if workdays is None:
        workdays = _working_week(book, max(years))
        days_off |= {
            day for day in _days(years) if day.isoweekday() in workdays and book.is_weekend(day)
        } - extra
        extra |= {
            day for day in _days(years) if day.isoweekday() not in workdays and book.is_working_day(day)
        }
    calendar = BusinessCalendar(
        timezone, workdays, opens, closes, tuple(sorted(days_off)), tuple(sorted(extra)), found.source
    )
    calendar.check()
    return calendar


def _load(country: str, subdivision: str | None, years: Sequence[int]) -> HolidayBase:
    from holidays import country_holidays  # large, and only a policy that is published asks for it

    _check_known(country, subdivision)
    if not years:
        raise Invalid([FieldError("calendar.years", "name at least one year to take holidays from")])
    return country_holidays(country, subdiv=subdivision, years=years, expand=False)


def _check_known(country: str, subdivision: str | None) -> None:
    from holidays import list_supported_countries

    known = list_supported_countries(include_aliases=True)
    if country not in known:
        message = f"unknown country {country!r}; use an ISO 3166-1 code such as 'CN', 'DE' or 'US'"
        raise Invalid([FieldError("calendar.country", message)])
    if subdivision is not None and subdivision not in known[country]:
        choices = ", ".join(known[country]) or "none"
        message = f"unknown subdivision {subdivision!r} of {country}; known: {choices}"
        raise Invalid([FieldError("calendar.subdivision", message)])


def _resolved(
    book: HolidayBase, country: str, subdivision: str | None, years: Sequence[int]
) -> ResolvedHolidays:
    wanted = set(years)
    extra = {day for day in book.weekend_workdays if day.year in wanted and book.is_weekend(day)}
    days_off = {day for day in book if day.year in wanted}
    if missing := wanted - {day.year for day in days_off}:
        message = f"no holidays are known for {country} in {', '.join(map(str, sorted(missing)))}"
        raise Invalid([FieldError("calendar.years", message)])
    place = f"{country}-{subdivision}" if subdivision else country
    span = f"{min(years)}-{max(years)}" if min(years) != max(years) else f"{min(years)}"
    source = f"holidays {importlib.metadata.version('holidays')} {place} {span}"
    return ResolvedHolidays(tuple(sorted(days_off)), tuple(sorted(extra)), source)


def _working_week(book: HolidayBase, year: int) -> tuple[int, ...]:
    last_week = (dt.date(year, 12, 31) - dt.timedelta(days=back) for back in range(7))
    return tuple(sorted(day.isoweekday() for day in last_week if not book.is_weekend(day)))


def _days(years: Sequence[int]) -> list[dt.date]:
    return [
        dt.date(year, 1, 1) + dt.timedelta(days=n)
        for year in sorted(set(years))
        for n in range(_length(year))
    ]


def _length(year: int) -> int:
    return (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
