"""Workflows room: comparing what runs are armed with with what the ledger says, and starting anew those that differ.

A run believes what it has heard. After a restore of the ledger or of Temporal alone that may be of another history: news from positions
that it has passed already is no news to it. Looked at are the promises that should have been told as missed by now and were not, and in
each round some of all others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from workflows.activities.desk import Desk
from workflows.activities.sweeps import PREFIX, Page, correlation
from workflows.loop_messages import ClockState, Moved, Subject, clock_id
from workflows.messages import DealClosed, FollowUpState, PromiseArmed, SweepAsk, SweepReport

Send = Callable[[PromiseArmed | DealClosed | Moved], Awaitable[None]]
State = TypeVar("State")
SOME = 100
"""Of each kind and round."""
MOST = 1_000
"""Promises overdue and untold that are compared in a round."""
GRACE = timedelta(minutes=5)
"""After its due time; a burst takes a while to be told."""
WHY = "armed otherwise than the ledger says"
UNANSWERED = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED)
"""No run, which other rounds see to; one that sleeps until its first step, and asks the ledger then; one that is too busy."""
ANSWER = timedelta(seconds=10)


class ArmingSweepActivities:
    """`send` delivers as the follower does."""

    def __init__(self, desk: Desk, client: Client, send: Send) -> None:
        self._desk = desk
        self._client = client
        self._send = send

    @activity.defn
    async def ensure_armed(self, asked: SweepAsk) -> SweepReport:
        delivered = await self._desk.ledger.delivered()
        deals = await self._suspects(asked.now)
        wrong = [id for id in deals if await self._differs(id, delivered)]
        for subject in Subject:
            clocks = await some_of(partial(self._desk.loads.going_on, subject))
            wrong += [id for id in clocks if await self._clock_differs(subject, id, delivered)]
        return SweepReport(wrongly_armed=len(wrong))

    async def _suspects(self, now: datetime) -> Sequence[UUID]:
        untold = await self._desk.loads.untold(now - GRACE, MOST)
        return [*dict.fromkeys([*untold, *await some_of(self._desk.loads.open_deals)])]

    async def _differs(self, deal_id: UUID, delivered: int) -> bool:
        """Asked before the ledger is: what came in between is newer there, and on its way."""
        handle = self._client.get_workflow_handle(f"{PREFIX}{deal_id}")
        state = await _asked(handle, FollowUpState)
        standing = await self._desk.ledger.standing(deal_id)
        armed = standing.armed
        if state is None or armed is None or standing.position > max(delivered, state.seen):
            return False
        if (state.seen, state.promise_id, state.arming) == (
            standing.position,
            armed.promise_id,
            armed.arming,
        ):
            return False
        await self._set_right(handle, armed, ahead=state.seen > standing.position)
        return True

    async def _clock_differs(self, subject: Subject, id: UUID, delivered: int) -> bool:
        handle = self._client.get_workflow_handle(clock_id(subject, id))
        state = await _asked(handle, ClockState)
        position = await self._desk.ledger.last_position(id)
        if state is None or state.seen == position or position > max(delivered, state.seen):
            return False
        await self._set_right(handle, Moved(position, subject, id), ahead=state.seen > position)
        return True

    async def _set_right(
        self, handle: WorkflowHandle[Any, Any], news: PromiseArmed | Moved, *, ahead: bool
    ) -> None:
        """A run that is ahead of the ledger hears nothing that is true: a new one asks first."""
        activity.heartbeat()
        if ahead:
            await handle.terminate(WHY)
        await self._send(news)


async def some_of(read: Page) -> Sequence[UUID]:
    """Those from the round's own random id on, and round: another part of all each time."""
    found = list(await read(correlation(), SOME))
    return found + [id for id in await read(None, SOME - len(found)) if id not in found]


async def _asked(handle: WorkflowHandle[Any, Any], kind: type[State]) -> State | None:
    """The run's state; None where nobody can answer now."""
    activity.heartbeat()
    try:
        found: State = await handle.query("state", result_type=kind, rpc_timeout=ANSWER)
    except RPCError as failure:
        if failure.status in UNANSWERED:
            return None
        raise
    except WorkflowQueryFailedError:
        return None
    return found
