"""tests: a cycle's clock for tests without Temporal — says through the command handler what it says once period and deadlines are over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.cycle.commands import OpenReview, StartExecution
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from projections.cycle import kept_packs
from runtime.ledger import open_ledger


def reviewed(url: str, cycle: UUID, position: int) -> int:
    """The cycle of a period that is over, its review opened with the pack as known at `position`; where that stands."""
    return asyncio.run(_review(url, cycle, position))


async def _review(url: str, cycle: UUID, position: int) -> int:
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        pack = await kept_packs.freeze(ledger.pool, cycle, position)
        opening = OpenReview(
            cycle_id=cycle, arming=1, position=position, pack_digest=pack.digest, agenda=pack.agenda
        )
    return await _say(url, (StartExecution(cycle_id=cycle, arming=1), opening), 40)


def clock_says(url: str, *commands: Command, days: int = 0) -> int:
    """What a clock says now, or in so many days; where the last of it stands."""
    return asyncio.run(_say(url, commands, days))


async def _say(url: str, commands: Sequence[Command], days: int) -> int:
    later = datetime.now(UTC) + timedelta(days=days)
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        for command in commands:
            who = Context(now=later, actor=Actor("workflow", "clock"), channel=Channel.WORKFLOW)
            done = await CommandHandler(ledger).execute(command, who)
        return done.position
