"""tests: an import killed with SIGKILL, again and again, ends as if it had never been killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.database import Pool
from runtime.imports.generate import generate
from runtime.imports.jobs import list_jobs
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.run import run_import
from tests.imports.conftest import IMPORTER, rows_of, topics

SCRIPT = """
import asyncio, sys
from pathlib import Path
from domain.engine.context import Actor
from runtime.database import open_pool
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.run import run_import

async def main(url, folder):
    pool = await open_pool(url, min_size=2, max_size=6)
    await run_import(pool, shipped_mapping("crm_export"), Path(folder), Actor("user", "ops"), rejects=Path(folder) / "rejects")
    await pool.close()

asyncio.run(main(*sys.argv[1:]))
"""
DEALS = 6_000
PER_DEAL = "SELECT topic, stream_id, count(*) FROM ledger.events WHERE topic = ANY(%s) GROUP BY 1, 2 HAVING count(*) > 1"
ONCE = [
    "deal.opened",
    "deal.won",
    "deal.lost",
    "deal.import-noted",
    "promise.made",
    "customer.registered",
    "rep.hired",
]
HALF_DONE = (
    "SELECT stream_id FROM ledger.events GROUP BY stream_id"
    " HAVING bool_or(topic = 'deal.opened') AND NOT bool_or(topic = 'deal.import-noted')"
)


@pytest.mark.breaks
async def test_killed_three_times_it_records_every_deal_once(
    import_url: str, pool: Pool, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    generate(tmp_path, deals=DEALS, seed=3, dirty=True)
    for run in (1, 2, 3):
        child = _start(import_url, tmp_path)
        try:
            await eventually(lambda n=run: _is_run(pool, n))
            landed = await _opened(pool)
            await eventually(lambda before=landed: _more_than(pool, before))
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        assert await rows_of(pool, HALF_DONE) == []
        assert not (tmp_path / "rejects" / "sales_pipeline.rejects.csv").exists()
    mapping = shipped_mapping("crm_export")
    rest = await run_import(pool, mapping, tmp_path, IMPORTER, rejects=tmp_path / "rejects")
    assert rest.resumed
    assert rest.unchanged > landed > 0
    assert rest.accepted > 0
    assert await rows_of(pool, PER_DEAL, ONCE) == []
    counts = await topics(pool)
    assert counts["deal.opened"] == counts["deal.import-noted"] == DEALS - rest.refused
    [job] = await list_jobs(pool)
    assert (job.state, job.runs) == ("done", 4)
    assert [Path(path).name for path in rest.rejects] == ["sales_pipeline.rejects.csv"]
    again = await run_import(pool, mapping, tmp_path, IMPORTER)
    assert (again.events, again.refused) == (0, rest.refused)


async def _opened(pool: Pool) -> int:
    return (await topics(pool)).get("deal.opened", 0)


async def _is_run(pool: Pool, number: int) -> bool:
    return [job.runs for job in await list_jobs(pool)] == [number]


async def _more_than(pool: Pool, before: int) -> bool:
    return await _opened(pool) > before


def _start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, url, str(folder)], cwd=Path(__file__).parents[2])
