"""Workflows room: what wakes the workflows of endpoints. It follows the ledger's notifications and keeps nothing: how far each endpoint is
stands with the endpoint, so whatever was missed, by whomever, is found at the next look. Any number may run; one works.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from temporalio.common import WorkflowIDReusePolicy

from workflows.engine.delivery import Deliverer
from workflows.engine.follower import Follower, rest
from workflows.webhook.messages import WOKEN, WORKFLOW, Sending, Woken, webhook_workflow_id

LOCK = 7_205_030
TOGETHER = 0.5
"""Seconds between two looks: what is recorded meanwhile is one waking."""
IDLE = 5.0
"""Seconds until a look without a notification: one may have been lost."""
AGAIN = 5.0
"""Seconds until an endpoint is woken once more for what it was woken for."""


class Waiting(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def reached(self) -> int: ...
    @property
    def generation(self) -> int: ...


class Waker(Follower):
    CHANNELS = ("ledger", "webhooks")

    def __init__(
        self, url: str, deliverer: Deliverer, to_wake: Callable[[], Awaitable[Sequence[Waiting]]]
    ) -> None:
        super().__init__(url, LOCK, "waker of webhooks")
        self._deliverer = deliverer
        self._to_wake = to_wake
        self._woken: dict[UUID, tuple[tuple[int, int], float]] = {}

    def parts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._look_on()]

    async def note(self, reason: str) -> None:
        """How far each endpoint is stands with the endpoint; of the waker nothing is kept."""

    async def _look_on(self) -> None:
        while True:
            self._news.clear()
            await self.look()
            self._backoff.succeeded()
            await rest(self._news, TOGETHER, IDLE)

    async def look(self) -> None:
        """Wake every endpoint that has something to do."""
        waiting = await self._to_wake()
        now = time.monotonic()
        self._woken = {one.id: self._woken[one.id] for one in waiting if one.id in self._woken}
        for one in waiting:
            state = (one.reached, one.generation)
            said, at = self._woken.get(one.id, (None, 0.0))
            if said != state or now - at > AGAIN:
                await self._wake(one.id)
                self._woken[one.id] = (state, now)

    async def _wake(self, id: UUID) -> None:
        await self._deliverer.start(
            WORKFLOW,
            Sending(id),
            id=webhook_workflow_id(id),
            summary="Events sent to one endpoint",
            signal=(WOKEN, Woken()),
            reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
