"""benchmarks, rows: segments — all customers held against a rule that was published anew, and what live writes lose by it.

The worker as it is served plays all its roles in one process; one caller in another writes some twenty times a second. In turns the caller
writes alone and while everybody is held against the rule, for as long as that takes.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg

from benchmarks import history, segments
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.lives import Lives
from benchmarks.promises import until
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler, Receipt
from domain.engine.context import Actor, Channel, Context
from domain.segment.segment import PublishSegment, Segment
from runtime.ledger import open_ledger

WRITE, SECONDS = "ms a write", "seconds"
ALONE = "nobody is held against a rule"
RULE = "purchases.count >= 1 and (country in ['CN', 'SG'] or sector == 'machinery') and activity.days_since_last >= {days}"
DAYS = (20, 60)
"""In turns: about a fifth of all come in, or go."""


@dataclass
class Desk:
    bench: Bench
    url: str
    home: Path
    handler: CommandHandler
    connection: psycopg.AsyncConnection[object]
    deals: list[UUID] = field(default_factory=list)
    took: float = 1.0
    """Seconds of the last turn."""
    days: itertools.cycle[int] = field(default_factory=lambda: itertools.cycle(DAYS))

    async def say(self, command: Command) -> Receipt:
        context = Context(now=datetime.now(UTC), actor=Actor("user", "bench"), channel=Channel.API)
        return await self.handler.execute(command, context)

    async def publish(self) -> None:
        """Returns when all customers are held against the rule."""
        segment = Segment(name="bench", label="Bench", rule=RULE.format(days=next(self.days)))
        receipt = await self.say(PublishSegment(segment=segment))
        await segments.held(self.connection, receipt.position, datetime.now(UTC))

    async def ours(self) -> Figures:
        return {WRITE: await self._writing(evaluated=True), SECONDS: self.took}

    async def alone(self) -> Figures:
        return {WRITE: await self._writing(evaluated=False)}

    async def _writing(self, *, evaluated: bool) -> float:
        """Milliseconds of a write meanwhile."""
        begun, end = (self.home / f"{name}-{time.monotonic_ns()}" for name in ("begun", "end"))
        await self.bench.settled()
        writer = asyncio.create_task(self.bench.elsewhere(segments.write, self.url, self.deals, begun, end))

        async def writes() -> bool:
            return begun.exists() or writer.done()

        await until(writes)
        if evaluated:
            started = time.perf_counter()
            await self.publish()
            self.took = time.perf_counter() - started
        else:
            await asyncio.sleep(self.took)
        end.touch()
        return await writer


@asynccontextmanager
async def evaluating(bench: Bench) -> AsyncIterator[Contest]:
    many = bench.size.of(tiny=200, quick=20_000, full=100_000)
    temporal = await asyncio.to_thread(lambda: bench.temporal)
    await bench.warm()
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        async with (
            bench.database(tables=history.TABLES) as url,
            open_ledger(url) as ledger,
            await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
        ):
            desk = Desk(bench, url, Path(home), CommandHandler(ledger), connection)
            lives = Lives(bench.seed)
            for command in lives.office():
                await desk.say(command)
            for _ in range(bench.size.of(tiny=20, quick=200, full=400)):
                opening = lives.opening()
                await desk.say(opening)
                desk.deals.append(opening.deal_id)
            with beside(segments.serve, url, temporal.address, home):
                await _followed(connection, await ledger.head())
                await asyncio.to_thread(segments.fill, url, many)
                await desk.publish()
                yield Contest(
                    {OURS: desk.ours, ALONE: desk.alone},
                    [
                        f"{many:,} customers, {segments.DEALS} deals each; one caller writes {segments.RATE} times a second"
                    ],
                )


FOLLOWED = "SELECT COALESCE(min(position), 0) >= %s FROM read.positions"


async def _followed(connection: psycopg.AsyncConnection[object], head: int) -> None:
    """The read models know what stands in the ledger."""

    async def is_so() -> bool:
        row = await (await connection.execute(FOLLOWED, [head])).fetchone()
        return isinstance(row, tuple) and bool(row[0])

    await until(is_so)


ROWS = (
    Row(
        "segments",
        "all customers held against a changed rule, while somebody writes",
        (Aim(WRITE, ALONE, at_most=1.1), Aim(SECONDS, at_most=60)),
        evaluating,
    ),
)
