"""benchmarks, rows: appending — the append path alone, through the door, and by one caller.

Ours keeps every guarantee: order, versions, receipts. Every command has an idempotency key. The limit keeps none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import median

from benchmarks import message_db, raw, stock
from benchmarks.bench import Bench, undisturbed
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.lives import Lives, facts_in
from domain.engine.command import Call
from domain.engine.command_handler import CommandHandler, Decision
from runtime.ledger import Ledger, open_ledger

CALLERS = 64
RATE = "events/s"
P50 = "p50 ms"
STOCK = "eventsourcing, 8 threads"
LIMIT = "INSERT + commit, 8 connections"
LIMIT_2X4 = "INSERT + commit, 2×4 connections"
MESSAGE_DB = "message-db, 8 connections"
SOON = 0.15
"""Seconds that two other processes get to open their connections before the clock starts."""
FASTEST = 40_000
"""Events a second that no contestant reaches: how much work is prepared."""

Work = Callable[[], Awaitable[int]]


async def many_callers(work: Sequence[Sequence[Work]], seconds: float) -> Figures:
    """Events and commands a second with a caller for each part of the work, until the time is up; at least one command."""
    events = commands = 0
    started = time.perf_counter()
    end = started + seconds

    async def caller(share: Sequence[Work]) -> None:
        nonlocal events, commands
        for act in share:
            recorded = await act()
            if commands and time.perf_counter() > end:
                return
            events, commands = events + recorded, commands + 1

    await asyncio.gather(*(caller(share) for share in work))
    took = time.perf_counter() - started
    took = min(seconds, took) if commands > 1 else took
    return {RATE: events / took, "commands/s": commands / took}


@dataclass(frozen=True)
class Decided:
    """What the office recorded, and then whole deals: as much as the fastest contestant can append."""

    office: list[Decision]
    lives: list[list[Decision]]

    @cached_property
    def rows(self) -> list[raw.RawRow]:
        return raw.as_rows(raw.flat(self.lives))


async def decided(bench: Bench) -> Decided:
    async def decide() -> Decided:
        lives = Lives(bench.seed)
        office = [lives.decide(command) for command in lives.office()]
        return Decided(office, lives.decided(int(FASTEST / 2 * bench.size.seconds)))

    return await bench.once("decided", decide)


def shared_out(lives: Sequence[Sequence[Work]]) -> list[list[Work]]:
    """One part for each caller; a deal stays with one caller, in order."""
    return [[act for life in lives[n::CALLERS] for act in life] for n in range(CALLERS)]


@asynccontextmanager
async def opened(bench: Bench, office: Sequence[Decision]) -> AsyncIterator[Ledger]:
    """A ledger on a fresh database that knows the office."""
    async with bench.database(tables=()) as url, open_ledger(url, min_size=2, max_size=4) as ledger:
        for decision in office:
            await ledger.append(decision)
        yield ledger


async def through_ledger(bench: Bench, office: list[Decision], decided: list[list[Decision]]) -> Figures:
    async with opened(bench, office) as ledger:

        async def append(decision: Decision) -> int:
            return (await ledger.append(decision)).recorded

        work = shared_out([[partial(append, decision) for decision in life] for life in decided])
        return await many_callers(work, bench.size.seconds)


async def through_door(bench: Bench, office: list[Decision], lives: list[list[Call]]) -> Figures:
    async with opened(bench, office) as ledger:
        handler = CommandHandler(ledger)

        async def execute(call: Call) -> int:
            return (await handler.execute(call.command, call.context)).recorded

        work = shared_out([[partial(execute, call) for call in life] for life in lives])
        return await many_callers(work, bench.size.seconds)


async def raw_inserts(bench: Bench, rows: list[raw.RawRow], processes: int, connections: int) -> Figures:
    """`processes` × `connections`, each row its own commit."""
    async with bench.database() as url:
        await asyncio.to_thread(raw.make_table, url)
        await bench.warm()
        start = time.monotonic() + SOON
        shares = [rows[n::processes] for n in range(processes)]
        work = (
            bench.elsewhere(raw.insert, url, share, connections, start, bench.size.seconds)
            for share in shares
        )
        return {RATE: sum(await asyncio.gather(*work))}


async def stock_saves(bench: Bench) -> Figures:
    async with bench.database() as url:
        return {RATE: await bench.elsewhere(stock.save, url, bench.seed, bench.size.seconds)}


async def message_db_writes(bench: Bench, rows: list[raw.RawRow]) -> Figures:
    async with bench.database() as url:
        home = await asyncio.to_thread(message_db.fetch, bench.cache)
        await asyncio.to_thread(message_db.install, url, home)
        return {RATE: await bench.elsewhere(message_db.write, url, rows, 8, bench.size.seconds)}


async def message_db_note(bench: Bench) -> str:
    """Why message-db does not run; empty when it does."""
    if bench.size.name == "tiny":
        return "message-db was left out at this size"
    try:
        await asyncio.to_thread(message_db.fetch, bench.cache)
    except message_db.NotThere as reason:
        return str(reason)
    return ""


@asynccontextmanager
async def path_alone(bench: Bench) -> AsyncIterator[Contest]:
    others = asyncio.create_task(bench.warm())
    await asyncio.sleep(0)  # they start while we decide
    told = await decided(bench)
    await others
    decisions, rows = raw.flat(told.lives), told.rows[: int(FASTEST / 2 * bench.size.seconds)]
    runs = {
        OURS: partial(through_ledger, bench, told.office, told.lives),
        LIMIT_2X4: partial(raw_inserts, bench, rows, 2, 4),
        STOCK: partial(stock_saves, bench),
        MESSAGE_DB: partial(message_db_writes, bench, rows),
    }
    notes = [f"{facts_in(decisions) / len(decisions):.1f} events a command, each command with a key"]
    left_out = await message_db_note(bench)
    if left_out:
        del runs[MESSAGE_DB]
        notes.append(left_out)
    with undisturbed():
        yield Contest(dict(runs), notes)


@asynccontextmanager
async def handler(bench: Bench) -> AsyncIterator[Contest]:
    lives = Lives(bench.seed)
    office = [lives.decide(command) for command in lives.office()]
    commands = int(FASTEST / 4 * bench.size.seconds)
    calls = [[lives.call(command) for command in lives.life()] for _ in range(commands // 15 + CALLERS)]
    rows = (await decided(bench)).rows[:commands]
    with undisturbed():
        yield Contest(
            {
                OURS: partial(through_door, bench, office, calls),
                LIMIT: partial(raw_inserts, bench, rows, 1, 8),
                LIMIT_2X4: partial(raw_inserts, bench, rows, 2, 4),
                STOCK: partial(stock_saves, bench),
            }
        )


@asynccontextmanager
async def one_caller(bench: Bench) -> AsyncIterator[Contest]:
    lives = Lives(bench.seed)
    office = [lives.decide(command) for command in lives.office()]
    times = bench.size.of(tiny=10, quick=300, full=1_500)
    calls = [lives.call(command) for _ in range(times // 15 + 1) for command in lives.life()]
    rows = raw.as_rows(raw.flat(lives.decided(times)))[:times]

    async def ours() -> Figures:
        async with opened(bench, office) as ledger:
            return {P50: await _median_ms(CommandHandler(ledger), calls)}

    async def limit() -> Figures:
        async with bench.database() as url:
            await asyncio.to_thread(raw.make_table, url)
            return {P50: await bench.elsewhere(raw.insert_alone, url, rows)}

    async def peer() -> Figures:
        async with bench.database() as url:
            return {P50: await bench.elsewhere(stock.save_alone, url, bench.seed, times)}

    with undisturbed():
        yield Contest({OURS: ours, "INSERT + commit": limit, "eventsourcing": peer})


async def _median_ms(handler: CommandHandler, calls: Sequence[Call]) -> float:
    took = []
    for call in calls:
        started = time.perf_counter()
        await handler.execute(call.command, call.context)
        took.append(time.perf_counter() - started)
    return 1_000 * median(took)


ROWS = (
    Row(
        "append-path",
        "append path alone: decided commands, 64 callers",
        (Aim(RATE, STOCK, at_least=30), Aim(RATE, LIMIT_2X4, at_least=3)),
        path_alone,
    ),
    Row(
        "append-door",
        "append through the door (decide + record), 64 commands in flight",
        (Aim(RATE, STOCK, at_least=15), Aim(RATE, LIMIT, at_least=1)),
        handler,
    ),
    Row(
        "append-one",
        "append through the door, one caller",
        (Aim(P50, "INSERT + commit", at_most=2),),
        one_caller,
    ),
)
