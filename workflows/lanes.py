"""Workflows room: which facts the follower may let wait. Two lanes, so that a call made now is not stuck behind an import.

An import or a policy rollout arms tens of thousands of timers, at a hundred or so a second; that is the bulk lane. Everything people
do, and what falls due within the hour, goes through the live lane. The lanes share nothing, not even the order between them: a
follow-up takes the newest position it hears of, and a run that an old delivery starts asks the ledger first.

Where a backlog stands before the worker, the server hands out the live lane's runs first, each lane's in the order of their times: within
each partition of the task queue (four, unless the server is told otherwise), so mostly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.common import Priority

from domain.deal.facts import PromiseMade, PromiseRearmed
from domain.engine.context import Channel
from domain.engine.recorded import Recorded
from domain.policy.follow_up import Deadlines

SOON = timedelta(hours=1)
NAP = timedelta(seconds=2)


@dataclass(frozen=True)
class Lane:
    """`window` positions are read, delivered side by side (`in_flight` at a time) and checked off together.

    `patient`: a new run sleeps on the server until its first step is due, and no worker hears of it before.
    """

    name: str
    takes: Callable[[Recorded], bool]
    window: int
    in_flight: int
    priority: Priority
    patient: bool


def can_wait(recorded: Recorded) -> bool:
    """Part of a burst, and not due soon. Says the same of a fact whenever it is asked."""
    return _of_a_burst(recorded) and not _due_soon(recorded)


def cannot_wait(recorded: Recorded) -> bool:
    return not can_wait(recorded)


def _of_a_burst(recorded: Recorded) -> bool:
    meta = recorded.meta
    by_rollout = isinstance(recorded.fact, PromiseRearmed) and meta.actor.kind == "workflow"
    return meta.channel is Channel.IMPORT or by_rollout


def _due_soon(recorded: Recorded) -> bool:
    """A promise that was overdue already when it was recorded is late anyway."""
    match recorded.fact:
        case PromiseMade(deadlines=deadlines) | PromiseRearmed(after=deadlines):
            return any(recorded.recorded_at <= at <= recorded.recorded_at + SOON for at in times(deadlines))
        case _:
            return False


def sleeps(deadlines: Deadlines, now: datetime) -> timedelta | None:
    """How long nothing is to be done for a promise; None: something is, or soon will be."""
    ahead = deadlines.remind_at - now
    return ahead if ahead >= NAP else None


def times(deadlines: Deadlines) -> tuple[datetime, ...]:
    return deadlines.remind_at, deadlines.due_at, deadlines.escalate_at, deadlines.reassign_at


LIVE = Lane(
    "follow-up:live",
    cannot_wait,
    window=5_000,
    in_flight=32,
    priority=Priority(priority_key=2),
    patient=False,
)
BULK = Lane(
    "follow-up:bulk", can_wait, window=2_000, in_flight=12, priority=Priority(priority_key=4), patient=True
)
"""More in flight makes an import hardly faster, and a queue before the server that live news has to stand in."""
LANES = (LIVE, BULK)
LANE_NAMES = [lane.name for lane in LANES]
