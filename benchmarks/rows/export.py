"""benchmarks, rows: taking data out — a list as CSV, and the ledger as an event log, each beside COPY of the very same query.

What the limit does not do is none of its work: times in a zone, amounts without digits that say nothing, text that a spreadsheet would run,
and of an event log all that makes events, objects and their attributes of facts.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
import uvloop

from benchmarks.bench import Bench
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.http_servers import TABLES
from benchmarks.past import past, usual_past
from projections.deal.board import DealView, listing
from projections.deal.row import DEALS
from projections.engine.cells import Written
from projections.engine.snapshot import Snapshot
from projections.event_log.reading import OF_STREAMS, Period, ids_in
from projections.event_log.writing import FORMATS
from runtime.garbage import Survivors

RATE = "rows/s"
COPY = "COPY of the same query"
ZONE = ZoneInfo("Asia/Shanghai")
MADE = {
    "uuid": "md5('{name}' || n)::uuid",
    "text": "'{name} ' || n % 1000",
    "int8": "n",
    "bool": "n % 3 = 0",
    "numeric": "(n % 100000)::numeric",
    "timestamptz": "timestamptz '2026-01-01' + n * interval '17.25 s'",
    "date": "date '2026-01-01' + (n % 300)::int",
}
"""By a column's type, what stands in its n-th row."""


def fill(url: str, rows: int) -> None:
    """The board with so many deals; nothing of it is in the ledger."""
    columns = {
        name: MADE[column.type.partition("(")[0]].replace("{name}", name)
        for name, column in DEALS.columns.items()
    }
    columns |= {"currency": "'CNY'", "override_requests": "'[]'"}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"INSERT INTO read.deal_board ({', '.join(columns)})"
            f" SELECT {', '.join(columns.values())} FROM generate_series(1, {rows}) n".encode()
        )
        connection.execute("VACUUM ANALYZE read.deal_board")


def as_csv(url: str, *, plain: bool) -> Figures:
    return uvloop.run(_as_csv(url, plain=plain))


async def _as_csv(url: str, *, plain: bool) -> Figures:
    snapshot = await Snapshot.opened(url, ZONE)
    await listing(snapshot)
    assert snapshot.caught is not None
    query = snapshot.caught[1]
    columns = await snapshot.columns(query, DealView)
    lines = _copied(snapshot, query) if plain else snapshot.lines(query, columns, Written())
    started, rows = time.perf_counter(), 0
    async for _ in lines:
        rows += 1
    took = time.perf_counter() - started
    await snapshot.close()
    return {RATE: rows / took}


async def _copied(snapshot: Snapshot, query: str) -> AsyncGenerator[memoryview | bytes | bytearray, None]:
    async with snapshot.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)".encode()) as copy:
        async for line in copy:
            yield line


def as_log(url: str, events: int) -> Figures:
    """With what a process that serves does about garbage."""
    with Survivors():
        return uvloop.run(_as_log(url, events))


async def _as_log(url: str, events: int) -> Figures:
    figures = {}
    for name, write in FORMATS.items():
        snapshot = await Snapshot.opened(url, ZONE)
        ids = await _deals(snapshot)
        started = time.perf_counter()
        async for _ in write(snapshot, [ids], Period()):
            pass
        figures[f"{name} events/s"] = events / (time.perf_counter() - started)
        await snapshot.close()
    return figures


async def _deals(snapshot: Snapshot) -> str:
    await listing(snapshot, sort="opened_at")
    assert snapshot.caught is not None
    return await ids_in(snapshot, "deal", snapshot.caught[1])


def copy_log(url: str, events: int) -> Figures:
    return uvloop.run(_copy_log(url, events))


async def _copy_log(url: str, events: int) -> Figures:
    snapshot = await Snapshot.opened(url, ZONE)
    query = OF_STREAMS.format(streams=await _deals(snapshot)).replace("%(until)s", "NULL")
    started = time.perf_counter()
    async for _ in _copied(snapshot, query):
        pass
    took = time.perf_counter() - started
    await snapshot.close()
    return {f"{name} events/s": events / took for name in FORMATS}


def counted(url: str) -> int:
    return uvloop.run(_counted(url))


async def _counted(url: str) -> int:
    snapshot = await Snapshot.opened(url, ZONE)
    query = OF_STREAMS.format(streams=await _deals(snapshot)).replace("%(until)s", "NULL")
    row = await (await snapshot.execute(f"SELECT count(*) FROM ({query}) q".encode())).fetchone()
    await snapshot.close()
    assert row is not None
    return int(row[0])


@asynccontextmanager
async def exporting(bench: Bench) -> AsyncIterator[Contest]:
    rows = bench.size.of(tiny=50, quick=100_000, full=1_000_000)
    await bench.warm()
    async with bench.database(TABLES) as url:
        await bench.elsewhere(fill, url, rows)
        runs: dict[str, Run] = {
            OURS: partial(bench.elsewhere, partial(as_csv, url, plain=False)),
            COPY: partial(bench.elsewhere, partial(as_csv, url, plain=True)),
        }
        yield Contest(runs, [f"{rows:,} deals, {len(DEALS.columns) + 4} columns"])


@asynccontextmanager
async def logging(bench: Bench) -> AsyncIterator[Contest]:
    deals = bench.deals or usual_past(bench)
    await bench.warm()
    there = await past(bench, deals, ("deal_board", "directory"))
    events = await bench.elsewhere(counted, there.url)
    runs: dict[str, Run] = {
        OURS: partial(bench.elsewhere, as_log, there.url, events),
        COPY: partial(bench.elsewhere, copy_log, there.url, events),
    }
    yield Contest(runs, [f"{events:,} events of {deals:,} deals and their promises"])


ROWS = (
    Row("export", "export of a list as CSV", (Aim(RATE, COPY, at_least=1 / 3),), exporting),
    Row(
        "event-log",
        "the ledger as an event log",
        tuple(Aim(f"{name} events/s", COPY, at_least=1 / 8) for name in FORMATS),
        logging,
    ),
)
