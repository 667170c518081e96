"""Workflows room: the follow-up of one open deal — the deadlines of its live promise.

The same timer as every deadline workflow, with one difference: its news carries the four times of the newest promise, so that arming
a deal, which an import does ten thousand times, asks the ledger nothing. It asks when it begins, when what it said met silence, and
when it gave the deal to somebody else. The newest news wins; what speaks too late is not heard at the command handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.time.commitment import DueStep
    from workflows.deal.activities import FollowUpActivities
    from workflows.deal.messages import (
        WORKFLOW,
        DealClosed,
        FollowUp,
        FollowUpEnded,
        FollowUpState,
        PromiseArmed,
        Reassignment,
        RepWanted,
        Standing,
        Step,
        Stuck,
        Timer,
    )
    from workflows.engine.activity_context import Executed
    from workflows.engine.messages import Outlook

from workflows.engine.deadline_workflow import AT_HAND, DeadlineTimer
from workflows.engine.long_work import PATIENCE, Asked, Done

CHOICES = 3
"""How often somebody else is chosen when the chosen rep left in between."""
MOMENT = timedelta(seconds=30)
ASKS = "asks-what-its-reassignment-armed"
"""Runs that reassigned before hear it from the dispatcher."""


def outlook_of(position: int, armed: PromiseArmed | None, spoken: int = 0) -> Outlook:
    """Without what is behind us. Reminding after the due time would be no reminder."""
    if armed is None:
        return Outlook(position, over=True)
    times = armed.deadlines
    steps = (
        (Step.REMIND, times.remind_at, times.due_at),
        (Step.MISS, times.due_at, None),
        (Step.ESCALATE, times.escalate_at, None),
        (Step.REASSIGN, times.reassign_at, None),
    )
    return Outlook(
        position,
        marks=tuple(DueStep(step, at, step, armed.arming, until) for step, at, until in steps[spoken:]),
    )


@workflow.defn(name=WORKFLOW)
class FollowUpWorkflow(DeadlineTimer):
    @workflow.init
    def __init__(self, given: FollowUp) -> None:
        super().__init__(given.history_limit)
        self._given = given
        self._set(given.seen, given.armed, given.spoken)

    @workflow.run
    async def run(self, given: FollowUp) -> FollowUpEnded:
        if given.seen == 0:
            await self.ask()
        await self.until_over()
        return FollowUpEnded(given.deal_id, self._seen)

    # -- news --------------------------------------------------------------------------------

    @workflow.signal
    def promise_armed(self, news: PromiseArmed) -> None:
        self._believe(news.position, news)

    @workflow.signal
    def deal_closed(self, news: DealClosed) -> None:
        self._believe(news.position, None)

    def _believe(self, position: int, armed: PromiseArmed | None) -> None:
        if position > self._seen:
            self._set(position, armed)

    def _set(self, position: int, armed: PromiseArmed | None, spoken: int = 0) -> None:
        self._seen, self._armed = position, armed
        self._outlook = outlook_of(position, armed, spoken)

    async def ask(self) -> None:
        """The ledger's own word, where it is newer than what we heard."""
        standing: Standing = await workflow.execute_local_activity_method(
            FollowUpActivities.look,
            self._given.deal_id,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENCE,
            local_retry_threshold=AT_HAND,
        )
        self._believe(standing.position, standing.armed)

    @workflow.query
    def state(self) -> FollowUpState:
        armed, (step, at) = self._armed, self.following() or (None, None)
        return FollowUpState(
            deal_id=self._given.deal_id,
            seen=self._seen,
            promise_id=armed.promise_id if armed else None,
            arming=armed.arming if armed else None,
            due_at=armed.deadlines.due_at if armed else None,
            next_step=Step(step.kind) if step else None,
            next_at=at,
        )

    # -- what it says ------------------------------------------------------------------------

    async def say(self, due: DueStep, at: datetime) -> None:
        """Silence may mean that the deal moved on and the news did not reach us: then we look for ourselves."""
        armed, outlook, now = self._armed, self._outlook, max(workflow.now(), at)
        assert armed is not None
        step = Step(due.kind)
        said = await (
            self._reassign(armed, now) if step is Step.REASSIGN else self._tell(Timer(step, armed, now))
        )
        if not said.recorded:
            await self.ask()
        if self._outlook is outlook:
            self._outlook = outlook_of(outlook.position, armed, list(Step).index(step) + 1)

    async def _tell(self, timer: Timer) -> Executed:
        """In place it is one task for the server to keep and to hand out, instead of three."""
        if self._given.in_place:
            return await workflow.execute_local_activity_method(
                FollowUpActivities.tell,
                timer,
                start_to_close_timeout=MOMENT,
                retry_policy=PATIENCE,
                local_retry_threshold=AT_HAND,
                summary=timer.step,
            )
        return await self._do(FollowUpActivities.tell, timer, timer.step)

    async def _reassign(self, armed: PromiseArmed, now: datetime) -> Executed:
        """To the least loaded in the team. Where nobody can take it, the manager hears it again and decides."""
        refused = "nobody else in the team can take the deal over"
        excluded: tuple[UUID, ...] = ()
        for _ in range(CHOICES):
            heir = await self._do(FollowUpActivities.choose_heir, RepWanted(armed, now, excluded))
            if heir.rep_id is None:
                break
            said = await self._do(FollowUpActivities.reassign, Reassignment(armed, now, heir))
            if said.refused is None:
                if said.recorded and workflow.patched(ASKS):
                    await self.ask()
                return said
            refused = said.refused
            if not said.rep_gone:
                break
            excluded += (heir.rep_id,)
        return await self._do(FollowUpActivities.tell_again, Stuck(armed, now, refused))

    async def _do(
        self, activity: Callable[[Any, Asked], Awaitable[Done]], asked: Asked, summary: str | None = None
    ) -> Done:
        return await workflow.execute_activity_method(
            activity, asked, start_to_close_timeout=MOMENT, retry_policy=PATIENCE, summary=summary
        )

    # -- long lives --------------------------------------------------------------------------

    def begin_anew(self) -> None:
        """Hand on everything known. No await between the last look at the state and continuing."""
        given, spoken = self._given, len(Step) - len(self._outlook.marks)
        workflow.continue_as_new(
            FollowUp(given.deal_id, self._seen, self._armed, spoken, given.history_limit, in_place=True)
        )
