"""Domain room: when a day or a local time begins in a time zone. Pure arithmetic over instants.

A local time stands for the first instant whose wall clock reads it or later: a time skipped in spring becomes the instant of the jump, a
time that occurs twice in autumn is its first occurrence.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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


def timezone_problem(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"unknown time zone {name!r}; use an IANA name such as 'Asia/Shanghai'"
    return None
