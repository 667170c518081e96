"""Reading what was just written: wait for a position, through lost notifications and lost connections."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from projections.engine import positions
from projections.engine.run import run_projections
from projections.engine.signals import Watermarks
from projections.engine.wait import NotReached, Waiter
from tests.conftest import PATIENCE
from tests.projections.telling import Books, call

LISTENERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND query IN ('LISTEN "read"', 'SELECT name, position FROM read.positions WHERE suffix = $1')
"""


async def test_many_wait_for_different_positions_and_each_is_woken(books: Books) -> None:
    deal_id, stop = await books.opened(), asyncio.Event()
    following = asyncio.create_task(run_projections(books.office.url, stop=stop))
    async with Waiter(books.office.url) as waiter:
        receipts = [await books.given(call(deal_id)) for _ in range(20)]
        woken = await asyncio.gather(
            *(
                waiter.until(name, receipt.position, PATIENCE)
                for receipt in receipts
                for name in ("agenda", "funnel")
            )
        )
    assert woken == [True] * 40
    stop.set()
    await following


async def test_a_position_that_is_not_reached_in_time_is_said(books: Books) -> None:
    head = await books.follow()
    async with Waiter(books.office.url) as waiter:
        await waiter.until("agenda", head, PATIENCE)
        with pytest.raises(NotReached) as late:
            await waiter.until("agenda", head + 1, 0.05)
    assert (late.value.name, late.value.position, late.value.reached) == ("agenda", head + 1, head)
    assert isinstance(late.value, TimeoutError)


async def test_what_was_reached_before_anybody_asked_is_known(books: Books) -> None:
    await books.opened()
    head = await books.follow()
    async with Waiter(books.office.url) as waiter:
        assert await waiter.until("deal_board", head, PATIENCE)
        assert await waiter.until("deal_board", 1, 0)


async def test_a_lost_notification_is_made_up_for(books: Books) -> None:
    head = await books.follow()
    async with Waiter(books.office.url) as waiter:
        await waiter.until("agenda", head, PATIENCE)
        waiting = asyncio.create_task(waiter.until("agenda", head + 5, PATIENCE))
        silent = "UPDATE read.positions SET position = %s WHERE name = 'agenda'"
        await books.connection.execute(silent, [head + 5])
        assert await waiting


async def test_a_cut_connection_is_made_anew(books: Books) -> None:
    deal_id = await books.opened()
    head = await books.follow()
    async with Waiter(books.office.url) as waiter:
        await waiter.until("agenda", head, PATIENCE)
        waiting = asyncio.create_task(waiter.until("agenda", head + 1, PATIENCE))
        async with await psycopg.AsyncConnection.connect(books.office.url) as owner:
            cut = await (await owner.execute(LISTENERS)).fetchall()
        assert cut, "the listener was there"
        await books.given(call(deal_id))
        await books.follow()
        assert await waiting


async def test_a_rebuild_of_something_else_wakes_nobody(books: Books) -> None:
    await books.opened()
    async with Waiter(books.office.url) as waiter:
        await waiter.until("funnel", 0, PATIENCE)
        await books.follow()
        await waiter.until("funnel", await positions.head(books.connection), PATIENCE)


def test_marks_only_grow_until_they_are_corrected_or_cleared() -> None:
    watermarks = Watermarks()
    assert watermarks.get("a") == -1
    watermarks.set("a", 5)
    watermarks.set("a", 3)
    assert watermarks.get("a") == 5
    watermarks.correct("a", 4)
    assert watermarks.get("a") == 4
    watermarks.clear()
    assert watermarks.get("a") == -1


async def test_a_waiter_who_gave_up_is_no_hindrance() -> None:
    watermarks = Watermarks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await watermarks.until("a", 1)
    waiting = asyncio.create_task(watermarks.until("a", 2))
    await asyncio.sleep(0)
    watermarks.set("a", 7)
    assert await waiting == 7
