"""Workflows room: what wakes the workflows of endpoints. It follows the ledger's notifications and keeps nothing: how far each endpoint is
stands with the endpoint, so whatever was missed, by whomever, is found at the next look. Any number may run; one works.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import psycopg
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError

from runtime.backoff import Backoff
from runtime.database import connect
from runtime.ending import cancelled
from workflows.engine.delivery import Deliverer
from workflows.engine.dispatcher import take_lock
from workflows.webhook.messages import WOKEN, WORKFLOW, Sending, Woken, webhook_workflow_id

LOCK = 7_205_030
TOGETHER = 0.5
"""Seconds between two looks: what is recorded meanwhile is one waking."""
IDLE = 5.0
"""Seconds until a look without a notification: one may have been lost."""
AGAIN = 5.0
"""Seconds until an endpoint is woken once more for what it was woken for."""
CHANNELS = ("ledger", "webhooks")
log = logging.getLogger(__name__)


class Waiting(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def reached(self) -> int: ...
    @property
    def generation(self) -> int: ...


@dataclass
class Waker:
    url: str
    deliverer: Deliverer
    to_wake: Callable[[], Awaitable[Sequence[Waiting]]]
    _woken: dict[UUID, tuple[tuple[int, int], float]] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, through outages of the database and of Temporal."""
        backoff = Backoff(0.5, 30.0, 60.0)
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            since = time.monotonic()
            work = asyncio.create_task(self._work())
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            (failure,) = await cancelled(work)
            if stop.is_set():
                break
            if not isinstance(failure, psycopg.Error | RPCError | OSError):
                raise failure or RuntimeError("the waker ended")
            pause = backoff.pause(time.monotonic() - since)
            log.warning("webhooks wait %.1f s (%s)", pause, type(failure).__name__)
            await asyncio.wait({stopping}, timeout=pause)

    async def _work(self) -> None:
        async with await connect(self.url) as connection:
            await take_lock(connection, LOCK)
            for channel in CHANNELS:
                await connection.execute(f"LISTEN {channel}".encode())
            while True:
                await self.look()
                async for _ in connection.notifies(timeout=IDLE, stop_after=1):
                    pass
                await asyncio.sleep(TOGETHER)

    async def look(self) -> None:
        """Wake every endpoint that has something to do."""
        waiting = await self.to_wake()
        now = time.monotonic()
        self._woken = {one.id: self._woken[one.id] for one in waiting if one.id in self._woken}
        for one in waiting:
            state = (one.reached, one.generation)
            said, at = self._woken.get(one.id, (None, 0.0))
            if said != state or now - at > AGAIN:
                await self._wake(one.id)
                self._woken[one.id] = (state, now)

    async def _wake(self, id: UUID) -> None:
        await self.deliverer.start(
            WORKFLOW,
            Sending(id),
            id=webhook_workflow_id(id),
            summary="Events sent to one endpoint",
            signal=(WOKEN, Woken()),
            reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
