"""Domain room: whole weeks, months, quarters and years of the calendar, one after another — what figures are looked at over.

Weeks begin on Monday and are not split where a month ends, as the weeks of targets are; years begin in January.
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.time.periods import PeriodKind, Window, period_of

DAY = timedelta(days=1)


def window_of(kind: PeriodKind, day: date) -> Window:
    """The one that contains the day."""
    if kind is PeriodKind.WEEK:
        monday = day - day.weekday() * DAY
        return Window(monday, monday + 6 * DAY)
    found = period_of(kind, day)
    return Window(found.start, found.end)


def windows(kind: PeriodKind, since: date, until: date, most: int) -> list[Window]:
    """From the one with `since` to the one with `until`, the oldest first; of more than `most` the last ones."""
    found: list[Window] = []
    at = window_of(kind, until)
    while at.end >= since and len(found) < most:
        found.append(at)
        at = window_of(kind, at.start - DAY)
    return found[::-1]
