"""Workflows room: what the workflow of a shard is told, asks and answers. The rules of `engine/messages.py` hold: numbers and times alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio.common import WorkflowIDReusePolicy

from workflows.engine.delivery import Deliverer
from workflows.engine.messages import HISTORY_LIMIT

SEGMENTS = "segments"


def segments_id(shard: int, task_queue: str) -> str:
    """Of one installation: several may share a namespace, each with a task queue of its own."""
    return f"{SEGMENTS}-{task_queue}-{shard}"


@dataclass(frozen=True)
class Shard:
    """Whose customers it looks after. A run asks the database for everything else."""

    shard: int
    history_limit: int = HISTORY_LIMIT


@dataclass(frozen=True)
class Heard:
    """Something new concerns customers of the shard."""


@dataclass(frozen=True)
class EvaluateShard:
    shard: int
    now: datetime


async def wake(deliverer: Deliverer, shard: int) -> None:
    """Have the shard's workflow look; where none runs, one is started."""
    await deliverer.start(
        SEGMENTS,
        Shard(shard),
        id=segments_id(shard, deliverer.task_queue),
        reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        signal=("heard", Heard()),
        summary="Holds customers against the rules of segments when they are due",
    )
