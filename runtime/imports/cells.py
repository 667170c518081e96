"""Runtime room, file import: a cell's text to a value. Pure; every refusal says what was expected instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.calendar import first_instant

ISO = "iso"
YEARS = range(1900, 2200)
_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{1,12})?")
_TIME_DIRECTIVES = ("%H", "%I", "%c", "%X", "%s", "%f")
END_OF_DAY = time(23, 59, 59)


class Unreadable(ValueError):
    """The cell's text is not what its column holds; the message says what would be."""


def clean(text: str) -> str:
    """Without surrounding space, in the one Unicode form in which equal names are equal."""
    stripped = text.strip()
    return stripped if stripped.isascii() else unicodedata.normalize("NFC", stripped)


def number(text: str, thousands: str = "", decimal: str = ".") -> Decimal:
    """A plain decimal number. Raises Unreadable."""
    plain = text.replace(thousands, "") if thousands else text
    plain = plain.replace(decimal, ".") if decimal != "." else plain
    if not _NUMBER.fullmatch(plain):
        raise Unreadable(f"is not a number such as 1234{decimal}50")
    return Decimal(plain)


def whole_number(text: str, thousands: str = "") -> int:
    value = number(text, thousands)
    if value != int(value):
        raise Unreadable("is not a whole number")
    return int(value)


class Dates:
    """Reads the dates and times of one time zone, written in one of a few forms."""

    def __init__(self, forms: Sequence[str], timezone: str) -> None:
        self._forms = tuple(forms)
        self._zone = ZoneInfo(timezone)
        self.day = lru_cache(20_000)(self._day)
        self.instant = lru_cache(20_000)(self._instant)

    def _day(self, text: str) -> date:
        """The local day of a date or a time. Raises Unreadable."""
        read = self._read(text)
        return read.astimezone(self._zone).date() if isinstance(read, datetime) else read

    def _instant(self, text: str, *, end_of_day: bool = False) -> datetime:
        """The instant (UTC) of a time; of a date, when its day begins, or its last second. Raises Unreadable."""
        read = self._read(text)
        if not isinstance(read, datetime):
            clock = END_OF_DAY if end_of_day else time()
            return first_instant(self._zone, datetime.combine(read, clock))
        return read

    def _read(self, text: str) -> date | datetime:
        for form in self._forms:
            try:
                read = _iso(text) if form == ISO else _formed(text, form)
            except ValueError:
                continue
            if read.year not in YEARS:
                raise Unreadable(f"is not between the years {YEARS[0]} and {YEARS[-1]}")
            return self._aware(read) if isinstance(read, datetime) else read
        raise Unreadable(f"is not a date written as {_told(self._forms)}: name its form under `dates`")

    def _aware(self, read: datetime) -> datetime:
        return first_instant(self._zone, read) if read.tzinfo is None else read.astimezone(UTC)


def _iso(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)


def _formed(text: str, form: str) -> date | datetime:
    read = datetime.strptime(text, form)  # noqa: DTZ007 - a naive time is put into the mapping's zone by the caller
    return read if any(directive in form for directive in _TIME_DIRECTIVES) else read.date()


def _told(forms: tuple[str, ...]) -> str:
    example = datetime(2026, 3, 31, 9, 5, tzinfo=UTC)
    return " or ".join("2026-03-31" if form == ISO else example.strftime(form) for form in forms)
