"""api: a page as known at the end of an earlier day — which day the address asks for, and that nothing is done there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from api.engine.errors import Problem, invalid
from domain.engine import reading
from domain.engine.errors import Forbidden

AS_OF = "as_of"
DAY = timedelta(days=1)


def day_asked(query: Mapping[str, str]) -> date | None:
    """The day in the address; None: none is there. Raises Problem for what is no day."""
    given = query.get(AS_OF)
    if not given:
        return None
    try:
        return reading.day(given)
    except ValueError:
        raise _no_day() from None


def _no_day() -> Problem:
    return invalid(f"query.{AS_OF}", "must be a day, such as 2026-11-30")


def refuse_acts(query: Mapping[str, str]) -> None:
    """Raises Forbidden for a form from a page of the past."""
    if query.get(AS_OF):
        raise Forbidden("what is shown is the past: go back to now to do something")
