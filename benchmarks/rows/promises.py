"""benchmarks, rows: promises — what an open one costs in memory, and how fast many are spoken for that are due at once.

All go the whole way: a deal in the ledger, the follower, a workflow, its timer, the door, `promise.missed` in the ledger. The
peer is the least that a timer on this server can be: a workflow that sleeps until the same instant and ends.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from benchmarks import history, promises
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.lives import Lives
from domain.engine.command_handler import CommandHandler
from domain.policy.policies import PublishPolicy
from runtime.ledger import Ledger, open_ledger
from runtime.temporal import connect_temporal
from workflows.engine.queues import QUEUE_NAMES
from workflows.engine.store import WorkflowStore

SPOKEN = "drained/s"
STARTED = "started/s"
MEMORY = "kB a promise"
PEER = "a workflow that sleeps and ends"
TABLES = history.TABLES
LEAST = 4_096
"""Bytes: below it, memory is not seen to grow."""
SLACK = timedelta(seconds=1)
FIRST_GUESS = 20.0
"""Starts a second."""
TRIES = 4
WARM = {"quick": (10,), "full": (10, 100)}
"""Bursts before it counts. Of ten the rate is learned too low, and two thousand would wait for a minute to fall due."""
Start = Callable[[int, datetime], Awaitable[float]]


@dataclass
class Desk:
    """What a burst is made with. Rates are learned from the burst before, so that all are armed when they fall due."""

    ledger: Ledger
    lives: Lives
    client: Client
    rates: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.handler = CommandHandler(self.ledger)
        self.store = WorkflowStore(self.ledger.pool, QUEUE_NAMES)

    async def begin(self) -> None:
        """The office is no news: nobody has to re-arm what is not there yet."""
        for command in (*self.lives.office(), PublishPolicy(policy=promises.POLICY)):
            await self.ledger.append(self.lives.decide(command))
        for queue in QUEUE_NAMES:
            await self.store.save_position(queue, await self.ledger.head())

    async def open(self, count: int, due_at: datetime) -> float:
        """That many deals, and their follow-ups started; how many a second."""
        began = time.perf_counter()
        await promises.open_promises(self.handler, self.lives, count, due_at)
        head = await self.ledger.head()
        await promises.until(lambda: self._has_delivered(head))
        return count / (time.perf_counter() - began)

    async def _has_delivered(self, position: int) -> bool:
        return await self.store.delivered() >= position

    async def start(self, count: int, due_at: datetime) -> float:
        """The same of the peer."""
        began = time.perf_counter()
        await promises.start_trivial(self.client, count, due_at)
        return count / (time.perf_counter() - began)

    async def ours(self, count: int) -> Figures:
        due_at, rate = await self._ready(OURS, self.open, count)
        return {SPOKEN: count / await promises.spoken(self.ledger.pool, due_at, count), STARTED: rate}

    async def theirs(self, count: int) -> Figures:
        due_at, rate = await self._ready(PEER, self.start, count)
        return {SPOKEN: count / await promises.ended(self.client, due_at, count), STARTED: rate}

    async def _ready(self, who: str, start: Start, count: int) -> tuple[datetime, float]:
        """A burst that is all started before it falls due. What comes too late in a busy minute is tried again."""
        for _ in range(TRIES):
            expected = count / self.rates.get(who, FIRST_GUESS)
            due_at = datetime.now(UTC) + SLACK + timedelta(seconds=1.3 * expected)
            rate = self.rates[who] = await start(count, due_at)
            if datetime.now(UTC) < due_at:
                return due_at, rate
        raise ValueError(f"{who}: never started before they fell due, at {rate:.0f} a second")


@asynccontextmanager
async def promising(bench: Bench) -> AsyncIterator[Contest]:
    many = bench.size.of(tiny=5, quick=300, full=10_000)
    due = bench.size.of(tiny=3, quick=60, full=2_000)
    temporal = await asyncio.to_thread(lambda: bench.temporal)
    assert temporal.pid is not None
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        async with bench.database(tables=TABLES) as url, open_ledger(url) as ledger:
            desk = Desk(ledger, Lives(bench.seed), await connect_temporal(temporal.address))
            await desk.begin()
            with (
                beside(promises.serve_worker, url, temporal.address, home) as worker,
                beside(promises.serve_trivial, temporal.address),
            ):
                await desk.open(5, datetime.now(UTC) + timedelta(days=30))
                for few in WARM.get(bench.size.name, ()):
                    await desk.ours(few)
                    await desk.theirs(few)
                memory = await held(desk, many, temporal.pid, worker)

                async def ours() -> Figures:
                    return {MEMORY: memory, **await desk.ours(due)}

                async def peer() -> Figures:
                    return await desk.theirs(due)

                note = (
                    f"{many:,} promises open, of the server and the worker together; {due:,} more due at once"
                )
                yield Contest({OURS: ours, PEER: peer}, [note])


async def held(desk: Desk, count: int, *processes: int) -> float:
    """Kilobytes that each open promise adds to these processes."""
    before = promises.resident(*processes)
    await desk.open(count, datetime.now(UTC) + timedelta(days=30))
    grown = promises.resident(*processes) - before
    return max(grown, LEAST) / count / 1_024


ROWS = (
    Row(
        "promises",
        "open promises, and a burst of them due at once",
        (Aim(SPOKEN, PEER, at_least=0.6),),
        promising,
    ),
)
