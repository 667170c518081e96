"""Workflows room: what a cycle's clock asks, and what it says through the command handler when a time has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from temporalio import activity

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.cycle.policy import CyclePolicy, Step
from domain.cycle.state import Phase
from domain.engine.command_handler import Command
from domain.figures.scope import ScopeKind
from domain.people.people import Rep
from domain.target.target import Target
from workflows.activities.desk import Cause, Desk
from workflows.activities.figures import Figures
from workflows.activities.marks import marks_of_cycle
from workflows.loop_messages import Due, Kind, Outlook, Said
from workflows.messages import Told

NOTHING = Told(0)


class CycleActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._figures = Figures(desk)
        self._says: dict[Kind, Callable[[Due, Cycle], Awaitable[Told]]] = {
            Kind.REMIND: self._remind,
            Kind.ESCALATE: self._escalate,
            Kind.START: self._start,
            Kind.CHECK_IN: self._check_in,
            Kind.REVIEW: self._review,
            Kind.PROPOSE: self._propose_next,
            Kind.CLOSE: self._close,
            Kind.OPEN_NEXT: self._open_next,
        }

    @activity.defn
    async def look_at_cycle(self, id: UUID) -> Outlook:
        """Read after the position is known: it may be newer than that, never older."""
        position = await self._desk.ledger.last_position(id)
        cycle = await self._desk.load(Cycle, id)
        if not cycle.exists or cycle.is_over:
            return Outlook(position, over=True)
        return Outlook(position, marks=marks_of_cycle(cycle, await self._next_opens_at(cycle)))

    @activity.defn
    async def speak_for_cycle(self, due: Due) -> Said:
        told = await self._speak(due)
        return Said(told.recorded, await self.look_at_cycle(due.id))

    async def _speak(self, due: Due) -> Told:
        """What a cycle is past already, because an earlier attempt did it, is not worked out again."""
        cycle = await self._desk.load(Cycle, due.id)
        next_opens_at = await self._next_opens_at(cycle)
        owed = {mark.key for mark in marks_of_cycle(cycle, next_opens_at)}
        if due.mark.key not in owed and due.mark.kind != Kind.PROPOSE:
            return NOTHING
        return await self._says[due.mark.kind](due, cycle)

    async def _say(self, due: Due, command: Command, more: str = "") -> Told:
        """One cycle, one correlation: everything that its clock says belongs together."""
        return await self._desk.execute(command, due.mark.key + more, Cause(due.position, due.id, due.now))

    # -- what is owed ------------------------------------------------------------------------

    async def _remind(self, due: Due, _cycle: Cycle) -> Told:
        mark = due.mark
        command = c.RemindCycle(
            cycle_id=due.id, arming=mark.arming, step=Step(mark.step), subject_id=mark.subject_id
        )
        return await self._say(due, command)

    async def _escalate(self, due: Due, _cycle: Cycle) -> Told:
        mark = due.mark
        command = c.EscalateCycle(
            cycle_id=due.id, arming=mark.arming, step=Step(mark.step), subject_id=mark.subject_id
        )
        return await self._say(due, command)

    # -- execution and review ----------------------------------------------------------------

    async def _start(self, due: Due, _cycle: Cycle) -> Told:
        return await self._say(due, c.StartExecution(cycle_id=due.id, arming=due.mark.arming))

    async def _check_in(self, due: Due, cycle: Cycle) -> Told:
        return await self._say(due, await self._figures.check_in(due, cycle, await self._policy(cycle)))

    async def _review(self, due: Due, cycle: Cycle) -> Told:
        return await self._say(due, await self._figures.review(due, cycle))

    async def _close(self, due: Due, _cycle: Cycle) -> Told:
        return await self._say(due, c.CloseCycle(cycle_id=due.id, arming=due.mark.arming))

    # -- the next period ---------------------------------------------------------------------

    async def _propose_next(self, due: Due, cycle: Cycle) -> Told:
        """Where the next cycle was opened before there was a target, it gets it now: also by the attempt after the one that
        proposed it.
        """
        told = NOTHING
        if cycle.next_proposed is None:
            proposal = await self._figures.propose_next(due, cycle)
            told = await self._say(due, proposal)
        await self._include(due, cycle)
        return told

    async def _include(self, due: Due, cycle: Cycle) -> None:
        said = (await self._desk.load(Cycle, cycle.id)).next_proposed
        following = await self._desk.load(Cycle, cycle_id(cycle.scope, cycle.period.next()))
        if said is None or following.phase not in (Phase.TARGET, Phase.EXECUTE):
            return
        for target in said.targets:
            include = c.IncludeTarget(cycle_id=following.id, target_id=target.target_id)
            await self._say(due, include, f":{target.target_id}")

    async def _next_opens_at(self, cycle: Cycle) -> datetime | None:
        """None where it was opened (even where it was cancelled then), and where the rep has left."""
        following = cycle_id(cycle.scope, cycle.period.next())
        if (await self._desk.load(Cycle, following)).exists:
            return None
        rep = await self._rep(cycle)
        if rep is not None and not rep.active:
            return None
        return (await self._policies(cycle)).current.opens_at(cycle.period.next())

    async def _open_next(self, due: Due, cycle: Cycle) -> Told:
        """The same people, metrics and cadence. Who changed teams is reviewed by the manager of the new one."""
        rep, people = await self._rep(cycle), cycle.people
        moved = rep is not None and rep.team_id != people.team_id
        targets = await self._desk.load_all(Target, cycle.targets)
        command = c.OpenCycle(
            scope=cycle.scope,
            period=cycle.period.next(),
            owner_id=people.owner_id,
            manager_id=None if moved else people.manager_id,
            above_id=people.above_id,
            metrics=tuple(dict.fromkeys(target.metric for target in targets)),
            policy=cycle.policy,
            cadence=cycle.cadence,
            previous_id=cycle.id,
        )
        return await self._say(due, command)

    # -- what it looks at --------------------------------------------------------------------

    async def _rep(self, cycle: Cycle) -> Rep | None:
        if cycle.scope.kind != ScopeKind.REP or cycle.scope.id is None:
            return None
        return await self._desk.load(Rep, cycle.scope.id)

    async def _policies(self, cycle: Cycle) -> CyclePolicies:
        return await self._desk.load(CyclePolicies, cycle_policy_stream(cycle.policy))

    async def _policy(self, cycle: Cycle) -> CyclePolicy:
        return (await self._policies(cycle)).at(cycle.policy_version)
