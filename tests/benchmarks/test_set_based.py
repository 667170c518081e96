"""The limit of a rebuild does the same work: its rows are the fold's, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks import history, set_based
from benchmarks.bench import TINY, Bench
from benchmarks.rows.follow import REBUILT
from projections.deal.history import HISTORY
from projections.deal.row import DEALS, TITLES
from projections.engine.rebuild import rebuild
from projections.engine.tables import SCHEMA, Table


@pytest.fixture(scope="module")
def bench(module_scratch: Path) -> Iterator[Bench]:
    with Bench(module_scratch / "bench", TINY) as bench:
        yield bench


def rows(url: str, table: Table[Any], suffix: str) -> set[tuple[object, ...]]:
    wanted = ", ".join(
        f"{name}::text" if column.type == "json" else name for name, column in table.columns.items()
    )
    with psycopg.connect(url) as connection:
        return set(
            connection.execute(f"SELECT {wanted} FROM {SCHEMA}.{table.name}{suffix}".encode()).fetchall()
        )


async def test_one_statement_a_table_gives_the_rows_that_the_fold_gives(bench: Bench) -> None:
    deals = 60
    async with bench.database(tables=history.TABLES) as url:
        written = await asyncio.to_thread(history.write, url, bench.seed, deals)
        for name in REBUILT:
            assert await rebuild(url, name) == written
        await asyncio.to_thread(set_based.build, url)
        for table in (DEALS, TITLES, HISTORY):
            folded = await asyncio.to_thread(rows, url, table, "")
            assert len(folded) >= deals
            assert folded == await asyncio.to_thread(rows, url, table, set_based.SUFFIX)
