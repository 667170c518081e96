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
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import FieldError, Invalid

HORIZON_DAYS = 3660
"""A deadline further away than ten years is a mistake; the search for open time stops there."""

Span = Decimal | int | dt.timedelta
Window = tuple[dt.datetime, dt.datetime]

_ZERO = dt.timedelta(0)
_HOUR_US = 3_600_000_000
_TOO_LONG = dt.timedelta(days=HORIZON_DAYS + 2)
_MOST_HOURS = (HORIZON_DAYS + 2) * 24
_STRETCH, _CACHED = 128, 64
"""Days, and how many such stretches a calendar keeps."""


@dataclass(frozen=True)
class BusinessCalendar:
    """When work happens, in one time zone.

    `timezone` is an IANA name, `workdays` are ISO weekday numbers (Monday 1 … Sunday 7), `opens` and
    `closes` are local "HH:MM" ("24:00" closes at midnight). `holidays` are days off; `extra_workdays` are
    worked whatever their weekday (China's make-up weekends). `source` says where the dates came from.

    `known_until` is the last day of which it is known whether it is a day off (None: nothing was said), `estimated_years`
    those whose days off nobody decreed yet; `own_holidays` and `own_workdays` are those of the days that people gave.
    """

    timezone: str
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    opens: str = "09:00"
    closes: str = "17:00"
    holidays: tuple[dt.date, ...] = field(default=(), hash=False)
    extra_workdays: tuple[dt.date, ...] = field(default=(), hash=False)
    source: str = "none"
    known_until: dt.date | None = None
    estimated_years: tuple[int, ...] = ()
    own_holidays: tuple[dt.date, ...] = field(default=(), hash=False)
    own_workdays: tuple[dt.date, ...] = field(default=(), hash=False)

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

    @cached_property
    def _hours(self) -> _Hours:
        """Shared by equal calendars, and kept here because hashing one takes longer than a deadline."""
        return _hours(self)

    def is_business_day(self, day: dt.date) -> bool:
        return self._hours.is_business_day(day)

    def first_business_day(self, day: dt.date) -> dt.date:
        """The day itself, or the first business day after it. `Invalid` where there is none within ten years."""
        days = (day + dt.timedelta(days=n) for n in range(HORIZON_DAYS))
        found = next((one for one in days if self.is_business_day(one)), None)
        if found is None:
            raise _too_far(self)
        return found

    def next_open(self, instant: dt.datetime) -> dt.datetime:
        """The first instant (UTC) at or after `instant` inside opening hours; a closing time is outside."""
        moment = _utc(instant)
        ready = self._hours
        today = ready.day(moment)
        for opens, closes in ready.windows(today, today + HORIZON_DAYS):
            if moment < closes:
                return max(moment, opens)
        raise _too_far(self)

    def add_business_hours(self, start: dt.datetime, hours: Span) -> dt.datetime:
        """The instant (UTC) when `hours` of opening time have passed since `start`.

        A span that ends exactly at closing ends there, not at the next opening; zero hours from a closed
        moment is the next opening. `Invalid` for negative spans, for unusable calendars and beyond ten
        years.
        """
        left, moment, ready = _span(hours), _utc(start), self._hours
        near = ready.near(moment)
        if near is not None and left and (found := near.later(moment, left)) is not None:
            return found
        today = ready.day(moment)
        until = today + HORIZON_DAYS
        for stretch in ready.stretches(today, until):
            end, left = stretch.forward(moment, left, today, until)
            if end is not None:
                return end
        raise _too_far(self)

    def subtract_business_hours(self, end: dt.datetime, hours: Span) -> dt.datetime:
        """The instant (UTC) from which `hours` of opening time lead to `end`; mirrors adding."""
        left, moment, ready = _span(hours), _utc(end), self._hours
        near = ready.near(moment)
        if near is not None and (found := near.sooner(moment, left)) is not None:
            return found
        until = ready.day(moment) + 2  # a clock set back over midnight repeats the day before
        since = until - HORIZON_DAYS
        for stretch in ready.stretches_back(since, until):
            start, left = stretch.backward(moment, left, since, until)
            if start is not None:
                return start
        raise _too_far(self)

    def add_business_days(self, start: dt.datetime, days: int) -> dt.datetime:
        """The same local time `days` business days after the local date of `start`, as UTC.

        The time of day is brought into opening hours, and a start on a day off counts as the close of the
        business day before it: one business day after Saturday is the end of Monday. Zero days is zero
        business hours.
        """
        if not _whole(days):
            return self.add_business_hours(start, 0)
        ready = self._hours
        local = _utc(start).astimezone(ready.zone)
        tomorrow, left = local.toordinal() + 1, days
        until = tomorrow + HORIZON_DAYS - 1
        for stretch in ready.stretches(tomorrow, until):
            first, stop = stretch.open_days(tomorrow, until)
            if left <= stop - first:
                return ready.at_time_of(local, stretch.windows[first + left - 1], late=True)
            left -= stop - first
        raise _too_far(self)

    def subtract_business_days(self, end: dt.datetime, days: int) -> dt.datetime:
        """Mirrors adding: an end on a day off counts as the opening of the business day after it."""
        if not _whole(days):
            return self.subtract_business_hours(end, 0)
        ready = self._hours
        local = _utc(end).astimezone(ready.zone)
        today, left = local.toordinal(), days
        since = today - HORIZON_DAYS + 1
        for stretch in ready.stretches_back(since, today):
            first, stop = stretch.open_days(since, today)
            if left <= stop - first:
                return ready.at_time_of(local, stretch.windows[stop - left], late=False)
            left -= stop - first
        raise _too_far(self)

    def business_hours_between(self, a: dt.datetime, b: dt.datetime) -> dt.timedelta:
        """Opening time that passes from `a` to `b`; negative when `b` is earlier."""
        begin, end = _utc(a), _utc(b)
        if end < begin:
            return -self.business_hours_between(b, a)
        total = _ZERO
        ready = self._hours
        today = ready.day(begin)
        for opens, closes in ready.windows(today, today + (end - begin).days + 3):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, begin), _ZERO)
        return total

    def put_off(self, due: dt.datetime, since: dt.datetime, until: dt.datetime) -> dt.datetime:
        """`due` later by the opening time that passed from `since` to `until`; from an opening to an opening. Where none
        passed it stays, and so does what was due by `since`.
        """
        lost = self.business_hours_between(since, until)
        if lost <= _ZERO or due <= since:
            return due
        moved = self.add_business_hours(due, lost)
        return self.next_open(moved) if self.next_open(due) == due else moved


