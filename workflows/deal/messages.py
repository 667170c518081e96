"""Workflows room: what a deal's follow-up is told, asks and answers. The rules of `engine/messages.py` hold: frozen, never renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.deal.facts import DealImportUndone, DealLost, DealWon, PromiseMade, PromiseRearmed
from domain.engine.facts import Fact
from domain.engine.recorded import Recorded
from domain.time.commitment import Deadlines
from workflows.engine.delivery import Deliverer, News, Reader
from workflows.engine.messages import HISTORY_LIMIT
from workflows.engine.queues import Queue

WORKFLOW = "follow-up"
SOON = timedelta(hours=1)
NAP = timedelta(seconds=2)


def follow_up_id(deal_id: UUID) -> str:
    return f"{WORKFLOW}-{deal_id}"


class Step(StrEnum):
    """What a follow-up's timer does, in order."""

    REMIND = "remind"
    MISS = "miss"
    ESCALATE = "escalate"
    REASSIGN = "reassign"


# --- signals ------------------------------------------------------------------------------------


class DealNews(News):
    deal_id: UUID

    @property
    def workflow_id(self) -> str:
        return follow_up_id(self.deal_id)

    async def start(self, by: Deliverer, signal: str, reuse: WorkflowIDReusePolicy, **options: Any) -> None:
        await by.start(
            WORKFLOW,
            FollowUp(self.deal_id, in_place=True),
            id=self.workflow_id,
            reuse=reuse,
            signal=(signal, self),
            summary="Timer behind the deal's live promise",
            **options,
        )


@dataclass(frozen=True)
class PromiseArmed(DealNews):
    """A promise was made or re-armed: this is now the only timer of its deal. `position` is that fact's."""

    position: int
    deal_id: UUID
    promise_id: UUID
    arming: int
    deadlines: Deadlines

    def can_wait(self, recorded: Recorded) -> bool:
        """Part of a burst, and not due soon. What was overdue already when it was recorded is late anyway."""
        by_rollout = isinstance(recorded.fact, PromiseRearmed) and recorded.meta.actor.kind == "workflow"
        at = recorded.recorded_at
        due_soon = any(at <= time <= at + SOON for time in times(self.deadlines))
        return (super().can_wait(recorded) or by_rollout) and not due_soon

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        """To the running follow-up; where none runs (a new deal, a reopened one) a run is opened with it."""
        await self.start(
            by,
            "promise_armed",
            WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_delay=sleeps(self.deadlines, datetime.now(UTC)) if queue.patient else None,
            priority=queue.priority,
        )


@dataclass(frozen=True)
class DealClosed(DealNews):
    """The deal was won or lost: no timer any more."""

    position: int
    deal_id: UUID

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        """Two calls: the first finds out whether there is a run to end, and does not wake it when it sleeps."""
        try:
            if await by.signal(self.workflow_id, "deal_closed", self):
                await self.start(by, "deal_closed", WorkflowIDReusePolicy.REJECT_DUPLICATE)
        except WorkflowAlreadyStartedError:
            return


def times(deadlines: Deadlines) -> tuple[datetime, ...]:
    return deadlines.remind_at, deadlines.due_at, deadlines.escalate_at, deadlines.reassign_at


def sleeps(deadlines: Deadlines, now: datetime) -> timedelta | None:
    """How long nothing is to be done for a promise; None: something is, or soon will be."""
    ahead = deadlines.remind_at - now
    return ahead if ahead >= NAP else None


def read(recorded: Recorded) -> PromiseArmed | DealClosed | None:
    deal_id, fact = recorded.originator_id, recorded.fact
    if isinstance(fact, PromiseMade):
        return PromiseArmed(recorded.position, deal_id, fact.promise_id, fact.arming, fact.deadlines)
    if isinstance(fact, PromiseRearmed):
        return PromiseArmed(recorded.position, deal_id, fact.promise_id, fact.arming, fact.after)
    if isinstance(fact, DealImportUndone) and fact.after is not None and fact.after.status == "open":
        return None  # its promise is armed anew in the same commit
    return DealClosed(recorded.position, deal_id)


NEWS: Mapping[type[Fact], Reader] = dict.fromkeys(
    (PromiseMade, PromiseRearmed, DealWon, DealLost, DealImportUndone), read
)
TOPICS = [fact.TOPIC for fact in NEWS]


# --- input, query, result -----------------------------------------------------------------------


@dataclass(frozen=True)
class FollowUp:
    """Whose follow-up it is; the rest is what one run hands to the next when it continues as new.

    `seen` is the high-water mark: news from a position not above it is no news. `spoken` counts the steps of this
    arming that are behind us. `in_place`: its steps are said from within the workflow's own task; runs that began before there
    was such a thing go on without.
    """

    deal_id: UUID
    seen: int = 0
    armed: PromiseArmed | None = None
    spoken: int = 0
    history_limit: int = HISTORY_LIMIT
    in_place: bool = False


@dataclass(frozen=True)
class FollowUpState:
    """`next_step` None: nothing left to do for this arming; the workflow waits for news."""

    deal_id: UUID
    seen: int
    promise_id: UUID | None
    arming: int | None
    due_at: datetime | None
    next_step: Step | None
    next_at: datetime | None


@dataclass(frozen=True)
class FollowUpEnded:
    """The deal is closed as of `seen`."""

    deal_id: UUID
    seen: int


# --- follow-up: activities ----------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Where the ledger says a deal stands: the promise whose timer is to run, or None when it is closed (or unknown:
    position 0).
    """

    position: int
    armed: PromiseArmed | None


@dataclass(frozen=True)
class Timer:
    """A step whose time has come. `now` is the workflow's clock."""

    step: Step
    armed: PromiseArmed
    now: datetime


def standing_of(newest: Recorded) -> Standing:
    """What the newest fact of `TOPICS` in a deal's stream says."""
    news = read(newest)
    return Standing(newest.position, news if isinstance(news, PromiseArmed) else None)


@dataclass(frozen=True)
class RepWanted:
    """Who could take the deal over, `excluded` and the present owner aside?"""

    armed: PromiseArmed
    now: datetime
    excluded: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class ChosenRep:
    """The rep chosen, with the decision receipt; `rep_id` None when there is nobody, and then `receipt` says why."""

    rep_id: UUID | None
    receipt: str


@dataclass(frozen=True)
class Reassignment:
    armed: PromiseArmed
    now: datetime
    heir: ChosenRep


@dataclass(frozen=True)
class Stuck:
    """Nobody can take the deal over: the manager is told again, with this reason."""

    armed: PromiseArmed
    now: datetime
    why: str
