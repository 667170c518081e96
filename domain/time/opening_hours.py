"""Domain room: a calendar made ready for arithmetic — the open windows of its days, computed once, a stretch of days at a time. What is
asked of a calendar is in `calendar.py`.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from domain.time.zones import first_instant

Window = tuple[dt.datetime, dt.datetime]

ZERO = dt.timedelta(0)
NEVER, EVER = dt.datetime.max.replace(tzinfo=dt.UTC), dt.datetime.min.replace(tzinfo=dt.UTC)
_STRETCH, _CACHED = 128, 64
"""Days, and how many such stretches a calendar keeps."""


class Stretch:
    """A stretch of days: the windows of those with open time, in order, and the opening time before each of them."""

    __slots__ = ("_before", "_closes", "_first", "_opens", "_seen", "since", "until", "windows")

    def __init__(self, first: int, hours: OpeningHours) -> None:
        self._first = first
        self._seen = [0]
        """How many windows lie before each day, and before the one after the last."""
        self._before = [ZERO]
        self.windows: list[Window] = []
        for day in range(first, first + _STRETCH):
            if (window := hours.window(dt.date.fromordinal(day))) is not None:
                self.windows.append(window)
                self._before.append(self._before[-1] + (window[1] - window[0]))
            self._seen.append(len(self.windows))
        self._opens = [opens for opens, _ in self.windows]
        self._closes = [closes for _, closes in self.windows]
        self.since, self.until = (self._opens[0], self._closes[-1]) if self.windows else (NEVER, EVER)
        """The first opening and the last closing: what lies between is surely on one of these days. Nothing where none is open."""

    def later(self, moment: dt.datetime, left: dt.timedelta) -> dt.datetime | None:
        """What `forward` finds from a moment between the two and for more than no time, None where that is not on these days."""
        n = bisect_left(self._closes, moment)
        wanted = self._before[n] + left
        if moment > self._opens[n]:
            wanted += moment - self._opens[n]
        last = bisect_left(self._before, wanted, n + 1) - 1
        return self._opens[last] + (wanted - self._before[last]) if last < len(self._opens) else None

    def sooner(self, moment: dt.datetime, left: dt.timedelta) -> dt.datetime | None:
        """What `backward` finds from a moment between the two, None where that is not on these days."""
        n = bisect_right(self._opens, moment) - 1
        wanted = self._before[n] + (min(moment, self._closes[n]) - self._opens[n]) - left
        if wanted < ZERO:
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
                return self.windows[last][0] + (wanted - self._before[last]), ZERO
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
                return self.windows[last][0] + (wanted - self._before[last]), ZERO
        return None, left


class OpeningHours:
    """A calendar made ready for arithmetic: parsed once, each stretch of days computed once."""

    __slots__ = ("_closes", "_extra", "_holidays", "_opens", "_stretches", "_workdays", "zone")

    def __init__(
        self,
        timezone: str,
        opens: str,
        closes: str,
        workdays: Iterable[int],
        holidays: Iterable[dt.date],
        extra: Iterable[dt.date],
    ) -> None:
        self.zone = ZoneInfo(timezone)
        self._opens = dt.timedelta(minutes=minutes_of(opens) or 0)
        self._closes = dt.timedelta(minutes=minutes_of(closes) or 0)
        self._workdays = frozenset(workdays)
        self._holidays = frozenset(holidays)
        self._extra = frozenset(extra)
        self._stretches: dict[int, Stretch] = {}

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

    def stretches(self, since: int, until: int) -> Iterator[Stretch]:
        """Those that these days lie in, in order."""
        return map(self._stretch, range(since // _STRETCH, (until - 1) // _STRETCH + 1))

    def stretches_back(self, since: int, until: int) -> Iterator[Stretch]:
        return map(self._stretch, range((until - 1) // _STRETCH, since // _STRETCH - 1, -1))

    def near(self, moment: dt.datetime) -> Stretch | None:
        """The stretch around a moment, unless it is at the edge of one, where only its local date tells which."""
        found = self._stretches.get(moment.toordinal() // _STRETCH)
        return found if found is not None and found.since <= moment <= found.until else None

    def _stretch(self, number: int) -> Stretch:
        try:
            return self._stretches[number]
        except KeyError:
            if len(self._stretches) >= _CACHED:
                self._stretches.clear()
            made = self._stretches[number] = Stretch(number * _STRETCH, self)
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


def _since_midnight(local: dt.datetime) -> dt.timedelta:
    """As the clock reads."""
    return dt.timedelta(0, local.hour * 3600 + local.minute * 60 + local.second, local.microsecond)


def minutes_of(clock: str) -> int | None:
    """Minutes since midnight of "HH:MM", None when it is not one."""
    hours, colon, minutes = clock.partition(":")
    if not (colon and clock.isascii() and len(clock) == 5 and hours.isdigit() and minutes.isdigit()):
        return None
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= 1440 else None
