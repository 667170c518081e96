"""Workflows room: the clock of one adjustment: it freezes the baseline, measures at the horizon, and asks until it is decided.

What it says is in `activities/adjustments.py`.
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.activities.adjustments import AdjustmentActivities
    from workflows.loop_messages import ClockStopped, Run, Subject

from workflows.clock import Clock


@workflow.defn(name=Subject.ADJUSTMENT)
class AdjustmentWorkflow(Clock):
    @workflow.init
    def __init__(self, given: Run) -> None:
        super().__init__(
            given, AdjustmentActivities.look_at_adjustment, AdjustmentActivities.speak_for_adjustment
        )

    @workflow.run
    async def run(self, given: Run) -> ClockStopped:
        return await self.run_until_over()
