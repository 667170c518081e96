"""Projections room: how far the followers of the workflows are, and what the last sweep found. Tables of theirs, read only."""

from __future__ import annotations

from typing import Any

import msgspec

from projections.engine.paging import Source, fetch

FOLLOWERS = """
SELECT p.name, GREATEST(h.head - p.position, 0), p.error IS NOT NULL
  FROM app.follower_positions p, (SELECT COALESCE(max(position), 0) AS head FROM ledger.events) h
"""
OVERDUE = """
SELECT count(*) FROM app.notices
 WHERE state IN ('waiting', 'sending') AND due_at < now() - interval '5 minutes'
"""
WEBHOOKS = """
SELECT s.state, count(w.id) FROM (VALUES ('active'), ('paused'), ('switched-off')) s(state)
  LEFT JOIN app.webhook_endpoints w ON w.state = s.state GROUP BY s.state
"""
HELD = "SELECT count(*) FROM app.webhook_held"
LAST_SWEEP = (
    "SELECT extract(epoch FROM s.at)::float8, to_jsonb(s)::text FROM app.sweeps s ORDER BY s.at DESC LIMIT 1"
)


class FollowerStatus(msgspec.Struct):
    """`behind` is in events; `failing`: its last try did."""

    name: str
    behind: int
    failing: bool


class SweepStatus(msgspec.Struct):
    """`at` in seconds since 1970; `found` counts by kind."""

    at: float
    found: dict[str, int]


async def followers(source: Source) -> list[FollowerStatus]:
    return [FollowerStatus(*row) for row in await fetch(source, FOLLOWERS, [])]


async def overdue_notices(source: Source) -> int:
    """That should have been sent minutes ago: their receivers' workflows, or the servers of a channel, are away."""
    ((count,),) = await fetch(source, OVERDUE, [])
    return int(count)


async def webhooks(source: Source) -> tuple[dict[str, int], int]:
    """How many endpoints are in each state; and how many streams wait for an event that was not taken."""
    states = {state: int(count) for state, count in await fetch(source, WEBHOOKS, [])}
    ((held,),) = await fetch(source, HELD, [])
    return states, int(held)


async def last_sweep(source: Source) -> SweepStatus | None:
    for at, report in await fetch(source, LAST_SWEEP, []):
        counts: dict[str, Any] = msgspec.json.decode(report)
        return SweepStatus(at, {name: count for name, count in counts.items() if isinstance(count, int)})
    return None
