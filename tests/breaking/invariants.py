"""tests: what must be true after anything was killed, read from the ledger itself and not from logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from temporalio.client import Client

import domain.registry  # noqa: F401 - registers every fact
from domain.deal.deal import Deal
from projections.engine.catalog import ALL
from projections.engine.rebuild import compare
from projections.engine.status import status
from runtime.ledger import Ledger, open_ledger
from runtime.supervisor import Supervisor
from runtime.temporal import connect_temporal
from tests.breaking.load import Acknowledged

PAGE = 5_000
Eventually = Callable[..., Any]


async def hold(system: Supervisor, told: Sequence[Acknowledged], eventually: Eventually) -> None:
    """Every invariant, for a system at which nobody works any more and a list of what was acknowledged."""
    deals = await hold_in_the_database(system, told, eventually)
    client = await connect_temporal(system.environment["TEMPORAL_ADDRESS"])

    async def nothing_is_without_a_timer() -> bool:
        return await every_open_deal_has_a_timer(client, deals) == []

    await eventually(nothing_is_without_a_timer)


async def hold_in_the_database(
    system: Supervisor, told: Sequence[Acknowledged], eventually: Eventually
) -> dict[UUID, Deal]:
    """All but the timers; the deals as the ledger tells them."""
    async with open_ledger(system.environment["DATABASE_URL"]) as ledger:
        await every_acknowledged_command_is_there_once(ledger, told)
        deals = await fold(ledger)
        await every_projection_equals_its_rebuild(ledger, system, eventually)
    every_open_deal_has_one_live_promise(deals)
    return deals


async def fold(ledger: Ledger) -> dict[UUID, Deal]:
    """Every deal as the ledger tells it. Fails on a gap, a double position or a version out of turn."""
    deals: dict[UUID, Deal] = {}
    last = 0
    while page := await ledger.read(last, PAGE):
        for recorded in page:
            assert recorded.position == last + 1
            last = recorded.position
            if recorded.originator_id not in deals and recorded.fact.TOPIC != "deal.opened":
                continue
            deal = deals.setdefault(recorded.originator_id, Deal(recorded.originator_id))
            assert recorded.originator_version == deal.version + 1
            recorded.mutate(deal)
    return deals


async def every_acknowledged_command_is_there_once(ledger: Ledger, told: Sequence[Acknowledged]) -> None:
    async with ledger.pool.connection() as connection:
        keys = await connection.execute("SELECT key, position, recorded FROM ledger.receipts")
        kept = {
            key.rsplit("/", 1)[-1]: (position, recorded) for key, position, recorded in await keys.fetchall()
        }
        query = "SELECT data->>'activity_id' FROM ledger.events WHERE topic = 'deal.activity-logged'"
        activities = Counter(row[0] for row in await (await connection.execute(query)).fetchall())
    for said in told:
        assert said.key in kept, f"acknowledged and not in the ledger: {said}"
        assert kept[said.key][0] == said.position
    assert len({said.key for said in told}) == len(told)
    assert set(activities.values()) <= {1}
    wanted = {said.activity_id for said in told if said.activity_id is not None}
    assert wanted <= set(activities)


def every_open_deal_has_one_live_promise(deals: dict[UUID, Deal]) -> None:
    assert [d.id for d in deals.values() if d.is_open and d.promise is None] == []
    assert [d.id for d in deals.values() if not d.is_open and d.promise is not None] == []


async def every_open_deal_has_a_timer(client: Client, deals: dict[UUID, Deal]) -> list[str]:
    """The open deals whose follow-up workflow is not running, or waits for another arming."""
    running = {w.id async for w in client.list_workflows('ExecutionStatus = "Running"')}
    expected = {f"follow-up-{deal.id}" for deal in deals.values() if deal.is_open}
    return sorted(expected - running)


async def every_projection_equals_its_rebuild(
    ledger: Ledger, system: Supervisor, eventually: Eventually
) -> None:
    head = await ledger.head()

    async def all_are_there() -> bool:
        return all(s.position >= head and s.error is None for s in await status(ledger.pool))

    await eventually(all_are_there)
    for projection in ALL:
        assert await compare(system.environment["DATABASE_URL"], projection.name) == []
