"""Workflows room: how the workflows and their activities are put to work, the same in the worker, in tests and in replays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.worker import (
    PollerBehavior,
    PollerBehaviorAutoscaling,
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.action_item import ActionItemWorkflow
from workflows.activities.action_items import ActionItemActivities
from workflows.activities.adjustments import AdjustmentActivities
from workflows.activities.arming_sweeps import ArmingSweepActivities
from workflows.activities.clock_sweeps import ClockSweepActivities
from workflows.activities.cycles import CycleActivities
from workflows.activities.desk import Desk
from workflows.activities.handovers import HandoverActivities
from workflows.activities.meetings import MeetingActivities
from workflows.activities.pack_sweeps import PackSweepActivities
from workflows.activities.rollouts import RolloutActivities
from workflows.activities.successions import SuccessionActivities
from workflows.activities.sweeps import SweepActivities
from workflows.activities.timers import TimerActivities
from workflows.adjustment import AdjustmentWorkflow
from workflows.cycle import CycleWorkflow
from workflows.delivery import Deliverer
from workflows.follow_up import FollowUpWorkflow
from workflows.handover import ManagerHandoverWorkflow, RepHandoverWorkflow
from workflows.meeting import MeetingScheduleWorkflow, MeetingWorkflow
from workflows.messages import Handover, Sweep
from workflows.rollout import PolicyRolloutWorkflow
from workflows.sweep import SweepWorkflow

WORKFLOWS: Sequence[type] = (
    FollowUpWorkflow,
    PolicyRolloutWorkflow,
    RepHandoverWorkflow,
    ManagerHandoverWorkflow,
    SweepWorkflow,
    CycleWorkflow,
    ActionItemWorkflow,
    AdjustmentWorkflow,
    MeetingScheduleWorkflow,
    MeetingWorkflow,
)
PASSED_THROUGH = (
    "domain",
    "workflows.activities",
    "workflows.messages",
    "workflows.loop_messages",
    "workflows.ports",
    "eventsourcing",
)
SWEEP_EVERY = timedelta(minutes=15)
GRACE = timedelta(seconds=10)
"""How long activities may finish when the worker is told to stop; what does not is repeated elsewhere."""

AT_ONCE = 32
"""Workflow tasks in hand. A follow-up speaks from within its task, which the server takes back after ten seconds: on a machine
where a hundred (the SDK's own number) took longer than that, much was done twice. What is not in hand yet is still in order.
"""
POLLS: PollerBehavior = PollerBehaviorSimpleMaximum(16)
FOR_ANYBODY = 0.5
"""The share of the polls that ask for runs no worker knows yet; the others ask for those this one knows. An open poll holds one of
the places above until it is answered. Their number is fixed: scaled by the server's advice, 31 of 32 stood waiting for new runs
while those that fell due came one by one.
"""


def sandbox() -> SandboxedWorkflowRunner:
    """Definitions run sandboxed; values and activity references are shared, loaded once."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


def activities(desk: Desk, deliverer: Deliverer) -> list[Callable[..., Any]]:
    timers, rollouts, handovers = TimerActivities(desk), RolloutActivities(desk), HandoverActivities(desk)
    cycles, items = CycleActivities(desk), ActionItemActivities(desk)
    successions = SuccessionActivities(desk)
    adjustments, meetings = AdjustmentActivities(desk), MeetingActivities(desk)

    async def hand_over_again(handover: Handover) -> None:
        await deliverer.hand_over(handover, WorkflowIDReusePolicy.ALLOW_DUPLICATE)

    clocks = ClockSweepActivities(desk, deliverer.client, deliverer.send)
    armings = ArmingSweepActivities(desk, deliverer.client, deliverer.send)
    packs = PackSweepActivities(desk)
    sweeps = SweepActivities(desk, deliverer.client, deliverer.send, hand_over_again)
    return [
        *(timers.look, timers.tell, timers.choose_heir, timers.reassign, timers.tell_again),
        rollouts.rearm_page,
        *(cycles.look_at_cycle, cycles.speak_for_cycle),
        *(items.look_at_action_item, items.speak_for_action_item),
        *(adjustments.look_at_adjustment, adjustments.speak_for_adjustment),
        *(meetings.look_at_schedule, meetings.speak_for_schedule),
        *(meetings.look_at_meeting, meetings.speak_for_meeting),
        *(handovers.plan_handover, handovers.hand_over),
        *(successions.hand_over_owed, successions.succeed),
        *(sweeps.ensure_promises, sweeps.ensure_timers, sweeps.ensure_owners, sweeps.report_sweep),
        *(clocks.ensure_clocks, armings.ensure_armed, packs.keep_packs),
    ]


def make_worker(
    desk: Desk, deliverer: Deliverer, *, sandboxed: bool = False, grace: timedelta = GRACE
) -> Worker:
    """A worker on the deliverer's client and task queue, not yet running.

    The sandbox finds what is not deterministic, and loads the definition anew for every run, which is half of
    a worker's time. So tests run in it, and the import rules and recorded histories guard what is served.
    """
    return Worker(
        deliverer.client,
        task_queue=deliverer.task_queue,
        workflows=WORKFLOWS,
        activities=activities(desk, deliverer),
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=AT_ONCE,
        max_concurrent_local_activities=AT_ONCE,
        workflow_task_poller_behavior=POLLS,
        nonsticky_to_sticky_poll_ratio=FOR_ANYBODY,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=grace,
    )


async def schedule_sweep(client: Client, task_queue: str, every: timedelta = SWEEP_EVERY) -> None:
    """Have the sweep run every so often. Whoever comes first makes the schedule; one that was made for another task queue or
    pace, by other settings or an earlier release, becomes this one.
    """
    action = ScheduleActionStartWorkflow(SweepWorkflow.run, Sweep(), id="sweep", task_queue=task_queue)
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule("sweep", schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle("sweep").update(lambda _known: ScheduleUpdate(schedule))
