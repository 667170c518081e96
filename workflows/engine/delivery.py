"""Workflows room: how news from the ledger reaches its workflow, and with which guarantees. Each kind of news knows whom it is for.

Everything here may be repeated: a workflow ignores what is not above its high-water mark, and a run that a stale delivery starts asks
the ledger first and ends at once. What is started once is not started again.

A run that is started with a delay has its first news waiting in its history and no worker task until then. Another signal-with-start
wakes it; a plain signal does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.engine.context import Channel
from domain.engine.recorded import Recorded
from workflows.engine.queues import LIVE, Queue

PATIENCE = timedelta(seconds=15)
"""How long one call may take; the client repeats it within that time when the server is busy."""


class News:
    """Something in the ledger that a workflow has to hear of. Of several for one workflow only the last counts."""

    position: int

    @property
    def workflow_id(self) -> str:
        raise NotImplementedError

    def can_wait(self, recorded: Recorded) -> bool:
        """Whether it belongs to the bulk queue. Says the same of a fact whenever it is asked."""
        return recorded.meta.channel is Channel.IMPORT

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        raise NotImplementedError


Reader = Callable[[Recorded], News | None]
"""What a fact means to a workflow; None: nothing."""


def newest(many: Iterable[News]) -> list[News]:
    """Of several news for one workflow only the last: a timer is set once, to where things stand now."""
    return list({news.workflow_id: news for news in many}.values())


@dataclass(frozen=True)
class Deliverer:
    """Sends news. Raises RPCError when the server does not take it; then it was not delivered, or may have been."""

    client: Client
    task_queue: str
    patience: timedelta = PATIENCE

    async def send(self, news: News, queue: Queue = LIVE) -> None:
        await news.deliver(self, queue)

    async def start(
        self,
        workflow: str,
        argument: object,
        *,
        id: str,
        summary: str,
        signal: tuple[str, object],
        reuse: WorkflowIDReusePolicy,
        **options: Any,
    ) -> None:
        """With a signal; a run that is there already just gets that."""
        name, news = signal
        await self.client.start_workflow(
            workflow,
            argument,
            id=id,
            task_queue=self.task_queue,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=name,
            start_signal_args=[news],
            static_summary=summary,
            rpc_timeout=self.patience,
            **options,
        )

    async def start_once(
        self,
        workflow: str,
        argument: object,
        *,
        id: str,
        summary: str,
        reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    ) -> None:
        """What ran, or runs, is left alone."""
        try:
            await self.client.start_workflow(
                workflow,
                argument,
                id=id,
                task_queue=self.task_queue,
                id_reuse_policy=reuse,
                static_summary=summary,
                rpc_timeout=self.patience,
            )
        except WorkflowAlreadyStartedError:
            return

    async def signal(self, id: str, name: str, news: object) -> bool:
        """Whether there is a run that takes it."""
        try:
            await self.client.get_workflow_handle(id).signal(name, news, rpc_timeout=self.patience)
        except RPCError as failure:
            if failure.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True
