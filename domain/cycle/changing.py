"""Domain room: what people change about a cycle: pause, cancel, cadence, who has which part."""

from __future__ import annotations

from dataclasses import replace

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle
from domain.cycle.decisions import policy_of, targets_of, warn_of_nobody_above
from domain.cycle.facts import People
from domain.engine.command import decides
from domain.engine.unit_of_work import UnitOfWork
from domain.scorecard.scorecard import Scorecard, ScorecardPeople, scorecard_id
from domain.target.decisions import team_of


@decides(c.PauseCycle)
def pause_cycle(cycle: Cycle, command: c.PauseCycle, work: UnitOfWork) -> None:
    cycle.pause(command.why, work.context.now)


@decides(c.ResumeCycle)
def resume_cycle(cycle: Cycle, _command: c.ResumeCycle, work: UnitOfWork) -> None:
    cycle.resume(policy_of(cycle, work), work.context.now)


@decides(c.CancelCycle)
def cancel_cycle(cycle: Cycle, command: c.CancelCycle, _work: UnitOfWork) -> None:
    cycle.cancel(command.why)


@decides(c.ChangeCadence)
def change_cadence(cycle: Cycle, command: c.ChangeCadence, work: UnitOfWork) -> None:
    cycle.change_cadence(command.cadence, policy_of(cycle, work), work.context.now)


@decides(c.HandOverCycle)
def hand_over_cycle(cycle: Cycle, command: c.HandOverCycle, work: UnitOfWork) -> None:
    named = {
        name: id
        for name in ("owner_id", "manager_id", "above_id")
        if (id := getattr(command, name)) is not None
    }
    after = replace(cycle.people, team_id=team_of(cycle.scope, work), **named)
    cycle.must_go_on()
    warn_of_nobody_above(after, work)
    if after.owner_id != cycle.people.owner_id:
        for target in targets_of(cycle, work):
            target.hand_over(after.owner_id)
    _hand_over_card(cycle, after, command.why, work)
    cycle.hand_over(after, command.why)


def _hand_over_card(cycle: Cycle, after: People, why: str, work: UnitOfWork) -> None:
    """An open scorecard of the same scope and period goes along, as far as it was in the same hands."""
    card, before = work.find(Scorecard, scorecard_id(cycle.scope, cycle.period)), cycle.people
    if card.exists and card.status == "open":
        owner_id = after.owner_id if card.owner_id == before.owner_id else card.owner_id
        manager_id = after.manager_id if card.manager_id == before.manager_id else card.manager_id
        card.hand_over(ScorecardPeople(owner_id=owner_id, manager_id=manager_id, team_id=after.team_id), why)
