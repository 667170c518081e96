"""Workflows room: one receiver's notices. It waits until something is due, or new, and has it sent; it ends when nothing is open.

It knows times alone. What is open, what is still true and what became of a try stands in the database, and a run that begins asks there.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.notification.activities import NotificationActivities
    from workflows.notification.messages import NOTIFICATIONS, Deliver, Plan, Receiver, Woken

from workflows.engine.long_work import PATIENCE, is_long

AT_HAND = timedelta(seconds=5)
LONGEST = timedelta(minutes=10)
LIFE = timedelta(seconds=30)
"""A worker that gives no sign for so long is gone, and what it was sending is sent by another one."""


@workflow.defn(name=NOTIFICATIONS)
class NotificationWorkflow:
    @workflow.init
    def __init__(self, given: Receiver) -> None:
        self._given = given
        self._heard = 0
        """How often it was woken."""

    @workflow.run
    async def run(self, given: Receiver) -> None:
        while True:
            heard = self._heard
            plan = await self._plan()
            if plan.due_at is None and self._heard == heard:
                return
            if plan.due_at is not None and not await self._woken_before(plan, heard):
                await self._deliver()
            if is_long(given.history_limit):
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(given)

    @workflow.signal
    def woken(self, _news: Woken) -> None:
        self._heard += 1

    async def _plan(self) -> Plan:
        return await workflow.execute_local_activity_method(
            NotificationActivities.plan,
            self._given.account_id,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENCE,
            local_retry_threshold=AT_HAND,
        )

    async def _deliver(self) -> None:
        await workflow.execute_activity_method(
            NotificationActivities.deliver,
            Deliver(self._given.account_id, workflow.now()),
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=LIFE,
            retry_policy=PATIENCE,
        )

    async def _woken_before(self, plan: Plan, heard: int) -> bool:
        """Whether there is news before something is due."""
        assert plan.due_at is not None
        wait = plan.due_at - workflow.now()
        if wait <= timedelta(0):
            return False
        try:
            await workflow.wait_condition(
                lambda: self._heard != heard or is_long(self._given.history_limit), timeout=wait
            )
        except TimeoutError:
            return False
        return True
