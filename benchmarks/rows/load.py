"""benchmarks, rows: loading — a deal that grew old beside a young one, each read from the database as by a new process.

The old one stands midway between two snapshots, as the average deal does.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from statistics import median
from uuid import UUID

from benchmarks.bench import Bench
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.lives import Lives
from domain.deal.deal import Deal
from domain.engine.command_handler import CommandHandler
from runtime.ledger import Ledger, open_ledger
from runtime.snapshots import EVERY

P50 = "p50 ms"
YOUNG = "a deal of 10 events"
WHOLE = "1,000 events without a snapshot"


async def grow(ledger: Ledger, lives: Lives, events: int) -> UUID:
    """A deal with about so many events, activities and promises mostly."""
    handler, opened = CommandHandler(ledger), lives.opening()
    version = (await handler.execute(opened, lives.call(opened).context)).version
    while version < events:
        call = lives.call(lives.touch(opened.deal_id))
        version = (await handler.execute(call.command, call.context)).version
    await ledger.snapshots_written()
    return opened.deal_id


async def loads(ledger: Ledger, deal_id: UUID, times: int) -> Figures:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await ledger.load({deal_id: Deal})
        took.append(time.perf_counter() - started)
    return {P50: 1_000 * median(took)}


async def loads_whole(ledger: Ledger, deal_id: UUID, times: int) -> Figures:
    async with ledger.pool.connection() as connection:
        await connection.execute("DELETE FROM app.snapshots WHERE stream_id = %s", [deal_id])
    took = (await loads(ledger, deal_id, 1))[P50]
    await ledger.snapshots_written()
    return {P50: took}


@asynccontextmanager
async def load(bench: Bench) -> AsyncIterator[Contest]:
    lives = Lives(bench.seed)
    events, times = (
        bench.size.of(tiny=120, quick=1_000, full=1_000) + EVERY // 2,
        bench.size.of(tiny=3, quick=100, full=400),
    )
    async with bench.database(tables=()) as url, open_ledger(url, min_size=2, max_size=4) as ledger:
        for command in lives.office():
            await ledger.append(lives.decide(command))
        old, young = await grow(ledger, lives, events), await grow(ledger, lives, 10)
        yield Contest(
            {
                OURS: partial(loads, ledger, old, times),
                YOUNG: partial(loads, ledger, young, times),
                WHOLE: partial(loads_whole, ledger, old, times),
            }
        )


ROWS = (
    Row(
        "load-old",
        "load of a deal of 1,000 events ÷ one of 10 events",
        (Aim(P50, YOUNG, at_most=1.5), Aim(P50, WHOLE, at_most=0.5)),
        load,
    ),
)
