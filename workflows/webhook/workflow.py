"""Workflows room: the workflow of an endpoint. It has deliveries made while there are any, waits for what is held back to be due, and ends
when nothing comes for a while: whoever finds something to send starts it again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.webhook.activities import WebhookActivities
    from workflows.webhook.messages import (
        WOKEN,
        WORKFLOW,
        RoundAsked,
        RoundMade,
        Sending,
        SwitchingOff,
        Woken,
    )

from workflows.engine.long_work import PATIENCE, is_long

AT_MOST, SILENT = timedelta(minutes=2), timedelta(seconds=10)
"""Of a round; one that says nothing for so long is made anew elsewhere."""
IDLE = timedelta(hours=1)


@workflow.defn(name=WORKFLOW)
class WebhookWorkflow:
    @workflow.init
    def __init__(self, given: Sending) -> None:
        self._given = given
        self._woken = True

    @workflow.run
    async def run(self, given: Sending) -> None:
        again_at: datetime | None = None
        while await self._has_to(again_at):
            made = await self._round()
            if made.off is not None:
                await self._switch_off(made, made.off)
            self._woken = self._woken or made.more
            again_at = made.again_at
            if (made.over or made.off is not None) and not self._woken:
                return
            if is_long(given.history_limit):
                workflow.continue_as_new(given)

    @workflow.signal(name=WOKEN)
    def woken(self, _news: Woken) -> None:
        self._woken = True

    async def _has_to(self, again_at: datetime | None) -> bool:
        """Wait until there is something to do; False: nothing came."""
        wait = IDLE if again_at is None else again_at - workflow.now()
        if self._woken or wait <= timedelta(0):
            return True
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=wait)
        except TimeoutError:
            return again_at is not None
        return True

    async def _round(self) -> RoundMade:
        self._woken = False
        return await workflow.execute_activity_method(
            WebhookActivities.send_webhooks,
            RoundAsked(self._given.endpoint_id, workflow.now()),
            start_to_close_timeout=AT_MOST,
            heartbeat_timeout=SILENT,
            retry_policy=PATIENCE,
        )

    async def _switch_off(self, made: RoundMade, reason: str) -> None:
        await workflow.execute_activity_method(
            WebhookActivities.switch_off_webhook,
            SwitchingOff(
                self._given.endpoint_id, workflow.now(), reason, made.status, made.since, made.generation
            ),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENCE,
        )
