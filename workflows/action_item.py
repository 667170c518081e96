"""Workflows room: the clock of one action item, a promise of something else than a deal. What it says is in `activities/action_items.py`."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.activities.action_items import ActionItemActivities
    from workflows.loop_messages import ClockStopped, Run, Subject

from workflows.clock import Clock


@workflow.defn(name=Subject.ACTION_ITEM)
class ActionItemWorkflow(Clock):
    @workflow.init
    def __init__(self, given: Run) -> None:
        super().__init__(
            given, ActionItemActivities.look_at_action_item, ActionItemActivities.speak_for_action_item
        )

    @workflow.run
    async def run(self, given: Run) -> ClockStopped:
        return await self.run_until_over()
