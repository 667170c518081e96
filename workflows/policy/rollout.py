"""Workflows room: a policy version was published; every open deal that follows the policy gets its timer anew.

Its result says how many. Re-arming a deal that has the version already is silence, so a page may run twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.policy.activities import RolloutActivities
    from workflows.policy.messages import WORKFLOW, Rollout, RolloutCount, RolloutPage, RolloutPageDone


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
        return await workflow.execute_activity_method(
            RolloutActivities.rearm_page,
            RolloutPage(given.policy, given.version, given.position, self._after, workflow.now()),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        )

    def _renew_when_long(self) -> None:
        info, given = workflow.info(), self._given
        if info.is_continue_as_new_suggested() or info.get_current_history_length() >= given.history_limit:
            workflow.continue_as_new(replace(given, after=self._after, done=self._done))
