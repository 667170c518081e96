"""Workflows room: the activities of webhooks — a round of deliveries, and the end of an endpoint that takes nothing."""

from __future__ import annotations

import asyncio

from temporalio import activity

from domain.webhook import OffReason, SwitchOffWebhook
from workflows.engine.activity_context import Cause
from workflows.webhook.messages import RoundAsked, RoundMade, SwitchingOff
from workflows.webhook.ports import WebhookContext

BEAT = 2.0


class WebhookActivities:
    def __init__(self, room: WebhookContext) -> None:
        self._sending = room.sending
        self._context = room.context

    @activity.defn
    async def send_webhooks(self, asked: RoundAsked) -> RoundMade:
        beating = asyncio.create_task(_beat())
        try:
            made = await self._sending.round(asked.endpoint_id, asked.now)
        finally:
            beating.cancel()
        return RoundMade(
            made.more, made.again_at, made.over, made.off, made.status, made.since, made.generation
        )

    @activity.defn
    async def switch_off_webhook(self, off: SwitchingOff) -> None:
        """The fact first: what was cut off in between is done again, and the fact is recorded once."""
        found = await self._sending.of(off.endpoint_id)
        if found is None or off.generation not in (None, found.generation):
            return
        command = SwitchOffWebhook(
            webhook_id=off.endpoint_id,
            owner=found.owner,
            account_id=found.account_id,
            reason=OffReason(off.reason),
            status=off.status,
            since=off.since,
            generation=found.generation,
        )
        key = f"webhook/{off.endpoint_id}/off/{found.generation}"
        await self._context.execute(command, key, Cause(0, off.endpoint_id, off.now))
        await self._sending.switch_off(off.endpoint_id, found.generation, off.reason)


async def _beat() -> None:
    """A receiver may take its time; that we wait for it has to be known."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)
