"""Workflows room: the two activities of a deadline workflow, for every capability the same: look at the ledger, and speak."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar
from uuid import UUID

from temporalio import activity

from domain.deadlines import DEADLINES
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.deadlines import DeadlineRules, Near
from domain.time.commitment import DueStep
from workflows.engine.activity_context import ActivityContext, Cause
from workflows.engine.messages import Due, Outlook, Said

A = TypeVar("A", bound=Aggregate)


def deadline_activities(context: ActivityContext) -> Iterator[Callable[..., Any]]:
    for rules in DEADLINES.values():
        yield from named(DeadlineActivities(context, rules))


def named(deadlines: DeadlineActivities[A]) -> tuple[Callable[..., Any], ...]:
    """Under the names that the workflow asks for."""

    @activity.defn(name=deadlines.rules.look)
    async def look(id: UUID) -> Outlook:
        return await deadlines.look(id)

    @activity.defn(name=deadlines.rules.speak)
    async def speak(due: Due) -> Said:
        return await deadlines.speak(due)

    return look, speak


class DeadlineActivities(Generic[A]):
    def __init__(self, context: ActivityContext, rules: DeadlineRules[A]) -> None:
        self.rules = rules
        self._context = context

    async def look(self, id: UUID) -> Outlook:
        """Read after the position is known: it may be newer than that, never older."""
        position = await self._context.ledger.last_position(id)
        steps = await self._steps(await self._context.load(self.rules.aggregate, id))
        return Outlook(position, over=steps is None, marks=steps or ())

    async def speak(self, due: Due) -> Said:
        """One aggregate, one correlation: everything that is said of its deadlines belongs together."""
        command, recorded = await self._command(due), 0
        if command is not None:
            cause = Cause(due.position, due.id, due.now)
            recorded = (await self._context.execute(command, due.mark.key, cause)).recorded
        return Said(recorded, await self.look(due.id))

    async def _command(self, due: Due) -> Command | None:
        """What an earlier attempt has done already is not computed again."""
        compute = self.rules.computed.get(due.mark.kind)
        if compute is None:
            return self.rules.command(due.id, due.mark)
        aggregate = await self._context.load(self.rules.aggregate, due.id)
        owed = {step.key for step in await self._steps(aggregate) or ()}
        return await compute(aggregate, due.mark, due.now, self._context) if due.mark.key in owed else None

    async def _steps(self, aggregate: A) -> tuple[DueStep, ...] | None:
        """None: nothing can follow."""
        if not self.rules.goes_on(aggregate):
            return None
        wanted = self.rules.near(aggregate)
        near: Near = await self._context.near(wanted) if wanted else {}
        return self.rules.due_steps(aggregate, near)
