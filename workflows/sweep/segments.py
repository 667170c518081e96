"""Workflows room: finding customers who are due to be held against the rules of segments and whom nobody looked at — and looking at some of whom
nothing is known to have changed.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from workflows.engine.delivery import Deliverer
from workflows.ports import RoomContext
from workflows.segment.activities import Checks
from workflows.segment.messages import wake
from workflows.sweep.messages import SweepAsk, SweepReport
from workflows.sweep.runs import Sweeping, correlation

GRACE = timedelta(minutes=5)
SOME = 100
"""Customers of a round, from its own random id on: what a lost piece of news left as it was is found in time."""


class SegmentSweepActivities(Sweeping):
    def __init__(self, context: RoomContext, deliverer: Deliverer, checks: Checks) -> None:
        super().__init__(context, deliverer)
        self._checks = checks

    @activity.defn
    async def ensure_segments(self, asked: SweepAsk) -> SweepReport:
        late = await self._checks.late(asked.now - GRACE)
        again = await self._checks.look_again(correlation(), SOME, asked.now)
        for shard in sorted({*late, *again}):
            activity.heartbeat()
            await wake(self._deliverer, shard)
        return SweepReport(unchecked=sum(late.values()))
