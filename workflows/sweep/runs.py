"""Workflows room: what the sweep asks the Temporal server, and how it goes through what a read model lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from workflows.engine.delivery import Deliverer
from workflows.ports import RoomContext

PAGE = 1_000
ANSWER = timedelta(seconds=10)
UNANSWERED = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED)
"""No run, which other rounds see to; one that sleeps until its first step, and asks the ledger then; one that is too busy."""
Page = Callable[[UUID | None, int], Awaitable[Sequence[UUID]]]
State = TypeVar("State")


def running(workflow: str) -> str:
    """The query for the running ones of a type."""
    return f"WorkflowType = '{workflow}' AND ExecutionStatus = 'Running'"


class Sweeping:
    """What all activities of a round work with. What is missing is delivered as the dispatcher does."""

    def __init__(self, context: RoomContext, deliverer: Deliverer) -> None:
        self._context = context
        self._deliverer = deliverer
        self._runs = Runs(deliverer.client)


@dataclass(frozen=True)
class Runs:
    client: Client

    async def of_type(self, workflow: str) -> set[str]:
        """The ids of those that run, as the server lists them: somewhat later than it knows."""
        found: set[str] = set()
        async for execution in self.client.list_workflows(running(workflow), page_size=PAGE):
            found.add(execution.id)
            activity.heartbeat()
        return found

    async def has(self, workflow_id: str) -> bool:
        """By the server's own knowledge."""
        activity.heartbeat()
        try:
            described = await self.client.get_workflow_handle(workflow_id).describe()
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING

    def handle(self, workflow_id: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id)

    async def state(self, workflow_id: str, kind: type[State]) -> State | None:
        """What the run says of itself; None where nobody can answer now."""
        activity.heartbeat()
        try:
            found: State = await self.handle(workflow_id).query("state", result_type=kind, rpc_timeout=ANSWER)
        except RPCError as failure:
            if failure.status in UNANSWERED:
                return None
            raise
        except WorkflowQueryFailedError:
            return None
        return found


async def pages(read: Page) -> AsyncIterator[Sequence[UUID]]:
    """Pages in the order of their ids, until there is nothing left."""
    after: UUID | None = None
    while page := await read(after, PAGE):
        activity.heartbeat()
        yield page
        after = page[-1]


async def some_of(read: Page, many: int) -> Sequence[UUID]:
    """Those from the round's own random id on, and round: another part of all each time."""
    found = list(await read(correlation(), many))
    return found + [id for id in await read(None, many - len(found)) if id not in found]


def correlation() -> UUID:
    """One round of the sweep, whatever its attempts."""
    return UUID(activity.info().workflow_run_id)
