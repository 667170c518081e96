"""Workflows room: finding notices that are open and whose receiver has no workflow, or one that has not looked in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from temporalio import activity

from workflows.engine.delivery import Deliverer
from workflows.notification.messages import NOTIFICATIONS, notifications_id, wake
from workflows.ports import RoomContext
from workflows.sweep.messages import SweepAsk
from workflows.sweep.runs import Sweeping

GRACE = timedelta(minutes=5)
FOREVER = timedelta(days=3650)


class Open(Protocol):
    async def waiting(self, due_by: datetime) -> Sequence[UUID]:
        """The accounts that something is open for that is due by then."""
        ...


class NoticeSweepActivities(Sweeping):
    def __init__(self, context: RoomContext, deliverer: Deliverer, notices: Open) -> None:
        super().__init__(context, deliverer)
        self._notices = notices

    @activity.defn
    async def ensure_notices(self, asked: SweepAsk) -> int:
        """How many were woken. A workflow that waits for a later time is left alone."""
        running = await self._runs.of_type(NOTIFICATIONS)
        late = set(await self._notices.waiting(asked.now - GRACE))
        waiting = await self._notices.waiting(asked.now + FOREVER)
        woken = [id for id in waiting if id in late or notifications_id(id) not in running]
        for id in woken:
            activity.heartbeat()
            await wake(self._deliverer, id)
        return len(woken)
