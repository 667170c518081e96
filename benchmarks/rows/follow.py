"""benchmarks, rows: following — a read model that catches up, two that are rebuilt, and how soon a write can be seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from statistics import median, quantiles

import uvloop
from psycopg import AsyncConnection

from benchmarks import history, set_based, stock_follow
from benchmarks.bench import Bench, beside, undisturbed
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.lives import Lives
from benchmarks.past import past, rebuilt, usual_past
from benchmarks.raw import as_rows, flat
from domain.engine.command import Call
from domain.engine.command_handler import CommandHandler
from projections.deal.board_fold import DealBoard
from projections.engine.catalog import ALL
from projections.engine.run import run_projections
from projections.engine.runner import ModelRunner, RunnerContext
from projections.engine.wait import Waiter
from runtime.database import connect
from runtime.ledger import open_ledger

RATE = "events/s"
SECONDS = "seconds"
P50, P99 = "p50 ms", "p99 ms"
STOCK = "eventsourcing's runner"
STOCK_UNWAITING = "the same, its commits not waiting for the disk either"
NOT_WAITING = (
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$"
)
SQL = "one INSERT … SELECT a table"
BOARD = "deal_board"
REBUILT = (BOARD, "deal_history")
COMMANDS_A_SECOND = 200
WRITERS = 50
START_AGAIN = f"""
TRUNCATE read.deal_board, read.deal_title;
UPDATE read.positions SET position = 0, generation = generation + 1 WHERE name = '{BOARD}'
"""


async def catch_up(url: str, facts: int) -> Figures:
    """Follow with nothing remembered, as after an outage that began before the first deal."""
    async with await connect(url) as connection:
        await connection.execute(START_AGAIN)
    async with RunnerContext(url) as context, Waiter(url) as waiter:
        await context.watermarks.until("ledger", facts)
        started = time.perf_counter()
        follower = asyncio.create_task(ModelRunner(url, DealBoard, context).run())
        await waiter.until(BOARD, facts, timeout=300)
        took = time.perf_counter() - started
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
    return {RATE: facts / took}


@asynccontextmanager
async def catching_up(bench: Bench) -> AsyncIterator[Contest]:
    lives = Lives(bench.seed)
    for command in lives.office():
        lives.decide(command)
    facts = bench.size.of(tiny=100, quick=400, full=6_000)
    told = as_rows(flat(lives.decided(facts)))[:facts]

    async def peer(before: str, last: int, *, waits: bool) -> Figures:
        async with bench.database(like=before) as url:
            if not waits:
                async with await AsyncConnection.connect(url, autocommit=True) as connection:
                    await connection.execute(NOT_WAITING)
            return {RATE: await bench.elsewhere(stock_follow.follow, url, last)}

    there = await past(bench, usual_past(bench), [BOARD])
    async with bench.database() as before:
        last = await bench.elsewhere(stock_follow.prepare, before, told)
        note = f"{there.facts:,} events, the board's own fold on both sides; {len(told):,} for the peer"
        runs: dict[str, Run] = {
            OURS: partial(catch_up, there.url, there.facts),
            STOCK: partial(peer, before, last, waits=True),
        }
        if bench.size.name != "quick":
            runs[STOCK_UNWAITING] = partial(peer, before, last, waits=False)
        yield Contest(runs, [note])


@asynccontextmanager
async def rebuilding(bench: Bench) -> AsyncIterator[Contest]:
    there = await past(bench, usual_past(bench), REBUILT)

    async def ours(url: str) -> Figures:
        started = time.perf_counter()
        await rebuilt(url, REBUILT)
        return {SECONDS: time.perf_counter() - started}

    async def limit(url: str) -> Figures:
        return {SECONDS: await asyncio.to_thread(set_based.build, url)}

    runs: dict[str, Run] = {OURS: partial(ours, there.url), SQL: partial(limit, there.url)}
    yield Contest(runs, [f"{there.facts:,} events"])


@asynccontextmanager
async def seen(bench: Bench) -> AsyncIterator[Contest]:
    """All read models are followed in a process of their own; a writer waits as the API does."""
    lives = Lives(bench.seed)
    office = [lives.call(command) for command in lives.office()]
    each = bench.size.of(tiny=2, quick=9, full=60)
    told = [_commands(lives, each * bench.size.turns) for _ in range(WRITERS)]
    async with (
        bench.database(tables=history.TABLES) as url,
        open_ledger(url) as ledger,
        Waiter(url) as waiter,
    ):
        handler = CommandHandler(ledger)
        with undisturbed(), beside(follow_forever, url):
            for call in office:
                position = (await handler.execute(call.command, call.context)).position
            await waiter.until(BOARD, position, timeout=300)
            run = partial(_write_and_see, handler, waiter, [iter(share) for share in told], each)
            yield Contest(
                {OURS: run}, [f"{COMMANDS_A_SECOND} commands/s, {len(ALL)} read models in one process"]
            )


def _commands(lives: Lives, count: int) -> list[Call]:
    calls: list[Call] = []
    while len(calls) < count:
        calls += [lives.call(command) for command in lives.life()]
    return calls


def follow_forever(url: str) -> None:
    uvloop.run(run_projections(url))


async def _write_and_see(
    handler: CommandHandler, waiter: Waiter, told: list[Iterator[Call]], each: int
) -> Figures:
    """Milliseconds from the moment at which a command was to start, however late it did, until the board shows it."""
    took: list[float] = []
    begin = time.perf_counter() + 0.1

    async def writer(number: int, calls: Iterator[Call]) -> None:
        for turn, call in enumerate(islice(calls, each)):
            due = begin + (turn * WRITERS + number) / COMMANDS_A_SECOND
            await asyncio.sleep(due - time.perf_counter())
            receipt = await handler.execute(call.command, call.context)
            await waiter.until(BOARD, receipt.position, timeout=60)
            took.append(1_000 * (time.perf_counter() - due))

    await asyncio.gather(*(writer(number, calls) for number, calls in enumerate(told)))
    return {P50: median(took), P99: quantiles(took, n=100)[-1]}


ROWS = (
    Row(
        "follow",
        "catch-up of one projection, the deal board",
        (Aim(RATE, STOCK, at_least=40),),
        catching_up,
    ),
    Row(
        "rebuild",
        "full rebuild of deal_board and deal_history",
        (Aim(SECONDS, SQL, at_most=3),),
        rebuilding,
    ),
    Row(
        "visible",
        f"write → visible on the board, under {COMMANDS_A_SECOND} commands/s",
        (Aim(P99, at_most=50),),
        seen,
    ),
)