class _Stretch:
    """A stretch of days: the windows of those with open time, in order, and the opening time before each of them."""

    __slots__ = ("_before", "_closes", "_first", "_opens", "_seen", "windows")

    def __init__(self, first: int, hours: _Hours) -> None:
        self._first = first
        self._seen = [0]
        """How many windows lie before each day, and before the one after the last."""
        self._before = [_ZERO]
        self.windows: list[Window] = []
        for day in range(first, first + _STRETCH):
            if (window := hours.window(dt.date.fromordinal(day))) is not None:
                self.windows.append(window)
                self._before.append(self._before[-1] + (window[1] - window[0]))
            self._seen.append(len(self.windows))
        self._opens = [opens for opens, _ in self.windows]
        self._closes = [closes for _, closes in self.windows]

    def holds(self, moment: dt.datetime) -> bool:
        """Whether it lies between the first opening and the last closing, and so surely on one of these days."""
        return bool(self.windows) and self._opens[0] <= moment <= self._closes[-1]

    def later(self, moment: dt.datetime, left: dt.timedelta) -> dt.datetime | None:
        """What `forward` finds from a moment it holds and for more than no time, None where that is not on these days."""
        n = bisect_left(self._closes, moment)
        wanted = self._before[n] + left
        if moment > self._opens[n]:
            wanted += moment - self._opens[n]
        last = bisect_left(self._before, wanted, n + 1) - 1
        return self._opens[last] + (wanted - self._before[last]) if last < len(self._opens) else None

    def sooner(self, moment: dt.datetime, left: dt.timedelta) -> dt.datetime | None:
        """What `backward` finds from a moment it holds, None where that is not on these days."""
        n = bisect_right(self._opens, moment) - 1
        wanted = self._before[n] + (min(moment, self._closes[n]) - self._opens[n]) - left
        if wanted < _ZERO:
            return None
        last = bisect_right(self._before, wanted, 0, n + 1) - 1
        return self._opens[last] + (wanted - self._before[last])

    def open_days(self, since: int, until: int) -> tuple[int, int]:
        """Which of its windows, from and up to, fall on the days since one and before another."""
        start, stop = since - self._first, until - self._first
        return self._seen[start] if start > 0 else 0, self._seen[min(stop, _STRETCH)]

    def forward(
        self, moment: dt.datetime, left: dt.timedelta, since: int, until: int
    ) -> tuple[dt.datetime | None, dt.timedelta]:
        """Where `left` of opening time from `moment` ends; else None, and what is left of it after these days."""
        first, stop = self.open_days(since, until)
        for n in range(first, stop):
            opens, closes = self.windows[n]
            if moment <= closes:
                wanted = self._before[n] + left
                if moment > opens:
                    wanted += moment - opens
                last = bisect_left(self._before, wanted, n + 1, stop + 1) - 1
                if last == stop:
                    return None, wanted - self._before[stop]
                return self.windows[last][0] + (wanted - self._before[last]), _ZERO
        return None, left

    def backward(
        self, moment: dt.datetime, left: dt.timedelta, since: int, until: int
    ) -> tuple[dt.datetime | None, dt.timedelta]:
        """From where `left` of opening time leads to `moment`; else None, and what is left of it before these days."""
        first, stop = self.open_days(since, until)
        for n in range(stop - 1, first - 1, -1):
            opens, closes = self.windows[n]
            if moment >= opens:
                wanted = self._before[n] + (min(moment, closes) - opens) - left
                if wanted < self._before[first]:
                    return None, self._before[first] - wanted
                last = bisect_right(self._before, wanted, first, n + 1) - 1
                return self.windows[last][0] + (wanted - self._before[last]), _ZERO
        return None, left


