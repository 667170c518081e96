"""Workflows room: one shard's customers and the segments' rules. It waits until one of them is due, or something is heard, and has those who are
due held against the rules; it ends when nobody will be due by itself.

It knows times alone. Who is due when stands in the database, and a run that begins asks there.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.segment.activities import SegmentActivities
    from workflows.segment.messages import SEGMENTS, EvaluateShard, Heard, NextDue, Shard

from workflows.engine.long_work import PATIENCE, is_long, work_on

AT_HAND = timedelta(seconds=5)
SILENT = timedelta(seconds=20)
"""A shard whose worker was killed stands still for so long."""


@workflow.defn(name=SEGMENTS)
class SegmentsWorkflow:
    @workflow.init
    def __init__(self, given: Shard) -> None:
        self._given = given
        self._heard = 0
        """How often it was woken."""

    @workflow.run
    async def run(self, given: Shard) -> None:
        while True:
            heard = self._heard
            due = await self._next_due()
            if due.due_at is None and self._heard == heard:
                return
            if due.due_at is not None and not await self._woken_before(due, heard):
                asked = EvaluateShard(given.shard, workflow.now())
                await work_on(SegmentActivities.evaluate, asked, silent=SILENT)
            if is_long(given.history_limit):
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(given)

    @workflow.signal
    def heard(self, _news: Heard) -> None:
        self._heard += 1

    async def _next_due(self) -> NextDue:
        return await workflow.execute_local_activity_method(
            SegmentActivities.next_due,
            self._given.shard,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENCE,
            local_retry_threshold=AT_HAND,
        )

    async def _woken_before(self, due: NextDue, heard: int) -> bool:
        """Whether there is news before somebody is due."""
        assert due.due_at is not None
        wait = due.due_at - workflow.now()
        if wait <= timedelta(0):
            return False
        try:
            await workflow.wait_condition(
                lambda: self._heard != heard or is_long(self._given.history_limit), timeout=wait
            )
        except TimeoutError:
            return False
        return True
