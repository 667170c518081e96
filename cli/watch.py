"""cli: facts of a few streams as they are recorded — and a handful of deals whose promises nobody keeps, in a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine import tables
from cli.engine.event_output import EventOutput

if TYPE_CHECKING:
    from rich.text import Text

    from domain.engine.recorded import Recorded
    from runtime.ledger import Ledger

PATIENCE = 240.0
CATCH_UP_SECONDS = 300.0
MISSED, REASSIGNED = "promise.missed", "deal.owner-changed"
STEPS = ("promise.made", "promise.reminded", MISSED, "promise.escalated", REASSIGNED)
STEPS_SHOWN = ("promised", "reminded", "missed", "escalated", "reassigned")
COLUMNS = ("deal", *STEPS_SHOWN, "owner")


async def news(opened: Ledger, ids: Sequence[UUID]) -> AsyncGenerator[list[Recorded], None]:
    """What is recorded already in these streams, then what comes, in the ledger's order; nothing new is an empty list."""
    from runtime.database import connect

    async with await connect(str(opened.pool.conninfo)) as connection:
        await connection.execute("LISTEN ledger")
        seen = dict.fromkeys(ids, 0)
        while True:
            fresh = [recorded for id in ids for recorded in await opened.stream(id, after=seen[id])]
            seen |= {recorded.originator_id: recorded.originator_version for recorded in fresh}
            yield sorted(fresh, key=lambda recorded: recorded.position)
            async for _ in connection.notifies(timeout=2, stop_after=1):
                pass


async def caught_up(opened: Ledger, output: EventOutput, names: Sequence[str] = ()) -> None:
    """These read models, or all, hold everything that is recorded now."""
    from projections.engine.catalog import ALL
    from projections.engine.wait import Waiter

    head = await opened.head()
    with output.screen().status("the read models catch up"):
        async with Waiter(str(opened.pool.conninfo)) as waiter:
            for name in names or [projection.name for projection in ALL]:
                await waiter.until(name, head, CATCH_UP_SECONDS)


@dataclass
class Burning:
    """One deal: when each step came."""

    id: UUID
    title: str = ""
    owner_id: UUID | None = None
    at: dict[str, datetime] = field(default_factory=dict)

    def take(self, recorded: Recorded) -> bool:
        """Whether that was one of the steps, for the first time."""
        fact: Any = recorded.fact
        if fact.TOPIC == "deal.opened":
            self.title, self.owner_id = fact.title, fact.owner_id
        if fact.TOPIC == REASSIGNED:
            self.owner_id = fact.after
        fresh = fact.TOPIC in STEPS and fact.TOPIC not in self.at
        if fresh:
            self.at[fact.TOPIC] = recorded.recorded_at
        return fresh


@dataclass
class Race:
    """Some deals, their reps' names, and how far all of them have come."""

    deals: dict[UUID, Burning]
    names: dict[UUID, str]

    def take(self, fresh: Sequence[Recorded], output: EventOutput) -> None:
        for recorded in fresh:
            deal = self.deals[recorded.originator_id]
            if deal.take(recorded):
                output.event(recorded.fact.TOPIC, deal=deal.id, title=deal.title, owner=self._owner(deal))

    def past(self, step: str) -> bool:
        return all(step in deal.at for deal in self.deals.values())

    def table(self) -> Text:
        from rich.text import Text

        rows = [
            (deal.title, *(_clock(deal.at.get(step)) for step in STEPS), self._owner(deal))
            for deal in self.deals.values()
        ]
        return Text("\n".join(tables.lines(COLUMNS, rows, whole=STEPS_SHOWN)), no_wrap=True)

    def _owner(self, deal: Burning) -> str:
        return self.names.get(deal.owner_id, str(deal.owner_id)) if deal.owner_id else ""


def _clock(at: datetime | None) -> str:
    return at.astimezone().strftime("%H:%M:%S") if at else "·"


async def watch(
    opened: Ledger, ids: Sequence[UUID], output: EventOutput, when_overdue: Callable[[], Awaitable[None]]
) -> None:
    """Until all are reassigned, not longer than PATIENCE. `when_overdue` is called while they are, once all are missed."""
    race = Race({id: Burning(id) for id in ids}, await _names(opened))
    output.note("\na promise that nobody keeps is reminded, missed, escalated to the manager, reassigned:")
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE), aclosing(news(opened, ids)) as facts:
            race.take(await anext(facts), output)
            await _show(race, facts, output, MISSED, transient=True)
            await when_overdue()
            await _show(race, facts, output, REASSIGNED)
    if not race.past(REASSIGNED):
        output.event("unfinished", "not all of them have come to the end; the worker's log says why")


async def _show(
    race: Race,
    facts: AsyncGenerator[list[Recorded], None],
    output: EventOutput,
    upto: str,
    *,
    transient: bool = False,
) -> None:
    """A live table until all have come `upto` a step."""
    from rich.live import Live

    with Live(race.table(), console=output.screen(), refresh_per_second=8, transient=transient) as live:
        while not race.past(upto):
            race.take(await anext(facts), output)
            live.update(race.table())


async def _names(opened: Ledger) -> dict[UUID, str]:
    from projections.people import rep_load

    loads = await rep_load.reps(opened.pool, datetime.now().astimezone())
    return {load.rep_id: load.rep_name or "" for load in loads}
