"""Workflows room: the clock behind everything in the loop that has deadlines — it holds one timer and no knowledge of its own.

All state is the ledger's. The clock asks where its subject stands and which times follow from that, waits for the earliest, speaks
through the command handler, and asks again. News is only that there is something to ask about. So a pause, another cadence, a handover, a
deadline that is past at the start and a delivery that is repeated, late or out of order are all the same to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.loop_messages import ClockState, ClockStopped, Due, Mark, Moved, Outlook, Run, Said

PATIENCE = RetryPolicy(maximum_interval=timedelta(minutes=1))
"""Without end: the database, the command handler or the read models may be away for long."""
LONGEST = timedelta(minutes=5)
"""A review pack of a large company takes a while."""
PUT_OFF = timedelta(days=1)
"""Until what met silence or a refusal, and is still to be said, is said again."""
Look = Callable[[Any, UUID], Awaitable[Outlook]]
Speak = Callable[[Any, Due], Awaitable[Said]]


class Clock:
    """What the workflows of cycles, action items, adjustments and meetings have in common."""

    def __init__(self, given: Run, look: Look, speak: Speak) -> None:
        self._given = given
        self._look = look
        self._speak = speak
        self._heard = 0
        self._seen = 0
        self._outlook = Outlook(0)
        self._put_off: dict[str, datetime] = {}

    async def run_until_over(self) -> ClockStopped:
        await self._ask()
        while not self._outlook.over:
            await self._next()
            await self._renew_when_long()
        return ClockStopped(self._given.id, self._seen)

    # -- news --------------------------------------------------------------------------------

    @workflow.signal
    def moved(self, news: Moved) -> None:
        self._heard = max(self._heard, news.position)

    @workflow.query
    def state(self) -> ClockState:
        following = self._following()
        mark, at = following or (None, None)
        return ClockState(
            self._given.id, self._seen, mark.kind if mark else None, at, marks=self._outlook.marks
        )

    async def _ask(self) -> None:
        """The ledger's own word."""
        heard = self._heard
        outlook: Outlook = await workflow.execute_local_activity_method(
            self._look,
            self._given.id,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENCE,
            local_retry_threshold=timedelta(seconds=5),
        )
        self._believe(outlook, heard)

    def _believe(self, outlook: Outlook, heard: int) -> None:
        """Whatever was `heard` before the question was asked is in the answer."""
        if outlook.position > self._outlook.position:
            self._put_off.clear()
        self._outlook, self._seen = outlook, max(outlook.position, heard)

    # -- the timer ---------------------------------------------------------------------------

    async def _next(self) -> None:
        """Wait for the next mark's time and speak; or for news, whichever is first."""
        following = self._following()
        if not await self._disturbed_before(following):
            assert following is not None
            await self._say(*following)
        elif self._has_news():
            await self._ask()

    def _following(self) -> tuple[Mark, datetime] | None:
        """The earliest mark that is not too late to be said, and when to say it."""
        now = workflow.now()
        marks = [m for m in self._outlook.marks if m.until is None or now < m.until]
        times = [(mark, max(mark.at, self._put_off.get(mark.key, mark.at))) for mark in marks]
        return min(times, key=lambda t: t[1], default=None)

    async def _disturbed_before(self, following: tuple[Mark, datetime] | None) -> bool:
        if following is None:
            await workflow.wait_condition(self._must_stop_waiting)
            return True
        mark, at = following
        wait = at - workflow.now()
        if wait <= timedelta(0):
            return self._has_news()
        try:
            await workflow.wait_condition(self._must_stop_waiting, timeout=wait, timeout_summary=mark.kind)
        except TimeoutError:
            return False
        return True

    async def _say(self, mark: Mark, at: datetime) -> None:
        """Whatever came of it, the ledger says how it goes on. What met silence is put off, not repeated at once."""
        now, heard = max(workflow.now(), at), self._heard
        said: Said = await workflow.execute_activity_method(
            self._speak,
            Due(self._given.id, self._seen, mark, now),
            start_to_close_timeout=LONGEST,
            retry_policy=PATIENCE,
            summary=mark.kind,
        )
        self._believe(said.outlook, heard)
        if not said.recorded:
            self._put_off[mark.key] = now + PUT_OFF

    def _has_news(self) -> bool:
        return self._heard > self._seen

    def _must_stop_waiting(self) -> bool:
        return self._has_news() or self._is_long()

    # -- long lives --------------------------------------------------------------------------

    def _is_long(self) -> bool:
        info = workflow.info()
        limit = self._given.history_limit
        return info.is_continue_as_new_suggested() or info.get_current_history_length() >= limit

    async def _renew_when_long(self) -> None:
        """Nothing to hand on: the next run asks the ledger, which knows of every news that is on its way."""
        if self._outlook.over or not self._is_long():
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self._given)
