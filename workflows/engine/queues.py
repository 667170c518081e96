"""Workflows room: which news may wait. Two queues, so that a call made now is not stuck behind an import.

An import or a policy rollout arms tens of thousands of timers, at a hundred or so a second; that is the bulk queue. Everything people
do, and what falls due within the hour, goes through the live one. The queues share nothing, not even the order between them: a
workflow takes the newest position it hears of, and a run that an old delivery starts asks the ledger first.

Where a backlog stands before the worker, the server hands out the live queue's runs first, each queue's in the order of their times:
within each partition of the task queue (four, unless the server is told otherwise), so mostly.
"""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.common import Priority


@dataclass(frozen=True)
class Queue:
    """`bulk`: of what can wait. `window` positions are read, delivered side by side (`in_flight` at a time) and checked off together.

    `patient`: a new run sleeps on the server until its first step is due, and no worker hears of it before.
    """

    name: str
    bulk: bool
    window: int
    in_flight: int
    priority: Priority
    patient: bool


LIVE = Queue(
    "follow-up:live", bulk=False, window=5_000, in_flight=32, priority=Priority(priority_key=2), patient=False
)
BULK = Queue(
    "follow-up:bulk", bulk=True, window=2_000, in_flight=12, priority=Priority(priority_key=4), patient=True
)
"""More in flight makes an import hardly faster, and a backlog before the server that live news has to stand in."""
QUEUES = (LIVE, BULK)
QUEUE_NAMES = [queue.name for queue in QUEUES]
