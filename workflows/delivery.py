"""Workflows room: how news from the ledger reaches its workflow — what is sent for which fact, and with which guarantees.

Everything here may be repeated: a follow-up ignores what is not above its high-water mark, and a run that a stale delivery starts asks
the ledger first and ends at once. A rollout or handover that ran is not run again.

A run that is started patiently has its first news waiting in its history and no worker task until its first step is due. Another
signal-with-start wakes it; a plain signal does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.action_item.action_item import ActionItemEnded
from domain.adjustment.adjustment import AdjustmentDecided
from domain.cycle.facts import CycleCancelled, CycleClosed
from domain.deal.facts import DealLost, DealWon, PromiseMade, PromiseRearmed
from domain.engine.facts import FACTS, Fact
from domain.engine.recorded import Recorded
from domain.meeting.facts import MeetingCancelled
from domain.meeting.schedule import MeetingScheduleCancelled
from domain.people.people import RepLeft, RepMoved, TeamManagerChanged
from domain.policy.policies import PolicyPublished
from workflows.follow_up import FollowUpWorkflow, follow_up_id
from workflows.handover import (
    ManagerHandoverWorkflow,
    RepHandoverWorkflow,
    following_id,
    handover_id,
    succession_id,
)
from workflows.lanes import LIVE, Lane, sleeps
from workflows.loop_messages import Moved, Run, Subject, clock_id
from workflows.messages import DealClosed, FollowUp, Handover, PromiseArmed, Rollout, Succession
from workflows.rollout import PolicyRolloutWorkflow, rollout_id

News = PromiseArmed | DealClosed | Rollout | Handover | Succession | Moved
PATIENCE = timedelta(seconds=15)
"""How long one call may take; the client repeats it within that time when the server is busy."""
DEAL_NEWS = (PromiseMade, PromiseRearmed, DealWon, DealLost)
LAST: tuple[type[Fact], ...] = (
    *(CycleClosed, CycleCancelled, ActionItemEnded, AdjustmentDecided),
    *(MeetingScheduleCancelled, MeetingCancelled),
)
"""Nothing follows these."""
SUBJECTS = {topic: subject for subject in Subject for topic in FACTS if topic.startswith(f"{subject}.")}
TOPICS = [fact.TOPIC for fact in (*DEAL_NEWS, PolicyPublished, RepLeft, RepMoved, TeamManagerChanged)] + list(
    SUBJECTS
)
SUMMARIES = {
    Subject.CYCLE: "Clock of a cycle",
    Subject.ACTION_ITEM: "Clock of an action item",
    Subject.ADJUSTMENT: "Clock of an adjustment",
    Subject.MEETING_SCHEDULE: "Clock of a schedule of meetings",
    Subject.MEETING: "Clock of a meeting",
}
DEAL_TOPICS = [fact.TOPIC for fact in DEAL_NEWS]


def news_of(recorded: Recorded) -> News | None:
    """What a fact means to a workflow; None: nothing."""
    match recorded.fact:
        case PromiseMade(promise_id=promise, arming=arming, deadlines=deadlines):
            return PromiseArmed(recorded.position, recorded.originator_id, promise, arming, deadlines)
        case PromiseRearmed(promise_id=promise, arming=arming, after=deadlines):
            return PromiseArmed(recorded.position, recorded.originator_id, promise, arming, deadlines)
        case DealWon() | DealLost():
            return DealClosed(recorded.position, recorded.originator_id)
        case PolicyPublished(policy=policy):
            return Rollout(policy.name, policy.version, recorded.position)
        case RepLeft() | RepMoved() as fact:
            return Handover(recorded.originator_id, recorded.position, moved=isinstance(fact, RepMoved))
        case TeamManagerChanged(before=before, after=after):
            return succession(recorded, before, after)
        case fact if fact.TOPIC in SUBJECTS:
            moved = Moved(
                recorded.position, SUBJECTS[fact.TOPIC], recorded.originator_id, isinstance(fact, LAST)
            )
            return None if said_itself(moved, recorded) else moved
        case _:
            return None


def succession(recorded: Recorded, before: UUID | None, after: UUID | None) -> Succession | None:
    """Nobody's parts are nobody's to hand over; and without another manager they stay where they are."""
    if before is None or after is None:
        return None
    return Succession(recorded.originator_id, before, after, recorded.position, recorded.occurred_at)


def said_itself(moved: Moved, recorded: Recorded) -> bool:
    """A clock has the outcome of what it says with the answer: no need to tell it."""
    return recorded.meta.actor.id == clock_id(moved.subject, moved.id)


def workflow_id(news: News) -> str:
    match news:
        case PromiseArmed() | DealClosed():
            return follow_up_id(news.deal_id)
        case Rollout():
            return rollout_id(news.policy, news.version)
        case Handover(moved=True):
            return following_id(news.rep_id, news.position)
        case Handover():
            return handover_id(news.rep_id)
        case Succession():
            return succession_id(news)
        case Moved():
            return clock_id(news.subject, news.id)


def newest(many: Iterable[News]) -> list[News]:
    """Of several news for one workflow only the last counts: a timer is set once, to where the deal stands now."""
    return list({workflow_id(news): news for news in many}.values())


@dataclass(frozen=True)
class Deliverer:
    """Sends news. Raises RPCError when the server does not take it; then it was not delivered, or may have been."""

    client: Client
    task_queue: str
    patience: timedelta = PATIENCE

    async def send(self, news: News, lane: Lane = LIVE) -> None:
        match news:
            case PromiseArmed():
                await self._arm(news, lane)
            case DealClosed():
                await self._close(news)
            case Rollout():
                await self._roll_out(news)
            case Handover():
                await self.hand_over(news)
            case Succession():
                await self._succeed(news)
            case Moved():
                await self._move(news)

    async def _arm(self, news: PromiseArmed, lane: Lane) -> None:
        """To the running follow-up; where none runs (a new deal, a reopened one) a run is opened with it."""
        delay = sleeps(news.deadlines, datetime.now(UTC)) if lane.patient else None
        await self._start_with(
            "promise_armed",
            news,
            WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_delay=delay,
            priority=lane.priority,
        )

    async def _close(self, news: DealClosed) -> None:
        """Two calls: the first finds out whether there is a run to end, and does not wake it when it sleeps."""
        handle = self.client.get_workflow_handle_for(FollowUpWorkflow.run, follow_up_id(news.deal_id))
        try:
            await handle.signal(FollowUpWorkflow.deal_closed, news, rpc_timeout=self.patience)
            await self._start_with("deal_closed", news, WorkflowIDReusePolicy.REJECT_DUPLICATE)
        except WorkflowAlreadyStartedError:
            return
        except RPCError as failure:
            if failure.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _start_with(
        self, signal: str, news: PromiseArmed | DealClosed, reuse: WorkflowIDReusePolicy, **options: Any
    ) -> None:
        await self.client.start_workflow(
            FollowUpWorkflow.run,
            FollowUp(news.deal_id, in_place=True),
            id=follow_up_id(news.deal_id),
            task_queue=self.task_queue,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=signal,
            start_signal_args=[news],
            static_summary="Timer behind the deal's live promise",
            rpc_timeout=self.patience,
            **options,
        )

    async def _move(self, news: Moved) -> None:
        """To the running clock; where none runs, one is started, unless nothing can follow."""
        if news.over:
            await self._stop(news)
            return
        await self.client.start_workflow(
            news.subject,
            Run(news.id),
            id=workflow_id(news),
            task_queue=self.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="moved",
            start_signal_args=[news],
            static_summary=SUMMARIES[news.subject],
            rpc_timeout=self.patience,
        )

    async def _stop(self, news: Moved) -> None:
        try:
            await self.client.get_workflow_handle(workflow_id(news)).signal(
                "moved", news, rpc_timeout=self.patience
            )
        except RPCError as failure:
            if failure.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _roll_out(self, news: Rollout) -> None:
        try:
            await self.client.start_workflow(
                PolicyRolloutWorkflow.run,
                news,
                id=workflow_id(news),
                task_queue=self.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                static_summary="Re-arms the open deals that follow a policy",
                rpc_timeout=self.patience,
            )
        except WorkflowAlreadyStartedError:
            return

    async def _succeed(self, news: Succession) -> None:
        try:
            await self.client.start_workflow(
                ManagerHandoverWorkflow.run,
                news,
                id=workflow_id(news),
                task_queue=self.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                static_summary="Hands over what was the part of a team's manager before",
                rpc_timeout=self.patience,
            )
        except WorkflowAlreadyStartedError:
            return

    async def hand_over(
        self,
        news: Handover,
        reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    ) -> None:
        """`reuse` ALLOW_DUPLICATE: once more for a rep whose deals found nobody the first time."""
        try:
            await self.client.start_workflow(
                RepHandoverWorkflow.run,
                news,
                id=workflow_id(news),
                task_queue=self.task_queue,
                id_reuse_policy=reuse,
                static_summary="Hands over the open deals of a rep who left, or takes them along to another team",
                rpc_timeout=self.patience,
            )
        except WorkflowAlreadyStartedError:
            return
