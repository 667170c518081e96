"""Workflows room: finding cycles, action items, adjustments and meetings that go on and have no clock, and starting one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from workflows.activities.desk import Desk
from workflows.activities.sweeps import PAGE, pages
from workflows.loop_messages import Moved, Subject, clock_id
from workflows.messages import SweepAsk, SweepReport


class ClockSweepActivities:
    """`send` delivers as the follower does."""

    def __init__(self, desk: Desk, client: Client, send: Callable[[Moved], Awaitable[None]]) -> None:
        self._desk = desk
        self._client = client
        self._send = send

    @activity.defn
    async def ensure_clocks(self, _asked: SweepAsk) -> SweepReport:
        report = SweepReport()
        for subject in Subject:
            report = report.plus(await self._ensure(subject))
        return report

    async def _ensure(self, subject: Subject) -> SweepReport:
        delivered = await self._desk.ledger.delivered()
        running, report = await self._running(subject), SweepReport()

        async def going_on(after: UUID | None, limit: int) -> Sequence[UUID]:
            return await self._desk.loads.going_on(subject, after, limit)

        async for page in pages(going_on):
            report = report.plus(SweepReport(loops=len(page)))
            for id in page:
                if clock_id(subject, id) not in running:
                    report = report.plus(await self._start(subject, id, delivered))
        return report

    async def _running(self, subject: Subject) -> set[str]:
        query = f"WorkflowType = '{subject}' AND ExecutionStatus = 'Running'"
        return {found.id async for found in self._client.list_workflows(query, page_size=PAGE)}

    async def _start(self, subject: Subject, id: UUID, delivered: int) -> SweepReport:
        """What the follower has not come to yet is on the way. One that is over by now looks, and ends at once."""
        activity.heartbeat()
        position = await self._desk.ledger.last_position(id)
        if position > delivered:
            return SweepReport(on_the_way=1)
        if await self._runs(clock_id(subject, id)):
            return SweepReport()
        await self._send(Moved(position, subject, id))
        return SweepReport(without_clock=1)

    async def _runs(self, workflow_id: str) -> bool:
        """The listing lags behind the server's own knowledge."""
        try:
            described = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING
