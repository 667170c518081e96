"""Projections room: as known when? A day or an instant as the last position that was recorded by then.

Positions are gapless and no clock of theirs goes back, so the place is found by halving, whatever the length of the ledger.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.engine.errors import FieldError, Invalid
from projections.cycle import company
from projections.engine.paging import Source, fetch

When = int | date | datetime
"""A position, the end of the company's day, or an instant."""
DAY = timedelta(days=1)
LAST_BEFORE = """
WITH RECURSIVE search(low, high) AS (
    SELECT 0::int8, (SELECT COALESCE(max(position), 0) FROM ledger.events)
    UNION ALL
    SELECT CASE WHEN e.recorded_at < %(before)s THEN e.position ELSE s.low END,
           CASE WHEN e.recorded_at < %(before)s THEN s.high ELSE e.position - 1 END
      FROM search s JOIN ledger.events e ON e.position = (s.low + s.high + 1) / 2
     WHERE s.low < s.high
)
SELECT low FROM search WHERE low = high
"""


async def position_at(source: Source, when: When) -> int:
    """Up to which position things were known then; 0 before anything was. Raises Invalid for a time to come. Of a day that is
    not over yet it is the newest, which may be another one later.
    """
    if isinstance(when, int):
        if when < 0:
            raise Invalid([FieldError("known_at", "must be a position, which are from 0 on")])
        return when
    before = await _end(source, when)
    ((position,),) = await fetch(source, LAST_BEFORE, {"before": before})
    return int(position)


async def _end(source: Source, when: date | datetime) -> datetime:
    """The first instant (UTC) that does not belong to it any more."""
    now = datetime.now(UTC)
    if isinstance(when, datetime):
        begins, ends = when, when.astimezone(UTC) + timedelta.resolution
    else:
        policies = await company.in_force(source)
        begins, ends = policies.begins(when), policies.begins(when + DAY)
    if begins > now:
        raise Invalid([FieldError("known_at", "is still to come: nothing is known then yet")])
    return ends
