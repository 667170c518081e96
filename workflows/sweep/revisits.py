"""Workflows room: promising a revisit to every customer for whom the policy asks one, and letting go of those it asks for no more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio import activity

from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.engine.command import Command
from domain.lifecycle.policy import LifecyclePolicies
from domain.revisit.commands import EnsureRevisit
from domain.revisit.needs import Policies, QuietCustomer, needed
from domain.revisit.policy import RevisitPolicies
from workflows.engine.activity_context import Cause
from workflows.sweep.messages import SweepAsk, SweepReport
from workflows.sweep.runs import Sweeping, correlation

PAGE = 1_000
WHY = "the revisit policy asks for it"


class RevisitSweepActivities(Sweeping):
    @activity.defn
    async def ensure_revisits(self, asked: SweepAsk) -> SweepReport:
        """Page by page: a company that has just brought in its history is promised thousands. Begun again it goes on where nothing is
        promised yet. Where no policy was ever published there is nothing to look at.
        """
        policies = await self._policies()
        report = SweepReport()
        if policies.revisits.version == 1:
            return report
        cycle = await self._context.load(CyclePolicies, COMPANY)
        today = asked.now.astimezone(ZoneInfo(cycle.current.calendar.timezone)).date()
        async for page in self._pages():
            wanted = [command for one in page if (command := needed(one, policies, today)) is not None]
            await self._say(wanted, Cause(0, correlation(), asked.now, WHY))
            missing = sum(isinstance(one, EnsureRevisit) for one in wanted)
            live = sum(one.revisit_live for one in page)
            report = report.plus(SweepReport(revisits=live + missing, without_revisit=missing))
        return report

    async def _policies(self) -> Policies:
        lifecycle = await self._context.load(LifecyclePolicies, LifecyclePolicies.stream_of("default"))
        revisits = await self._context.load(RevisitPolicies, RevisitPolicies.stream_of("default"))
        return Policies(lifecycle.current, revisits.current)

    async def _pages(self) -> AsyncIterator[Sequence[QuietCustomer]]:
        after: UUID | None = None
        while page := await self._context.loads.quiet_customers(after, PAGE):
            activity.heartbeat()
            yield page
            after = page[-1].customer_id

    async def _say(self, wanted: Sequence[Command], cause: Cause) -> None:
        """Refused is who has nobody left to see them: they are found again in the next round, until somebody manages the team."""
        calls = [(command, f"{correlation()}:{_id(command)}:revisit") for command in wanted]
        await self._context.execute_many(calls, cause)


def _id(command: Command) -> UUID:
    stream = command.stream()
    assert stream is not None
    return stream[1]
