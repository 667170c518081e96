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
from functools import cached_property, lru_cache

from domain.engine.errors import FieldError, Invalid
from domain.engine.fields import Key, ShortText
from domain.time.opening_hours import ZERO, OpeningHours, minutes_of
from domain.time.zones import timezone_problem

HORIZON_DAYS = 3660
"""A deadline further away than ten years is a mistake; the search for open time stops there."""

Span = Decimal | int | dt.timedelta

_HOUR_US = 3_600_000_000
_TOO_LONG = dt.timedelta(days=HORIZON_DAYS + 2)


@dataclass(frozen=True)
class BusinessCalendar:
    """When work happens, in one time zone.

    `timezone` is an IANA name, `workdays` are ISO weekday numbers (Monday 1 … Sunday 7), `opens` and
    `closes` are local "HH:MM" ("24:00" closes at midnight). `holidays` are days off; `extra_workdays` are
    worked whatever their weekday (China's make-up weekends). `source` says where the dates came from.

    `known_until` is the last day of which it is known whether it is a day off (None: nothing was said), `estimated_years`
    those whose days off nobody decreed yet; `own_holidays` and `own_workdays` are those of the days that people gave.
    """

    timezone: Key
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    opens: Key = "09:00"
    closes: Key = "17:00"
    holidays: tuple[dt.date, ...] = field(default=(), hash=False)
    extra_workdays: tuple[dt.date, ...] = field(default=(), hash=False)
    source: ShortText = "none"
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
        return tuple(FieldError(f"{prefix}.{e.field}", e.message) for e in self.wrong())

    def wrong(self) -> Iterator[FieldError]:
        found = (
            ("timezone", timezone_problem(self.timezone)),
            ("workdays", _workdays_problem(self.workdays)),
            ("opens", _clock_problem(self.opens, last=1439)),
            ("closes", _closes_problem(self.opens, self.closes)),
            ("extra_workdays", _overlap_problem(self.holidays, self.extra_workdays)),
        )
        return (FieldError(name, problem) for name, problem in found if problem)

    @cached_property
    def _hours(self) -> OpeningHours:
        """Shared by equal calendars, and kept here because hashing one takes longer than a deadline."""
        return _hours_of(self)

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
        total = ZERO
        ready = self._hours
        today = ready.day(begin)
        for opens, closes in ready.windows(today, today + (end - begin).days + 3):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, begin), ZERO)
        return total

    def put_off(self, due: dt.datetime, since: dt.datetime, until: dt.datetime) -> dt.datetime:
        """`due` later by the opening time that passed from `since` to `until`; from an opening to an opening. Where none
        passed it stays, and so does what was due by `since`.
        """
        lost = self.business_hours_between(since, until)
        if lost <= ZERO or due <= since:
            return due
        moved = self.add_business_hours(due, lost)
        return self.next_open(moved) if self.next_open(due) == due else moved


@lru_cache(maxsize=256)
def _hours_of(calendar: BusinessCalendar) -> OpeningHours:
    calendar.check()
    c = calendar
    return OpeningHours(c.timezone, c.opens, c.closes, c.workdays, c.holidays, c.extra_workdays)


def _utc(instant: dt.datetime) -> dt.datetime:
    if instant.tzinfo is dt.UTC and 20 <= instant.year <= 9980:
        return instant
    if instant.tzinfo is None:
        raise ValueError("business time needs an aware datetime")
    if not 20 <= instant.year <= 9980:
        raise Invalid([FieldError("instant", f"the year {instant.year} is out of range")])
    return instant.astimezone(dt.UTC)


@lru_cache(maxsize=1024)
def _span(hours: Span) -> dt.timedelta:
    """The same few again and again: those of policies."""
    try:
        if isinstance(hours, dt.timedelta):
            span = hours
        elif isinstance(hours, int):
            span = dt.timedelta(0, hours * 3600)
        else:
            span = dt.timedelta(microseconds=int(hours * _HOUR_US))
    except (ArithmeticError, ValueError) as error:
        raise Invalid([FieldError("hours", f"{hours} is not a usable number of hours")]) from error
    if span < ZERO:
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


def _workdays_problem(workdays: tuple[int, ...]) -> str | None:
    if not workdays:
        return "a calendar without workdays has no open time; name at least one ISO weekday (Monday is 1)"
    if len(set(workdays)) != len(workdays) or not set(workdays) <= set(range(1, 8)):
        return f"{list(workdays)} must be different ISO weekday numbers from 1 (Monday) to 7 (Sunday)"
    return None


def _clock_problem(clock: str, last: int = 1440) -> str | None:
    minutes = minutes_of(clock)
    if minutes is None or minutes > last:
        return f"{clock!r} is not a time of day; use 'HH:MM' between 00:00 and {last // 60:02}:{last % 60:02}"
    return None


def _closes_problem(opens: str, closes: str) -> str | None:
    if problem := _clock_problem(closes):
        return problem
    if not _clock_problem(opens, last=1439) and (minutes_of(opens) or 0) >= (minutes_of(closes) or 0):
        return f"closing at {closes} is not after opening at {opens}, so there is no open time"
    return None


def _overlap_problem(holidays: tuple[dt.date, ...], extra: tuple[dt.date, ...]) -> str | None:
    both = sorted(set(holidays) & set(extra))
    return f"also listed as holidays: {', '.join(map(str, both))}" if both else None
