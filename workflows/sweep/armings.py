"""Workflows room: comparing what runs are armed with with what the ledger says, and starting anew those that differ.

A run believes what it has heard. After a restore of the ledger or of Temporal alone that may be of another history: news from positions
that it has passed already is no news to it. Looked at are the promises that should have been told as missed by now and were not, and in
each round some of all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from temporalio import activity

from domain.deadlines import DEADLINES
from workflows.deal.activities import standings
from workflows.deal.messages import FollowUpState, Standing, follow_up_id
from workflows.engine.delivery import News
from workflows.engine.messages import DeadlineState, Moved
from workflows.sweep.messages import SweepAsk, SweepReport
from workflows.sweep.runs import Sweeping, some_of

SOME = 100
"""Of each kind and round."""
MOST = 1_000
"""Promises overdue and untold that are compared in a round."""
GRACE = timedelta(minutes=5)
"""After its due time; a burst takes a while to be told."""
WHY = "armed otherwise than the ledger says"


class ArmingSweepActivities(Sweeping):
    @activity.defn
    async def ensure_armed(self, asked: SweepAsk) -> SweepReport:
        delivered = await self._context.ledger.delivered()
        deals = await self._suspects(asked.now)
        wrong = [id for id in deals if await self._differs(id, delivered)]
        for name in DEADLINES:
            some = await some_of(partial(self._context.loads.going_on, name, asked.now), SOME)
            wrong += [id for id in some if await self._deadlines_differ(name, id, delivered)]
        return SweepReport(wrongly_armed=len(wrong))

    async def _suspects(self, now: datetime) -> Sequence[UUID]:
        unsaid = await self._context.loads.untold(now - GRACE, MOST)
        return [*dict.fromkeys([*unsaid, *await some_of(self._context.loads.open_deals, SOME)])]

    async def _differs(self, deal_id: UUID, delivered: int) -> bool:
        """Asked before the ledger is: what came in between is newer there, and on its way."""
        state = await self._runs.state(follow_up_id(deal_id), FollowUpState)
        standing = (await standings(self._context, [deal_id])).get(deal_id, Standing(0, None))
        armed = standing.armed
        if state is None or armed is None or standing.position > max(delivered, state.seen):
            return False
        known = (state.seen, state.promise_id, state.arming)
        if known == (standing.position, armed.promise_id, armed.arming):
            return False
        await self._set_right(armed, ahead=state.seen > standing.position)
        return True

    async def _deadlines_differ(self, name: str, id: UUID, delivered: int) -> bool:
        state = await self._runs.state(Moved(0, name, id).workflow_id, DeadlineState)
        position = await self._context.ledger.last_position(id)
        if state is None or state.seen == position or position > max(delivered, state.seen):
            return False
        await self._set_right(Moved(position, name, id), ahead=state.seen > position)
        return True

    async def _set_right(self, news: News, *, ahead: bool) -> None:
        """A run that is ahead of the ledger hears nothing that is true: a new one asks first."""
        activity.heartbeat()
        if ahead:
            await self._runs.handle(news.workflow_id).terminate(WHY)
        await self._deliverer.send(news)
