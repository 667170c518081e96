"""Domain room: how text from outside is read — one strict reading a type, for bodies, queries, options, cells and mappings.

Libraries take more than one would think: underscores and the digits of other scripts in numbers, Unix time for a day, a day with
an offset for a time, ids with their hyphens anywhere. Nothing here guesses, strips or rounds. What does not fit raises ValueError
with words for people that never repeat what was given: it may be personal.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from domain.engine.fields import EARLIEST, LATEST
from domain.engine.values import EASTERNMOST

MOST_BEFORE, MOST_BEHIND = 15, 12
"""Digits of a number on either side of its point: together fewer than Decimal computes with."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)"
    r"(?:[Zz]|([+-][0-9]{2}):?([0-9]{2})?)"
)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def day(text: str) -> date:
    """`2026-12-31`, and nothing else."""
    if not _DAY.fullmatch(text):
        raise ValueError("must be a day written as 2026-12-31")
    try:
        return _known(date.fromisoformat(text))
    except ValueError as wrong:
        raise ValueError(f"must be a day of the calendar between {EARLIEST} and {LATEST}") from wrong


def instant(text: str) -> datetime:
    """`2026-12-31T09:00:00+08:00`, the offset needed and kept. What is finer than a microsecond is cut off."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError("must be a time with its offset, written as 2026-12-31T09:00:00+08:00")
    on, clock, hours, minutes = found.groups()
    try:
        read = datetime.fromisoformat(f"{on}T{clock}{hours}:{minutes or '00'}" if hours else f"{on}T{clock}Z")
        _known(read)
    except ValueError as wrong:
        raise ValueError(f"must be a time of the calendar between {EARLIEST} and {LATEST}") from wrong
    if abs(read.utcoffset() or timedelta()) > EASTERNMOST:
        raise ValueError("has an offset of more than 14 hours, which is nowhere")
    return read


def _known(read: date) -> date:
    """Raises ValueError for a year that is a slip of the pen: converting it could leave the calendar."""
    if not EARLIEST <= read.year < LATEST:
        raise ValueError
    return read


def clock(text: str) -> time:
    """A time of day, `09:00` to `23:59`."""
    if not _CLOCK.fullmatch(text):
        raise ValueError("must be a time of day written as 09:00")
    try:
        return time.fromisoformat(text)
    except ValueError as wrong:
        raise ValueError("must be a time of day, 00:00 to 23:59") from wrong


def number(text: str) -> Decimal:
    """As JSON writes it, without an exponent: `1200.50`, `-3`, `0.25`. Every digit is kept; there is no negative zero."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number in plain digits, such as 1200.50")
    before, _, behind = text.removeprefix("-").partition(".")
    if len(before) > MOST_BEFORE or len(behind) > MOST_BEHIND:
        raise ValueError(f"must have at most {MOST_BEFORE} digits before the point and {MOST_BEHIND} behind")
    read = Decimal(text)
    return read or abs(read)


def position_or_time(text: str) -> int | date | datetime:
    """As of when: a position of the ledger, a day, or a time with its offset."""
    for read in (whole, day, instant):
        try:
            return read(text)
        except ValueError:
            continue
    raise ValueError(
        "must be a position, a day (2026-12-31) or a time with its offset (2026-12-31T09:00:00+08:00)"
    )


def grouped(text: str) -> Decimal:
    """A number that may have commas between groups of three: `1,200.50`. `1,5` is none: it could be one and a half."""
    if "," in text and not _GROUPED.fullmatch(text):
        raise ValueError("must be a number in plain digits, such as 1200.50, or 1,200.50")
    return number(text.replace(",", ""))


def whole(text: str) -> int:
    """`42`, `-1`: no point, no exponent, no leading zero."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number in plain digits, such as 42")
    if len(text.removeprefix("-")) > MOST_BEFORE + 3:
        raise ValueError("has too many digits")
    return int(text)


def truth(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def currency(text: str) -> str:
    """The shape of an ISO 4217 code, `CNY`; whether there is such a currency is a rule of its own."""
    if not _CURRENCY.fullmatch(text):
        raise ValueError("must be a currency's three capital letters, such as CNY")
    return text


def id(text: str) -> UUID:
    """`6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11`, in small or capital letters."""
    if not _ID.fullmatch(text):
        raise ValueError("must be an id written as 6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11")
    return UUID(text)


# --- JSON -------------------------------------------------------------------------------------------------------------


class NamedTwice(ValueError):
    """Which of the two was meant?"""

    def __init__(self, name: str) -> None:
        super().__init__("is named twice: which is meant?")
        self.name = name


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise NamedTwice(next(name for name in names if names.count(name) > 1))
    return found


def _constant(name: str) -> None:
    raise ValueError(f"must be JSON, which knows no {name}")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, parse_constant=_constant).decode


def document(content: bytes) -> Any:
    """JSON in UTF-8. A number with a point or an exponent is a Decimal with every digit that was written. Raises NamedTwice."""
    try:
        return _decode(content.decode())
    except NamedTwice:
        raise
    except (ValueError, RecursionError, InvalidOperation) as wrong:
        raise ValueError("must be JSON") from wrong
