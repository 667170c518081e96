"""What the followers of a process share: they move together, one tells how far they are, facts are read once."""

from __future__ import annotations

import os
from collections.abc import Sequence

import psycopg
import pytest

from domain.deal import commands as c
from domain.deal import facts as f
from projections.deal.agenda import Agenda
from projections.deal.board_fold import DealBoard
from projections.deal.history import DealHistory
from projections.engine import positions, rebuild
from projections.engine.catalog import ALL
from projections.engine.positions import Move, Place
from projections.engine.recent_facts import KEPT, RecentFacts
from projections.engine.runner import resume
from projections.engine.runner_group import RunnerGroup
from projections.engine.status import status
from projections.engine.wait import Waiter
from projections.lead import Leads
from projections.policy.rules import Rules
from runtime.codec import Row
from tests.conftest import PATIENCE
from tests.projections.stumbling import Stumbling
from tests.projections.telling import Books, call
from tests.projections.test_runner import Eventually, board, following, running, stopped

QUIET = [projection.name for projection in ALL if f.ActivityLogged.TOPIC not in projection.topics]
HOLD = "SELECT FROM read.positions WHERE name = %s FOR UPDATE"
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = %s
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


@pytest.mark.parametrize("shared", ["commit notifier", "runner group"])
async def test_a_shared_connection_that_is_cut_comes_back(books: Books, shared: str) -> None:
    deal_id, url = await books.opened(), books.office.url
    async with running(url), Waiter(url) as waiter:
        receipt = await books.given(call(deal_id))
        for projection in ALL:
            await waiter.until(projection.name, receipt.position, 20)
        async with await psycopg.AsyncConnection.connect(url) as owner:
            cut = await owner.execute(CUT, [f"salesloop {shared} {os.getpid()}"])
            assert await cut.fetchall(), "it was there"
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
    async with RunnerGroup(books.office.url) as group:
        assert await eventually(lambda: group.move(Move(Rules(), here, head + 1, "live", None)))
        assert not await group.move(Move(Leads(), behind, head + 1, "live", None))
    assert (await positions.place(books.connection, "rules")).position == head + 1
    assert (await positions.place(books.connection, "leads")).position == head


# -- together, or one by one ----------------------------------------------------------------------


async def test_what_one_cannot_digest_stops_it_alone(
    books: Books, stumbling: type[Stumbling], eventually: Eventually
) -> None:
    deal_id, url = await books.opened(), books.office.url
    models = (DealHistory, Agenda, stumbling, Rules)
    others = [model.name for model in models if model is not stumbling]
    async with following(url, *models), Waiter(url) as waiter:
        good = await books.given(call(deal_id))
        for model in models:
            await waiter.until(model.name, good.position, PATIENCE)
        await books.given(c.CorrectDeal(deal_id=deal_id, title="poison"))
        after = await books.given(call(deal_id))
        found = await eventually(lambda: stopped(books))
        for name in others:
            await waiter.until(name, after.position, PATIENCE)
        standing = {one.name: one.status for one in await status(books.pool)}
        assert found.error == f"position {good.position + 1}: RuntimeError: cannot digest this title"
        assert {standing[name] for name in others} == {"live"}
        assert [found for name in others for found in await rebuild.compare(url, name)] == []
        stumbling.broken = False
        await resume(books.connection, "deal_board")
        last = await books.given(call(deal_id))
        for model in models:
            await waiter.until(model.name, last.position, PATIENCE)
        assert (await board(books)).status == "live"
    assert [found for model in models for found in await rebuild.compare(url, model.name)] == []


async def _facts(books: Books, after: int) -> Sequence[Row]:
    return await RecentFacts().between(books.connection, after, await positions.head(books.connection))


async def test_all_move_or_none(books: Books, stumbling: type[Stumbling]) -> None:
    deal_id = await books.opened()
    before = await books.follow()
    last = await books.given(c.CorrectDeal(deal_id=deal_id, title="poison"))
    facts = await _facts(books, before)
    models = (Agenda(), DealHistory(), stumbling())
    held = [await positions.place(books.connection, model.name) for model in models]
    moves = [Move(m, place, last.position, "live", facts) for m, place in zip(models, held, strict=True)]
    with pytest.raises(RuntimeError):
        await positions.together(books.connection, moves)
    assert [await positions.place(books.connection, model.name) for model in models] == held
    stumbling.broken = False
    assert await positions.together(books.connection, moves) == {model.name for model in models}
    for model in models:
        assert (await positions.place(books.connection, model.name)).position == last.position
        assert await rebuild.compare(books.office.url, model.name) == []


async def test_who_was_rebuilt_meanwhile_is_left_out_and_writes_nothing(books: Books) -> None:
    deal_id = await books.opened()
    before = await books.follow()
    board, agenda = DealBoard(), Agenda()
    held = [await positions.place(books.connection, model.name) for model in (board, agenda)]
    last = await books.given(call(deal_id))
    facts = await _facts(books, before)
    await rebuild.rebuild(books.office.url, "deal_board")
    moves = [
        Move(m, place, last.position, "live", facts) for m, place in zip((board, agenda), held, strict=True)
    ]
    assert await positions.together(books.connection, moves) == {"agenda"}
    assert await rebuild.compare(books.office.url, "deal_board") == []
    assert await rebuild.compare(books.office.url, "agenda") == []


# -- facts at hand --------------------------------------------------------------------------------


async def test_facts_are_found_wherever_a_follower_stands(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(*(call(deal_id) for _ in range(KEPT)))
    head = await positions.head(books.connection)
    assert head > 2 * KEPT, "the window has moved on"
    recent = RecentFacts()

    async def numbers(after: int, upto: int) -> list[int]:
        return [position for position, *_ in await recent.between(books.connection, after, upto)]

    for after in range(0, head, 30):
        upto = min(head, after + 32)
        assert await numbers(after, upto) == [*range(after + 1, upto + 1)]
    assert await numbers(3, 9) == [*range(4, 10)], "long gone from the window"
    assert await numbers(head - 5, head - 2) == [*range(head - 4, head - 1)]
    recent.forget()
    assert await numbers(head - 5, head) == [*range(head - 4, head + 1)]
