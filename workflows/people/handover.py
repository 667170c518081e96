"""Workflows room: a rep left; every open deal and action item of theirs goes to the least loaded reps of the team, evenly. Or a team got
another manager; what was the one's part in the loop is the other's. Or a rep changed teams; what they own goes along.

Who gets what is decided in one activity and done in the next, so that a repeat does the same again. Deals that nobody can take stay
where they are and the manager is told.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.people.handover_activities import HandoverActivities
    from workflows.people.messages import (
        HANDOVER,
        SUCCESSION,
        Handover,
        HandoverAsk,
        HandoverCount,
        HandoverPage,
        HandoverPageDone,
        HandoverPlan,
        Succession,
        SuccessionCount,
    )
    from workflows.people.succession_activities import SuccessionActivities

from workflows.engine.long_work import is_long, work_on

WHAT_IS_OWED = "what-is-owed"


@workflow.defn(name=HANDOVER)
class RepHandoverWorkflow:
    @workflow.init
    def __init__(self, given: Handover) -> None:
        self._given = given
        self._after = given.after
        self._done = given.done or HandoverCount()
        self._again = given.again

    @workflow.run
    async def run(self, given: Handover) -> HandoverCount:
        while True:
            plan = await self._plan()
            if plan.last is not None:
                self._note(await self._hand_over(plan), plan.last)
            elif self._again:
                self._start_over()
            else:
                return await self._with_what_is_owed()
            self._renew_when_long()

    @workflow.query
    def state(self) -> HandoverCount:
        return self._done

    def _note(self, page: HandoverPageDone, last: UUID) -> None:
        self._after = last
        self._done = self._done.plus(page.count)
        self._again += page.again

    def _start_over(self) -> None:
        """Some chosen reps left meanwhile. What is handed over stays so; the rest is decided anew."""
        self._after, self._again = None, 0
        self._done = HandoverCount(self._done.handed, 0)

    async def _plan(self) -> HandoverPlan:
        given = self._given
        asked = HandoverAsk(given.rep_id, given.position, self._after, workflow.now())
        return await work_on(HandoverActivities.plan_handover, asked)

    async def _hand_over(self, plan: HandoverPlan) -> HandoverPageDone:
        given = self._given
        page = HandoverPage(given.rep_id, given.position, plan.handings, workflow.now())
        return await work_on(HandoverActivities.hand_over, page)

    async def _with_what_is_owed(self) -> HandoverCount:
        """Runs that began before this was done go on without it."""
        if not workflow.patched(WHAT_IS_OWED):
            return self._done
        given = self._given
        asked = HandoverAsk(given.rep_id, given.position, None, workflow.now())
        return self._done.plus(await work_on(SuccessionActivities.hand_over_owed, asked))

    def _renew_when_long(self) -> None:
        if is_long(self._given.history_limit):
            state = replace(self._given, after=self._after, done=self._done, again=self._again)
            workflow.continue_as_new(state)


@workflow.defn(name=SUCCESSION)
class ManagerHandoverWorkflow:
    @workflow.run
    async def run(self, given: Succession) -> SuccessionCount:
        return await work_on(SuccessionActivities.succeed, replace(given, now=workflow.now()))
