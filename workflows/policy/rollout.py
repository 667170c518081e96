"""Workflows room: a policy version was published; every open deal that follows the policy gets its timer anew.

Its result says how many. Re-arming a deal that has the version already is silence, so a page may run twice.
"""

from __future__ import annotations

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.policy.activities import RolloutActivities
    from workflows.policy.messages import WORKFLOW, Rollout, RolloutCount, RolloutPage, RolloutPageDone

from workflows.engine.long_work import is_long, work_on


@workflow.defn(name=WORKFLOW)
class PolicyRolloutWorkflow:
    @workflow.init
    def __init__(self, given: Rollout) -> None:
        self._given = given
        self._after = given.after
        self._done = given.done or RolloutCount()

    @workflow.run
    async def run(self, given: Rollout) -> RolloutCount:
        while (page := await self._rearm_page()).last is not None:
            self._after = page.last
            self._done = self._done.plus(page.count)
            self._renew_when_long()
        return self._done

    @workflow.query
    def state(self) -> RolloutCount:
        return self._done

    async def _rearm_page(self) -> RolloutPageDone:
        given = self._given
        page = RolloutPage(given.policy, given.version, given.position, self._after, workflow.now())
        return await work_on(RolloutActivities.rearm_page, page)

    def _renew_when_long(self) -> None:
        if is_long(self._given.history_limit):
            workflow.continue_as_new(replace(self._given, after=self._after, done=self._done))
