"""cli: how far the days off of a policy's calendar can be trusted, for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.engine.language import heard, sentence, word
from cli.engine.tables import notes, table

if TYPE_CHECKING:
    from domain.time.calendar import BusinessCalendar
    from projections.policy.rules import CalendarKnown


def calendar_words(calendar: Any) -> str:
    """In a cell: where and when, until when days off are known, and how many are one's own."""
    parts = [f"{calendar.timezone} {calendar.opens}–{calendar.closes}"]
    if calendar.known_until is not None:
        parts.append(sentence("days off known until {day}", day=calendar.known_until))
    if calendar.estimated_years:
        parts.append(sentence("{years} estimated", years=", ".join(map(str, calendar.estimated_years))))
    if own := len(calendar.own_holidays) + len(calendar.own_workdays):
        parts.append(sentence("{n} days of one's own", n=own))
    return ", ".join(parts)


def calendar_warnings(calendar: BusinessCalendar) -> list[str]:
    from domain.time.known_days import said_of

    return list(said_of(calendar, datetime.now(UTC)))


def note_calendar(calendar: BusinessCalendar) -> None:
    notes(calendar_warnings(calendar))


def show_calendars(calendars: Iterable[CalendarKnown]) -> None:
    rows = [
        (
            f"{word(one.kind)} {one.policy} {one.version}",
            one.known_until or word("nothing known"),
            "; ".join(map(heard, one.warnings)),
        )
        for one in calendars
    ]
    table(("calendar of", "days off known until", "note"), rows, whole=("days off known until",))
