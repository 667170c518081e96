"""Workflows room: finding what has deadlines, goes on and has no workflow, and starting one."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from temporalio import activity

from domain.deadlines import DEADLINES
from workflows.engine.messages import Moved
from workflows.sweep.messages import SweepAsk, SweepReport
from workflows.sweep.runs import Sweeping, pages


class DeadlineSweepActivities(Sweeping):
    @activity.defn
    async def ensure_clocks(self, asked: SweepAsk) -> SweepReport:
        report = SweepReport()
        for name in DEADLINES:
            report = report.plus(await self._ensure(name, asked.now))
        return report

    async def _ensure(self, name: str, now: datetime) -> SweepReport:
        delivered = await self._context.ledger.delivered()
        running, report = await self._runs.of_type(name), SweepReport()
        async for page in pages(partial(self._context.loads.going_on, name, now)):
            report = report.plus(SweepReport(loops=len(page)))
            for id in page:
                if Moved(0, name, id).workflow_id not in running:
                    report = report.plus(await self._start(name, id, delivered))
        return report

    async def _start(self, name: str, id: UUID, delivered: int) -> SweepReport:
        """What the dispatcher has not come to yet is on the way. One that is over by now looks, and ends at once."""
        activity.heartbeat()
        news = Moved(await self._context.ledger.last_position(id), name, id)
        if news.position > delivered:
            return SweepReport(on_the_way=1)
        if await self._runs.has(news.workflow_id):
            return SweepReport()
        await self._deliverer.send(news)
        return SweepReport(without_clock=1)
