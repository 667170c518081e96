"""tests: an office — a command handler on a real ledger, with a team and a rep to hang deals on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import domain.registry  # noqa: F401 - registers every fact and decision
from domain.deal.commands import OpenDeal
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler, Receipt
from domain.engine.context import Actor, Channel, Context
from domain.people.people import FormTeam, HireRep
from runtime.database import open_pool
from runtime.ledger import Ledger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def context(**changes: Any) -> Context:
    given: dict[str, Any] = {"now": NOW, "actor": Actor("user", "u-1"), "channel": Channel.API}
    return Context(**(given | changes))


@dataclass
class Office:
    """A command handler on one database, with a team and a rep to hang deals on."""

    url: str
    ledger: Ledger
    team_id: UUID = field(default_factory=uuid.uuid4)
    rep_id: UUID = field(default_factory=uuid.uuid4)

    def __post_init__(self) -> None:
        self.handler = CommandHandler(self.ledger)
        self.others: list[Office] = []

    async def elsewhere(self) -> Office:
        """The same office as another process sees it: a ledger with its own memory and connections."""
        ledger = Ledger(await open_pool(self.url, min_size=2, max_size=4))
        self.others.append(Office(self.url, ledger, self.team_id, self.rep_id))
        return self.others[-1]

    async def close(self) -> None:
        for office in (*self.others, self):
            await office.ledger.aclose()
            await office.ledger.pool.close()

    async def run(self, command: Command, **changes: Any) -> Receipt:
        return await self.handler.execute(command, context(**changes))

    async def hire(self) -> UUID:
        rep_id = uuid.uuid4()
        await self.run(HireRep(rep_id=rep_id, name="Li Wei", team_id=self.team_id))
        return rep_id

    def opening(self, deal_id: UUID | None = None, title: str = "Forty boilers") -> OpenDeal:
        return OpenDeal(deal_id=deal_id or uuid.uuid4(), title=title, owner_id=self.rep_id)

    async def rows(self, query: str, *parameters: Any) -> list[Any]:
        async with self.ledger.pool.connection() as connection:
            return await (await connection.execute(query, parameters)).fetchall()


async def furnish(url: str) -> Office:
    office = Office(url, Ledger(await open_pool(url, min_size=1, max_size=6)))
    await office.run(FormTeam(team_id=office.team_id, name="North"))
    await office.run(HireRep(rep_id=office.rep_id, name="Zhang Min", team_id=office.team_id))
    return office
