"""Domain room: how far a calendar's days off can be trusted, and the sentences that say so. Pure; no clock, no I/O.

Beyond the years that a calendar knows every weekday counts as worked. Nothing is refused for that: a deadline may reach
further than any government has decreed days off. But whoever sets it is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from domain.engine.facts import Fact
from domain.time.calendar import BusinessCalendar

SOON = timedelta(days=60)
"""So long before a calendar's last known day its health says so."""
PAST = frozenset({"at", "since", "made_at", "given_at", "before", "done_at"})
"""Fields of facts that hold no deadline."""
SPAN = re.compile(r"^holidays \S+ \S+ (?:[0-9]{4}-)?([0-9]{4})$")
"""How the source of a calendar told its years when nothing else did."""


def told_by_source(source: str) -> date | None:
    """The last day of the years that an older calendar's source names."""
    match = SPAN.match(source)
    return date(int(match[1]), 12, 31) if match else None


def lifted(data: dict[str, Any]) -> dict[str, Any]:
    """The stored JSON of a policy whose calendar did not say until when it knows days off."""
    calendar = data["calendar"]
    until = told_by_source(calendar.get("source", ""))
    said: dict[str, Any] = {
        "known_until": until.isoformat() if until else None,
        "estimated_years": [],
        "own_holidays": [],
        "own_workdays": [],
    }
    return {**data, "calendar": said | calendar}


def doubts(calendar: BusinessCalendar) -> Iterator[str]:
    """What is not known of a calendar within its years."""
    if calendar.known_until is None and len(calendar.workdays) < 7:
        yield "no days off are known for any year: every weekday counts as worked (give a country and years, or own_years)"
    if calendar.estimated_years:
        years = ", ".join(map(str, calendar.estimated_years))
        yield f"the days off of {years} are estimated: give the official ones and name the year in own_years when they are out"


def said_when_published(calendar: BusinessCalendar) -> Iterator[str]:
    """The same, and where it ends."""
    yield from doubts(calendar)
    if calendar.known_until is not None:
        yield known_until(calendar.known_until)


def known_until(day: date) -> str:
    return f"days off are known until {day}: every weekday after it counts as worked"


def said_of(calendar: BusinessCalendar, now: datetime) -> Iterator[str]:
    """What should be known of a calendar by whoever looks at it now."""
    yield from doubts(calendar)
    if ending := ends_soon(calendar, now):
        yield ending


def ends_soon(calendar: BusinessCalendar, now: datetime) -> str | None:
    """That a calendar ends, or has ended."""
    until = calendar.known_until
    if until is None or _day(calendar, now) + SOON <= until:
        return None
    return known_until(until)


def beyond(calendar: BusinessCalendar, kind: str, name: str, at: datetime) -> str | None:
    """That a deadline reaches beyond what the calendar of the policy of this name knows, or into an estimated year."""
    if calendar.known_until is None:
        return None
    day = _day(calendar, at)
    if day > calendar.known_until:
        return (
            f"a deadline reaches to {day}, but the {kind} {name!r} knows days off until {calendar.known_until}: "
            "every weekday after it counts as worked"
        )
    if day.year in calendar.estimated_years:
        return f"a deadline reaches to {day}, and the {kind} {name!r} has only an estimate of the days off of {day.year}"
    return None


def _day(calendar: BusinessCalendar, at: datetime) -> date:
    return at.astimezone(ZoneInfo(calendar.timezone)).date()


# -- the deadlines in facts ----------------------------------------------------------------------


def latest(facts: Iterable[Fact]) -> datetime | None:
    """The latest deadline that these facts set; None where they set none."""
    return max((time for fact in facts for time in _times(fact)), default=None)


def _times(fact: Fact) -> Iterator[datetime]:
    kind: Any = fact.__class__
    for get in _deadlines(kind):
        try:
            time = get(fact)
        except AttributeError:  # what holds it is None
            continue
        if time is not None:
            yield time


@cache
def _deadlines(kind: type) -> tuple[Callable[[Any], Any], ...]:
    return tuple(attrgetter(path) for path in _paths(kind))


def _paths(kind: type) -> Iterator[str]:
    """Where in facts of this kind an instant stands that may be ahead."""
    hints = get_type_hints(kind)
    for one in fields(kind):
        if one.name not in PAST:
            yield from _under(one.name, hints[one.name])


def _under(name: str, hint: Any) -> Iterator[str]:
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for option in options:
        if option is datetime:
            yield name
        elif option is not NoneType and is_dataclass(option) and isinstance(option, type):
            yield from (f"{name}.{path}" for path in _paths(option))
