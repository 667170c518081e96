"""Workflows room: the follow-up of one open deal — the timer behind its live promise. Definitions touch no SQL.

One run lives from a deal's opening (or reopening) to its closing. Whatever happens to the promise arrives as news with its log
position; the newest news wins and sets the one timer anew. The timer's steps speak through the command handler, which hears only those that
are still true. So a delivery that is repeated, late or out of order changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.activities.timers import TimerActivities
    from workflows.messages import (
        DealClosed,
        FollowUp,
        FollowUpEnded,
        FollowUpState,
        Heir,
        HeirWanted,
        PromiseArmed,
        Reassignment,
        Standing,
        Step,
        Stuck,
        Timer,
        Told,
    )

WORKFLOW = "follow-up"
STEPS = (
    (Step.REMIND, "remind_at"),
    (Step.MISS, "due_at"),
    (Step.ESCALATE, "escalate_at"),
    (Step.REASSIGN, "reassign_at"),
)
CHOICES = 3
"""How often somebody else is chosen when the chosen rep left in between."""
PATIENCE = RetryPolicy(maximum_interval=timedelta(minutes=1))
"""Without end: the database or the command handler may be away for long, a promise is never given up."""
MOMENT = timedelta(seconds=30)
AT_HAND = timedelta(seconds=5)
"""A longer pause between tries is a timer on the server: it outlives the worker."""


def follow_up_id(deal_id: UUID) -> str:
    return f"follow-up-{deal_id}"


@workflow.defn(name=WORKFLOW)
class FollowUpWorkflow:
    @workflow.init
    def __init__(self, given: FollowUp) -> None:
        self._given = given
        self._seen = given.seen
        self._armed = given.armed
        self._spoken = given.spoken

    @workflow.run
    async def run(self, given: FollowUp) -> FollowUpEnded:
        if given.seen == 0:
            self._believe(await self._look())
        while self._armed is not None:
            await self._next(self._armed)
            await self._renew_when_long()
        return FollowUpEnded(given.deal_id, self._seen)

    # -- news --------------------------------------------------------------------------------

    @workflow.signal
    def promise_armed(self, news: PromiseArmed) -> None:
        if news.position > self._seen:
            self._set(news.position, news)

    @workflow.signal
    def deal_closed(self, news: DealClosed) -> None:
        if news.position > self._seen:
            self._set(news.position, None)

    def _believe(self, standing: Standing) -> None:
        """The ledger's own word, where it is newer than what we heard."""
        if standing.position > self._seen:
            self._set(standing.position, standing.armed)

    def _set(self, position: int, armed: PromiseArmed | None) -> None:
        self._seen, self._armed, self._spoken = position, armed, 0

    @workflow.query
    def state(self) -> FollowUpState:
        armed, step = self._armed, self._next_step()
        return FollowUpState(
            deal_id=self._given.deal_id,
            seen=self._seen,
            promise_id=armed.promise_id if armed else None,
            arming=armed.arming if armed else None,
            due_at=armed.deadlines.due_at if armed else None,
            next_step=step[0] if step else None,
            next_at=step[1] if step else None,
        )

    # -- the timer ---------------------------------------------------------------------------

    async def _next(self, armed: PromiseArmed) -> None:
        """Wait for the next step's time and speak; or for news, whichever is first."""
        step = self._next_step()
        if step is None:
            await workflow.wait_condition(lambda: self._must_stop_waiting(armed))
        elif not await self._news_before(armed, *step):
            await self._speak(armed, *step)
            self._step_done(armed, step[0])

    def _step_done(self, armed: PromiseArmed, step: Step) -> None:
        if self._armed is armed:
            self._spoken = [name for name, _ in STEPS].index(step) + 1

    def _must_stop_waiting(self, armed: PromiseArmed) -> bool:
        return self._armed is not armed or self._is_long()

    def _next_step(self) -> tuple[Step, datetime] | None:
        """The first step not behind us. Reminding after the due time would be no reminder."""
        if self._armed is None:
            return None
        times = [(step, getattr(self._armed.deadlines, at)) for step, at in STEPS[self._spoken :]]
        if times and times[0][0] is Step.REMIND and self._armed.deadlines.due_at <= workflow.now():
            times = times[1:]
        return times[0] if times else None

    async def _news_before(self, armed: PromiseArmed, step: Step, at: datetime) -> bool:
        wait = at - workflow.now()
        if wait <= timedelta(0):
            return False
        try:
            await workflow.wait_condition(
                lambda: self._must_stop_waiting(armed), timeout=wait, timeout_summary=step
            )
        except TimeoutError:
            return False
        return True

    async def _speak(self, armed: PromiseArmed, step: Step, at: datetime) -> None:
        """Silence may mean that the deal moved on and the news did not reach us: then we look for ourselves."""
        now = max(workflow.now(), at)
        told = await (
            self._reassign(armed, now) if step is Step.REASSIGN else self._tell(Timer(step, armed, now))
        )
        if not told.recorded:
            self._believe(await self._look())

    # -- what it does to the world -----------------------------------------------------------

    async def _look(self) -> Standing:
        return await workflow.execute_local_activity_method(
            TimerActivities.look,
            self._given.deal_id,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENCE,
            local_retry_threshold=AT_HAND,
        )

    async def _tell(self, timer: Timer) -> Told:
        """In place it is one task for the server to keep and to hand out, instead of three."""
        if self._given.in_place:
            return await workflow.execute_local_activity_method(
                TimerActivities.tell,
                timer,
                start_to_close_timeout=MOMENT,
                retry_policy=PATIENCE,
                local_retry_threshold=AT_HAND,
                summary=timer.step,
            )
        return await workflow.execute_activity_method(
            TimerActivities.tell,
            timer,
            start_to_close_timeout=MOMENT,
            retry_policy=PATIENCE,
            summary=timer.step,
        )

    async def _reassign(self, armed: PromiseArmed, now: datetime) -> Told:
        """To the least loaded in the team. Where nobody can take it, the manager hears it again and decides."""
        refused = "nobody else in the team can take the deal over"
        excluded: tuple[UUID, ...] = ()
        for _ in range(CHOICES):
            heir = await self._choose(HeirWanted(armed, now, excluded))
            if heir.rep_id is None:
                break
            told = await self._hand_to(Reassignment(armed, now, heir))
            if told.refused is None:
                return told
            refused = told.refused
            if not told.rep_gone:
                break
            excluded += (heir.rep_id,)
        return await self._tell_again(Stuck(armed, now, refused))

    async def _choose(self, wanted: HeirWanted) -> Heir:
        return await workflow.execute_activity_method(
            TimerActivities.choose_heir, wanted, start_to_close_timeout=MOMENT, retry_policy=PATIENCE
        )

    async def _hand_to(self, reassignment: Reassignment) -> Told:
        return await workflow.execute_activity_method(
            TimerActivities.reassign, reassignment, start_to_close_timeout=MOMENT, retry_policy=PATIENCE
        )

    async def _tell_again(self, stuck: Stuck) -> Told:
        return await workflow.execute_activity_method(
            TimerActivities.tell_again, stuck, start_to_close_timeout=MOMENT, retry_policy=PATIENCE
        )

    # -- long lives --------------------------------------------------------------------------

    def _is_long(self) -> bool:
        info = workflow.info()
        limit = self._given.history_limit
        return info.is_continue_as_new_suggested() or info.get_current_history_length() >= limit

    async def _renew_when_long(self) -> None:
        """Hand on everything known. No await between the last look at the state and continuing."""
        if self._armed is None or not self._is_long():
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        given, limit = self._given, self._given.history_limit
        workflow.continue_as_new(
            FollowUp(given.deal_id, self._seen, self._armed, self._spoken, limit, in_place=True)
        )
