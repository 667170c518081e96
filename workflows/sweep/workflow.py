"""Workflows room: every so often, is it still true that no open deal is without a live promise and a live timer, and nothing else that has
deadlines without its workflow?

What is not is set right, and the report is a number to watch. At its end review packs that no release has kept yet are kept, who has open
notices is woken, and surveys that should have been sent are. A Temporal schedule starts it (see `worker_setup.py`), one round at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.sweep.activities import SweepActivities
    from workflows.sweep.armings import ArmingSweepActivities
    from workflows.sweep.deadlines import DeadlineSweepActivities
    from workflows.sweep.messages import Sweep, SweepAsk, SweepReport, SweepResult
    from workflows.sweep.notices import NoticeSweepActivities
    from workflows.sweep.revisits import RevisitSweepActivities
    from workflows.sweep.segments import SegmentSweepActivities
    from workflows.sweep.surveys import SurveySweepActivities

from workflows.engine.long_work import PATIENCE, work_on

WORKFLOW = "sweep"
GIVEN_UP = RetryPolicy(maximum_attempts=3)
CLOCKS = "clocks"
"""Rounds begun before there were any go on without."""
ARMED = "armed"
"""Likewise, before runs were compared with the ledger."""
PACKS = "packs"
"""Likewise, before packs were kept. After the report, which counts without it."""
SEGMENTS = "segments"
"""Likewise, before customers were held against the rules of segments."""
NOTICES = "notices"
"""Likewise, before anybody was told of anything."""
REVISITS = "revisits"
"""Likewise, before customers were promised to be seen again. Before timers are looked after: some of those need one at once."""
SURVEYS = "surveys"
"""Likewise, before surveys were sent. What they make is armed as whatever is made is."""
Found = TypeVar("Found")
Look = Callable[[Any, SweepAsk], Awaitable[Found]]


@workflow.defn(name=WORKFLOW)
class SweepWorkflow:
    @workflow.run
    async def run(self, _given: Sweep) -> SweepReport:
        now = workflow.now()
        promises = await self._look(SweepActivities.ensure_promises)
        timers = await self._look(SweepActivities.ensure_timers)
        owners = await self._look(SweepActivities.ensure_owners)
        report = promises.plus(timers).plus(owners)
        if workflow.patched(REVISITS):
            report = report.plus(await self._look(RevisitSweepActivities.ensure_revisits))
        if workflow.patched(CLOCKS):
            report = report.plus(await self._look(DeadlineSweepActivities.ensure_clocks))
        if workflow.patched(ARMED):
            report = report.plus(await self._look(ArmingSweepActivities.ensure_armed))
        if workflow.patched(SEGMENTS):
            report = report.plus(await self._look(SegmentSweepActivities.ensure_segments))
        await workflow.execute_activity_method(
            SweepActivities.report_sweep,
            SweepResult(now, report),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENCE,
        )
        if workflow.patched(PACKS):
            await self._look(SweepActivities.keep_packs)
        if workflow.patched(NOTICES):
            await self._look(NoticeSweepActivities.ensure_notices)
        if workflow.patched(SURVEYS):
            await self._look(SurveySweepActivities.ensure_invitations)
        return report

    async def _look(self, look: Look[Found]) -> Found:
        """A round that cannot be finished is given up: the next one comes anyway."""
        return await work_on(look, SweepAsk(workflow.now()), timedelta(minutes=30), GIVEN_UP)
