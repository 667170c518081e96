"""api: what a collector is told beside the requests — how promises fare, how far the followers are, what the last sweep found.

Read from the database when a collector asks, so every process tells the same. Numbers only, nothing personal.
"""

from __future__ import annotations

from api.engine.metrics import Metrics
from projections.deal import agenda
from projections.engine.paging import Source
from projections.engine.workflow_followers import followers, last_sweep, overdue_notices, webhooks


async def measure(source: Source, told: Metrics) -> None:
    """Bring the gauges up to date."""
    health = await agenda.health(source)
    told.promises(live=health.live, lacking=health.lacking, overdue=health.overdue)
    for one in await followers(source):
        told.follower(one.name, one.behind, stopped=one.failing)
    told.notices(overdue=await overdue_notices(source))
    told.webhooks(*await webhooks(source))
    sweep = await last_sweep(source)
    if sweep is not None:
        told.sweep(sweep.at, sweep.found)
