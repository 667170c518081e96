"""Domain room: the times at which a cycle goes on by itself, and what is said then.

The order here decides between steps of the same time. People who are late are reminded and escalated and hold nothing up: execution
starts, check-ins take place, the review opens, the next target is proposed and the next period's cycle is opened, each at its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.cycle import commands as c
from domain.cycle.computing import check_in, open_next, propose_next, review
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.facts import CycleCancelled, CycleClosed
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.cycle.policy import Step
from domain.cycle.state import Phase
from domain.engine.aggregate import Aggregate
from domain.engine.deadlines import DeadlineRules, Near
from domain.figures.scope import ScopeKind
from domain.people.people import Rep
from domain.time.commitment import DueStep, Kind

REVIEWED = (Phase.REVIEW, Phase.FEEDBACK, Phase.NEXT)


class Turn(StrEnum):
    """What a cycle does by itself."""

    START = "start"
    CHECK_IN = "check-in"
    REVIEW = "review"
    PROPOSE = "propose"
    CLOSE = "close"
    OPEN_NEXT = "open-next"


def near(cycle: Cycle) -> Mapping[UUID, type[Aggregate]]:
    """The next period's cycle, the policies, and whose it is."""
    wanted: dict[UUID, type[Aggregate]] = {
        cycle_id(cycle.scope, cycle.period.next()): Cycle,
        cycle_policy_stream(cycle.policy): CyclePolicies,
    }
    if cycle.scope.kind == ScopeKind.REP and cycle.scope.id is not None:
        wanted[cycle.scope.id] = Rep
    return wanted


def steps(cycle: Cycle, near: Near) -> Iterator[DueStep]:
    return due_steps(cycle, next_opens_at(cycle, near))


def next_opens_at(cycle: Cycle, near: Near) -> datetime | None:
    """None where it was opened (even where it was cancelled then), and where the rep has left."""
    following, policies = cycle.period.next(), near[cycle_policy_stream(cycle.policy)]
    rep: Rep | None = (
        near.get(cycle.scope.id) if cycle.scope.kind == ScopeKind.REP and cycle.scope.id else None
    )
    if near[cycle_id(cycle.scope, following)].exists or (rep is not None and not rep.active):
        return None
    opens_at: datetime = policies.current.opens_at(following)
    return opens_at


def due_steps(cycle: Cycle, next_opens_at: datetime | None) -> Iterator[DueStep]:
    """A paused cycle has no times."""
    if cycle.is_over or cycle.is_paused:
        return
    yield from _of_phase(cycle)
    yield from _of_next(cycle, next_opens_at)
    for owed in cycle.waiting:
        if not owed.escalated:
            yield from owed.due_steps(cycle.id, Kind.REMIND, Kind.ESCALATE, step=owed.what)


def _of_phase(cycle: Cycle) -> Iterator[DueStep]:
    if cycle.phase == Phase.TARGET and cycle.times.executes_at is not None:
        yield _step(cycle, Turn.START, cycle.times.executes_at)
    if cycle.phase == Phase.EXECUTE:
        if cycle.times.next_check_in_at is not None:
            yield _step(cycle, Turn.CHECK_IN, cycle.times.next_check_in_at, cycle.check_ins + 1)
        if cycle.times.review_at is not None:
            yield _step(cycle, Turn.REVIEW, cycle.times.review_at)


def _of_next(cycle: Cycle, next_opens_at: datetime | None) -> Iterator[DueStep]:
    if next_opens_at is not None:
        yield _step(cycle, Turn.OPEN_NEXT, next_opens_at)
    if cycle.phase in REVIEWED and cycle.next_proposed is None and cycle.times.next_by is not None:
        yield _step(cycle, Turn.PROPOSE, next_by(cycle))
    closing = cycle.phase == Phase.NEXT and cycle.next_proposed is not None and not cycle.waiting
    if closing and cycle.times.appeal_until is not None:
        yield _step(cycle, Turn.CLOSE, cycle.times.appeal_until)


def next_by(cycle: Cycle) -> datetime:
    """At the latest when the review said; as soon as there is feedback that nobody is waited for to acknowledge."""
    assert cycle.times.next_by is not None
    if cycle.phase != Phase.NEXT or cycle.times.review_at is None:
        return cycle.times.next_by
    return min(cycle.times.next_by, cycle.times.review_at)


def _step(cycle: Cycle, kind: Turn, at: datetime, number: int = 0) -> DueStep:
    key = f"{cycle.id}:{cycle.arming}:{kind}" + (f":{number}" if number else "")
    return DueStep(kind, at, key, cycle.arming, number=number)


def command(cycle_id: UUID, due: DueStep) -> c.CycleCommand:
    match due.kind:
        case Turn.START:
            return c.StartExecution(cycle_id=cycle_id, arming=due.arming)
        case Turn.CLOSE:
            return c.CloseCycle(cycle_id=cycle_id, arming=due.arming)
        case _:
            tell = c.RemindCycle if due.kind == Kind.REMIND else c.EscalateCycle
            return tell(cycle_id=cycle_id, arming=due.arming, step=Step(due.step), subject_id=due.subject_id)


RULES = DeadlineRules(
    "cycle",
    Cycle,
    goes_on=lambda cycle: cycle.exists and not cycle.is_over,
    near=near,
    steps=steps,
    command=command,
    computed={
        Turn.CHECK_IN: check_in,
        Turn.REVIEW: review,
        Turn.PROPOSE: propose_next,
        Turn.OPEN_NEXT: open_next,
    },
    ends=(CycleClosed, CycleCancelled),
)
DEADLINES = (RULES,)
