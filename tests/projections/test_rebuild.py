"""A rebuilt read model equals the live one row for row, takes its place while it is read, and survives being killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from domain.deal.deal import Deal
from projections.deal import board as deal_board
from projections.engine import positions, rebuild
from projections.engine.catalog import ALL
from projections.engine.rebuild import Busy, compare
from projections.engine.run import run_projections
from projections.engine.status import status
from projections.engine.wait import Waiter
from tests.conftest import PATIENCE
from tests.projections.telling import Books, call
from tests.projections.wandering import Company

NAMES = [projection.name for projection in ALL]


@pytest.mark.parametrize(("seed", "stride"), [(1, 1), (2, 7), (3, 40), (4, 1_000)])
async def test_however_the_facts_were_batched_a_rebuild_gives_the_same_rows(
    books: Books, seed: int, stride: int
) -> None:
    company = Company(books, seed, looping=True)
    await company.work(320)
    await books.follow(stride)
    assert company.happened > 100
    assert await books.differences() == []
    for table in ("target_tree", "cycle_board", "scorecards", "action_items", "adjustments"):
        assert await books.office.rows(f"SELECT FROM read.{table} WHERE body LIKE '%%position%%'"), table


async def test_the_board_says_what_the_deal_itself_would_say(books: Books) -> None:
    company = Company(books, 5)
    await company.work(150)
    await books.follow(11)
    for deal_id in company.deals:
        row = await deal_board.get(books.pool, deal_id)
        deal = Deal(deal_id)
        for entry in await books.office.ledger.stream(deal_id):
            deal.replay(entry.fact, entry.originator_version)
        if not deal.exists:
            assert row is None
            continue
        assert row is not None
        same = """version title customer_id product_id owner_id team_id process process_version policy stage status
            expected_close closed_on contract_reference loss_reason competitor reassignments"""
        assert {n: getattr(row, n) for n in same.split()} == {n: getattr(deal, n) for n in same.split()}
        assert (row.amount, row.currency) == (
            (deal.amount.amount, deal.amount.currency) if deal.amount else (None, None)
        )
        assert row.activity_count == len(deal.activities)
        assert_same_promise(row, deal)


def assert_same_promise(row: Any, deal: Deal) -> None:
    promise = deal.promise
    if promise is None:
        assert (row.promise_id, row.due_at, row.arming) == (None, None, 0)
        return
    same = {"id": "promise_id", "owner_id": "promised_by", "what": "promised", "made_at": "made_at"}
    assert {ours: getattr(row, ours) for ours in same.values()} == {
        o: getattr(promise, t) for t, o in same.items()
    }
    for name in ("by_rule", "overdue", "policy_version"):
        assert getattr(row, name) == getattr(promise, name)
    assert row.arming == promise.generation
    for name in ("remind_at", "due_at", "escalate_at", "reassign_at"):
        assert getattr(row, name) == getattr(promise.deadlines, name)
    told = (row.reminded_at is not None, row.missed_at is not None, row.escalated_at is not None)
    assert told == (promise.reminded, promise.missed, promise.escalated)


async def test_every_kind_of_tampering_is_found_by_comparing(books: Books) -> None:
    deal_id, other = await books.opened(), await books.opened()
    await books.follow()
    await books.connection.execute("UPDATE read.deal_board SET title = 'Mine' WHERE deal_id = %s", [deal_id])
    await books.connection.execute("DELETE FROM read.agenda WHERE deal_id = %s", [other])
    await books.connection.execute("UPDATE read.funnel_stage SET deals = deals + 1")
    found = {difference.table: difference for difference in await books.differences()}
    assert set(found) == {"deal_board", "agenda", "funnel_stage"}
    assert (found["deal_board"].only_live, found["deal_board"].only_rebuilt) == (1, 1)
    assert (found["agenda"].only_live, found["agenda"].only_rebuilt) == (0, 1)
    assert any("Mine" in sample for sample in found["deal_board"].samples)


async def test_a_rebuild_repairs_and_keeps_its_indexes_under_their_names(books: Books) -> None:
    await books.opened()
    await books.follow()
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'read' ORDER BY 1"
    before = await books.office.rows(indexes)
    await books.connection.execute("UPDATE read.deal_board SET title = 'Mine'")
    told: list[tuple[int, int]] = []
    for name in NAMES:
        reached = await rebuild.rebuild(books.office.url, name, lambda p, h: told.append((p, h)))
        assert reached == await books.office.ledger.head()
    assert await books.differences() == []
    assert await books.office.rows(indexes) == before
    assert told[-1] == (reached, reached)
    assert {found.status for found in await status(books.pool)} == {"live"}, "nothing is left to follow"


async def test_reads_and_follower_go_on_while_a_read_model_is_rebuilt(books: Books) -> None:
    deals = [await books.opened() for _ in range(20)]
    stop, rebuilt = asyncio.Event(), asyncio.Event()
    following = asyncio.create_task(run_projections(books.office.url, stop=stop))
    reads = 0

    async def read() -> None:
        nonlocal reads
        while not rebuilt.is_set():
            page = await deal_board.listing(books.pool, limit=500)
            assert len(page.items) == len(deals), "no reader sees half a table"
            reads += 1

    async with Waiter(books.office.url) as waiter:
        receipt = await books.given(call(deals[0]))
        await waiter.until("deal_board", receipt.position, PATIENCE)
        reading = asyncio.create_task(read())
        for _ in range(3):
            await rebuild.rebuild(books.office.url, "deal_board")
            receipt = await books.given(call(deals[0]))
            await waiter.until("deal_board", receipt.position, PATIENCE)
        rebuilt.set()
        await reading
    assert reads > 3
    assert await compare(books.office.url, "deal_board") == []
    stop.set()
    await following
    (board,) = [found for found in await status(books.pool) if found.name == "deal_board"]
    assert (board.status, board.lag, board.generation) == ("live", 0, 4)


KILLED = """
import asyncio, os, signal, sys
from projections.engine import rebuild
def at(position, head):
    if position >= head:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(rebuild.rebuild(sys.argv[1], "deal_board", at))
