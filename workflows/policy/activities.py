"""Workflows room: re-arming the deals that follow a policy, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from temporalio import activity

from domain.deal.commands import RearmPromise
from domain.engine.command_handler import Receipt
from domain.policy.policies import policy_stream
from workflows.engine.activity_context import Cause
from workflows.policy.messages import RolloutCount, RolloutPage, RolloutPageDone
from workflows.ports import RoomContext

PAGE = 500
SIDE_BY_SIDE = 100


class RolloutActivities:
    def __init__(self, context: RoomContext) -> None:
        self._context = context

    @activity.defn
    async def rearm_page(self, page: RolloutPage) -> RolloutPageDone:
        """Re-arm the next deals; the read model has to know every deal opened before the policy was published."""
        await self._context.must_know(page.position)
        deals = await self._context.loads.open_deals_following(page.policy, page.after, PAGE)
        count = RolloutCount()
        for start in range(0, len(deals), SIDE_BY_SIDE):
            some = deals[start : start + SIDE_BY_SIDE]
            count = count.plus(RolloutCount(len(some), await self._rearm(page, some)))
            activity.heartbeat(count.looked)
        return RolloutPageDone(deals[-1] if deals else None, count)

    async def _rearm(self, page: RolloutPage, deals: Sequence[UUID]) -> int:
        why = f"version {page.version} of the policy {page.policy}"
        cause = Cause(page.position, policy_stream(page.policy), page.now, why)
        calls = [
            (RearmPromise(deal_id=id), f"{id}:policy:{page.policy}:v{page.version}:rearm") for id in deals
        ]
        outcomes = await self._context.execute_many(calls, cause)
        return sum(1 for o in outcomes if isinstance(o, Receipt) and (o.recorded or o.replayed))
