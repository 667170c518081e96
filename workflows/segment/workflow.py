"""Workflows room: one shard's customers and the segments' rules. It waits until one of them is due, or something is heard, and has those who are
due held against the rules; it ends when nobody will be due by itself.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.segment.activities import SegmentActivities
    from workflows.segment.messages import SEGMENTS, EvaluateShard, Heard, Shard

from workflows.engine.due_work import DueWork, ask
from workflows.engine.long_work import work_on

SILENT = timedelta(seconds=20)
"""A shard whose worker was killed stands still for so long."""


@workflow.defn(name=SEGMENTS)
class SegmentsWorkflow:
    @workflow.init
    def __init__(self, given: Shard) -> None:
        self._work = DueWork(given)

    @workflow.run
    async def run(self, given: Shard) -> None:
        next_due = partial(ask, SegmentActivities.next_due, given.shard)
        await self._work.go_on(next_due, partial(self._evaluate, given.shard))

    @workflow.signal
    def heard(self, _news: Heard) -> None:
        self._work.hear()

    async def _evaluate(self, shard: int) -> None:
        await work_on(SegmentActivities.evaluate, EvaluateShard(shard, workflow.now()), silent=SILENT)
