"""tests: the worker and the waker of webhooks beside an office, on a real Temporal."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from projections.ports.loads import LoadReads
from projections.ports.segments import SegmentEvaluation
from projections.ports.surveys import LastTouches, SurveyReads
from runtime.notices.sending import NoticeSender
from runtime.surveys.links import LinkKey
from runtime.surveys.mailing import SurveyMails
from runtime.webhooks.store import WebhookStore
from tests.webhooks.post import Post
from tests.workflows.figures import LedgerFigures
from tests.workflows.mailbox import Mailbox
from tests.workflows.world import Running, standing_still, until
from workflows.engine.delivery import Deliverer
from workflows.engine.queues import QUEUE_NAMES
from workflows.engine.store import WorkflowStore
from workflows.ports import RoomContext
from workflows.webhook.messages import webhook_workflow_id
from workflows.webhook.ports import WebhookContext
from workflows.webhook.waker import Waker
from workflows.worker_setup import make_webhook_worker, webhook_queue

STUCK, KEPT_FOR = 15.0, timedelta(seconds=11)
"""Seconds after which a clock that stands still may be why nothing happens; and a little more than a worker's task is kept for it."""
STEPS = (
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
)


@dataclass
class Sent:
    """`environment` None: real time."""

    post: Post
    client: Client
    queue: str
    environment: WorkflowEnvironment | None = None
    worker: Worker | None = None
    working: asyncio.Task[None] | None = None
    waker: Running | None = None

    @property
    def context(self) -> WebhookContext:
        ledger = self.post.office.ledger
        store = WorkflowStore(ledger.pool, QUEUE_NAMES)
        notices = NoticeSender(ledger.pool, ledger.load, {})
        room = RoomContext(
            self.post.office.handler,
            LoadReads(ledger.pool),
            store,
            LedgerFigures(ledger),
            notices,
            SegmentEvaluation(ledger.pool),
            SurveyMails(LinkKey(ledger.pool), Mailbox()),
            LastTouches(ledger.pool),
            SurveyReads(ledger.pool),
        )
        return WebhookContext(room, self.post.sending)

    def work(self) -> None:
        self.worker = make_webhook_worker(
            self.context, self.client, self.queue, sandboxed=True, grace=timedelta(seconds=1)
        )
        self.working = asyncio.create_task(self.worker.run())

    async def stop_working(self) -> None:
        if self.worker is not None and self.working is not None:
            await self.worker.shutdown()
            await self.working
            self.worker = self.working = None

    def wake(self) -> None:
        pool = self.post.office.ledger.pool
        deliverer = Deliverer(self.client, webhook_queue(self.queue))
        self.waker = Running(Waker(self.post.office.url, deliverer, WebhookStore(pool).to_wake).run)

    async def stop_waking(self) -> None:
        if self.waker is not None:
            await self.waker.stop()
            self.waker = None

    def workflow(self, id: UUID) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(webhook_workflow_id(id))

    async def status(self, id: UUID) -> WorkflowExecutionStatus | None:
        """Of the newest run; None where there never was one."""
        try:
            return (await self.workflow(id).describe()).status
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def pass_by(self, id: UUID, time: timedelta) -> None:
        """Of the workflow's clock, once it waits. While that stands still nothing of the server's runs out, such as its wait for a worker
        that a task was kept for and that does not take it: then a little time passes.
        """
        environment, clock = self.environment, asyncio.get_running_loop().time
        assert environment is not None
        stuck = clock() + STUCK

        async def waits() -> bool:
            nonlocal stuck
            history = await self.workflow(id).fetch_history()
            last = max(history.events, key=lambda event: (event.event_type in STEPS, event.event_id))
            if last.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
                return True
            if clock() > stuck:
                stuck = clock() + STUCK
                await environment.fast_forward(self.workflow(id), KEPT_FOR)
            return False

        await until(waits)
        await environment.fast_forward(self.workflow(id), time)


@contextlib.asynccontextmanager
async def sending(
    post: Post, client: Client, environment: WorkflowEnvironment | None = None
) -> AsyncIterator[Sent]:
    made = Sent(post, client, f"tests-{uuid.uuid4()}", environment)
    with standing_still(environment):
        made.work()
        made.wake()
        try:
            yield made
        finally:
            await made.stop_waking()
            await made.stop_working()
