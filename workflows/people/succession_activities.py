"""Workflows room: handing over what a person has besides deals — when they left or changed teams, or a team has another manager.

What becomes of each kind of thing is said in the `HANDOVERS` of its capability.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from temporalio import activity

from domain.allocation.least_loaded import Loads, spread
from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.engine.aggregate import Aggregate
from domain.people.handover import (
    LEFT,
    MOVED,
    REPLACED,
    HandoverRules,
    Left,
    Moved,
    Replaced,
    Saying,
    handovers,
)
from domain.people.people import Rep, Team
from workflows.deal.activities import current_loads
from workflows.engine.activity_context import Cause
from workflows.people.messages import HandoverAsk, HandoverCount, Succession, SuccessionCount
from workflows.ports import RoomContext


class SuccessionActivities:
    def __init__(self, context: RoomContext) -> None:
        self._context = context
        self._rules = handovers()

    @activity.defn
    async def hand_over_owed(self, asked: HandoverAsk) -> HandoverCount:
        """Of a rep who left it is shared out, or goes to who is above; of one who changed teams it goes along."""
        await self._context.must_know(asked.position)
        owed = await self._context.loads.owed_by(asked.rep_id)
        rep = await self._context.load(Rep, asked.rep_id)
        cause = Cause(asked.position, rep.id, asked.now, MOVED if rep.active else LEFT)
        items = 0
        for rules in self._rules:
            held = await self._held(rules, owed.get(rules.name, ()))
            said = self._moved if rep.active else self._left
            handed = await self._say(await said(rules, held, rep, asked), cause)
            items += handed if rules.counted else 0
        return HandoverCount(items=items)

    @activity.defn
    async def succeed(self, asked: Succession) -> SuccessionCount:
        """Everything of the team that was the one manager's is the other's."""
        await self._context.must_know(asked.position)
        owed = await self._context.loads.owed_by(asked.before)
        today = (await self._context.load(CyclePolicies, COMPANY)).current.day(asked.now)
        replaced = Replaced(asked.team_id, asked.before, asked.after, today)
        cause, handed = Cause(asked.position, asked.team_id, asked.now, REPLACED), 0
        for rules in self._rules:
            held = await self._held(rules, owed.get(rules.name, ()))
            said = [say for one in held for say in rules.replaced(one, replaced)]
            handed += await self._say([(command, f"{key}:{asked.position}") for command, key in said], cause)
        return SuccessionCount(handed)

    async def _held(self, rules: HandoverRules[Any], ids: Sequence[UUID]) -> list[Aggregate]:
        return [one for one in await self._context.load_all(rules.aggregate, ids) if rules.goes_on(one)]

    async def _left(
        self, rules: HandoverRules[Any], held: Sequence[Aggregate], rep: Rep, asked: HandoverAsk
    ) -> list[Saying]:
        loads, manager_id = Loads(0, {}), None
        if rules.shared and held and rep.team_id is not None:
            loads = await current_loads(self._context, rep.team_id, asked.now)
            manager_id = (await self._context.load(Team, rep.team_id)).manager_id
        choices = dict(spread([one.id for one in held], loads, rep.id))
        return [
            (command, f"{key}:{rep.id}")
            for one in held
            for command, key in rules.left(one, Left(rep.id, choices[one.id], manager_id))
        ]

    async def _moved(
        self, rules: HandoverRules[Any], held: Sequence[Aggregate], rep: Rep, _asked: HandoverAsk
    ) -> list[Saying]:
        named = {id for id in (rep.team_id, *map(rules.teams, held)) if id is not None}
        managers = {team.id: team.manager_id for team in await self._context.load_all(Team, named)}
        return [said for one in held for said in rules.moved(one, Moved(rep, managers))]

    async def _say(self, said: Iterable[Saying], cause: Cause) -> int:
        """How many were heard."""
        heard = 0
        for command, key in said:
            activity.heartbeat()
            heard += (await self._context.execute(command, key, cause)).recorded > 0
        return heard
