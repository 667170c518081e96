"""api: the stretches of days that figures are shown over — the last weeks, months, quarters and years up to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from babel.dates import format_skeleton

from api.pages.engine.shown import LOCALES
from domain.time.periods import PeriodKind
from domain.time.windows import windows

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
    over = windows(PeriodKind(kind), date.min, upto, HOW_MANY[kind])
    return [Span(one.start, one.end, *_named(kind, one.start, one.end, language)) for one in over]


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
