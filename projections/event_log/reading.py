"""Projections room: the events of deals, leads and cases as they lie in the ledger, stream after stream, in one snapshot.

Which streams they are is said by the lists, caught in the snapshot: what a list would show is in the log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from psycopg import AsyncServerCursor

from domain.engine.facts import Fact
from domain.engine.undoing import marks, standing
from projections.engine.snapshot import Snapshot
from projections.event_log.mapping import Event, Instant, Object, Row, Value
from projections.event_log.topics import event_of
from runtime.codec import decode_fact

NOTED = ("deal.import-noted", "lead.import-noted")
"""What imports know a row again by: nothing that happened to a deal or a lead."""
AT = """to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = f"e.position, e.stream_id, e.topic, e.schema_version, e.data::text, e.meta::text, {AT}, e.version"
OF_STREAMS = f"""
SELECT {COLUMNS} FROM ledger.events e
 WHERE e.stream_id IN ({{streams}}) AND e.occurred_at < COALESCE(%(until)s::timestamptz, 'infinity') AND e.topic NOT IN {NOTED}
 ORDER BY e.stream_id, e.version
"""
OF_OBJECTS = f"""
SELECT {COLUMNS} FROM ledger.events e
 WHERE e.stream_id = ANY(%(ids)s) AND e.occurred_at < COALESCE(%(until)s::timestamptz, 'infinity') AND e.topic NOT IN {NOTED}
 ORDER BY e.stream_id, e.version
"""
AT_ONCE = 1_000
DEALS = "deal"
_marks = cache(marks)
ID_OF = {"deal": "deal_id", "lead": "lead_id", "case": "case_id"}


@dataclass(frozen=True)
class Period:
    """When it was that events happened: from `since` on, before `until`."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: Instant) -> bool:
        since, until = self._bounds
        return since <= at < until

    @cached_property
    def _bounds(self) -> tuple[str, str]:
        return (
            "" if self.since is None else Instant.of(self.since.isoformat()),
            "~" if self.until is None else Instant.of(self.until.isoformat()),
        )


async def ids_in(snapshot: Snapshot, kind: str, query: str) -> str:
    """The ids of what a caught list lists, as a query."""
    found = await snapshot.execute(f"SELECT * FROM ({query}) q LIMIT 0".encode())
    if [one.name for one in found.description or ()] == ["body"]:
        return f"SELECT (body::jsonb->>'{ID_OF[kind]}')::uuid FROM ({query}) q"
    return f"SELECT {ID_OF[kind]} FROM ({query}) q({ID_OF[kind]})"


async def streams(
    snapshot: Snapshot, ids: Iterable[str], period: Period
) -> AsyncIterator[Sequence[Sequence[Row]]]:
    """What happened before the period's end, some streams at a time, each from its beginning."""
    query = OF_STREAMS.format(streams=" UNION ".join(ids))
    async with AsyncServerCursor(snapshot, "event_log") as cursor:
        await cursor.execute(
            query.replace("%", "%%").replace("%%(until)s", "%(until)s").encode(), {"until": period.until}
        )
        left: list[Row] = []
        while rows := await cursor.fetchmany(AT_ONCE):
            left += [Row(*row) for row in rows]
            last = left[-1].stream_id
            whole = [row for row in left if row.stream_id != last]
            left = [row for row in left if row.stream_id == last]
            if whole:
                yield [[*stream] for _, stream in groupby(whole, attrgetter("stream_id"))]
        if left:
            yield [left]


async def of_objects(
    snapshot: Snapshot, ids: Collection[UUID], period: Period
) -> AsyncIterator[Sequence[Sequence[Row]]]:
    """The same of streams that are named, such as customers' and reps'."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        given = {"ids": ordered[start : start + AT_ONCE], "until": period.until}
        rows = [Row(*row) for row in await (await snapshot.execute(OF_OBJECTS.encode(), given)).fetchall()]
        yield [[*stream] for _, stream in groupby(rows, attrgetter("stream_id"))]


def within(rows: Sequence[Row], period: Period) -> tuple[list[Event], list[Event]]:
    """All that is told of a stream, but for what an undone import took back, and of it what happened in the period."""
    told = [event_of(row) for row in _standing(rows)]
    return told, [event for event in told if period.holds(event.at)]


def _standing(rows: Sequence[Row]) -> Sequence[Row]:
    if not any(row.topic in _marks() for row in rows):
        return rows
    return standing(rows, _mark, attrgetter("version"))


def _mark(row: Row) -> Fact | None:
    return decode_fact(row.topic, row.schema_version, row.data) if row.topic in _marks() else None


def latest(events: Iterable[Event], about: Object) -> Mapping[str, Value]:
    """What an object is like after these."""
    return {one.name: one.value for event in events for one in event.changes if one.object == about}
