"""A wire whose server dies under it, at every point where somebody might wait for it: whoever asked hears of it.

On both event loops: uvloop tells of an error on a socket once and then listens no more.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import uvloop

from runtime.database import open_pool
from runtime.schema import migrate
from runtime.servers import EmbeddedPostgres
from runtime.wire import Wire
from tests.conftest import PATIENCE, eventually

LONG = "x" * 4_000_000
"""More than a socket takes at once."""
ECHO = "SELECT $1::text"
LENGTH = "SELECT length($1::text)"
Scene = Callable[[Wire], Awaitable[None]]
Play = Callable[[Scene], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loops(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    made: Callable[[], asyncio.AbstractEventLoop] = request.param
    return made


@pytest.fixture
def on_wire(loops: Callable[[], asyncio.AbstractEventLoop], database_url: str) -> Play:
    """Plays a scene with a wire to the session's server."""

    def play(scene: Scene) -> None:
        with asyncio.Runner(loop_factory=loops) as runner:
            runner.run(on_one(database_url, scene))

    return play


async def on_one(url: str, scene: Scene) -> None:
    pool = await open_pool(url, min_size=1, max_size=2)
    wire = Wire(pool, await pool.getconn())
    try:
        async with asyncio.timeout(PATIENCE):
            await scene(wire)
    finally:
        await wire.give_back(broken=True)
        await pool.close()


async def another(wire: Wire) -> Wire:
    return Wire(wire._pool, await wire._pool.getconn())


async def backend(wire: Wire) -> int:
    [pid] = await wire.ask("SELECT pg_backend_pid()", [])
    return int(pid)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """What is sent to this backend meanwhile lies unread before it."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def asked(question: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """The question, sent as far as it goes without waiting."""
    task = asyncio.create_task(question)
    await asyncio.sleep(0)
    return task


def end(pid: int) -> None:
    """Returns when it is gone, while the loop has not looked once: its last words and its end are found together."""
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGCONT)
    process.wait()


async def heard_nothing_but_the_end(question: asyncio.Task[Any], wire: Wire) -> None:
    with pytest.raises(psycopg.OperationalError):
        await question
    assert wire.has_been_left()


def test_questions_and_refusals_come_in_turn(on_wire: Play) -> None:
    async def scene(wire: Wire) -> None:
        for text in ("one", "two", "", "三"):
            assert await wire.ask(ECHO, [text]) == (text,)
        with pytest.raises(psycopg.errors.DivisionByZero):
            await wire.ask("SELECT 1 / length($1)", [""])
        with pytest.raises(psycopg.errors.UndefinedTable):
            await wire.ask("SELECT * FROM nowhere", [])
        assert await wire.ask(ECHO, ["three"]) == ("three",)
        assert not wire.has_been_left()

    on_wire(scene)


def test_what_is_longer_than_the_socket_takes_is_asked_and_answered_whole(on_wire: Play) -> None:
    async def scene(wire: Wire) -> None:
        assert await wire.ask(ECHO, [LONG]) == (LONG,)
        pid = await backend(wire)
        with stopped(pid):
            question = await asked(wire.ask(LENGTH, [LONG]))
        assert await question == (str(len(LONG)),)

    on_wire(scene)


@pytest.mark.parametrize("text", ["short", LONG], ids=["sent", "half-sent"])
def test_a_backend_that_ends_before_it_read_the_question(on_wire: Play, text: str) -> None:
    """It says that it ends, and goes with the question unread: the socket has words, an end and an error at once."""

    async def scene(wire: Wire) -> None:
        await wire.ask(LENGTH, ["prepared"])
        pid = await backend(wire)
        with stopped(pid):
            question = await asked(wire.ask(LENGTH, [text]))
            end(pid)
        await heard_nothing_but_the_end(question, wire)

    on_wire(scene)


def test_a_backend_that_ends_while_it_works(on_wire: Play) -> None:
    async def scene(wire: Wire) -> None:
        pid = await backend(wire)
        question = await asked(wire.ask("SELECT pg_sleep(1000)", []))
        await eventually(lambda: "SELECT" in " ".join(psutil.Process(pid).cmdline()))
        os.kill(pid, signal.SIGTERM)
        await heard_nothing_but_the_end(question, wire)

    on_wire(scene)


def test_a_backend_that_ends_while_nobody_asks(on_wire: Play) -> None:
    async def scene(wire: Wire) -> None:
        os.kill(await backend(wire), signal.SIGTERM)
        await eventually(wire.has_been_left)
        with pytest.raises(psycopg.OperationalError):
            await wire.ask(ECHO, ["somebody who did not look"])

    on_wire(scene)


@pytest.mark.parametrize("text", ["short", LONG], ids=["sent", "half-sent"])
def test_a_server_that_is_killed_with_a_question_on_its_way(
    loops: Callable[[], asyncio.AbstractEventLoop], scratch: Path, text: str
) -> None:
    with EmbeddedPostgres(scratch / "postgres") as server:
        migrate(server.url)

        async def scene(wire: Wire) -> None:
            await wire.ask(LENGTH, ["prepared"])
            with stopped(await backend(wire)):
                question = await asked(wire.ask(LENGTH, [text]))
                server.kill()
            await heard_nothing_but_the_end(question, wire)

        with asyncio.Runner(loop_factory=loops) as runner:
            runner.run(on_one(server.url, scene))


def test_a_wire_given_back_in_the_middle_of_a_question_takes_nobody_with_it(on_wire: Play) -> None:
    """What it listened on is closed for good: the next connection may get the same number."""

    async def scene(wire: Wire) -> None:
        other = await another(wire)
        question = await asked(other.ask("SELECT pg_sleep(1000)", []))
        question.cancel()
        await asyncio.wait([question])
        await other.give_back(broken=True)
        third = await another(wire)
        assert await third.ask(ECHO, ["third"]) == ("third",)
        assert await wire.ask(ECHO, ["first"]) == ("first",)
        await third.give_back()

    on_wire(scene)
