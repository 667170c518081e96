"""tests: what is told to end ends — a task whose cancellation is lost on the way, and a process in which something stands still."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.database import Pool, open_pool
from runtime.ending import cancelled
from tests.conftest import PATIENCE, eventually

ROOT = Path(__file__).parents[2]
TURNS = 8
"""More turns of the loop than it takes to hand a connection on."""
STUBBORN = """
import asyncio, signal, sys
from runtime import ending
from runtime.logging import configure

configure("INFO", json_lines=False)

async def deaf():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def main():
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    process = ending.Ending(float(sys.argv[1]))
    def hear(number):
        process.told(number)
        told.set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, hear, number)
    task = asyncio.create_task(deaf(), name="the deaf one")
    print("ready", flush=True)
    await told.wait()
    print("told", flush=True)
    if sys.argv[2] == "blocked":
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        signal.sigwait([signal.SIGUSR1])
    await ending.cancelled(task)

asyncio.run(main())
"""


@pytest.mark.parametrize("turns", range(TURNS))
async def test_whoever_is_cancelled_in_the_moment_in_which_it_is_given_a_connection_ends(
    database_url: str, turns: int
) -> None:
    pool = await open_pool(database_url, min_size=1, max_size=1)

    async def work() -> None:
        async with pool.connection():
            pass
        await asyncio.Event().wait()

    try:
        held = await pool.getconn()
        working = asyncio.create_task(work())
        await eventually(lambda: pool.get_stats().get("requests_waiting"))
        await pool.putconn(held)
        for _ in range(turns):
            await asyncio.sleep(0)
        working.cancel()
        done, _ = await asyncio.wait({working}, timeout=PATIENCE)
        assert done
        assert working.cancelled()
        await gives_a_connection(pool)
    finally:
        await pool.close()


async def gives_a_connection(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute("SELECT 1")


async def test_what_goes_on_when_it_is_cancelled_is_cancelled_again() -> None:
    lost = asyncio.Event()

    async def tries_again() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:  # as a statement's own error takes its place
            lost.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(tries_again())
    await asyncio.sleep(0)
    (outcome,) = await cancelled(task)
    assert lost.is_set()
    assert isinstance(outcome, asyncio.CancelledError)


async def test_who_waits_for_tasks_to_end_and_is_cancelled_hears_of_it_when_they_have() -> None:
    cleaning, cleaned = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaning.set()
            await cleaned.wait()

    async def end() -> None:
        await cancelled(task)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end())
    await cleaning.wait()
    ending.cancel()
    await asyncio.wait({ending}, timeout=PATIENCE)
    assert ending.cancelled()
    assert task.done()


def stubborn(within: float, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STUBBORN, str(within), how]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("how", ["waiting", "blocked"])
def test_a_process_in_which_something_stands_still_says_what_and_ends(how: str) -> None:
    process = stubborn(0.2, how)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "ending without what still runs" in said
    assert "the deaf one in deaf:" in said


def test_the_second_signal_ends_a_process_at_once() -> None:
    process = stubborn(PATIENCE, "waiting")
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert process.stdout.readline() == "told\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGINT
    assert "a second time" in said
