"""Workflows room: one receiver's notices. It waits until something is due, or new, and has it sent; it ends when nothing is open.

What is open, what is still true and what became of a try stands in the database.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.notification.activities import NotificationActivities
    from workflows.notification.messages import NOTIFICATIONS, Deliver, Receiver, Woken

from workflows.engine.due_work import DueWork, ask
from workflows.engine.long_work import PATIENCE

LONGEST = timedelta(minutes=10)
LIFE = timedelta(seconds=30)
"""A worker that gives no sign for so long is gone, and what it was sending is sent by another one."""


@workflow.defn(name=NOTIFICATIONS)
class NotificationWorkflow:
    @workflow.init
    def __init__(self, given: Receiver) -> None:
        self._work = DueWork(given)

    @workflow.run
    async def run(self, given: Receiver) -> None:
        plan = partial(ask, NotificationActivities.plan, given.account_id)
        await self._work.go_on(plan, partial(self._deliver, given.account_id))

    @workflow.signal
    def woken(self, _news: Woken) -> None:
        self._work.hear()

    async def _deliver(self, account_id: UUID) -> None:
        await workflow.execute_activity_method(
            NotificationActivities.deliver,
            Deliver(account_id, workflow.now()),
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=LIFE,
            retry_policy=PATIENCE,
        )
