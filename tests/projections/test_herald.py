"""What the followers of a process do together: move past what concerns nobody, tell how far they are, read facts once."""

from __future__ import annotations

import psycopg

from domain.deal import facts as f
from projections import positions
from projections.catalog import ALL
from projections.herald import Herald
from projections.positions import Place
from projections.recent import KEPT, Recent
from projections.wait import Waiter
from tests.projections.telling import Books, call
from tests.projections.test_runner import Eventually, running

QUIET = [projection.name for projection in ALL if f.ActivityLogged.TOPIC not in projection.topics]
HOLD = "SELECT FROM read.positions WHERE name = %s FOR UPDATE"
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND query = 'SELECT pg_notify(''read'', $1)'
"""


async def test_one_that_is_being_rebuilt_holds_up_none_of_the_others(books: Books) -> None:
    held, *others = QUIET
    deal_id, url = await books.opened(), books.office.url
    async with running(url), Waiter(url) as waiter:
        first = await books.given(call(deal_id))
        for name in QUIET:
            await waiter.until(name, first.position, 20)
        async with await psycopg.AsyncConnection.connect(url) as owner:
            await owner.execute(HOLD, [held])
            second = await books.given(call(deal_id))
            for name in others:
                await waiter.until(name, second.position, 20)
            place = await positions.place(books.connection, held)
            assert place.position == first.position
        await waiter.until(held, second.position, 20)


async def test_a_herald_whose_connection_is_cut_comes_back(books: Books, eventually: Eventually) -> None:
    deal_id, url = await books.opened(), books.office.url
    async with running(url), Waiter(url) as waiter:
        receipt = await books.given(call(deal_id))
        for projection in ALL:
            await waiter.until(projection.name, receipt.position, 20)
        async with await psycopg.AsyncConnection.connect(url) as owner:
            assert await (await owner.execute(CUT)).fetchall(), "the herald was there"
        for _ in range(3):
            receipt = await books.given(call(deal_id))
            for projection in ALL:
                await waiter.until(projection.name, receipt.position, 20)
    assert await books.differences() == []


async def test_it_moves_only_who_stands_where_it_is_thought_to_stand(
    books: Books, eventually: Eventually
) -> None:
    head = await books.follow()
    here, elsewhere = [await positions.place(books.connection, name) for name in ("rules", "leads")]
    behind = Place(elsewhere.generation, elsewhere.position - 1, elsewhere.status, elsewhere.shape)
    async with Herald(books.office.url) as herald, Waiter(books.office.url) as waiter:
        assert await eventually(lambda: herald.skip("rules", here, head + 1, "live"))
        assert not await herald.skip("leads", behind, head + 1, "live")
        assert await waiter.until("rules", head + 1, 20)
    assert (await positions.place(books.connection, "rules")).position == head + 1
    assert (await positions.place(books.connection, "leads")).position == head


async def test_facts_are_found_wherever_a_follower_stands(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(*(call(deal_id) for _ in range(KEPT)))
    head = await positions.head(books.connection)
    assert head > 2 * KEPT, "the window has moved on"
    recent = Recent()

    async def numbers(after: int, upto: int) -> list[int]:
        return [position for position, *_ in await recent.between(books.connection, after, upto)]

    for after in range(0, head, 30):
        upto = min(head, after + 32)
        assert await numbers(after, upto) == [*range(after + 1, upto + 1)]
    assert await numbers(3, 9) == [*range(4, 10)], "long gone from the window"
    assert await numbers(head - 5, head - 2) == [*range(head - 4, head - 1)]
    recent.forget()
    assert await numbers(head - 5, head) == [*range(head - 4, head + 1)]
