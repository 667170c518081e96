"""Whoever records very much is never far ahead of those who follow, and waits for nobody who does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from projections.engine import throttle as pacing
from projections.engine.positions import FOLLOWERS, LIVE, lock_key
from projections.engine.run import run_projections
from projections.engine.throttle import Throttle
from projections.engine.wait import Waiter
from runtime.database import connect
from tests.projections.telling import Books, call

NAME = "deal_board"


@pytest.fixture
async def far_ahead(books: Books, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Books, Throttle]]:
    """More is recorded than anybody has applied."""
    monkeypatch.setattr(pacing, "AHEAD", 5)
    deal_id = await books.opened()
    for _ in range(10):
        await books.given(call(deal_id))
    async with Waiter(books.office.url) as waiter:
        yield books, Throttle(books.office.ledger.pool, waiter)


async def test_nobody_who_follows_is_nobody_to_wait_for(far_ahead: tuple[Books, Throttle]) -> None:
    await far_ahead[1]()


async def test_it_waits_until_who_follows_is_near(
    far_ahead: tuple[Books, Throttle], eventually: Callable[..., Any]
) -> None:
    books, pace = far_ahead
    async with await connect(books.office.url) as follower:
        await follower.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [FOLLOWERS, lock_key(NAME)])
        waiting = asyncio.create_task(pace())
        await eventually(lambda: pace._waiter.watermarks._waiting[NAME])
        assert not waiting.done()
        head = await books.office.ledger.head()
        await books.connection.execute(
            "UPDATE read.positions SET position = %s WHERE name = %s AND suffix = %s", [head - 5, NAME, LIVE]
        )
        await waiting


async def test_who_has_stopped_is_not_waited_for(far_ahead: tuple[Books, Throttle]) -> None:
    books, pace = far_ahead
    async with await connect(books.office.url) as follower:
        await follower.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [FOLLOWERS, lock_key(NAME)])
        await books.connection.execute("UPDATE read.positions SET status = 'stopped' WHERE name = %s", [NAME])
        await pace()


async def test_who_holds_on_and_does_not_move_is_given_up(
    far_ahead: tuple[Books, Throttle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", 0.01)
    books, pace = far_ahead
    async with await connect(books.office.url) as follower:
        await follower.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [FOLLOWERS, lock_key(NAME)])
        await pace()


async def test_with_followers_at_work_it_goes_on(far_ahead: tuple[Books, Throttle]) -> None:
    books, pace = far_ahead
    stop = asyncio.Event()
    following = asyncio.create_task(run_projections(books.office.url, stop=stop))
    await pace()
    stop.set()
    await following
