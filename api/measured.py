"""api: what a collector is told beside the requests — how promises fare, how far the followers are, what the last sweep found.

Read from the database when a collector asks, so every process tells the same. Numbers only, nothing personal.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.metrics import Metrics
from projections import agenda
from projections.paging import Source, fetch

FOLLOWERS = """
SELECT p.name, GREATEST(h.head - p.position, 0), p.error IS NOT NULL
  FROM app.follower_positions p, (SELECT COALESCE(max(position), 0) AS head FROM ledger.events) h
"""
LAST_SWEEP = (
    "SELECT to_jsonb(s)::text, extract(epoch FROM s.at)::float8 FROM app.sweeps s ORDER BY s.at DESC LIMIT 1"
)


async def measure(source: Source, told: Metrics) -> None:
    """Bring the gauges up to date."""
    health = await agenda.health(source)
    told.promises(live=health.live, lacking=health.lacking, overdue=health.overdue)
    for name, behind, stopped in await fetch(source, FOLLOWERS, []):
        told.follower(name, behind, stopped=stopped)
    for report, at in await fetch(source, LAST_SWEEP, []):
        counts: dict[str, Any] = msgspec.json.decode(report)
        told.sweep(at, {name: count for name, count in counts.items() if isinstance(count, int)})
