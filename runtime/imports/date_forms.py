"""Runtime room, file import: the form of a date, such as `%d.%m.%Y %H:%M`, checked and read strictly. Pure.

The standard library's `strptime` gives 1900 where a form has no year, takes one digit for two where digits touch, follows the
machine's language, drops a zone's name and passes over a weekday that is not that day's. Here a form names each part of a day once,
the names are English, and what does not fit is no date.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache

from domain.engine import reading
from runtime.imports.numbers import SPACES

ISO, EPOCH_MS = "iso", "epoch-ms"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_PART = {
    "Y": "year", "y": "year", "m": "month", "b": "month", "B": "month", "d": "day", "j": "day of the year",
    "a": "weekday", "A": "weekday", "H": "hour", "I": "hour", "p": "half of the day", "M": "minute", "S": "second",
    "f": "fraction of a second", "z": "offset",
}  # fmt: skip
_NEEDS = {
    "half of the day": "hour", "minute": "hour", "second": "minute", "fraction of a second": "second",
}  # fmt: skip
_LOOSE, _FIXED = "dmHI", {"Y": 4, "y": 2, "m": 2, "d": 2, "j": 3, "H": 2, "I": 2, "M": 2, "S": 2}
_DIRECTIVE = re.compile("%(.?)", re.DOTALL)
_ISO_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:?[0-9]{2})")
_ISO_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9:.]+)?(?:[Zz]|[+-][0-9:]+)?")
_EPOCH = re.compile("[0-9]{9,14}|-[0-9]{9,12}")
"""Milliseconds since 1970, from some days away on: a year or a day of eight digits is none."""
_EXAMPLE = datetime(2026, 3, 31, 21, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """What a cell says: a day and the offset that its clocks have, where that is told; or a time, with its offset or without."""

    at: date | datetime
    offset: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """`written` as the mapping has it. Made by `form`, after `problem` found nothing."""

    written: str
    pattern: re.Pattern[str] | None = None

    def read(self, text: str) -> Told | None:
        """None where the text does not have this form, or is no date."""
        try:
            if self.written == EPOCH_MS:
                return _epoch(text)
            if self.pattern is None:
                return _iso(text)
            found = self.pattern.fullmatch(text)
            return _made(found.groupdict()) if found else None
        except ValueError:
            return None

    def fits(self, text: str) -> bool:
        """Whether it is written so, be there such a day or not."""
        return (self.pattern or (_EPOCH if self.written == EPOCH_MS else _ISO_SHAPE)).fullmatch(
            text
        ) is not None

    def write(self, at: date) -> str:
        if self.written == EPOCH_MS:
            told = at if isinstance(at, datetime) else datetime.combine(at, time())
            return str(int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * 1000))
        return at.isoformat() if self.written == ISO else at.strftime(self.written)

    @property
    def example(self) -> str:
        return "2026-03-31" if self.written == ISO else self.write(_EXAMPLE)


def problem(written: str) -> str | None:
    """Why it cannot be the form of a date."""
    if written in (ISO, EPOCH_MS):
        return None
    if "%" not in written:
        return "is neither \"iso\" nor a form such as '%d.%m.%Y'"
    directives = [d for d in _DIRECTIVE.findall(written) if d != "%"]
    unknown = [d for d in directives if d not in _PART]
    if unknown:
        return f"has %{unknown[0]}, which is none of {' '.join('%' + d for d in _PART)}"
    words = _DIRECTIVE.sub(" ", written)
    if re.search("[0-9]", words):
        return "has digits of its own, beside those of the date"
    if re.search(r"\b(?:Z|UTC|GMT)\b", words):
        return "names a zone that would be passed over: write %z, which reads Z, UTC, GMT and +02:00"
    return _incomplete(Counter(_PART[d] for d in directives), directives)


def _incomplete(parts: Counter[str], directives: list[str]) -> str | None:
    twice = [part for part, n in parts.items() if n > 1]
    if twice:
        return f"tells the {twice[0]} twice"
    if "day of the year" in parts and ("month" in parts or "day" in parts):
        return "tells the day twice"
    needed = ("year",) if "day of the year" in parts else ("year", "month", "day")
    missing = [part for part in needed if part not in parts]
    missing += [need for part, need in _NEEDS.items() if part in parts and need not in parts]
    if missing:
        return f"tells no {missing[0]}"
    if ("I" in directives) != ("p" in directives):
        return "has one of %I and %p: an hour of twelve needs both, one of 24 is %H"
    return None


@cache
def form(written: str) -> Form:
    """Raises ValueError for a form with a problem."""
    if wrong := problem(written):
        raise ValueError(wrong)
    return Form(written, None if written in (ISO, EPOCH_MS) else re.compile(_pattern(written)))


def _pattern(written: str) -> str:
    """One digit may stand for two where none touches it."""
    pieces = re.findall("%.|[^%]+", written, re.DOTALL)
    numeric = [piece[1:] in _FIXED or piece == "%f" for piece in pieces]
    made = []
    for n, piece in enumerate(pieces):
        alone = not any(numeric[max(n - 1, 0) : n] + numeric[n + 1 : n + 2])
        made.append(_piece(piece, alone=alone))
    return "".join(made)


def _piece(piece: str, *, alone: bool) -> str:
    letter = piece[1:]
    if piece == "%%" or piece[0] != "%":
        return "".join(f"[{SPACES}]" if c in SPACES else re.escape(c) for c in piece.replace("%%", "%"))
    if letter in _FIXED:
        digits = "[0-9]{1,2}" if alone and letter in _LOOSE else f"[0-9]{{{_FIXED[letter]}}}"
        return f"(?P<{letter}>{digits})"
    words = {
        "B": "|".join(MONTHS), "b": "|".join(name[:3] for name in MONTHS), "A": "|".join(DAYS),
        "a": "|".join(name[:3] for name in DAYS), "p": r"am|pm|a\.m\.|p\.m\.",
    }  # fmt: skip
    pattern = words.get(letter)
    if pattern is None:
        pattern = "[0-9]{1,6}" if letter == "f" else "Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}"
    return f"(?P<{letter}>(?i:{pattern}))"


def _made(parts: Mapping[str, str]) -> Told:
    """Raises ValueError where there is no such day or time."""
    day = _day(parts)
    named = parts.get("a") or parts.get("A")
    if named and not DAYS[day.weekday()].lower().startswith(named.lower()):
        raise ValueError("is another day of the week")
    offset = _offset(parts["z"]) if "z" in parts else None
    if "H" not in parts and "I" not in parts:
        return Told(day, offset)
    minute, second = int(parts.get("M", 0)), int(parts.get("S", 0))
    micro = int(parts.get("f", "").ljust(6, "0"))
    return Told(datetime.combine(day, time(_hour(parts), minute, second, micro), offset))


def _day(parts: Mapping[str, str]) -> date:
    year = int(parts["Y"]) if "Y" in parts else _century(int(parts["y"]))
    if "j" in parts:
        found = date(year, 1, 1) + timedelta(days=int(parts["j"]) - 1)
        if found.year != year:
            raise ValueError("no such day of the year")
        return found
    return date(year, _month(parts), int(parts["d"]))


def _month(parts: Mapping[str, str]) -> int:
    if "m" in parts:
        return int(parts["m"])
    name = (parts.get("b") or parts["B"])[:3].title()
    return [month[:3] for month in MONTHS].index(name) + 1


def _century(year: int) -> int:
    """As POSIX reads two digits: 69 to 99 are of the last century."""
    return year + (1900 if year >= 69 else 2000)


def _hour(parts: Mapping[str, str]) -> int:
    if "H" in parts:
        return int(parts["H"])
    hour = int(parts["I"])
    if not 1 <= hour <= 12:
        raise ValueError("no hour of twelve")
    return hour % 12 + (12 if parts["p"].lower().startswith("p") else 0)


def _offset(text: str) -> tzinfo:
    at = reading.instant(f"2000-01-01T00:00{'Z' if text.isalpha() else text}")
    return timezone(at.utcoffset() or timedelta())


def _epoch(text: str) -> Told | None:
    """Raises ValueError beyond the calendar."""
    if _EPOCH.fullmatch(text) is None:
        return None
    return Told(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text)))


def _iso(text: str) -> Told:
    """`2026-12-31`, `2026-12-31T09:00`, both with an offset or without. Raises ValueError."""
    if len(text) == 10:
        return Told(reading.day(text))
    if found := _ISO_DAY.fullmatch(text):
        return Told(reading.day(found[1]), _offset(found[2]))
    try:
        return Told(reading.instant(text))
    except ValueError:
        return Told(reading.instant(f"{text}Z").replace(tzinfo=None))