"""


async def test_a_killed_rebuild_leaves_the_live_tables_and_the_next_one_starts_anew(books: Books) -> None:
    await books.opened()
    await books.follow()
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, books.office.url], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert await compare(books.office.url, "deal_board") == []
    (board,) = [found for found in await status(books.pool) if found.name == "deal_board"]
    assert board.rebuilding, "what it left is told"

    await rebuild.rebuild(books.office.url, "deal_board")

    (board,) = [found for found in await status(books.pool) if found.name == "deal_board"]
    assert not board.rebuilding
    left = await books.office.rows(
        "SELECT 1 FROM pg_tables WHERE schemaname = 'read' AND strpos(tablename, '__') > 0"
    )
    assert left == []


async def test_one_rebuild_at_a_time(books: Books) -> None:
    async with rebuild._beside(books.office.url, "funnel", rebuild.NEW):
        with pytest.raises(Busy):
            await rebuild.rebuild(books.office.url, "funnel")
        assert await rebuild.rebuild(books.office.url, "agenda") == await books.office.ledger.head()
    with pytest.raises(LookupError, match="deal_board"):
        await rebuild.rebuild(books.office.url, "no such read model")


async def test_a_reader_who_takes_long_is_waited_for_in_turns(
    books: Books, eventually: Callable[..., Any]
) -> None:
    await books.opened()
    await books.follow()
    async with await psycopg.AsyncConnection.connect(books.office.url) as reader:
        await reader.execute("SELECT count(*) FROM read.deal_board")
        swapping = asyncio.create_task(rebuild.rebuild(books.office.url, "deal_board"))
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'read.deal_board'::regclass"
        await eventually(lambda: books.office.rows(waits))
        assert not swapping.done()
        await reader.rollback()
        assert await swapping == await books.office.ledger.head()
    assert (await positions.place(books.connection, "deal_board")).generation == 2
