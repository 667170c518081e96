"""Projections room: where every read model stands, who follows it, and what stopped it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from projections.engine.catalog import ALL
from projections.engine.paging import Source, fetch
from projections.engine.positions import FOLLOWERS, LIVE, lock_key, unread
from projections.engine.tables import SCHEMA

STANDING = f"""
SELECT p.name, p.status, p.position, h.head, p.error, p.generation, p.updated_at,
       EXISTS (SELECT FROM {SCHEMA}.positions n WHERE n.name = p.name AND n.suffix <> p.suffix)
  FROM {SCHEMA}.positions p, (SELECT COALESCE(max(position), 0) AS head FROM ledger.events) h
 WHERE p.suffix = %s
"""
# Classes and keys are shown as unsigned numbers.
HOLDERS = """
SELECT l.objid::int8, l.pid, a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objsubid = 2
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

SHAPES = f"SELECT name, shape FROM {SCHEMA}.positions WHERE suffix = %s"


class ProjectionStatus(msgspec.Struct):
    """`status` is live, catching-up, stopped (`error` says at which position and why) or missing (not installed).
    `lag` counts positions behind the ledger's head. `owner` is the process that follows it, `pid` its database
    session; None when nobody does. `rebuilding`: a rebuild is on its way, or a killed one left its tables.
    """

    name: str
    status: str
    position: int
    head: int
    lag: int
    error: str | None
    owner: str | None
    pid: int | None
    generation: int
    rebuilding: bool
    updated_at: datetime | None


async def status(source: Source) -> list[ProjectionStatus]:
    """Every read model, in the order of the catalog."""
    standing = {row[0]: row for row in await fetch(source, STANDING, [LIVE])}
    holders = {key: (pid, owner) for key, pid, owner in await fetch(source, HOLDERS, [FOLLOWERS])}
    return [_status(p.name, standing.get(p.name), holders.get(lock_key(p.name) % 2**32)) for p in ALL]


async def outdated(source: Source) -> list[str]:
    """The read models whose tables have another shape than this release's, or that were not told of all that they read now."""
    held = dict(await fetch(source, SHAPES, [LIVE]))
    return [
        one.name for one in ALL if held.get(one.name, one.shape()) != one.shape() or await unread(source, one)
    ]


def _status(
    name: str,
    row: tuple[str, str, int, int, str | None, int, datetime, bool] | None,
    holder: tuple[int, str] | None,
) -> ProjectionStatus:
    pid, owner = holder or (None, None)
    if row is None:
        return ProjectionStatus(name, "missing", 0, 0, 0, None, owner, pid, 0, False, None)
    _, state, position, head, error, generation, updated_at, rebuilding = row
    return ProjectionStatus(
        name, state, position, head, head - position, error, owner, pid, generation, rebuilding, updated_at
    )
