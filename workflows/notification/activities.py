"""Workflows room: what a receiver's workflow asks for. What is sent, and where to, passes by here and is in no payload."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from temporalio import activity

from domain.notification.recipient import CHANGED, Channel, FailAddress, RestoreAddress
from workflows.engine.activity_context import ActivityContext, Cause
from workflows.engine.messages import NextDue
from workflows.notification.messages import Deliver

BEAT = 5.0
"""Seconds."""


class Account(Protocol):
    @property
    def id(self) -> UUID: ...

    @property
    def login(self) -> str: ...


class Sender(Protocol):
    """`runtime/notices/sending.py`."""

    async def plan(self, account_id: UUID) -> datetime | None:
        """When something is due next; None: nothing is open."""
        ...

    async def deliver(self, account_id: UUID, now: datetime, records: Any) -> datetime | None:
        """Send what is due; when to look again."""
        ...


async def beat() -> None:
    """A server may take minutes for one mail."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)


class NotificationActivities:
    def __init__(self, context: ActivityContext, sender: Sender) -> None:
        self._context = context
        self._sender = sender

    @activity.defn(name="plan_notices")
    async def plan(self, account_id: UUID) -> NextDue:
        return NextDue(await self._sender.plan(account_id))

    @activity.defn(name="deliver_notices")
    async def deliver(self, asked: Deliver) -> NextDue:
        records = AddressRecords(self._context, asked.now)
        beating = asyncio.create_task(beat())
        try:
            return NextDue(await self._sender.deliver(asked.account_id, asked.now, records))
        finally:
            beating.cancel()


@dataclass(frozen=True)
class AddressRecords:
    """What becomes of an address is recorded like anything else."""

    context: ActivityContext
    now: datetime

    async def failed(self, account: Account, channel: str, code: str) -> None:
        """Of one that failed already it is silence; under a key it would be so after it was restored, too."""
        command = FailAddress(account_id=account.id, login=account.login, channel=Channel(channel), code=code)
        await self._record(command, account)

    async def changed(self, account: Account, channel: str) -> None:
        command = RestoreAddress(
            account_id=account.id, login=account.login, channel=Channel(channel), code=CHANGED
        )
        await self._record(command, account)

    async def _record(self, command: FailAddress | RestoreAddress, account: Account) -> None:
        done = activity.info()
        key = f"{account.id}:{command.channel}:{command.code}:{done.workflow_run_id}:{done.activity_id}"
        await self.context.execute(command, key, Cause(0, account.id, self.now))
