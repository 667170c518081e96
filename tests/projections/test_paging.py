"""Pages are complete and in order, whatever is sorted by, however long they are, while the table changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.deal import commands as c
from domain.engine.values import Money
from projections.deal import agenda
from projections.deal import board as deal_board
from projections.deal import history as deal_history
from projections.deal.board import BoardFilter, DealView
from projections.people import directory
from runtime.database import connect, open_pool
from tests.office import NOW, furnish
from tests.projections.telling import DAY, Books, call, lose, yuan

DEALS = 60


@pytest.fixture(scope="module")
def database(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Many deals with few different amounts, dates and due times, and some without any."""
    with new_database() as url:
        asyncio.run(fill(url))
        yield url


async def fill(url: str) -> None:
    office, chance = await furnish(url), Random(5)
    async with await connect(url) as connection:
        books = Books(office, connection)
        reps = [office.rep_id, await books.hire()]
        for _ in range(DEALS):
            amount = chance.choice(
                [None, yuan(5), yuan(5), yuan(7), Money(yuan(6).amount, "EUR"), Money(yuan(9).amount, "EUR")]
            )
            close = chance.choice([None, date(2026, 4, 1), date(2026, 5, 1)])
            deal_id = await books.opened(
                now=NOW + chance.choice([0, 1]) * DAY,
                owner_id=chance.choice(reps),
                amount=amount,
                expected_close=close,
            )
            if chance.random() < 0.4:
                await books.given(call(deal_id), now=NOW + DAY)
            if chance.random() < 0.3:
                await books.given(lose(deal_id), now=NOW + DAY)
        await books.follow()
    await office.close()


async def all_pages(url: str, sort: str, limit: int, narrowed: BoardFilter) -> list[DealView]:
    pool = await open_pool(url, min_size=1, max_size=1)
    try:
        cursor, found = None, []
        while True:
            page = await deal_board.listing(pool, narrowed, sort, cursor, limit)
            assert len(page.items) == limit or page.next_cursor is None, "only the last page is shorter"
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found
    finally:
        await pool.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sort=st.sampled_from([sign + name for name in deal_board.SORTS for sign in ("", "-")]),
    limit=st.integers(1, DEALS + 1),
    status=st.sampled_from([None, "open", "lost"]),
)
def test_every_deal_comes_once_and_in_order(database: str, sort: str, limit: int, status: str | None) -> None:
    found = asyncio.run(all_pages(database, sort, limit, BoardFilter(status=status)))
    everything = asyncio.run(all_pages(database, "opened_at", 500, BoardFilter(status=status)))
    assert len({deal.deal_id for deal in found}) == len(found)
    assert {deal.deal_id for deal in found} == {deal.deal_id for deal in everything}
    assert [deal.deal_id for deal in found] == [deal.deal_id for deal in ordered(everything, sort)]


def ordered(deals: list[DealView], sort: str) -> list[DealView]:
    """By the definition: by the key, then by the id, both in the direction asked for; without a key last. Amounts by
    currency first.
    """
    name, down = sort.removeprefix("-"), sort.startswith("-")
    having = [deal for deal in deals if getattr(deal, name) is not None]
    lacking = [deal for deal in deals if getattr(deal, name) is None]
    together = (lambda deal: deal.currency) if name == "amount" else (lambda deal: "")
    having.sort(key=lambda deal: (together(deal), getattr(deal, name), deal.deal_id), reverse=down)
    return having + sorted(lacking, key=lambda deal: deal.deal_id, reverse=down)


async def test_a_page_boundary_holds_while_deals_come_and_change(books: Books) -> None:
    before = [await books.opened(amount=yuan(n)) for n in (1, 2, 3, 4, 5, 6)]
    await books.follow()
    first = await deal_board.listing(books.pool, sort="amount", limit=3)
    await books.opened(amount=yuan(0))
    late = await books.opened(amount=yuan("3.5"))
    await books.given(c.ChangeAmount(deal_id=before[0], amount=yuan("2.5")))
    await books.follow()

    second = await deal_board.listing(books.pool, sort="amount", cursor=first.next_cursor, limit=50)

    assert [deal.deal_id for deal in first.items] == before[:3]
    assert [deal.deal_id for deal in second.items] == [late, *before[3:]], (
        "nothing twice, nothing passed over"
    )


async def walk(ask: Callable[..., Any], *given: Any, key: str, **more: Any) -> list[Any]:
    """All keys, three at a time."""
    cursor, found = None, []
    while True:
        page = await ask(*given, cursor=cursor, limit=3, **more)
        found += [getattr(item, key) for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_the_other_lists_page_the_same_way(books: Books) -> None:
    names = sorted(["Zhang Min", *(f"Rep {n}" for n in range(7))])
    for n in range(7):
        await books.hire(f"Rep {n}")
    deals = [await books.opened(now=NOW + n * DAY) for n in range(8)]
    for n, deal_id in enumerate(deals[:7]):
        await books.given(call(deal_id), now=NOW + (n + 9) * DAY)
    await books.follow()
    pool, rep = books.pool, books.office.rep_id

    assert await walk(directory.listing, pool, "rep", key="name") == names
    assert (await walk(agenda.listing, pool, key="deal_id", rep_id=rep))[0] == deals[7], (
        "the most overdue first"
    )
    assert sorted(await walk(agenda.listing, pool, key="deal_id")) == sorted(deals)
    assert await walk(agenda.ended, pool, key="deal_id", rep_id=rep) == deals[6::-1], "the latest first"
    versions = [e.originator_version for e in await books.office.ledger.stream(deals[0])]
    assert await walk(deal_history.listing, pool, deals[0], key="version") == versions
    newest = await walk(deal_history.listing, pool, deals[0], key="version", newest_first=True)
    assert newest == versions[::-1]
    assert await walk(deal_history.listing, pool, uuid4(), key="version") == []
    assert all(isinstance(deal, UUID) for deal in deals)
