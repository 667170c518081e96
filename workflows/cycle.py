"""Workflows room: the clock of one cycle, from its opening to its end. What it says is in `activities/cycles.py`.

People who are late are reminded and escalated and hold nothing up: execution starts, check-ins take place, the review opens, the next
target is proposed and the next period's cycle is opened, each at its time.
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.activities.cycles import CycleActivities
    from workflows.loop_messages import ClockStopped, Run, Subject

from workflows.clock import Clock


@workflow.defn(name=Subject.CYCLE)
class CycleWorkflow(Clock):
    @workflow.init
    def __init__(self, given: Run) -> None:
        super().__init__(given, CycleActivities.look_at_cycle, CycleActivities.speak_for_cycle)

    @workflow.run
    async def run(self, given: Run) -> ClockStopped:
        return await self.run_until_over()
