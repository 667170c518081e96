"""Workflows room: the one deadline workflow. It holds one timer and knows of no capability.

A run has an outlook: where its aggregate stands, and every time that follows from it. It waits for the earliest, speaks through the
command handler, and has another outlook. `DeadlineWorkflow` asks the ledger for it: whenever it hears news, and with the answer to what
it said. So a pause, another cadence, a handover, a deadline that is past at the start and a delivery that is repeated, late or out of
order are all the same to it. What it asks, and what it says, stands in the `DeadlineRules` of its type's name (`domain/deadlines.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from domain.deadlines import DEADLINES
    from domain.time.commitment import DueStep
    from workflows.engine.messages import DeadlinesOver, DeadlineState, Due, Moved, Outlook, Run, Said

from workflows.engine.long_work import PATIENCE, is_long

LONGEST = timedelta(minutes=5)
"""A review pack of a large company takes a while."""
AT_HAND = timedelta(seconds=5)
"""A longer pause between tries is a timer on the server: it outlives the worker."""
PUT_OFF = timedelta(days=1)
"""Until what met silence or a refusal, and is still to be said, is said again."""


class DeadlineTimer:
    """What all workflows with deadlines have in common: one timer, of the earliest step in the outlook."""

    def __init__(self, history_limit: int) -> None:
        self._history_limit = history_limit
        self._outlook = Outlook(0)
        self._heard = 0
        """The highest position of any news."""
        self._seen = 0
        """What is known: news up to here is in the outlook."""
        self._put_off: dict[str, datetime] = {}

    async def ask(self) -> None:
        """Have the outlook brought up to what was heard."""
        raise NotImplementedError

    async def say(self, due: DueStep, at: datetime) -> None:
        """A step's time has come. Afterwards the outlook is another one."""
        raise NotImplementedError

    def begin_anew(self) -> None:
        """Continue as new."""
        raise NotImplementedError

    async def until_over(self) -> None:
        while not self._outlook.over:
            await self._next()
            if is_long(self._history_limit) and not self._outlook.over:
                await workflow.wait_condition(workflow.all_handlers_finished)
                self.begin_anew()

    async def _next(self) -> None:
        """Wait for the next step's time and speak; or for news, whichever is first."""
        following = self.following()
        if not await self._disturbed_before(following):
            assert following is not None
            await self.say(*following)
        elif self._has_news():
            await self.ask()

    def following(self) -> tuple[DueStep, datetime] | None:
        """The earliest step that is not too late to be said, and when to say it."""
        now = workflow.now()
        steps = [step for step in self._outlook.marks if step.until is None or now < step.until]
        times = [(step, max(step.at, self._put_off.get(step.key, step.at))) for step in steps]
        return min(times, key=lambda t: t[1], default=None)

    async def _disturbed_before(self, following: tuple[DueStep, datetime] | None) -> bool:
        outlook = self._outlook

        def must_stop_waiting() -> bool:
            return self._outlook is not outlook or self._has_news() or is_long(self._history_limit)

        if following is None:
            await workflow.wait_condition(must_stop_waiting)
            return True
        step, at = following
        wait = at - workflow.now()
        if wait <= timedelta(0):
            return self._has_news()
        try:
            await workflow.wait_condition(must_stop_waiting, timeout=wait, timeout_summary=step.kind)
        except TimeoutError:
            return False
        return True

    def _has_news(self) -> bool:
        return self._heard > self._seen


@workflow.defn(dynamic=True)
class DeadlineWorkflow(DeadlineTimer):
    """Of every type that `DEADLINES` names."""

    @workflow.init
    def __init__(self, arguments: Sequence[RawValue]) -> None:
        self._given: Run = workflow.payload_converter().from_payload(arguments[0].payload, Run)
        self._rules = DEADLINES[workflow.info().workflow_type]
        super().__init__(self._given.history_limit)

    @workflow.run
    async def run(self, arguments: Sequence[RawValue]) -> DeadlinesOver:
        await self.ask()
        await self.until_over()
        return DeadlinesOver(self._given.id, self._seen)

    @workflow.signal
    def moved(self, news: Moved) -> None:
        self._heard = max(self._heard, news.position)

    @workflow.query
    def state(self) -> DeadlineState:
        step, at = self.following() or (None, None)
        kind = step.kind if step else None
        return DeadlineState(self._given.id, self._seen, kind, at, marks=self._outlook.marks)

    async def ask(self) -> None:
        """The ledger's own word."""
        heard = self._heard
        outlook: Outlook = await workflow.execute_local_activity(
            self._rules.look,
            self._given.id,
            result_type=Outlook,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENCE,
            local_retry_threshold=AT_HAND,
        )
        self._believe(outlook, heard)

    async def say(self, due: DueStep, at: datetime) -> None:
        """Whatever came of it, the ledger says how it goes on. What met silence is put off, not repeated at once."""
        now, heard = max(workflow.now(), at), self._heard
        said: Said = await workflow.execute_activity(
            self._rules.speak,
            Due(self._given.id, self._seen, due, now),
            result_type=Said,
            start_to_close_timeout=LONGEST,
            retry_policy=PATIENCE,
            summary=due.kind,
        )
        self._believe(said.outlook, heard)
        if not said.recorded:
            self._put_off[due.key] = now + PUT_OFF

    def _believe(self, outlook: Outlook, heard: int) -> None:
        """Whatever was `heard` before the question was asked is in the answer."""
        if outlook.position > self._outlook.position:
            self._put_off.clear()
        self._outlook, self._seen = outlook, max(outlook.position, heard)

    def begin_anew(self) -> None:
        """Nothing to hand on: the next run asks the ledger, which knows of every news that is on its way."""
        workflow.continue_as_new(self._given)
