"""One runner for all read models: one process follows each, a poison fact stops one only, a stale follower is fenced."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest

from domain.deal import commands as c
from domain.deal import facts as f
from domain.people.people import FormTeam
from projections.deal import board as deal_board
from projections.deal import history as deal_history
from projections.deal.board_fold import DealBoard
from projections.deal.history import DealHistory
from projections.engine import positions, rebuild
from projections.engine.catalog import ALL, statements
from projections.engine.positions import Fenced, Move
from projections.engine.projection import Projection
from projections.engine.run import run_projections
from projections.engine.runner import ModelRunner, RunnerContext, resume
from projections.engine.status import ProjectionStatus, outdated, status
from projections.engine.wait import Waiter
from runtime.schema import migrate
from tests.conftest import PATIENCE
from tests.projections.stumbling import Stumbling
from tests.projections.telling import Books, call

Eventually = Callable[..., Any]
OTHERS = [projection.name for projection in ALL if projection is not DealBoard]


@contextlib.asynccontextmanager
async def following(url: str, *projections: type[Projection], batch: int = 5_000) -> AsyncIterator[None]:
    """Followers as one process has them."""
    async with RunnerContext(url) as context:
        tasks = [asyncio.create_task(ModelRunner(url, p, context, batch=batch).run()) for p in projections]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def running(url: str, names: list[str] | None = None) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_projections(url, names, stop))
    yield
    stop.set()
    await task


async def board(books: Books) -> ProjectionStatus:
    return next(found for found in await status(books.pool) if found.name == "deal_board")


async def stopped(books: Books) -> ProjectionStatus | None:
    found = await board(books)
    return found if found.status == "stopped" else None


# -- following ------------------------------------------------------------------------------------


async def test_every_read_model_gets_to_the_head_and_says_so(books: Books) -> None:
    deal_id = await books.opened()
    async with running(books.office.url), Waiter(books.office.url) as waiter:
        receipt = await books.given(call(deal_id))
        for name in (projection.name for projection in ALL):
            await waiter.until(name, receipt.position, PATIENCE)
        found = await status(books.pool)
    assert [one.name for one in found] == [projection.name for projection in ALL]
    assert {(one.status, one.position, one.lag, one.error) for one in found} == {
        ("live", receipt.position, 0, None)
    }
    assert all(one.owner and one.owner.startswith(f"salesloop {one.name} ") and one.pid for one in found)


async def test_each_read_model_is_given_what_it_names_and_moves_past_the_rest(books: Books) -> None:
    """Commands about several things while everybody follows: none of the rows is missing, nobody is left behind."""
    async with running(books.office.url), Waiter(books.office.url) as waiter:
        deal_id = await books.opened()
        await books.given(FormTeam(team_id=uuid.uuid4(), name="East"))
        receipt = await books.given(call(deal_id))
        for projection in ALL:
            await waiter.until(projection.name, receipt.position, PATIENCE)
    for projection in ALL:
        assert await rebuild.compare(books.office.url, projection.name) == [], projection.name


async def test_a_lost_notification_is_made_up_for(books: Books) -> None:
    deal_id = await books.opened()
    silent = """
        INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at,
               recorded_at)
        SELECT position + 1, stream_id, version + 1, 'deal.title-corrected', 1,
               '{"before": "Forty boilers", "after": "Fifty boilers"}', meta, gen_random_uuid(), occurred_at, recorded_at
          FROM ledger.events ORDER BY position DESC LIMIT 1 RETURNING position
    """
    async with running(books.office.url, ["deal_board"]), Waiter(books.office.url) as waiter:
        await waiter.until("deal_board", await books.office.ledger.head(), PATIENCE)
        async with await psycopg.AsyncConnection.connect(books.office.url) as owner:
            row = await (await owner.execute(silent)).fetchone()
        assert row is not None
        await waiter.until("deal_board", row[0], PATIENCE)
    found = await deal_board.get(books.pool, deal_id)
    assert found is not None
    assert found.title == "Fifty boilers"


async def test_installing_again_changes_nothing(books: Books) -> None:
    await books.opened()
    await books.follow()
    await rebuild.rebuild(books.office.url, "agenda")
    before = await books.office.rows("SELECT * FROM read.positions ORDER BY name")
    migrate(books.office.url, statements())
    assert await books.office.rows("SELECT * FROM read.positions ORDER BY name") == before
    assert await books.differences() == []


# -- a ledger that ends earlier than it did -------------------------------------------------------

CUT = """
    ALTER TABLE ledger.events DISABLE TRIGGER append_only;
    DELETE FROM ledger.events WHERE position > (SELECT max(position) - {} FROM ledger.events);
    ALTER TABLE ledger.events ENABLE TRIGGER append_only"""


async def cut(books: Books, events: int) -> None:
    """The ledger loses its last so many."""
    async with await psycopg.AsyncConnection.connect(books.office.url) as owner:
        await owner.execute(CUT.format(events).encode())


async def rebuilt_and_resumed(books: Books) -> None:
    await rebuild.rebuild(books.office.url, "deal_board")
    async with await psycopg.AsyncConnection.connect(books.office.url, autocommit=True) as owner:
        await resume(owner, "deal_board")


async def test_a_read_model_ahead_of_the_ledger_stops_and_says_so_until_it_is_rebuilt(
    books: Books, eventually: Eventually
) -> None:
    """As after a restore of an earlier backup: what it shows is not so, and its positions are handed out again."""
    deal_id = await books.opened()
    last = await books.given(call(deal_id))
    async with running(books.office.url, ["deal_board"]), Waiter(books.office.url) as waiter:
        await waiter.until("deal_board", last.position, PATIENCE)
        await cut(books, 2)
        found = await eventually(lambda: stopped(books))
        assert found.error == (
            f"it knew positions up to {last.position} and the ledger ends at {last.position - 2} "
            "(restored from an earlier backup, or cut): rebuild it"
        )
        assert found.lag == found.head
        await eventually(lambda: waiter.watermarks.get("deal_board") == 0)
        again = await books.given(
            FormTeam(team_id=uuid.uuid4(), name="East"), FormTeam(team_id=uuid.uuid4(), name="West")
        )
        assert again.position == last.position
        assert await stopped(books) is not None, "the position it had passed is another fact now"

        await rebuilt_and_resumed(books)
        deal_id = await books.opened()
        await waiter.until("deal_board", await books.office.ledger.head(), PATIENCE)
    assert await deal_board.get(books.pool, deal_id) is not None
    assert await rebuild.compare(books.office.url, "deal_board") == []


async def test_a_read_model_that_followed_another_ledger_stops_though_this_one_is_longer(
    books: Books, eventually: Eventually
) -> None:
    """As after a restore that people went on with before the read models did."""
    deal_id = await books.opened()
    last = await books.given(call(deal_id))
    async with running(books.office.url, ["deal_board"]), Waiter(books.office.url) as waiter:
        await waiter.until("deal_board", last.position, PATIENCE)
    await cut(books, 2)
    for name in ("East", "West", "Far East"):
        await books.given(FormTeam(team_id=uuid.uuid4(), name=name))
    assert await books.office.ledger.head() > last.position

    async with running(books.office.url, ["deal_board"]), Waiter(books.office.url) as waiter:
        found = await eventually(lambda: stopped(books))
        assert found.error == (
            f"at position {last.position} stands another event than it knew "
            "(restored from an earlier backup, or cut): rebuild it"
        )
        await rebuilt_and_resumed(books)
        await waiter.until("deal_board", await books.office.ledger.head(), PATIENCE)
    assert await rebuild.compare(books.office.url, "deal_board") == []


async def test_a_read_model_moves_on_only_from_the_event_it_knew(books: Books) -> None:
    """Whoever was at work meanwhile does not know that the ledger is another one."""
    await books.follow()
    last = await books.given(FormTeam(team_id=uuid.uuid4(), name="East"))
    await books.follow()
    held = await positions.place(books.connection, "deal_board")
    assert held.position == last.position
    await cut(books, 1)
    for name in ("West", "Far East"):
        await books.given(FormTeam(team_id=uuid.uuid4(), name=name))

    move = Move(DealBoard(), held, held.position + 1, "live", None)
    assert await positions.together(books.connection, [move]) == set()
    with pytest.raises(Fenced):
        await positions.step(books.connection, DealBoard(), held, held.position + 1, "live")


# -- poison ---------------------------------------------------------------------------------------


async def test_a_poison_fact_stops_one_read_model_just_before_it(
    books: Books, stumbling: type[Stumbling], eventually: Eventually
) -> None:
    deal_id = await books.opened()
    for n in range(9):
        good = await books.given(c.CorrectDeal(deal_id=deal_id, title=f"Title {n}"))
    await books.given(c.CorrectDeal(deal_id=deal_id, title="poison"))
    after = await books.given(call(deal_id))
    async with (
        following(books.office.url, stumbling),
        running(books.office.url, OTHERS),
        Waiter(books.office.url) as waiter,
    ):
        found = await eventually(lambda: stopped(books))
        for name in OTHERS:
            await waiter.until(name, after.position, PATIENCE)
        rest = [one for one in await status(books.pool) if one.name != "deal_board"]
    assert (found.position, found.lag) == (good.position, after.position - good.position)
    assert found.error == f"position {good.position + 1}: RuntimeError: cannot digest this title"
    assert {one.status for one in rest} == {"live"}
    row = await deal_board.get(books.pool, deal_id)
    assert row is not None
    assert (row.title, row.position) == ("Title 8", good.position), "everything before it is applied"


async def test_after_the_fix_it_resumes_when_told_to(
    books: Books, stumbling: type[Stumbling], eventually: Eventually
) -> None:
    deal_id = await books.opened()
    last = await books.given(c.CorrectDeal(deal_id=deal_id, title="poison"))
    async with following(books.office.url, stumbling), Waiter(books.office.url) as waiter:
        await eventually(lambda: stopped(books))
        stumbling.broken = False
        await resume(books.connection, "deal_board")
        await waiter.until("deal_board", last.position, PATIENCE)
        found = await board(books)
    assert (found.status, found.error, found.lag) == ("live", None, 0)


async def test_it_tries_again_by_itself_and_after_a_restart(
    books: Books, stumbling: type[Stumbling], eventually: Eventually
) -> None:
    deal_id = await books.opened()
    last = await books.given(c.CorrectDeal(deal_id=deal_id, title="poison"))
    async with following(books.office.url, stumbling):
        await eventually(lambda: stopped(books))
    stumbling.broken = False
    async with following(books.office.url, stumbling), Waiter(books.office.url) as waiter:
        await waiter.until("deal_board", last.position, PATIENCE)
        stumbling.broken = True
        poison = await books.given(
            c.CorrectDeal(deal_id=deal_id, title="fine"), c.CorrectDeal(deal_id=deal_id, title="poison")
        )
        await eventually(lambda: stopped(books))
        stumbling.broken = False
        await waiter.until("deal_board", poison.position, PATIENCE)


async def test_tables_of_another_release_stop_it_until_they_are_rebuilt(
    books: Books, eventually: Eventually
) -> None:
    deal_id = await books.opened()
    await books.connection.execute("UPDATE read.positions SET shape = 'of yore' WHERE name = 'deal_board'")
    async with running(books.office.url, ["deal_board"]), Waiter(books.office.url) as waiter:
        found = await eventually(lambda: stopped(books))
        assert "rebuild" in found.error
        await rebuild.rebuild(books.office.url, "deal_board")
        await resume(books.connection, "deal_board")
        receipt = await books.given(call(deal_id))
        await waiter.until("deal_board", receipt.position, PATIENCE)


UNTOLD = "UPDATE read.positions SET topics = array_remove(topics, %s) WHERE name = 'deal_board'"
TOPICS = "SELECT topics FROM read.positions WHERE name = 'deal_board'"


async def test_what_it_passed_over_and_reads_now_stops_it_until_it_is_rebuilt(
    books: Books, eventually: Eventually
) -> None:
    """As after an upgrade to a release that tells it of one topic more."""
    deal_id = await books.opened()
    await books.given(call(deal_id))
    await books.follow()
    await books.connection.execute(UNTOLD, [f.ActivityLogged.TOPIC])
    async with running(books.office.url, ["deal_board"]), Waiter(books.office.url) as waiter:
        found = await eventually(lambda: stopped(books))
        assert f"it reads {f.ActivityLogged.TOPIC} now" in found.error
        assert await outdated(books.pool) == ["deal_board"]
        await rebuild.rebuild(books.office.url, "deal_board")
        await resume(books.connection, "deal_board")
        receipt = await books.given(call(deal_id))
        await waiter.until("deal_board", receipt.position, PATIENCE)
    assert await outdated(books.pool) == []


async def test_a_topic_that_the_ledger_has_not_yet_asks_for_no_rebuild(books: Books) -> None:
    deal_id, url = await books.opened(), books.office.url
    before = await books.follow()
    await books.connection.execute(UNTOLD, [f.DealReopened.TOPIC])
    async with running(url, ["deal_board"]), Waiter(url) as waiter:
        receipt = await books.given(call(deal_id))
        assert receipt.position > before
        await waiter.until("deal_board", receipt.position, PATIENCE)
    [(topics,)] = await books.office.rows(TOPICS)
    assert f.DealReopened.TOPIC in topics


async def test_what_an_older_release_left_goes_on_as_it_is(books: Books) -> None:
    """It did not note of what it told its read models."""
    deal_id, url = await books.opened(), books.office.url
    await books.follow()
    await books.connection.execute("UPDATE read.positions SET topics = NULL")
    async with running(url, ["deal_board"]), Waiter(url) as waiter:
        receipt = await books.given(call(deal_id))
        await waiter.until("deal_board", receipt.position, PATIENCE)
    [(topics,)] = await books.office.rows(TOPICS)
    assert f.ActivityLogged.TOPIC in topics


# -- one follower each ----------------------------------------------------------------------------


# Of this database alone: others on the same server may be followed meanwhile.
ASKED_FOR = """SELECT granted FROM pg_locks WHERE locktype = 'advisory' AND classid = %s
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1"""


async def test_of_two_runners_one_follows_and_the_other_takes_over(
    books: Books, eventually: Eventually
) -> None:
    deal_id, url = await books.opened(), books.office.url

    async def both_asked() -> bool:
        return await books.office.rows(ASKED_FOR, positions.FOLLOWERS) == [(False,), (True,)]

    async def taken_over() -> bool:
        return (await board(books)).pid not in (None, holder)

    async with running(url, ["deal_board"]), running(url, ["deal_board"]), Waiter(url) as waiter:
        await eventually(both_asked)
        first = await books.given(call(deal_id))
        await waiter.until("deal_board", first.position, PATIENCE)
        holder = (await board(books)).pid
        async with await psycopg.AsyncConnection.connect(url) as owner:
            await owner.execute("SELECT pg_terminate_backend(%s)", [holder])
        await eventually(taken_over)
        second = await books.given(call(deal_id))
        await waiter.until("deal_board", second.position, PATIENCE)
        assert await taken_over()
    assert await rebuild.compare(url, "deal_board") == []


RUN = "import asyncio, sys; from projections.engine.run import run_projections; asyncio.run(run_projections(sys.argv[1]))"


async def test_a_killed_process_is_replaced_by_the_one_that_waits(
    books: Books, eventually: Eventually
) -> None:
    deal_id, url = await books.opened(), books.office.url
    killed = subprocess.Popen(  # noqa: ASYNC220 - it starts at once and is watched by what it does
        [sys.executable, "-c", RUN, url]
    )
    try:
        await eventually(lambda: owned(books, killed.pid))
        async with running(url), Waiter(url) as waiter:
            for _ in range(3):
                await books.given(call(deal_id))
            killed.send_signal(signal.SIGKILL)
            receipt = await books.given(call(deal_id))
            for name in (projection.name for projection in ALL):
                await waiter.until(name, receipt.position, PATIENCE)
            assert await eventually(lambda: unowned(books, killed.pid))
    finally:
        killed.kill()
        await asyncio.to_thread(killed.wait)
    assert await books.differences() == []


async def owned(books: Books, pid: int) -> bool:
    return all(one.owner == f"salesloop {one.name} {pid}" for one in await status(books.pool))


async def unowned(books: Books, pid: int) -> bool:
    return all(one.owner and not one.owner.endswith(f" {pid}") for one in await status(books.pool))


# -- the fence ------------------------------------------------------------------------------------


@pytest.mark.parametrize("projection", [DealBoard, DealHistory])
@pytest.mark.parametrize("facts", [1, 60])
async def test_who_is_behind_the_position_writes_nothing(books: Books, projection: Any, facts: int) -> None:
    deal_id = await books.opened()
    await books.follow()
    held = await positions.place(books.connection, projection.name)
    for _ in range(facts):
        await books.given(call(deal_id))
    head = await books.follow()
    before = await books.office.rows(f"SELECT t::text FROM read.{projection.name} t ORDER BY 1")

    stale = projection()
    with pytest.raises((Fenced, psycopg.IntegrityError)):
        await positions.step(books.connection, stale, held, head, "live")
    with pytest.raises(Fenced):
        await positions.skip(books.connection, projection.name, held, head + 1, "live")
    with pytest.raises(Fenced):
        await positions.check(books.connection, projection.name, held)

    assert await books.office.rows(f"SELECT t::text FROM read.{projection.name} t ORDER BY 1") == before
    assert (await positions.place(books.connection, projection.name)).position == head


async def test_who_followed_the_tables_before_a_rebuild_is_fenced_off(books: Books) -> None:
    deal_id = await books.opened()
    head = await books.follow()
    held = await positions.place(books.connection, "deal_board")
    await rebuild.rebuild(books.office.url, "deal_board")
    await books.given(call(deal_id))
    assert (await positions.place(books.connection, "deal_board")).position == head == held.position
    with pytest.raises(Fenced):
        await positions.step(books.connection, DealBoard(), held, head + 1, "live")
    with pytest.raises(Fenced):
        await positions.skip(books.connection, "deal_board", held, head + 1, "live")


async def test_a_failed_step_leaves_nothing_half_done(books: Books, stumbling: type[Stumbling]) -> None:
    deal_id = await books.opened()
    head = await books.follow()
    held = await positions.place(books.connection, "deal_board")
    await books.given(call(deal_id), c.CorrectDeal(deal_id=deal_id, title="poison"))
    model = stumbling()
    with pytest.raises(RuntimeError):
        await positions.step(books.connection, model, held, await books.office.ledger.head(), "live")
    row = await deal_board.get(books.pool, deal_id)
    assert row is not None
    assert (row.activity_count, row.position <= head) == (0, True)
    stumbling.broken = False
    await positions.step(books.connection, model, held, await books.office.ledger.head(), "live")
    assert await rebuild.compare(books.office.url, "deal_board") == []
    assert (await deal_history.listing(books.pool, deal_id)).items
