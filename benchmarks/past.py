"""benchmarks: a filled ledger with read models of it, in a database that stays: rows that need the same past share it.

A row may rebuild and follow read models there, and leaves them as it found them: complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import psycopg
import uvloop

from benchmarks import history, http_servers
from benchmarks.bench import Bench
from projections.engine.rebuild import rebuild_all

TIDY = "SELECT format('VACUUM ANALYZE read.%I', relname) FROM pg_class WHERE relnamespace = 'read'::regnamespace AND relkind = 'r'"
"""So that the server has no reason to do it while something is measured."""


def usual_past(bench: Bench) -> int:
    """How many deals the rows that follow, rebuild and read have, unless they need another number."""
    return bench.size.of(tiny=20, quick=2_000, full=36_000)


@dataclass
class Past:
    """`facts` counts those in the ledger, `built` names the read models that know all of them."""

    url: str
    facts: int
    built: set[str] = field(default_factory=set)


async def past(bench: Bench, deals: int, models: Sequence[str] = ()) -> Past:
    """With that many deals and at least these read models; those that take longest should be named first."""
    found = await bench.once(("past", deals), partial(_filled, bench, deals))
    missing = [name for name in models if name not in found.built]
    if missing:
        await bench.elsewhere(_rebuild, found.url, missing)
        await bench.elsewhere(_tidy, found.url)
        found.built.update(missing)
    return found


async def _filled(bench: Bench, deals: int) -> Past:
    url = await bench.kept(http_servers.TABLES)
    return Past(url, await asyncio.to_thread(history.write, url, bench.seed, deals))


def _rebuild(url: str, names: Sequence[str]) -> None:
    uvloop.run(rebuilt(url, names))


async def rebuilt(url: str, names: Sequence[str]) -> None:
    """Side by side; raises what one of them raised."""
    for outcome in (await rebuild_all(url, names)).values():
        if isinstance(outcome, BaseException):
            raise outcome


def _tidy(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for (statement,) in connection.execute(TIDY).fetchall():
            connection.execute(statement.encode())
