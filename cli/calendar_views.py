"""cli: how far the days off of a policy's calendar can be trusted, for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.tables import say, table

if TYPE_CHECKING:
    from domain.calendar import BusinessCalendar
    from projections.rules import CalendarKnown


def calendar_told(calendar: Any) -> str:
    """In a cell: where and when, until when days off are known, and how many are one's own."""
    told = [f"{calendar.timezone} {calendar.opens}–{calendar.closes}"]
    if calendar.known_until is not None:
        told.append(f"days off known until {calendar.known_until}")
    if calendar.estimated_years:
        told.append(f"{', '.join(map(str, calendar.estimated_years))} estimated")
    if own := len(calendar.own_holidays) + len(calendar.own_workdays):
        told.append(f"{own} days of one's own")
    return ", ".join(told)


def calendar_warnings(calendar: BusinessCalendar) -> list[str]:
    from domain.known_days import said_of

    return list(said_of(calendar, datetime.now(UTC)))


def note_calendar(calendar: BusinessCalendar) -> None:
    for warning in calendar_warnings(calendar):
        say(f"note: {warning}")


def show_calendars(calendars: Iterable[CalendarKnown]) -> None:
    rows = [
        (
            f"{one.kind} {one.policy} {one.version}",
            one.known_until or "nothing known",
            "; ".join(one.warnings),
        )
        for one in calendars
    ]
    table(("calendar of", "days off known until", "note"), rows, whole=("days off known until",))
