"""api: the stretches of days that figures are shown over — the last weeks, months, quarters and years up to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_skeleton

from api.pages.engine.shown import LOCALES

DAY = timedelta(days=1)
HOW_MANY = {"week": 16, "month": 13, "quarter": 8, "year": 4}
KINDS = tuple(HOW_MANY)


@dataclass(frozen=True, slots=True)
class Span:
    """Both days included. `label` says it whole, `short` below an axis."""

    first: date
    last: date
    label: str
    short: str


def spans(kind: str, upto: date, language: str) -> list[Span]:
    """The oldest first; the last one is that of the day `upto`, whole."""
    found: list[Span] = []
    last = _end(kind, upto)
    for _ in range(HOW_MANY[kind]):
        first = _begin(kind, last)
        found.append(Span(first, last, *_named(kind, first, last, language)))
        last = first - DAY
    return found[::-1]


def _begin(kind: str, day: date) -> date:
    match kind:
        case "week":
            return day - day.weekday() * DAY
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _end(kind: str, day: date) -> date:
    if kind == "week":
        return _begin(kind, day) + 6 * DAY
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    begins = _begin(kind, day)
    month = begins.month - 1 + months
    return date(begins.year + month // 12, month % 12 + 1, 1) - DAY


def _named(kind: str, first: date, last: date, language: str) -> tuple[str, str]:
    locale = LOCALES[language]
    match kind:
        case "week":
            begins = format_skeleton("MMMd", first, locale=locale)
            return f"{begins} – {format_skeleton('MMMd', last, locale=locale)}", begins
        case "month":
            return format_skeleton("yMMM", first, locale=locale), format_skeleton("MMM", first, locale=locale)
        case "quarter":
            quarter = f"Q{(first.month + 2) // 3}"
            return f"{first.year} {quarter}", f"{quarter} {first:%y}"
    return str(first.year), str(first.year)
