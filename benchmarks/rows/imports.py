"""benchmarks, rows: an import — the four-file CRM export from the seed, from reading its files to the last commit.

The limit is one COPY of the very rows that the import recorded, in a table with the ledger's columns and keys; what else an
import does (reading, planning, gates, promises, digests, the job's row) is none of its work.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import uvloop

from benchmarks import raw
from benchmarks.bench import Bench
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.lives import START
from domain.engine.context import Actor
from runtime.imports.generate import generate
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.run import run_import
from runtime.ledger import open_ledger

RATE = "events/s"
ROWS_A_MINUTE = "rows/min"
COPY = "one COPY of the same rows"
TABLES: tuple[str, ...] = ()
RECORDED = f"SELECT {raw.COLUMNS.replace('data, meta', 'data::text, meta::text')} FROM ledger.events ORDER BY position"
EXPORTED = START + timedelta(days=30)


def bring_in(url: str, folder: Path) -> Figures:
    """As `salesloop import` does it."""
    return uvloop.run(_bring_in(url, folder))


async def _bring_in(url: str, folder: Path) -> Figures:
    async with open_ledger(url) as ledger:
        started = time.perf_counter()
        user = Actor("user", "bench")
        result = await run_import(ledger.pool, shipped_mapping("crm_export"), folder, user)
        took = time.perf_counter() - started
    events = sum(tally.events for tally in result.tallies)
    return {RATE: events / took, ROWS_A_MINUTE: 60 * result.rows / took}


def copy_again(recorded_at: str, url: str) -> Figures:
    """The ledger's rows of one database into a bare table of another."""
    with psycopg.connect(recorded_at) as connection:
        rows = connection.execute(RECORDED).fetchall()
    raw.make_table(url)
    return {RATE: raw.copy(url, rows)}


@dataclass
class Turns:
    """The limit copies what our last turn recorded, so that stays until the next one."""

    bench: Bench
    folder: Path
    recorded: AsyncExitStack
    url: str = ""

    async def ours(self) -> Figures:
        await self.recorded.aclose()
        self.url = await self.recorded.enter_async_context(self.bench.database(tables=TABLES))
        return await self.bench.elsewhere(bring_in, self.url, self.folder)

    async def limit(self) -> Figures:
        async with self.bench.database() as url:
            return await self.bench.elsewhere(copy_again, self.url, url)


@asynccontextmanager
async def importing(bench: Bench) -> AsyncIterator[Contest]:
    deals = bench.size.of(tiny=40, quick=4_500, full=30_000)
    await bench.warm()
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        folder = Path(home)
        await asyncio.to_thread(generate, folder, deals, bench.seed, until=EXPORTED.date())
        async with AsyncExitStack() as recorded:
            turns = Turns(bench, folder, recorded)
            note = f"{deals:,} deals with their customers, products and reps"
            yield Contest({OURS: turns.ours, COPY: turns.limit}, [note])


ROWS = (
    Row(
        "import",
        "import of deals from CSV files",
        (Aim(RATE, COPY, at_least=1 / 8), Aim(ROWS_A_MINUTE, at_least=60_000)),
        importing,
    ),
)
