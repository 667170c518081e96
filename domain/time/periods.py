"""Domain room: the periods that targets and cycles are about — year, quarter, month, week. Values only, no clock.

A fiscal year starts on the first of a month of the company's choice and is named after the calendar year it
starts in: "2026" where that is January, "FY2026" otherwise; its quarters are "2026-Q1" or "FY2026-Q1". Months
are calendar months, "2026-03". Weeks are ISO weeks (Monday to Sunday) cut at the month's end: a week that
straddles two months is two periods, "2026-W05a" in the earlier month and "2026-W05b" in the later one, so that
the weeks of a month partition it exactly, as months do a quarter and quarters a year.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.engine.errors import FieldError, Invalid
from domain.engine.fields import EARLIEST, LATEST, Key

DAY = timedelta(days=1)
WEEK_DAYS = 7
_NAMED = re.compile(
    r"(?P<fy>FY)?(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})(?P<part>[ab]?)|(?P<month>[0-9]{2})))?"
)


class PeriodKind(StrEnum):
    """Longest first: each is made of the next."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"


KINDS = tuple(PeriodKind)
_MONTHS = {PeriodKind.YEAR: 12, PeriodKind.QUARTER: 3, PeriodKind.MONTH: 1}


@dataclass(frozen=True, slots=True)
class Window:
    """Any days, from `start` to `end`, both included: for comparisons that no period fits."""

    start: date
    end: date

    def wrong(self) -> Iterator[FieldError]:
        if self.start > self.end:
            yield FieldError("", "ends before it begins")

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def contains(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, both days included. Made by `period_of` and `named_period`, never by hand."""

    kind: PeriodKind
    start: date
    end: date
    name: Key

    def __str__(self) -> str:
        return self.name

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def contains(self, day: date) -> bool:
        return self.start <= day <= self.end

    @property
    def fiscal_start(self) -> int:
        """The month its fiscal year starts in, as far as it shows: months and weeks are the same in every year."""
        if self.kind == PeriodKind.YEAR:
            return self.start.month
        if self.kind == PeriodKind.QUARTER:
            return (self.start.month - 1 - 3 * (int(self.name[-1]) - 1)) % 12 + 1
        return 1

    def next(self) -> Period:
        return period_of(self.kind, self.end + DAY, self.fiscal_start)

    def previous(self) -> Period:
        return period_of(self.kind, self.start - DAY, self.fiscal_start)

    def children(self) -> tuple[Period, ...]:
        """The periods of the next shorter kind, which partition this one; a week has none."""
        if self.kind == PeriodKind.WEEK:
            return ()
        return self.parts(KINDS[KINDS.index(self.kind) + 1])

    def parts(self, kind: PeriodKind) -> tuple[Period, ...]:
        """The periods of a shorter kind that partition this one, in order."""
        return tuple(self._walk(kind)) if KINDS.index(kind) > KINDS.index(self.kind) else (self,)

    def _walk(self, kind: PeriodKind) -> Iterator[Period]:
        day = self.start
        while day <= self.end:
            part = period_of(kind, day, self.fiscal_start)
            yield part
            day = part.end + DAY

    def problem(self, on: date | None = None) -> str | None:
        """What is wrong with a period that came from outside, or None."""
        if not (EARLIEST <= self.start.year < LATEST and EARLIEST <= self.end.year < LATEST):
            return f"is not between {EARLIEST} and {LATEST}"
        try:
            right = period_of(self.kind, self.start, self.fiscal_start)
        except (ValueError, IndexError):
            return f"{self.name!r} is not the name of a {self.kind}"
        return None if self == right else f"{self.start} to {self.end} is not the {self.kind} {self.name}"


def period_of(kind: PeriodKind, day: date, fiscal_start: int = 1) -> Period:
    """The period of this kind that contains `day`. `fiscal_start` is a month, 1 to 12."""
    if kind == PeriodKind.WEEK:
        return _week(day)
    offset = (day.month - fiscal_start) % 12 % _MONTHS[kind]
    start = _months_on(day.replace(day=1), -offset)
    end = _months_on(start, _MONTHS[kind]) - DAY
    return Period(kind, start, end, _name(kind, start, fiscal_start))


def _name(kind: PeriodKind, start: date, fiscal_start: int) -> str:
    if kind == PeriodKind.MONTH:
        return f"{start:%Y-%m}"
    year = start.year - (start.month < fiscal_start)
    name = f"{year:04}" if fiscal_start == 1 else f"FY{year:04}"
    if kind == PeriodKind.YEAR:
        return name
    return f"{name}-Q{(start.month - fiscal_start) % 12 // 3 + 1}"


def _week(day: date) -> Period:
    monday = day - timedelta(days=day.weekday())
    sunday = monday + (WEEK_DAYS - 1) * DAY
    first, last = day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    year, week, _ = day.isocalendar()
    part = "b" if monday < first else "a" if sunday > last else ""
    return Period(PeriodKind.WEEK, max(monday, first), min(sunday, last), f"{year:04}-W{week:02}{part}")


def _months_on(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def named_period(name: str, fiscal_start: int = 1) -> Period:
    """The period of that name: "2026", "FY2026-Q3", "2026-03", "2026-W05", "2026-W05b". `fiscal_start` is the month
    that the company's fiscal years start in. Raises Invalid under `period`.
    """
    match = _NAMED.fullmatch(name)
    if match is None:
        raise _no_period(
            name, "write 2026, 2026-Q3, 2026-03, 2026-W05 or 2026-W05b; FY2026 for a fiscal year"
        )
    try:
        found = _read(match, name, fiscal_start)
    except (ValueError, OverflowError) as error:
        raise _no_period(name, "there is no such period") from error
    if not EARLIEST <= found.start.year <= found.end.year < LATEST:
        raise _no_period(name, f"is not between {EARLIEST} and {LATEST}")
    return found


def _read(match: re.Match[str], name: str, fiscal_start: int) -> Period:
    year, month, week = int(match["year"]), match["month"], match["week"]
    if match["fy"] and (month or week):
        raise _no_period(name, "months and weeks are not named after a fiscal year")
    if month:
        return period_of(PeriodKind.MONTH, date(year, int(month), 1))
    if week:
        return _read_week(year, int(week), match["part"], name)
    if bool(match["fy"]) != (fiscal_start != 1):
        hint = "in January" if fiscal_start == 1 else f"in month {fiscal_start}"
        raise _no_period(
            name,
            f"fiscal years start {hint}: write {_name(PeriodKind.YEAR, date(year, 12, 1), fiscal_start)}",
        )
    start = date(year, fiscal_start, 1)
    if match["quarter"]:
        return period_of(PeriodKind.QUARTER, _months_on(start, 3 * (int(match["quarter"]) - 1)), fiscal_start)
    return period_of(PeriodKind.YEAR, start, fiscal_start)


def _read_week(year: int, week: int, part: str, name: str) -> Period:
    day = date.fromisocalendar(year, week, WEEK_DAYS if part == "b" else 1)
    found = _week(day)
    if found.name != name:
        hint = (
            "straddles two months: write a or b behind it"
            if not part
            else "lies in one month: write no a or b"
        )
        raise _no_period(name, f"the week {hint}")
    return found


def _no_period(name: str, message: str) -> Invalid:
    return Invalid([FieldError("period", f"{name!r}: {message}")])
