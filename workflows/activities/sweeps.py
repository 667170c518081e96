"""Workflows room: finding what should not exist — open deals without a promise, a timer or an owner — and setting it right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.deal.commands import EnsurePromise
from domain.engine.command_handler import Receipt
from domain.people.people import Rep
from workflows.activities.desk import Cause, Desk
from workflows.messages import DealClosed, Handover, PromiseArmed, SweepAsk, SweepReport, SweepResult

PAGE = 1_000
PREFIX = "follow-up-"
RUNNING = "WorkflowType = 'follow-up' AND ExecutionStatus = 'Running'"
Page = Callable[[UUID | None, int], Awaitable[Sequence[UUID]]]


class SweepActivities:
    """`arm`, `close` and `hand_over` deliver as the follower does."""

    def __init__(
        self,
        desk: Desk,
        client: Client,
        send: Callable[[PromiseArmed | DealClosed], Awaitable[None]],
        hand_over_again: Callable[[Handover], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._client = client
        self._send = send
        self._hand_over_again = hand_over_again

    @activity.defn
    async def ensure_promises(self, asked: SweepAsk) -> SweepReport:
        made = 0
        cause = Cause(0, correlation(), asked.now, "the deal was open without a promise")
        async for page in pages(self._desk.loads.deals_without_promise):
            calls = [(EnsurePromise(deal_id=id), f"{correlation()}:{id}:ensure") for id in page]
            outcomes = await self._desk.execute_many(calls, cause)
            made += sum(1 for o in outcomes if isinstance(o, Receipt) and o.recorded)
        return SweepReport(without_promise=made)

    @activity.defn
    async def ensure_timers(self, _asked: SweepAsk) -> SweepReport:
        """Compare the open deals with the running follow-ups, in both directions."""
        delivered = await self._desk.ledger.delivered()
        running = await self._running()
        report = SweepReport(timers=len(running))
        async for page in pages(self._desk.loads.open_deals):
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
        gone = await self._desk.loads.gone_with_deals()
        for rep_id in gone:
            moved = (await self._desk.load(Rep, rep_id)).active
            await self._hand_over_again(Handover(rep_id, 0, moved=moved))
        return SweepReport(ownerless=len(gone))

    @activity.defn
    async def report_sweep(self, result: SweepResult) -> None:
        await self._desk.ledger.save_sweep(result.report, result.at)

    async def _running(self) -> set[UUID]:
        found: set[UUID] = set()
        async for execution in self._client.list_workflows(RUNNING, page_size=PAGE):
            found.add(UUID(execution.id.removeprefix(PREFIX)))
            activity.heartbeat()
        return found

    async def _restart(self, missing: Sequence[UUID], delivered: int) -> SweepReport:
        """Open deals without a timer. What the follower has not come to yet is on the way."""
        on_the_way = restarted = 0
        for standing in (await self._desk.ledger.standings(missing)).values():
            if standing.armed is None:
                continue
            if standing.position > delivered:
                on_the_way += 1
            elif not await self._runs(standing.armed.deal_id):
                await self._send(standing.armed)
                restarted += 1
        return SweepReport(on_the_way=on_the_way, without_timer=restarted)

    async def _end(self, running: Sequence[UUID], delivered: int) -> SweepReport:
        """Timers of deals that the read model does not call open; the ledger knows whether they are closed."""
        ended = 0
        for deal_id, standing in (await self._desk.ledger.standings(running)).items():
            over = standing.armed is None and standing.position <= delivered
            if over and await self._runs(deal_id):
                await self._send(DealClosed(standing.position, deal_id))
                ended += 1
        return SweepReport(left_over=ended)

    async def _runs(self, deal_id: UUID) -> bool:
        """The listing lags behind the server's own knowledge."""
        activity.heartbeat()
        try:
            described = await self._client.get_workflow_handle(f"{PREFIX}{deal_id}").describe()
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING


async def pages(read: Page) -> AsyncIterator[Sequence[UUID]]:
    """Pages in the order of their ids, until there is nothing left."""
    after: UUID | None = None
    while page := await read(after, PAGE):
        activity.heartbeat()
        yield page
        after = page[-1]


def correlation() -> UUID:
    """One round of the sweep, whatever its attempts."""
    return UUID(activity.info().workflow_run_id)
