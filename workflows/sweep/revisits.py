"""Workflows room: promising a revisit to every customer for whom the policy asks one, and letting go of those it asks for no more.

The follower of revisits does the same for whoever something happens to; a round finds what days bring, and what was missed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from temporalio import activity

from domain.engine.command import Command
from domain.revisit.commands import EnsureRevisit
from domain.revisit.needs import QuietCustomer
from workflows.engine.activity_context import Cause
from workflows.revisit.asked import WHY, about, asked
from workflows.sweep.messages import SweepAsk, SweepReport
from workflows.sweep.runs import Sweeping, correlation

PAGE = 1_000


class RevisitSweepActivities(Sweeping):
    @activity.defn
    async def ensure_revisits(self, given: SweepAsk) -> SweepReport:
        """Page by page: a company that has just brought in its history is promised thousands. Begun again it goes on where nothing is
        promised yet.
        """
        by, report = await asked(self._context.handler.store), SweepReport()
        if not by.anything:
            return report
        async for page in self._pages():
            wanted = by.of(page, given.now)
            await self._say(wanted, Cause(0, correlation(), given.now, WHY))
            missing = sum(isinstance(one, EnsureRevisit) for one in wanted)
            live = sum(one.revisit_live for one in page)
            report = report.plus(SweepReport(revisits=live + missing, without_revisit=missing))
        return report

    async def _pages(self) -> AsyncIterator[Sequence[QuietCustomer]]:
        after: UUID | None = None
        while page := await self._context.loads.quiet_customers(after, PAGE):
            activity.heartbeat()
            yield page
            after = page[-1].customer_id

    async def _say(self, wanted: Sequence[Command], cause: Cause) -> None:
        """Refused is who has nobody left to see them: they are found again in the next round, until somebody manages the team."""
        calls = [(command, f"{correlation()}:{about(command)}:revisit") for command in wanted]
        await self._context.execute_many(calls, cause)
