"""Domain room: business time. Pure arithmetic over values; no clock, no I/O, no holiday library.

A `BusinessCalendar` is recorded inside the event that publishes a policy, so it holds plain values only and
its holidays are explicit dates: replaying the event next year gives the same deadlines.

Business time is real elapsed time inside opening hours. A local time (an opening, a closing) stands for the
first instant whose wall clock reads it or later: a time skipped in spring becomes the instant of the jump,
a time that occurs twice in autumn is its first occurrence. So a day on which the clock jumps while open is
really shorter or longer, and no stretch of time is counted twice.

Building a calendar never raises (old events must stay loadable): `problems()` lists what is wrong with it,
`check()` and the first calculation with it raise `Invalid`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import FieldError, Invalid

HORIZON_DAYS = 3660
"""A deadline further away than ten years is a mistake; the search for open time stops there."""

Span = Decimal | int | dt.timedelta
Window = tuple[dt.datetime, dt.datetime]

_ZERO = dt.timedelta(0)
_DAY = dt.timedelta(days=1)
_HOUR_US = 3_600_000_000
_CACHED_DAYS = 8192


@dataclass(frozen=True)
class BusinessCalendar:
    """When work happens, in one time zone.

    `timezone` is an IANA name, `workdays` are ISO weekday numbers (Monday 1 … Sunday 7), `opens` and
    `closes` are local "HH:MM" ("24:00" closes at midnight). `holidays` are days off; `extra_workdays` are
    worked whatever their weekday (China's make-up weekends). `source` says where the dates came from.
    """

    timezone: str
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    opens: str = "09:00"
    closes: str = "17:00"
    holidays: tuple[dt.date, ...] = field(default=(), hash=False)
    extra_workdays: tuple[dt.date, ...] = field(default=(), hash=False)
    source: str = "none"

    @classmethod
    def around_the_clock(cls, timezone: str = "UTC") -> BusinessCalendar:
        return cls(timezone, (1, 2, 3, 4, 5, 6, 7), "00:00", "24:00", source="around the clock")

    def check(self) -> None:
        """Raises `Invalid` with everything that is wrong."""
        if problems := self.problems():
            raise Invalid(problems)

    def problems(self, prefix: str = "calendar") -> tuple[FieldError, ...]:
        """Everything wrong with this calendar, each under `prefix`.field; empty when it can be used."""
        found = (
            ("timezone", _timezone_problem(self.timezone)),
            ("workdays", _workdays_problem(self.workdays)),
            ("opens", _clock_problem(self.opens, last=1439)),
            ("closes", _closes_problem(self.opens, self.closes)),
            ("extra_workdays", _overlap_problem(self.holidays, self.extra_workdays)),
        )
        return tuple(FieldError(f"{prefix}.{name}", problem) for name, problem in found if problem)

    def is_business_day(self, day: dt.date) -> bool:
        return _hours(self).is_business_day(day)

    def next_open(self, instant: dt.datetime) -> dt.datetime:
        """The first instant (UTC) at or after `instant` inside opening hours; a closing time is outside."""
        moment = _utc(instant)
        for opens, closes in _hours(self).forward(moment):
            if moment < closes:
                return max(moment, opens)
        raise _too_far(self)

    def add_business_hours(self, start: dt.datetime, hours: Span) -> dt.datetime:
        """The instant (UTC) when `hours` of opening time have passed since `start`.

        A span that ends exactly at closing ends there, not at the next opening; zero hours from a closed
        moment is the next opening. `Invalid` for negative spans, for unusable calendars and beyond ten
        years.
        """
        left, moment = _span(hours), _utc(start)
        for opens, closes in _hours(self).forward(moment):
            begin = max(moment, opens)
            open_for = closes - begin
            if left <= open_for:
                return begin + left
            if open_for > _ZERO:
                left -= open_for
        raise _too_far(self)

    def subtract_business_hours(self, end: dt.datetime, hours: Span) -> dt.datetime:
        """The instant (UTC) from which `hours` of opening time lead to `end`; mirrors adding."""
        left, moment = _span(hours), _utc(end)
        for opens, closes in _hours(self).backward(moment):
            finish = min(moment, closes)
            open_for = finish - opens
            if left <= open_for:
                return finish - left
            if open_for > _ZERO:
                left -= open_for
        raise _too_far(self)

    def add_business_days(self, start: dt.datetime, days: int) -> dt.datetime:
        """The same local time `days` business days after the local date of `start`, as UTC.

        The time of day is brought into opening hours, and a start on a day off counts as the close of the
        business day before it: one business day after Saturday is the end of Monday. Zero days is zero
        business hours.
        """
        if not _whole(days):
            return self.add_business_hours(start, 0)
        hours = _hours(self)
        local = _utc(start).astimezone(hours.zone)
        time = local.time() if hours.is_business_day(local.date()) else None
        return self._nth(hours.days_after(local.date()), days, time, late=True)

    def subtract_business_days(self, end: dt.datetime, days: int) -> dt.datetime:
        """Mirrors adding: an end on a day off counts as the opening of the business day after it."""
        if not _whole(days):
            return self.subtract_business_hours(end, 0)
        hours = _hours(self)
        local = _utc(end).astimezone(hours.zone)
        time = local.time() if hours.is_business_day(local.date()) else None
        return self._nth(hours.days_before(local.date()), days, time, late=False)

    def _nth(self, days: Iterator[dt.date], count: int, time: dt.time | None, *, late: bool) -> dt.datetime:
        hours = _hours(self)
        for day in days:
            window = hours.window(day.toordinal())
            count -= window is not None
            if window and not count:
                opens, closes = window
                wanted = first_instant(hours.zone, dt.datetime.combine(day, time)) if time else window[late]
                return min(max(wanted, opens), closes)
        raise _too_far(self)

    def business_hours_between(self, a: dt.datetime, b: dt.datetime) -> dt.timedelta:
        """Opening time that passes from `a` to `b`; negative when `b` is earlier."""
        begin, end = _utc(a), _utc(b)
        if end < begin:
            return -self.business_hours_between(b, a)
        total = _ZERO
        for opens, closes in _hours(self).forward(begin, (end - begin).days + 3):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, begin), _ZERO)
        return total


class _Hours:
    """A calendar made ready for arithmetic: parsed once, each day's opening window computed once."""

    __slots__ = ("_closes", "_extra", "_holidays", "_opens", "_windows", "_workdays", "zone")

    def __init__(self, calendar: BusinessCalendar) -> None:
        calendar.check()
        self.zone = ZoneInfo(calendar.timezone)
        self._opens = dt.timedelta(minutes=_minutes(calendar.opens) or 0)
        self._closes = dt.timedelta(minutes=_minutes(calendar.closes) or 0)
        self._workdays = frozenset(calendar.workdays)
        self._holidays = frozenset(calendar.holidays)
        self._extra = frozenset(calendar.extra_workdays)
        self._windows: dict[int, Window | None] = {}

    def is_business_day(self, day: dt.date) -> bool:
        return day in self._extra or (day.isoweekday() in self._workdays and day not in self._holidays)

    def window(self, ordinal: int) -> Window | None:
        """Opening and closing instants (UTC) of a day; None when it has no open time."""
        try:
            return self._windows[ordinal]
        except KeyError:
            if len(self._windows) >= _CACHED_DAYS:
                self._windows.clear()
            window = self._windows[ordinal] = self._compute(dt.date.fromordinal(ordinal))
            return window

    def _compute(self, day: dt.date) -> Window | None:
        if not self.is_business_day(day):
            return None
        midnight = dt.datetime.combine(day, dt.time())
        opens = first_instant(self.zone, midnight + self._opens)
        closes = first_instant(self.zone, midnight + self._closes)
        return (opens, closes) if opens < closes else None

    def forward(self, moment: dt.datetime, days: int = HORIZON_DAYS) -> Iterator[Window]:
        """Windows in order, from the one that holds `moment` or an earlier one."""
        first = moment.astimezone(self.zone).toordinal()
        known = self._windows
        for ordinal in range(first, first + days):
            window = known[ordinal] if ordinal in known else self.window(ordinal)
            if window is not None:
                yield window

    def backward(self, moment: dt.datetime) -> Iterator[Window]:
        """Windows in reverse, starting a day later: a clock set back over midnight repeats the day before."""
        first = moment.astimezone(self.zone).toordinal() + 1
        known = self._windows
        for ordinal in range(first, first - HORIZON_DAYS, -1):
            window = known[ordinal] if ordinal in known else self.window(ordinal)
            if window is not None:
                yield window

    def days_after(self, day: dt.date) -> Iterator[dt.date]:
        return (day + _DAY * n for n in range(1, HORIZON_DAYS))

    def days_before(self, day: dt.date) -> Iterator[dt.date]:
        return (day - _DAY * n for n in range(1, HORIZON_DAYS))


@lru_cache(maxsize=256)
def _hours(calendar: BusinessCalendar) -> _Hours:
    return _Hours(calendar)


def first_instant(zone: ZoneInfo, local: dt.datetime) -> dt.datetime:
    """The first instant (UTC) at which a clock in `zone` reads the naive `local` or later."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return instant
    return _jump(zone, local, local.replace(tzinfo=zone, fold=1).astimezone(dt.UTC), instant)


def _jump(zone: ZoneInfo, local: dt.datetime, before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """The clock jumps over `local` between two instants: bisect to the second of the jump."""
    low, high = 0, -(-(after - before) // dt.timedelta(seconds=1))
    base = before.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        reads = (base + dt.timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None, fold=0)
        low, high = (middle, high) if reads < local else (low, middle)
    return base + dt.timedelta(seconds=high)


def _utc(instant: dt.datetime) -> dt.datetime:
    if instant.tzinfo is None:
        raise ValueError("business time needs an aware datetime")
    if not 20 <= instant.year <= 9980:
        raise Invalid([FieldError("instant", f"the year {instant.year} is out of range")])
    return instant if instant.tzinfo is dt.UTC else instant.astimezone(dt.UTC)


def _span(hours: Span) -> dt.timedelta:
    try:
        span = hours if isinstance(hours, dt.timedelta) else dt.timedelta(microseconds=int(hours * _HOUR_US))
    except (ArithmeticError, ValueError) as error:
        raise Invalid([FieldError("hours", f"{hours} is not a usable number of hours")]) from error
    if span < _ZERO:
        raise Invalid([FieldError("hours", "a span of business time cannot be negative; subtract instead")])
    return span


def _whole(days: int) -> int:
    if days < 0:
        raise Invalid([FieldError("days", "a number of business days cannot be negative; subtract instead")])
    return days


def _too_far(calendar: BusinessCalendar) -> Invalid:
    message = (
        f"the calendar ({calendar.timezone}, {calendar.source}) has not enough open time within ten years"
    )
    return Invalid([FieldError("calendar", message)])


def _minutes(clock: str) -> int | None:
    """Minutes since midnight of "HH:MM", None when it is not one."""
    hours, colon, minutes = clock.partition(":")
    if not (colon and clock.isascii() and len(clock) == 5 and hours.isdigit() and minutes.isdigit()):
        return None
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= 1440 else None


def _timezone_problem(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"unknown time zone {name!r}; use an IANA name such as 'Asia/Shanghai'"
    return None


def _workdays_problem(workdays: tuple[int, ...]) -> str | None:
    if not workdays:
        return "a calendar without workdays has no open time; name at least one ISO weekday (Monday is 1)"
    if len(set(workdays)) != len(workdays) or not set(workdays) <= set(range(1, 8)):
        return f"{list(workdays)} must be different ISO weekday numbers from 1 (Monday) to 7 (Sunday)"
    return None


def _clock_problem(clock: str, last: int = 1440) -> str | None:
    minutes = _minutes(clock)
    if minutes is None or minutes > last:
        return f"{clock!r} is not a time of day; use 'HH:MM' between 00:00 and {last // 60:02}:{last % 60:02}"
    return None


def _closes_problem(opens: str, closes: str) -> str | None:
    if problem := _clock_problem(closes):
        return problem
    if not _clock_problem(opens, last=1439) and (_minutes(opens) or 0) >= (_minutes(closes) or 0):
        return f"closing at {closes} is not after opening at {opens}, so there is no open time"
    return None


def _overlap_problem(holidays: tuple[dt.date, ...], extra: tuple[dt.date, ...]) -> str | None:
    both = sorted(set(holidays) & set(extra))
    return f"also listed as holidays: {', '.join(map(str, both))}" if both else None
