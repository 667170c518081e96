"""Workflows room: how the workflows and their activities are put to work, the same in the worker, in tests and in replays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
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
from temporalio.worker import (
    PollerBehavior,
    PollerBehaviorAutoscaling,
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.deal import messages as deal_messages
from workflows.deal.activities import FollowUpActivities
from workflows.deal.follow_up import FollowUpWorkflow
from workflows.engine import messages as engine_messages
from workflows.engine.activity_context import Executed
from workflows.engine.deadline_activities import deadline_activities
from workflows.engine.deadline_workflow import DeadlineWorkflow
from workflows.engine.delivery import Deliverer
from workflows.engine.dispatcher import Dispatcher
from workflows.engine.queues import QUEUES, Queue
from workflows.engine.store import WorkflowStore
from workflows.news import TOPICS, news_of
from workflows.notification import messages as notification_messages
from workflows.notification.activities import NotificationActivities
from workflows.notification.follower import NoticeFollower, Store
from workflows.notification.workflow import NotificationWorkflow
from workflows.people import messages as people_messages
from workflows.people.handover import ManagerHandoverWorkflow, RepHandoverWorkflow
from workflows.people.handover_activities import HandoverActivities
from workflows.people.succession_activities import SuccessionActivities
from workflows.policy import messages as policy_messages
from workflows.policy.activities import RolloutActivities
from workflows.policy.rollout import PolicyRolloutWorkflow
from workflows.ports import RoomContext
from workflows.segment import messages as segment_messages
from workflows.segment.activities import SegmentActivities
from workflows.segment.follower import SegmentFollower
from workflows.segment.follower import Store as SegmentStore
from workflows.segment.workflow import SegmentsWorkflow
from workflows.sweep import messages as sweep_messages
from workflows.sweep.activities import SweepActivities
from workflows.sweep.armings import ArmingSweepActivities
from workflows.sweep.deadlines import DeadlineSweepActivities
from workflows.sweep.messages import Sweep
from workflows.sweep.notices import NoticeSweepActivities
from workflows.sweep.revisits import RevisitSweepActivities
from workflows.sweep.segments import SegmentSweepActivities
from workflows.sweep.surveys import SurveySweepActivities
from workflows.sweep.workflow import SweepWorkflow
from workflows.webhook import messages as webhook_messages
from workflows.webhook.activities import WebhookActivities
from workflows.webhook.ports import WebhookContext
from workflows.webhook.workflow import WebhookWorkflow

WORKFLOWS: Sequence[type] = (
    FollowUpWorkflow,
    PolicyRolloutWorkflow,
    RepHandoverWorkflow,
    ManagerHandoverWorkflow,
    SweepWorkflow,
    DeadlineWorkflow,
    NotificationWorkflow,
    SegmentsWorkflow,
)
MESSAGES = (
    engine_messages,
    deal_messages,
    people_messages,
    policy_messages,
    sweep_messages,
    notification_messages,
    segment_messages,
    webhook_messages,
)
WEBHOOK_WORKFLOWS: Sequence[type] = (WebhookWorkflow,)
PASSED_THROUGH = ("domain", "eventsourcing", *(module.__name__ for module in MESSAGES))
"""Values and messages, loaded once and shared, like the activities that definitions name."""
SWEEP_EVERY = timedelta(minutes=15)
WEBHOOKS_AT_ONCE = 16
"""Endpoints that are sent to at a time. They have a task queue and a worker of their own: receivers that are slow take no places of promises."""
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


def message_types() -> list[type]:
    """Everything that workflows are told, ask and answer."""
    return [
        Executed,
        *(
            kind
            for module in MESSAGES
            for kind in vars(module).values()
            if is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__
        ),
    ]


def activities(context: RoomContext, deliverer: Deliverer) -> list[Callable[..., Any]]:
    follow_ups, handovers = FollowUpActivities(context), HandoverActivities(context)
    successions, sweeps = SuccessionActivities(context), SweepActivities(context, deliverer)
    notifications = NotificationActivities(context, context.notices)
    segments = SegmentActivities(context, context.segments)
    return [
        *(follow_ups.look, follow_ups.tell, follow_ups.choose_heir, follow_ups.reassign),
        follow_ups.tell_again,
        RolloutActivities(context).rearm_page,
        *(handovers.plan_handover, handovers.hand_over),
        *(successions.hand_over_owed, successions.succeed),
        *(sweeps.ensure_promises, sweeps.ensure_timers, sweeps.ensure_owners, sweeps.report_sweep),
        sweeps.keep_packs,
        DeadlineSweepActivities(context, deliverer).ensure_clocks,
        ArmingSweepActivities(context, deliverer).ensure_armed,
        RevisitSweepActivities(context, deliverer).ensure_revisits,
        *(notifications.plan, notifications.deliver),
        NoticeSweepActivities(context, deliverer, context.notices).ensure_notices,
        *(segments.next_due, segments.evaluate),
        SegmentSweepActivities(context, deliverer, context.segments.checks).ensure_segments,
        SurveySweepActivities(context, deliverer, context.happened).ensure_invitations,
        *deadline_activities(context),
    ]


def make_worker(
    context: RoomContext, deliverer: Deliverer, *, sandboxed: bool = False, grace: timedelta = GRACE
) -> Worker:
    """A worker on the deliverer's client and task queue, not yet running.

    The sandbox finds what is not deterministic, and loads the definition anew for every run, which is half of
    a worker's time. So tests run in it, and the import rules and recorded histories guard what is served.
    """
    return Worker(
        deliverer.client,
        task_queue=deliverer.task_queue,
        workflows=WORKFLOWS,
        activities=activities(context, deliverer),
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=AT_ONCE,
        max_concurrent_local_activities=AT_ONCE,
        workflow_task_poller_behavior=POLLS,
        nonsticky_to_sticky_poll_ratio=FOR_ANYBODY,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=grace,
    )


def webhook_queue(task_queue: str) -> str:
    return f"{task_queue}-webhooks"


def make_webhook_worker(
    room: WebhookContext,
    client: Client,
    task_queue: str,
    *,
    sandboxed: bool = False,
    grace: timedelta = GRACE,
) -> Worker:
    """On the queue of webhooks beside `task_queue`, not yet running."""
    sending = WebhookActivities(room)
    return Worker(
        client,
        task_queue=webhook_queue(task_queue),
        workflows=WEBHOOK_WORKFLOWS,
        activities=[sending.send_webhooks, sending.switch_off_webhook],
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=WEBHOOKS_AT_ONCE,
        max_concurrent_activities=WEBHOOKS_AT_ONCE,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(2),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(2),
        graceful_shutdown_timeout=grace,
    )


def make_dispatcher(
    url: str, store: WorkflowStore, deliverer: Deliverer, queues: Sequence[Queue] = QUEUES
) -> Dispatcher:
    return Dispatcher(url, store, deliverer, news_of, TOPICS, queues)


def make_notice_follower(url: str, store: Store, deliverer: Deliverer) -> NoticeFollower:
    return NoticeFollower(url, store, deliverer)


def make_segment_follower(url: str, store: SegmentStore, deliverer: Deliverer) -> SegmentFollower:
    return SegmentFollower(url, store, deliverer)


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
