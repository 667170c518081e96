"""benchmarks: what every row stands on — one PostgreSQL, one Temporal, two processes for the peers, one size, one seed.

The servers are our own, with the settings of `salesloop dev`: commits wait for the disk.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import psycopg
from psycopg import sql

from runtime.schema import migrate
from runtime.servers import EmbeddedPostgres, EmbeddedTemporal

T = TypeVar("T")
SEED = 7
PROCESSES = 2


@dataclass(frozen=True)
class Size:
    """How much of everything. `tiny` is for the test that runs each row, and says nothing about speed."""

    name: Literal["tiny", "quick", "full"]
    turns: int
    seconds: float
    """How long one contestant runs in one turn, where it is time that is given."""

    def of(self, *, tiny: int, quick: int, full: int) -> int:
        return {"tiny": tiny, "quick": quick, "full": full}[self.name]


TINY = Size("tiny", 1, 0.1)
QUICK = Size("quick", 3, 0.7)
FULL = Size("full", 5, 2.0)


@contextmanager
def beside(work: Callable[..., None], *arguments: Any) -> Iterator[int]:
    """A module-level function in a process of its own for as long as this is entered; then it is ended by SIGTERM.
    Gives its process id.
    """
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments, daemon=True)
    process.start()
    assert process.pid is not None
    try:
        yield process.pid
    finally:
        process.terminate()
        process.join()


class Bench:
    """Opened once a run. Servers start when the first row asks for them."""

    def __init__(self, directory: Path, size: Size, seed: int = SEED) -> None:
        self.directory = directory
        self.size = size
        self.seed = seed
        self.cache = directory.with_name(directory.name + "-cache")
        self._stack = ExitStack()
        self._numbers = itertools.count(1)

    @cached_property
    def postgres(self) -> EmbeddedPostgres:
        server = EmbeddedPostgres(self.directory / "postgres")
        self._stack.callback(server.remove)
        return server.start()

    @cached_property
    def temporal(self) -> EmbeddedTemporal:
        server = EmbeddedTemporal(self.directory / "temporal")
        self._stack.callback(server.remove)
        return server.start()

    @cached_property
    def processes(self) -> ProcessPoolExecutor:
        """For whoever must not share our interpreter: peers, limits and load generators."""
        return self._stack.enter_context(
            ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
        )

    async def elsewhere(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of a module-level function, run in another process."""
        return await asyncio.get_running_loop().run_in_executor(self.processes, work, *arguments)

    @asynccontextmanager
    async def database(self, tables: Sequence[str] | None = None) -> AsyncIterator[str]:
        """The URL of a fresh database, dropped afterwards; with a ledger and these further tables, where given.

        One that a killed run left behind makes room.
        """
        name = f"bench_{next(self._numbers)}"
        url = self.postgres.url_of(name)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        await asyncio.to_thread(self._execute, drop)
        await asyncio.to_thread(self._execute, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            if tables is not None:
                await asyncio.to_thread(migrate, url, tables)
            yield url
        finally:
            await asyncio.to_thread(self._execute, drop)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        shutil.rmtree(self.directory, ignore_errors=True)
