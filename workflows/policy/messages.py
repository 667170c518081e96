"""Workflows room: what the rollout of a policy version is told, asks and answers. The rules of `engine/messages.py` hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.engine.facts import Fact
from domain.engine.recorded import Recorded
from domain.policy.policies import PolicyPublished
from workflows.engine.delivery import Deliverer, News, Reader
from workflows.engine.messages import HISTORY_LIMIT
from workflows.engine.queues import Queue

WORKFLOW = "policy-rollout"


def rollout_id(policy: str, version: int) -> str:
    return f"policy-{policy}-v{version}"


@dataclass(frozen=True)
class Rollout(News):
    """A policy version was published at `position`; the rest is progress that a run hands to the next."""

    policy: str
    version: int
    position: int
    after: UUID | None = None
    done: RolloutCount | None = None
    history_limit: int = HISTORY_LIMIT

    @property
    def workflow_id(self) -> str:
        return rollout_id(self.policy, self.version)

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        await by.start_once(
            WORKFLOW, self, id=self.workflow_id, summary="Re-arms the open deals that follow a policy"
        )


@dataclass(frozen=True)
class RolloutCount:
    """`looked` open deals followed the policy; `rearmed` of them got their timer anew; the others had it already."""

    looked: int = 0
    rearmed: int = 0

    def plus(self, other: RolloutCount) -> RolloutCount:
        return RolloutCount(self.looked + other.looked, self.rearmed + other.rearmed)


@dataclass(frozen=True)
class RolloutPage:
    """`after` None: from the start."""

    policy: str
    version: int
    position: int
    after: UUID | None
    now: datetime


@dataclass(frozen=True)
class RolloutPageDone:
    """`last` None: there was nothing left."""

    last: UUID | None
    count: RolloutCount


def published(recorded: Recorded) -> Rollout:
    assert isinstance(recorded.fact, PolicyPublished)
    policy = recorded.fact.policy
    return Rollout(policy.name, policy.version, recorded.position)


NEWS: Mapping[type[Fact], Reader] = {PolicyPublished: published}
