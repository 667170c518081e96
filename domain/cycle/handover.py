"""Domain room: who has a cycle's parts, and the decisions that were asked for in it, when somebody leaves, moves or is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain.cycle.commands import HandOverCycle, HandOverDecision
from domain.cycle.cycle import Cycle
from domain.cycle.policy import Step
from domain.figures.scope import rep as rep_scope
from domain.people.handover import MOVED, REPLACED, HandoverRules, Left, Moved, Replaced, Saying, along


def decisions(cycle: Cycle, of: UUID, heir: UUID | None) -> Iterator[Saying]:
    """Those that a person was asked for."""
    for owed in cycle.waiting:
        if owed.what == Step.DECIDE and owed.owner_id == of and owed.subject_id and heir:
            command = HandOverDecision(cycle_id=cycle.id, decision_id=owed.subject_id, to=heir)
            yield command, f"{cycle.id}:{owed.subject_id}:handover"


def on_left(cycle: Cycle, left: Left) -> Iterator[Saying]:
    """To who reviews, or is above that."""
    people = cycle.people
    heir = people.manager_id if people.manager_id != left.rep_id else people.above_id
    return decisions(cycle, left.rep_id, heir)


def on_moved(cycle: Cycle, moved: Moved) -> Iterator[Saying]:
    """The rep's own cycle is reviewed by who manages the new team, where who managed the old one did."""
    if cycle.scope != rep_scope(moved.rep.id):
        return
    before, after, manager_id = cycle.people.team_id, moved.rep.team_id, None
    if before is not None and after is not None and before != after:
        reviewed = cycle.people.manager_id == moved.managers[before]
        manager_id = moved.managers[after] if reviewed else None
    yield HandOverCycle(cycle_id=cycle.id, why=MOVED, manager_id=manager_id), along(cycle, moved)


def on_replaced(cycle: Cycle, replaced: Replaced) -> Iterator[Saying]:
    people, theirs, after = cycle.people, replaced.before, replaced.after
    if people.team_id != replaced.team_id:
        return
    if theirs in (people.owner_id, people.manager_id, people.above_id):
        command = HandOverCycle(
            cycle_id=cycle.id,
            why=REPLACED,
            owner_id=after if people.owner_id == theirs else None,
            manager_id=after if people.manager_id == theirs else None,
            above_id=after if people.above_id == theirs else None,
        )
        yield command, f"{cycle.id}:handover"
    yield from decisions(cycle, theirs, after)


HANDOVERS = (
    HandoverRules(
        name="cycle",
        aggregate=Cycle,
        goes_on=lambda cycle: cycle.exists and not cycle.is_over,
        left=on_left,
        moved=on_moved,
        replaced=on_replaced,
        teams=lambda cycle: cycle.people.team_id,
    ),
)
