"""Runtime room: turns the maintained `holidays` library, and the days people give, into the explicit dates that a calendar records.

Runs once, when a policy is published. Nothing that computes a deadline may call it: the dates in the recorded
calendar are the only ones that count, so an update of the library moves no deadline.

The library tells neither an estimate from a decree nor "none" from "unknown"; here both are told apart, by its own data.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.engine.errors import FieldError, Invalid
from domain.time.calendar import BusinessCalendar

if TYPE_CHECKING:
    from holidays import HolidayBase

DECADE, MOST = 10, 5
"""Who moved working days in so many years of the last ten with a list publishes one for every year."""

TAKEN = re.compile(
    r"holidays \S+ (?P<country>[A-Z]{2})(?:-(?P<subdivision>.+?))? (?P<first>[0-9]{4})(?:-(?P<last>[0-9]{4}))?(?:,|$)"
)
"""How the source of a calendar names the country and the years that the library was asked for."""


class ResolvedHolidays(NamedTuple):
    """Sorted dates: days off, weekend days that are worked (make-up days), where they came from, and the years whose days
    are estimates.
    """

    holidays: tuple[dt.date, ...]
    extra_workdays: tuple[dt.date, ...]
    source: str
    estimated_years: tuple[int, ...] = ()


class Given(NamedTuple):
    """What people say themselves. Their days win over the country's; of `years` these are all there are."""

    holidays: Collection[dt.date] = ()
    extra_workdays: Collection[dt.date] = ()
    years: Collection[int] = ()


NOTHING = Given()


def calendar_for(
    country: str,
    timezone: str,
    *,
    years: Sequence[int],
    subdivision: str | None = None,
    workdays: tuple[int, ...] | None = None,
    opens: str = "09:00",
    closes: str = "18:00",
    given: Given = NOTHING,
) -> BusinessCalendar:
    """A checked calendar with the country's holidays; without `workdays` its usual working week is taken.

    A country that changed its weekend within `years` keeps the last one as the working week; the earlier
    years' differing days are listed date by date.
    """
    told = sorted({*years, *given.years})
    _check_years(told)
    asked = [year for year in told if year not in set(given.years)]
    book = _load(country, subdivision, told)
    found = _resolved(book, country, subdivision, asked)
    days_off, extra = set(found.holidays), set(found.extra_workdays)
    if workdays is None:
        workdays = _working_week(book, max(told))
        differing = [day for day in _days(told) if book.is_weekend(day) == (day.isoweekday() in workdays)]
        days_off |= {day for day in differing if book.is_weekend(day)} - extra
        extra |= {day for day in differing if not book.is_weekend(day) and day not in days_off}
    calendar = BusinessCalendar(
        timezone,
        workdays,
        opens,
        closes,
        tuple(sorted(days_off)),
        tuple(sorted(extra)),
        found.source,
        estimated_years=found.estimated_years,
    )
    return with_own_days(calendar, given, told)


def with_own_days(calendar: BusinessCalendar, given: Given, years: Collection[int]) -> BusinessCalendar:
    """The calendar with the given days on top, its days off known for these years. Raises `Invalid` with all that is wrong."""
    holidays, extra = set(given.holidays), set(given.extra_workdays)
    made = replace(
        calendar,
        holidays=_sorted((set(calendar.holidays) - extra) | holidays),
        extra_workdays=_sorted((set(calendar.extra_workdays) - holidays) | extra),
        source=_with_source(calendar.source, given),
        known_until=dt.date(max(years), 12, 31) if years else None,
        own_holidays=_sorted(holidays),
        own_workdays=_sorted(extra),
    )
    if years:
        _check_years(sorted(set(years)))
    made.check()
    return made


class Asked(NamedTuple):
    """Of a country the years that were taken, and the years of which people gave the whole list."""

    country: str = ""
    subdivision: str = ""
    years: tuple[int, ...] = ()
    own_years: tuple[int, ...] = ()


