"""cli: a handful of deals and what happens to their promises, as it is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.common import console

if TYPE_CHECKING:
    from rich.table import Table

    from domain.recorded import Recorded
    from runtime.ledger import Ledger

PATIENCE = 90.0
STEPS = ("promise.made", "promise.reminded", "promise.missed", "promise.escalated", "deal.owner-changed")
COLUMNS = ("deal", "promised", "reminded", "missed", "escalated", "reassigned", "owner")


@dataclass
class Burning:
    """One deal: when each step came."""

    id: UUID
    title: str = ""
    owner_id: UUID | None = None
    at: dict[str, datetime] = field(default_factory=dict)

    def take(self, recorded: Recorded) -> None:
        fact: Any = recorded.fact
        if fact.TOPIC == "deal.opened":
            self.title, self.owner_id = fact.title, fact.owner_id
        if fact.TOPIC == "deal.owner-changed":
            self.owner_id = fact.after
        if fact.TOPIC in STEPS:
            self.at.setdefault(fact.TOPIC, recorded.recorded_at)

    @property
    def done(self) -> bool:
        return "deal.owner-changed" in self.at


async def watch(opened: Ledger, ids: Sequence[UUID]) -> None:
    """Show them until each was reassigned; not longer than PATIENCE."""
    from rich.live import Live

    deals = {id: Burning(id) for id in ids}
    names = await _names(opened)
    screen = console()
    screen.print("\na promise that nobody keeps: reminded, missed, escalated, reassigned")
    with Live(_table(deals, names), console=screen, refresh_per_second=8) as live, suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            async for _ in _happenings(opened, deals):
                live.update(_table(deals, names))
                if all(deal.done for deal in deals.values()):
                    return
    screen.print()
    if not all(deal.done for deal in deals.values()):
        screen.print("not all of them have come to the end; the worker's log says why")


async def _happenings(opened: Ledger, deals: dict[UUID, Burning]) -> AsyncIterator[None]:
    """Once for what is recorded already, then after each news of the ledger."""
    from runtime.database import connect

    async with await connect(str(opened.pool.conninfo)) as connection:
        await connection.execute("LISTEN ledger")
        seen = dict.fromkeys(deals, 0)
        while True:
            for id, deal in deals.items():
                for recorded in await opened.stream(id, after=seen[id]):
                    deal.take(recorded)
                    seen[id] = recorded.originator_version
            yield
            async for _ in connection.notifies(timeout=2, stop_after=1):
                pass


async def _names(opened: Ledger) -> dict[UUID, str]:
    from projections import rep_load

    loads = await rep_load.reps(opened.pool, datetime.now().astimezone())
    return {load.rep_id: load.rep_name or "" for load in loads}


def _table(deals: dict[UUID, Burning], names: dict[UUID, str]) -> Table:
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        made.add_column(name, no_wrap=True)
    for deal in deals.values():
        times = [
            deal.at[step].astimezone().strftime("%H:%M:%S") if step in deal.at else "·" for step in STEPS
        ]
        owner = names.get(deal.owner_id, str(deal.owner_id)) if deal.owner_id else ""
        made.add_row(deal.title, *times, owner)
    return made
