"""Projections room: the events of deals, leads and cases as they lie in the ledger, stream after stream, in one snapshot.

Which streams they are is said by the lists, caught in the snapshot: what a list would show is in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from psycopg import AsyncServerCursor

from projections.engine.snapshot import Snapshot
from projections.event_log.mapping import Row, utc

NOTED = ("deal.import-noted", "lead.import-noted")
"""What imports know a row again by: nothing that happened to a deal or a lead."""
AT = """to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = (
    f"e.position, e.stream_id::text, e.topic, e.schema_version, e.data::text, e.meta::text, {AT}, e.version"
)
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
ID_OF = {"deal": "deal_id", "lead": "lead_id", "case": "case_id"}


@dataclass(frozen=True)
class Period:
    """When it was that events happened: from `since` on, before `until`."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def begins(self) -> str:
        """As times of events are written."""
        return "" if self.since is None else utc(self.since.isoformat())


stream_of = itemgetter(1)


async def ids_in(snapshot: Snapshot, kind: str, query: str) -> str:
    """The ids of what a caught list lists, as a query."""
    found = await snapshot.execute(f"SELECT * FROM ({query}) q LIMIT 0".encode())
    if [one.name for one in found.description or ()] == ["body"]:
        return f"SELECT (body::jsonb->>'{ID_OF[kind]}')::uuid FROM ({query}) q"
    return f"SELECT {ID_OF[kind]} FROM ({query}) q({ID_OF[kind]})"


async def streams(
    snapshot: Snapshot, ids: Iterable[str], period: Period
) -> AsyncIterator[Sequence[Sequence[Row]]]:
    """What happened before the period's end, some streams at a time, each from its beginning. While they are looked at the next are fetched."""
    query = OF_STREAMS.format(streams=" UNION ".join(ids))
    async with AsyncServerCursor(snapshot, "event_log") as cursor:
        await cursor.execute(
            query.replace("%", "%%").replace("%%(until)s", "%(until)s").encode(), {"until": period.until}
        )
        left: list[Row] = []
        coming = asyncio.create_task(cursor.fetchmany(AT_ONCE))
        try:
            while rows := await coming:
                coming = asyncio.create_task(cursor.fetchmany(AT_ONCE))
                whole, left = _whole([*left, *rows])
                if whole:
                    yield _by_stream(whole)
        finally:
            coming.cancel()
            await asyncio.wait([coming])
        if left:
            yield [left]


def _whole(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The streams that ended, and what is there of the last."""
    ends, last = len(rows), stream_of(rows[-1])
    while ends and stream_of(rows[ends - 1]) == last:
        ends -= 1
    return rows[:ends], rows[ends:]


def _by_stream(rows: Iterable[Row]) -> list[list[Row]]:
    return [[*stream] for _, stream in groupby(rows, stream_of)]


async def of_objects(
    snapshot: Snapshot, ids: Collection[UUID], period: Period
) -> AsyncIterator[Sequence[Sequence[Row]]]:
    """The same of streams that are named, such as customers' and reps'."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        given = {"ids": ordered[start : start + AT_ONCE], "until": period.until}
        yield _by_stream(await (await snapshot.execute(OF_OBJECTS.encode(), given)).fetchall())
