"""benchmarks: what every row stands on — one PostgreSQL, one Temporal, two processes for the peers, one size, one seed.

The servers are our own, with the settings of `salesloop dev`: commits wait for the disk.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import multiprocessing
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from runtime.schema import migrate
from runtime.servers import EmbeddedPostgres, EmbeddedTemporal

T = TypeVar("T")
SEED = 7
PROCESSES = 2
CREATE = sql.SQL("CREATE DATABASE {}")
COPY = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")


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
QUICK = Size("quick", 3, 0.3)
FULL = Size("full", 5, 2.0)


class undisturbed:  # noqa: N801 - reads as a statement
    """What was prepared is no business of the garbage collector while others are timed."""

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()


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


def _arrived() -> None:
    """Nothing to do: the process is there."""


class Bench:
    """Opened once a run. Servers start when the first row asks for them, and what several rows need is made once.

    `deals`: how many the rows that read are asked about, in place of the size's.
    """

    def __init__(self, directory: Path, size: Size, seed: int = SEED, deals: int | None = None) -> None:
        self.directory = directory
        self.size = size
        self.seed = seed
        self.deals = deals
        self.made: dict[Hashable, Any] = {}
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

    async def warm(self) -> None:
        """Both processes are there and have imported what this row's module does."""
        await asyncio.gather(*(self.elsewhere(_arrived) for _ in range(PROCESSES)))

    async def settled(self) -> None:
        """What was written until now is on the disk: nobody is timed while the server brings it there."""
        await asyncio.to_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What was made under this key before, or is now; it stays until the run ends."""
        if key not in self.made:
            self.made[key] = await make()
        made: T = self.made[key]
        return made

    def stays(self, context: AbstractContextManager[T]) -> T:
        """Enter it for the rest of the run."""
        return self._stack.enter_context(context)

    async def elsewhere(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of a module-level function, run in another process."""
        return await asyncio.get_running_loop().run_in_executor(self.processes, work, *arguments)

    @asynccontextmanager
    async def database(
        self, tables: Sequence[str] | None = None, *, like: str | None = None
    ) -> AsyncIterator[str]:
        """The URL of a fresh database, dropped afterwards; with a ledger and these further tables, where given. `like`: the
        URL of one to copy, which nobody is connected to.
        """
        url = await self.kept(tables, like=like)
        try:
            yield url
        finally:
            await asyncio.to_thread(self._execute, DROP, url)

    async def kept(self, tables: Sequence[str] | None = None, *, like: str | None = None) -> str:
        """The same for one that stays until the run ends. One that a killed run left behind makes room."""
        url = self.postgres.url_of(f"bench_{next(self._numbers)}")
        await asyncio.to_thread(self._execute, DROP, url)
        if like is None:
            await asyncio.to_thread(self._execute, CREATE, url)
        else:
            await asyncio.to_thread(self._execute, COPY, url, like)
        if tables is not None:
            await asyncio.to_thread(migrate, url, tables)
        return url

    def _execute(self, statement: sql.SQL, *urls: str) -> None:
        names = (sql.Identifier(str(conninfo_to_dict(url)["dbname"])) for url in urls)
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(statement.format(*names))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        shutil.rmtree(self.directory, ignore_errors=True)
