"""Workflows room: finding what should not exist — open deals without a promise, a timer or an owner — and setting it right.

And, at a round's end, keeping the review packs that an older release froze by digest alone (docs/adr/0021-frozen-packs.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from temporalio import activity

from domain.deal.commands import EnsurePromise
from domain.engine.command_handler import Receipt
from domain.people.people import Rep
from workflows.deal.activities import standings
from workflows.deal.messages import WORKFLOW, DealClosed, follow_up_id
from workflows.engine.activity_context import Cause
from workflows.people.messages import Handover
from workflows.sweep.messages import SweepAsk, SweepReport, SweepResult
from workflows.sweep.runs import Sweeping, correlation, pages


class SweepActivities(Sweeping):
    @activity.defn
    async def ensure_promises(self, asked: SweepAsk) -> SweepReport:
        made = 0
        cause = Cause(0, correlation(), asked.now, "the deal was open without a promise")
        async for page in pages(self._context.loads.deals_without_promise):
            calls = [(EnsurePromise(deal_id=id), f"{correlation()}:{id}:ensure") for id in page]
            outcomes = await self._context.execute_many(calls, cause)
            made += sum(1 for o in outcomes if isinstance(o, Receipt) and o.recorded)
        return SweepReport(without_promise=made)

    @activity.defn
    async def ensure_timers(self, _asked: SweepAsk) -> SweepReport:
        """Compare the open deals with the running follow-ups, in both directions."""
        delivered = await self._context.ledger.delivered()
        running = {UUID(id.removeprefix(f"{WORKFLOW}-")) for id in await self._runs.of_type(WORKFLOW)}
        report = SweepReport(timers=len(running))
        async for page in pages(self._context.loads.open_deals):
            missing = [id for id in page if id not in running]
            running.difference_update(page)
            report = report.plus(SweepReport(open_deals=len(page)))
            report = report.plus(await self._restart(missing, delivered))
        return report.plus(await self._end(sorted(running), delivered))

    @activity.defn
    async def ensure_owners(self, _asked: SweepAsk) -> SweepReport:
        """Deals whose owner left and that nobody could take: somebody may have come to the team since. And those of another
        team than their owner's.
        """
        gone = await self._context.loads.gone_with_deals()
        for rep_id in gone:
            moved = (await self._context.load(Rep, rep_id)).active
            await Handover(rep_id, 0, moved=moved).deliver_again(self._deliverer)
        return SweepReport(ownerless=len(gone))

    @activity.defn
    async def report_sweep(self, result: SweepResult) -> None:
        await self._context.ledger.save_sweep(asdict(result.report), result.at)

    @activity.defn
    async def keep_packs(self, _asked: SweepAsk) -> int:
        """How many there were."""
        unkept = await self._context.figures.unkept_packs()
        for named in unkept:
            activity.heartbeat()
            await self._context.figures.keep_pack(named)
        return len(unkept)

    async def _restart(self, missing: Sequence[UUID], delivered: int) -> SweepReport:
        """Open deals without a timer. What the dispatcher has not come to yet is on the way."""
        on_the_way = restarted = 0
        for standing in (await standings(self._context, missing)).values():
            if standing.armed is None:
                continue
            if standing.position > delivered:
                on_the_way += 1
            elif not await self._runs.has(standing.armed.workflow_id):
                await self._deliverer.send(standing.armed)
                restarted += 1
        return SweepReport(on_the_way=on_the_way, without_timer=restarted)

    async def _end(self, running: Sequence[UUID], delivered: int) -> SweepReport:
        """Timers of deals that the read model does not call open; the ledger knows whether they are closed."""
        ended = 0
        for deal_id, standing in (await standings(self._context, running)).items():
            over = standing.armed is None and standing.position <= delivered
            if over and await self._runs.has(follow_up_id(deal_id)):
                await self._deliverer.send(DealClosed(standing.position, deal_id))
                ended += 1
        return SweepReport(left_over=ended)
