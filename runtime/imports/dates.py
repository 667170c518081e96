"""Runtime room, file import: a cell's text to a day or an instant, in the mapping's zone. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TypeGuard
from zoneinfo import ZoneInfo

from domain.engine.fields import EARLIEST, LATEST
from domain.time.zones import day_begins, day_ends, first_instant
from runtime.imports.cells import Unreadable
from runtime.imports.date_forms import EPOCH_MS, ISO, Told, form

LONGEST = 100
"""Characters: what is longer is no date."""
_OTHER_YEAR = re.compile("([0-9]{4})-[0-9]{2}-[0-9]{2}")
_OUTSIDE = f"is not between the years {EARLIEST} and {LATEST - 1}"


class Dates:
    """Reads the dates and times of one time zone, written in one of a few forms. Times without an offset are those of the zone
    `clock`, where that is another one; of `days` the time beside them is passed over.
    """

    def __init__(self, forms: Sequence[str], timezone: str, *, clock: str = "", days: bool = False) -> None:
        self._forms = tuple(map(form, dict.fromkeys(forms)))
        self._zone, self._days = ZoneInfo(timezone), days
        self._clock = ZoneInfo(clock) if clock else None
        self._counted = EPOCH_MS in forms
        self._known_day = lru_cache(20_000)(self._day)
        self._known_instant = lru_cache(20_000)(self._instant)

    def day(self, text: str) -> date:
        """The day that is written; of a time with an offset, the local day. Raises Unreadable."""
        return self._known_day(self._short(text))

    def instant(self, text: str, *, end_of_day: bool = False) -> datetime:
        """The instant (UTC) of a time; of a day, when it begins, or its last second. Raises Unreadable."""
        return self._known_instant(self._short(text), end_of_day=end_of_day)

    def _short(self, text: str) -> str:
        """What is remembered is short."""
        if len(text) > LONGEST:
            raise Unreadable(self._no_date(text))
        return text

    def written(self, at: date) -> str:
        """A day or a time in the first of the forms that is read as nothing else; where there is none, as ISO 8601 has it."""
        for one in self._forms:
            text = one.write(at)
            with suppress(Unreadable):
                if self._read(text) == Told(at):
                    return text
        return at.isoformat()

    def _day(self, text: str) -> date:
        told = self._read(text)
        if not isinstance(told.at, datetime):
            return told.at
        return (told.at if told.at.tzinfo is None else told.at.astimezone(self._zone)).date()

    def _instant(self, text: str, *, end_of_day: bool = False) -> datetime:
        told = self._read(text)
        if end_of_day and self._is_day(told.at):
            return day_ends(self._zone, told.at.astimezone(self._zone).date())
        if isinstance(told.at, datetime):
            return first_instant(self._zone, told.at) if told.at.tzinfo is None else told.at.astimezone(UTC)
        zone = told.offset or self._zone
        begins, ends = day_begins(zone, told.at), day_ends(zone, told.at)
        if ends < begins:
            raise Unreadable(f"is a day that {zone} never had: its clocks went over it")
        return ends if end_of_day else begins

    def _is_day(self, at: date) -> TypeGuard[datetime]:
        """Programs that count in milliseconds write a day as its midnight."""
        if not (self._counted and isinstance(at, datetime) and at.tzinfo is not None):
            return False
        return day_begins(self._zone, at.astimezone(self._zone).date()) == at

    def _read(self, text: str) -> Told:
        found = [told for form in self._forms if (told := form.read(text)) is not None]
        if not found:
            raise Unreadable(self._no_date(text))
        told = found[0]
        if len(found) > 1 and any(other != told for other in found):
            raise Unreadable(self._readings(text))
        if not EARLIEST <= told.at.year < LATEST:
            raise Unreadable(_OUTSIDE)
        return self._placed(told) if isinstance(told.at, datetime) else told

    def _placed(self, told: Told) -> Told:
        """A time where its column says that its clock is, or as no more than its day."""
        at = told.at
        if isinstance(at, datetime) and at.tzinfo is None and self._clock and not self._days:
            return Told(first_instant(self._clock, at))
        if isinstance(at, datetime) and self._days:
            return Told((at if at.tzinfo is None else at.astimezone(self._zone)).date())
        return told

    def _readings(self, text: str) -> str:
        found = {told: form.written for form in self._forms if (told := form.read(text)) is not None}
        readings = " or ".join(f"{told.at} ({written})" for told, written in found.items())
        return f"may be {readings}: name the one form of its column, {{ column = …, dates = … }}"

    def _no_date(self, text: str) -> str:
        year = _OTHER_YEAR.match(text)
        if year and not EARLIEST <= int(year[1]) < LATEST and any(f.written == ISO for f in self._forms):
            return _OUTSIDE
        if any(form.fits(text) for form in self._forms):
            return "is no day of the calendar, or no time of a day"
        told = " or ".join(form.example for form in self._forms)
        return f"is not a date written as {told}: name its form under `dates`"
