"""Workflows room: the clock of a schedule of meetings, which calls one after the other, and that of one meeting, until nothing of it is
owed. What they say is in `activities/meetings.py`.
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.activities.meetings import MeetingActivities
    from workflows.loop_messages import ClockStopped, Run, Subject

from workflows.clock import Clock


@workflow.defn(name=Subject.MEETING_SCHEDULE)
class MeetingScheduleWorkflow(Clock):
    @workflow.init
    def __init__(self, given: Run) -> None:
        super().__init__(given, MeetingActivities.look_at_schedule, MeetingActivities.speak_for_schedule)

    @workflow.run
    async def run(self, given: Run) -> ClockStopped:
        return await self.run_until_over()


@workflow.defn(name=Subject.MEETING)
class MeetingWorkflow(Clock):
    @workflow.init
    def __init__(self, given: Run) -> None:
        super().__init__(given, MeetingActivities.look_at_meeting, MeetingActivities.speak_for_meeting)

    @workflow.run
    async def run(self, given: Run) -> ClockStopped:
        return await self.run_until_over()
