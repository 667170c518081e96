"""Domain room: a length of time, elapsed or counted in business time, and how people write it. A value; no clock."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from domain.engine.errors import FieldError, Invalid
from domain.time.calendar import HORIZON_DAYS, BusinessCalendar

Unit = Literal["seconds", "minutes", "hours", "days", "business_hours", "business_days"]

_SUFFIXES: dict[str, Unit] = {
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
    "bh": "business_hours",
    "bd": "business_days",
}
_SUFFIX_OF: dict[str, str] = {unit: suffix for suffix, unit in _SUFFIXES.items()}
_SECONDS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "days": 86400,
    "business_hours": 3600,
    "business_days": 86400,
}
_WRITTEN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(bh|bd|s|m|h|d)")
_HINT = "write a number and a unit: 30s, 15m, 2h, 5d, 24bh (business hours) or 3bd (business days)"


@dataclass(frozen=True)
class Duration:
    """A length of time: elapsed (a day is 24 hours) or counted in a calendar's business time."""

    amount: int | Decimal
    unit: Unit

    @classmethod
    def parse(cls, text: str, field: str = "duration") -> Duration:
        """Reads "24bh", "3bd", "5d", "2h", "15m", "30s"; `Invalid` under `field` otherwise."""
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            raise Invalid([FieldError(field, f"{text!r} is not a duration; {_HINT}")])
        number, suffix = match.groups()
        duration = cls(Decimal(number) if "." in number else int(number), _SUFFIXES[suffix])
        if problem := duration.problem():
            raise Invalid([FieldError(field, problem)])
        return duration

    def __str__(self) -> str:
        """The short form, which `parse` reads back to an equal duration."""
        return f"{Decimal(self.amount):f}{_SUFFIX_OF[self.unit]}" if _SUFFIX_OF.get(self.unit) else repr(self)

    def problem(self, on: dt.date | None = None) -> str | None:
        """What is wrong with this duration, or None."""
        if self.unit not in _SECONDS:
            return f"unknown unit {self.unit!r}; {_HINT}"
        if not Decimal(self.amount).is_finite() or self.amount < 0:
            return f"{self.amount} is not a length of time; it must be zero or more"
        if self.unit == "business_days" and self.amount != int(self.amount):
            return (
                f"{self.amount} business days: business days are whole; use business hours for parts of a day"
            )
        if self.amount * _SECONDS[self.unit] > HORIZON_DAYS * 86400:
            return f"{self} is longer than ten years"
        return None

    @property
    def counts_business_time(self) -> bool:
        return self.unit in ("business_hours", "business_days")

    def after(self, start: dt.datetime, calendar: BusinessCalendar) -> dt.datetime:
        """The instant (UTC) this long after `start`; only business units look at `calendar`."""
        if self.unit == "business_hours":
            return calendar.add_business_hours(start, self.amount)
        if self.unit == "business_days":
            return calendar.add_business_days(start, int(self.amount))
        return start.astimezone(dt.UTC) + self._elapsed()

    def before(self, end: dt.datetime, calendar: BusinessCalendar) -> dt.datetime:
        """The instant (UTC) this long before `end`; only business units look at `calendar`."""
        if self.unit == "business_hours":
            return calendar.subtract_business_hours(end, self.amount)
        if self.unit == "business_days":
            return calendar.subtract_business_days(end, int(self.amount))
        return end.astimezone(dt.UTC) - self._elapsed()

    def _elapsed(self) -> dt.timedelta:
        return dt.timedelta(microseconds=int(self.amount * _SECONDS[self.unit] * 1_000_000))