def asked_of(source: str) -> Asked:
    """What a recorded calendar was asked for with, by what it says of its source; nothing where that was no country."""
    country, _, given = source.partition("; ")
    own = tuple(map(int, re.findall("[0-9]{4}", given if country.startswith("holidays") else source)))
    match = TAKEN.match(country)
    if match is None:
        return Asked(own_years=own)
    years = range(int(match["first"]), int(match["last"] or match["first"]) + 1)
    return Asked(
        match["country"], match["subdivision"] or "", tuple(year for year in years if year not in own), own
    )


def _sorted(days: Iterable[dt.date]) -> tuple[dt.date, ...]:
    return tuple(sorted(set(days)))


def _with_source(source: str, given: Given) -> str:
    if not (given.holidays or given.extra_workdays or given.years):
        return source
    own = " ".join(["given", *map(str, sorted(set(given.years)))])
    return own if source == "none" else f"{source}; {own}"


def _check_years(years: Sequence[int]) -> None:
    problem = ""
    if not years:
        problem = "name at least one year to take holidays from"
    elif gaps := sorted(set(range(min(years), max(years))) - set(years)):
        problem = f"{', '.join(map(str, gaps))} is left out: in between every weekday would count as worked"
    if problem:
        raise Invalid([FieldError("calendar.years", problem)])


def _load(country: str, subdivision: str | None, years: Sequence[int], **options: Any) -> HolidayBase:
    from holidays import country_holidays  # large, and only a policy that is published asks for it

    _check_known(country, subdivision)
    book = country_holidays(country, subdiv=subdivision, years=years, expand=False, **options)
    if vars(book).get("_islamic_calendar_show_estimated", True):
        return book
    shown = options | {
        "islamic_show_estimated": True
    }  # Saudi Arabia's does not call an estimate one unless asked to
    return country_holidays(country, subdiv=subdivision, years=years, expand=False, **shown)


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
    empty = sorted(wanted - {day.year for day in days_off})
    none = [year for year in empty if _none_by_law(book, country, subdivision, year)]
    if missing := [year for year in empty if year not in none]:
        listed = ", ".join(map(str, missing))
        message = (
            f"no holidays are known for {country} in {listed}; give the days and name the years in own_years"
        )
        raise Invalid([FieldError("calendar.years", message)])
    source = (
        f"holidays {importlib.metadata.version('holidays')} {_place(country, subdivision)} {_span(years)}"
    )
    if none:
        source += f", without days off by law: {_span(none)}"
    return ResolvedHolidays(
        _sorted(days_off), _sorted(extra), source, tuple(sorted(_estimated(book, wanted - set(none))))
    )


def _place(country: str, subdivision: str | None) -> str:
    return f"{country}-{subdivision}" if subdivision else country


def _span(years: Sequence[int]) -> str:
    if not years:
        return ""
    return f"{min(years)}-{max(years)}" if min(years) != max(years) else f"{min(years)}"


def _none_by_law(book: HolidayBase, country: str, subdivision: str | None, year: int) -> bool:
    """The country's holidays of the year are all worked, as in Ukraine under martial law; or it has none at all."""
    from holidays.constants import WORKDAY
    from holidays.no_holiday_base import NoHolidayBase

    if isinstance(book, NoHolidayBase):
        return True
    if WORKDAY not in book.supported_categories:
        return False
    worked = _load(country, subdivision, [year], categories=(WORKDAY,))
    return any(day.year == year for day in worked)


def _estimated(book: HolidayBase, years: Collection[int]) -> set[int]:
    """Those in which the library calls a day estimated (by the moon), and those after its last list of moved days."""
    word = book.tr(getattr(book, "estimated_label", "")).replace("%s", "").strip(" ()（）")
    marked = {day.year for day, name in book.items() if word and word in name}
    moved = dict(_moved_days(book))
    last = max(moved, default=0)
    if sum(moved[year] for year in moved if year > last - DECADE) >= MOST:
        marked |= {year for year in years if year > last}
    return marked & set(years)


def _moved_days(book: HolidayBase) -> Iterator[tuple[int, bool]]:
    """Of each year that has a list of its own, whether a day off was moved there: (month, day, month, day before)."""
    listed = getattr(book, "special_public_holidays", None) or {}
    for year, days in listed.items():
        each = days if days and isinstance(days[0], tuple) else (days,)
        yield year, any(len(one) >= 4 and isinstance(one[2], int) for one in each)


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
