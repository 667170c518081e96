"""Several processes fill a read model: the rows are the same, a poison is named the same, and whoever is killed leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import msgspec
import psutil
import psycopg
import pytest

from projections.engine import rebuild
from projections.engine.positions import Fenced
from projections.engine.projection import WHOLE
from projections.engine.rebuild import Busy, compare, rebuild_all
from projections.engine.rebuild_workers import Order, WorkerLost, Workers, fill
from projections.engine.run import run_projections
from projections.engine.status import status
from runtime.programs import alive
from tests.projections.telling import Books, call
from tests.projections.test_rebuild import NAMES
from tests.projections.wandering import Company

Eventually = Callable[..., Any]
WAITING = """
SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, 'FOR KEY SHARE') > 0
   AND datname = current_database()
"""


def workers() -> list[psutil.Process]:
    """The processes that work for this one."""
    return [child for child in psutil.Process().children() if alive(child) and is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return "projections.engine.rebuild_workers" in process.cmdline()
    return False


async def nothing_is_left(books: Books) -> None:
    assert workers() == []
    left = "SELECT tablename FROM pg_tables WHERE schemaname = 'read' AND strpos(tablename, '__') > 0"
    assert await books.office.rows(left) == []
    assert await compare(books.office.url, "deal_board") == []
    (board,) = [found for found in await status(books.pool) if found.name == "deal_board"]
    assert (board.generation, board.rebuilding) == (1, False)


@contextlib.asynccontextmanager
async def held_up(books: Books, eventually: Eventually) -> AsyncIterator[asyncio.Task[int]]:
    """A rebuild by two processes, both of which have begun and can write nothing until this is left."""
    hold = "SELECT FROM read.positions WHERE name = 'deal_board' AND suffix = '__new' FOR UPDATE"
    async with await psycopg.AsyncConnection.connect(books.office.url) as holder:
        rebuilding = asyncio.create_task(_rebuild_once(books, holder, hold))
        await eventually(lambda: _both_wait(books))
        yield rebuilding


async def _rebuild_once(books: Books, holder: psycopg.AsyncConnection[Any], hold: str) -> int:
    async with rebuild._beside(books.office.url, "deal_board", rebuild.NEW) as built:
        await holder.execute(hold.encode())
        async with Workers(2) as processes:
            await built.share_out(processes, 2, books.office.url, lambda _position, _head: None)
        return await built.take_place()


async def _both_wait(books: Books) -> bool:
    async with await psycopg.AsyncConnection.connect(books.office.url) as observer:
        return len(await (await observer.execute(WAITING.encode())).fetchall()) == 2


@pytest.mark.parametrize(("seed", "count", "stretch"), [(11, 2, 20_000), (12, 3, 7), (13, 5, 40)])
async def test_however_many_fill_it_the_rows_are_the_same(
    books: Books, monkeypatch: pytest.MonkeyPatch, seed: int, count: int, stretch: int
) -> None:
    monkeypatch.setattr(rebuild, "STRETCH", stretch)
    company = Company(books, seed, looping=True)
    await company.work(200)
    for n in range(1, 31):
        await books.opened(deal_id=UUID(int=n))
    head = await books.follow()
    told: list[tuple[str, int, int]] = []

    outcomes = await rebuild_all(books.office.url, NAMES, lambda *now: told.append(now), count)

    assert outcomes == dict.fromkeys(NAMES, head)
    shares = f"SELECT DISTINCT mod(uuid_hash(deal_id) & 65535, {count}) FROM read.deal_board"
    assert len(await books.office.rows(shares)) == count, "each of them had deals"
    assert {one.generation for one in await status(books.pool)} == {2}
    assert await books.differences() == []
    board = [position for name, position, _ in told if name == "deal_board"]
    assert board == sorted(board)
    assert board[-1] == head
    assert workers() == []


async def test_what_is_written_meanwhile_is_in_it(books: Books) -> None:
    deals = [await books.opened() for _ in range(12)]
    await books.follow()
    stop = asyncio.Event()
    following = asyncio.create_task(run_projections(books.office.url, stop=stop))

    async def write() -> int:
        written = 0
        while not stop.is_set():
            await books.given(call(deals[written % len(deals)]))
            written += 1
        return written

    writing = asyncio.create_task(write())
    for _ in range(3):
        await rebuild_all(books.office.url, ["deal_board", "deal_history"], workers=2)
    stop.set()
    assert await writing > 0
    await following
    assert await compare(books.office.url, "deal_board") == []
    assert await compare(books.office.url, "deal_history") == []
    (board,) = [found for found in await status(books.pool) if found.name == "deal_board"]
    assert board.generation == 4


async def test_a_poison_fact_is_named_as_it_is_by_one_process(books: Books) -> None:
    await books.opened()
    await books.follow()
    poison = """
        INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at,
               recorded_at)
        SELECT position + 1, %s, 1, 'deal.opened', 1, '{}', meta, gen_random_uuid(), occurred_at, recorded_at
          FROM ledger.events ORDER BY position DESC LIMIT 1
    """
    async with await psycopg.AsyncConnection.connect(books.office.url, autocommit=True) as owner:
        await owner.execute(poison, [uuid.uuid4()])
    said = []
    for count in (1, 2):
        with pytest.raises(msgspec.ValidationError, match="missing required field") as wrong:
            await rebuild.rebuild(books.office.url, "deal_board", workers=count)
        said.append((wrong.type, str(wrong.value)))
    assert said[0] == said[1]
    outcomes = await rebuild_all(books.office.url, ["deal_board", "rules"], workers=2)
    assert isinstance(outcomes["deal_board"], msgspec.ValidationError)
    assert outcomes["rules"] == await books.office.ledger.head(), "the others are rebuilt all the same"
    assert workers() == []


async def test_a_process_that_is_killed_ends_the_rebuild_and_the_live_tables_stay(
    books: Books, eventually: Eventually
) -> None:
    await books.opened()
    await books.follow()
    async with held_up(books, eventually) as rebuilding:
        workers()[0].kill()
    with pytest.raises(WorkerLost, match="deal_board ended with -9"):
        await rebuilding
    await nothing_is_left(books)
    assert (
        await rebuild.rebuild(books.office.url, "deal_board", workers=2) == await books.office.ledger.head()
    )


async def test_a_rebuild_that_is_stopped_takes_its_processes_with_it(
    books: Books, eventually: Eventually
) -> None:
    await books.opened()
    await books.follow()
    async with held_up(books, eventually) as rebuilding:
        assert len(workers()) == 2
        rebuilding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rebuilding
    await nothing_is_left(books)


KILLED = """
import asyncio, os, psutil, signal, sys
from projections.engine import rebuild
def at(position, head):
    print(*(child.pid for child in psutil.Process().children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(rebuild.rebuild(sys.argv[1], "deal_board", at, workers=2))
"""


async def test_no_process_outlives_a_rebuild_that_was_killed(books: Books, eventually: Eventually) -> None:
    await books.opened()
    await books.follow()
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, books.office.url],
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    pids = [int(pid) for pid in killed.stdout.split()]
    assert len(pids) == 2
    await eventually(lambda: not any(_works(pid) for pid in pids))
    assert await compare(books.office.url, "deal_board") == []
    await rebuild.rebuild(books.office.url, "deal_board", workers=2)
    assert await compare(books.office.url, "deal_board") == []


def _works(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        found = psutil.Process(pid)
        return alive(found) and is_worker(found)
    return False


async def test_whoever_fills_another_generation_writes_nothing(books: Books) -> None:
    await books.opened()
    async with rebuild._beside(books.office.url, "deal_board", rebuild.NEW) as built:
        generation, head = built._held.generation, await books.office.ledger.head()
        late = Order(books.office.url, "deal_board", rebuild.NEW, generation - 1, head, WHOLE, 100)
        with pytest.raises(Fenced):
            await fill(late, lambda _: None)
        assert await books.office.rows("SELECT FROM read.deal_board__new") == []


async def test_each_of_several_is_told_by_itself(books: Books) -> None:
    await books.opened()
    async with rebuild._beside(books.office.url, "funnel", rebuild.NEW):
        outcomes = await rebuild_all(books.office.url, ["funnel", "agenda"])
    assert isinstance(outcomes["funnel"], Busy)
    assert outcomes["agenda"] == await books.office.ledger.head()
    with pytest.raises(LookupError, match="no read model 'nosuch'"):
        await rebuild_all(books.office.url, ["agenda", "nosuch"])
