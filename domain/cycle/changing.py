"""Domain room: what people change about a cycle: pause, cancel, cadence, who has which part."""

from __future__ import annotations

from dataclasses import replace

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle
from domain.cycle.decisions import Json, check_text, policy_of, targets_of, told, warn_of_nobody_above
from domain.door import Book, handles
from domain.target.decisions import team_of


@handles(c.PauseCycle)
def pause_cycle(command: c.PauseCycle, book: Book) -> Json:
    check_text(command.why, "why")
    cycle = book.get(Cycle, command.cycle_id)
    cycle.pause(command.why, book.context.now)
    return told(cycle)


@handles(c.ResumeCycle)
def resume_cycle(command: c.ResumeCycle, book: Book) -> Json:
    cycle = book.get(Cycle, command.cycle_id)
    cycle.resume(policy_of(cycle, book), book.context.now)
    return told(cycle)


@handles(c.CancelCycle)
def cancel_cycle(command: c.CancelCycle, book: Book) -> Json:
    check_text(command.why, "why")
    cycle = book.get(Cycle, command.cycle_id)
    cycle.cancel(command.why)
    return told(cycle)


@handles(c.ChangeCadence)
def change_cadence(command: c.ChangeCadence, book: Book) -> Json:
    cycle = book.get(Cycle, command.cycle_id)
    cycle.change_cadence(command.cadence, policy_of(cycle, book), book.context.now)
    return told(cycle)


@handles(c.HandOverCycle)
def hand_over_cycle(command: c.HandOverCycle, book: Book) -> Json:
    check_text(command.why, "why")
    cycle = book.get(Cycle, command.cycle_id)
    named = {
        name: id
        for name in ("owner_id", "manager_id", "above_id")
        if (id := getattr(command, name)) is not None
    }
    after = replace(cycle.people, team_id=team_of(cycle.scope, book), **named)
    cycle.must_go_on()
    warn_of_nobody_above(after, book)
    if after.owner_id != cycle.people.owner_id:
        for target in targets_of(cycle, book):
            target.hand_over(after.owner_id)
    cycle.hand_over(after, command.why)
    return told(cycle)