class _Hours:
    """A calendar made ready for arithmetic: parsed once, each stretch of days computed once."""

    __slots__ = ("_closes", "_extra", "_holidays", "_opens", "_stretches", "_workdays", "zone")

    def __init__(self, calendar: BusinessCalendar) -> None:
        calendar.check()
        self.zone = ZoneInfo(calendar.timezone)
        self._opens = dt.timedelta(minutes=_minutes(calendar.opens) or 0)
        self._closes = dt.timedelta(minutes=_minutes(calendar.closes) or 0)
        self._workdays = frozenset(calendar.workdays)
        self._holidays = frozenset(calendar.holidays)
        self._extra = frozenset(calendar.extra_workdays)
        self._stretches: dict[int, _Stretch] = {}

    def is_business_day(self, day: dt.date) -> bool:
        return day in self._extra or (day.isoweekday() in self._workdays and day not in self._holidays)

    def day(self, moment: dt.datetime) -> int:
        """The local date, as an ordinal."""
        return moment.astimezone(self.zone).toordinal()

    def window(self, day: dt.date) -> Window | None:
        """Opening and closing instants (UTC) of a day; None when it has no open time."""
        if not self.is_business_day(day):
            return None
        midnight = dt.datetime.combine(day, dt.time())
        opens = first_instant(self.zone, midnight + self._opens)
        closes = first_instant(self.zone, midnight + self._closes)
        return (opens, closes) if opens < closes else None

    def windows(self, since: int, until: int) -> Iterator[Window]:
        """Of the days since one and before another, in order."""
        for stretch in self.stretches(since, until):
            first, stop = stretch.open_days(since, until)
            yield from stretch.windows[first:stop]

    def stretches(self, since: int, until: int) -> Iterator[_Stretch]:
        """Those that these days lie in, in order."""
        return map(self._stretch, range(since // _STRETCH, (until - 1) // _STRETCH + 1))

    def stretches_back(self, since: int, until: int) -> Iterator[_Stretch]:
        return map(self._stretch, range((until - 1) // _STRETCH, since // _STRETCH - 1, -1))

    def near(self, moment: dt.datetime) -> _Stretch | None:
        """The stretch around a moment, unless it is at the edge of one, where only its local date tells which."""
        found = self._stretches.get(moment.toordinal() // _STRETCH)
        return found if found is not None and found.holds(moment) else None

    def _stretch(self, number: int) -> _Stretch:
        try:
            return self._stretches[number]
        except KeyError:
            if len(self._stretches) >= _CACHED:
                self._stretches.clear()
            made = self._stretches[number] = _Stretch(number * _STRETCH, self)
            return made

    def at_time_of(self, local: dt.datetime, window: Window, *, late: bool) -> dt.datetime:
        """The local time on the window's day, brought into the window; from a day off it is its end or its beginning."""
        opens, closes = window
        if not self.is_business_day(local.date()):
            return window[late]
        if closes - opens == self._closes - self._opens:  # no clock changes while open
            wanted = opens + (_since_midnight(local) - self._opens)
        else:
            day = opens.astimezone(self.zone).date()
            wanted = first_instant(self.zone, dt.datetime.combine(day, local.time()))
        return min(max(wanted, opens), closes)


@lru_cache(maxsize=256)
def _hours(calendar: BusinessCalendar) -> _Hours:
    return _Hours(calendar)


def day_begins(zone: dt.tzinfo, day: dt.date) -> dt.datetime:
    """The first instant (UTC) of a day: 01:00 where the clock jumps over midnight, the first of two midnights."""
    return first_instant(zone, dt.datetime.combine(day, dt.time()))


def day_ends(zone: dt.tzinfo, day: dt.date) -> dt.datetime:
    """The last second (UTC) of a day, the one before the next day begins: a clock set back over midnight reads it twice."""
    return day_begins(zone, day + dt.timedelta(days=1)) - dt.timedelta(seconds=1)


def first_instant(zone: dt.tzinfo, local: dt.datetime) -> dt.datetime:
    """The first instant (UTC) at which a clock in `zone` reads the naive `local` or later."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return instant
    return _jump(zone, local, local.replace(tzinfo=zone, fold=1).astimezone(dt.UTC), instant)


def _jump(zone: dt.tzinfo, local: dt.datetime, before: dt.datetime, after: dt.datetime) -> dt.datetime:
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


def _since_midnight(local: dt.datetime) -> dt.timedelta:
    """As the clock reads."""
    return dt.timedelta(0, local.hour * 3600 + local.minute * 60 + local.second, local.microsecond)


def _span(hours: Span) -> dt.timedelta:
    if isinstance(hours, int) and 0 <= hours <= _MOST_HOURS:
        return dt.timedelta(0, hours * 3600)
    try:
        if isinstance(hours, dt.timedelta):
            span = hours
        elif isinstance(hours, int):
            span = dt.timedelta(0, hours * 3600)
        else:
            span = dt.timedelta(microseconds=int(hours * _HOUR_US))
    except (ArithmeticError, ValueError) as error:
        raise Invalid([FieldError("hours", f"{hours} is not a usable number of hours")]) from error
    if span < _ZERO:
        raise Invalid([FieldError("hours", "a span of business time cannot be negative; subtract instead")])
    return min(span, _TOO_LONG)


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
