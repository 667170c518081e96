"""No follower ever passes over an event, however writers interleave and however late one commits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from domain.engine.command import Call
from domain.engine.command_handler import Decision
from domain.engine.recorded import Meta
from runtime.append import APPEND, APPEND_ALONE, columns, columns_alone
from runtime.database import connect
from runtime.ledger import Ledger
from tests.conftest import eventually
from tests.office import Office, context, furnish

WRITERS, COMMANDS = 6, 40
Append = Callable[[Decision], tuple[str, list[str]]]
BOTH_WAYS = pytest.mark.parametrize(
    "append",
    [
        lambda decision: (APPEND, columns([decision])),
        lambda decision: (APPEND_ALONE, columns_alone(decision)),
    ],
    ids=["in a batch", "alone"],
)


async def follow(ledger: Ledger, until: asyncio.Event) -> list[int]:
    """What a follower sees that asks for everything after the last position it saw."""
    seen: list[int] = []
    last = 0
    while True:
        finished = until.is_set()
        page = await ledger.read(last, 50)
        seen += [recorded.position for recorded in page]
        last = seen[-1] if seen else 0
        if finished and not page:
            return seen
        await asyncio.sleep(0)


async def test_a_follower_sees_every_position_once_and_in_order(office: Office) -> None:
    desks = [await office.elsewhere() for _ in range(WRITERS)]
    done = asyncio.Event()
    following = asyncio.create_task(follow(office.ledger, done))

    async def write(desk: Office) -> None:
        for _ in range(COMMANDS):
            await desk.run(desk.opening())

    await asyncio.gather(*(write(desk) for desk in desks))
    done.set()
    seen = await following
    assert seen == list(range(1, 2 + 2 * WRITERS * COMMANDS + 1))


@BOTH_WAYS
async def test_a_writer_that_commits_late_is_never_overtaken(office: Office, append: Append) -> None:
    """A transaction that took its positions but has not committed holds the next writer back."""
    head = await office.ledger.head()
    slow = await psycopg.AsyncConnection.connect(office.url)
    await slow.execute(*append(await decided(office)))

    quick = asyncio.create_task(office.run(office.opening()))
    watcher = await connect(office.url)
    await waiting_for_the_lock(watcher)
    assert await office.ledger.read(head, 10) == []
    assert not quick.done()

    await slow.commit()
    receipt = await quick
    assert receipt.position == head + 4
    assert [r.position for r in await office.ledger.read(head, 10)] == [head + n for n in (1, 2, 3, 4)]
    await slow.close()
    await watcher.close()


@BOTH_WAYS
async def test_a_writer_that_rolls_back_leaves_no_gap(office: Office, append: Append) -> None:
    head = await office.ledger.head()
    failed = await psycopg.AsyncConnection.connect(office.url)
    await failed.execute(*append(await decided(office)))
    await failed.rollback()
    await failed.close()
    assert (await office.run(office.opening())).position == head + 2


async def test_the_ledgers_clock_never_runs_backwards_along_the_order(office: Office) -> None:
    await asyncio.gather(*(office.run(office.opening()) for _ in range(60)))
    rows = await office.rows("SELECT recorded_at FROM ledger.events ORDER BY position")
    assert rows == sorted(rows)


async def test_two_databases_keep_two_orders(office: Office, new_database) -> None:  # type: ignore[no-untyped-def]
    with new_database() as url:
        other = await furnish(url)
        assert (await other.run(other.opening())).position == (await office.run(office.opening())).position
        await other.close()


async def decided(office: Office) -> Decision:
    """A decision that nobody has appended yet."""
    call = Call(office.opening(), context())
    decision, _ = await office.handler._decide(call, {})
    assert isinstance(decision.meta, Meta)
    return decision


async def waiting_for_the_lock(watcher: psycopg.AsyncConnection) -> None:
    """Returns when some session of this database waits for an advisory lock."""
    query = (
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()"
    )

    async def somebody_waits() -> bool:
        return (await (await watcher.execute(query)).fetchone()) != (0,)

    await eventually(somebody_waits)
