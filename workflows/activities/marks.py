"""Workflows room: the times that follow from where a subject of the loop stands. Pure; no clock, no I/O.

The order here decides between marks of the same time. A key holds whatever tells one saying from the next: the arming, and of what is
owed the due time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.cycle.cycle import Cycle
from domain.cycle.policy import Step
from domain.cycle.state import Phase, Wait
from workflows.loop_messages import Kind, Mark

REVIEWED = (Phase.REVIEW, Phase.FEEDBACK, Phase.NEXT)


def in_order(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.at))


def marks_of_cycle(cycle: Cycle, next_opens_at: datetime | None) -> tuple[Mark, ...]:
    """`next_opens_at` None: the next period's cycle is there already, or shall not be. A paused cycle has no times."""
    if cycle.is_over or cycle.is_paused:
        return ()
    return in_order((*_of_phase(cycle), *_of_next(cycle, next_opens_at), *_of_waiting(cycle)))


def _of_phase(cycle: Cycle) -> Iterator[Mark]:
    if cycle.phase == Phase.TARGET and cycle.times.executes_at is not None:
        yield _mark(cycle, Kind.START, cycle.times.executes_at)
    if cycle.phase == Phase.EXECUTE:
        if cycle.times.next_check_in_at is not None:
            yield _mark(cycle, Kind.CHECK_IN, cycle.times.next_check_in_at, cycle.check_ins + 1)
        if cycle.times.review_at is not None:
            yield _mark(cycle, Kind.REVIEW, cycle.times.review_at)


def _of_next(cycle: Cycle, next_opens_at: datetime | None) -> Iterator[Mark]:
    if next_opens_at is not None:
        yield _mark(cycle, Kind.OPEN_NEXT, next_opens_at)
    if cycle.phase in REVIEWED and cycle.next_proposed is None and cycle.times.next_by is not None:
        yield _mark(cycle, Kind.PROPOSE, next_by(cycle))
    closing = cycle.phase == Phase.NEXT and cycle.next_proposed is not None and not cycle.waiting
    if closing and cycle.times.appeal_until is not None:
        yield _mark(cycle, Kind.CLOSE, cycle.times.appeal_until)


def next_by(cycle: Cycle) -> datetime:
    """At the latest when the review said; as soon as there is feedback that nobody is waited for to acknowledge."""
    assert cycle.times.next_by is not None
    if cycle.phase != Phase.NEXT or cycle.times.review_at is None:
        return cycle.times.next_by
    return min(cycle.times.next_by, cycle.times.review_at)


def _of_waiting(cycle: Cycle) -> Iterator[Mark]:
    for wait in cycle.waiting:
        owed = wait.awaited
        if not wait.reminded and not wait.escalated:
            yield _owed(cycle, wait, Kind.REMIND, owed.remind_at, owed.due_at)
        if not wait.escalated:
            yield _owed(cycle, wait, Kind.ESCALATE, owed.escalate_at)


def _mark(cycle: Cycle, kind: Kind, at: datetime, number: int = 0) -> Mark:
    key = f"{cycle.id}:{cycle.arming}:{kind}" + (f":{number}" if number else "")
    return Mark(kind, at, key, cycle.arming, number=number)


def _owed(cycle: Cycle, wait: Wait, kind: Kind, at: datetime, until: datetime | None = None) -> Mark:
    owed = wait.awaited
    whose = f"{owed.step}:{owed.subject_id}" if owed.step == Step.DECIDE else owed.step
    key = f"{cycle.id}:{wait.arming}:{kind}:{whose}:{owed.due_at.isoformat()}"
    return Mark(kind, at, key, wait.arming, until, owed.step, owed.subject_id)
