"""Projections room: rebuild a read model beside the live one, and compare the two.

A rebuild fills a second set of tables from position 0 while the live ones are read and followed, catches up,
and takes their place in one short transaction. Killed at any moment it leaves the live tables as they were;
the next rebuild throws away what it left. On a large ledger the bulk is filled by several processes (`shares.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection, sql

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from projections.engine import positions
from projections.engine.catalog import BY_NAME
from projections.engine.positions import LIVE, REBUILDS, Fenced, Place
from projections.engine.projection import Projection, StreamShare
from projections.engine.rebuild_workers import NOT_WAITING, Order, Workers
from projections.engine.tables import SCHEMA, Table
from runtime.database import connect
from runtime.garbage import seldom_collected

NEW = "__new"
BESIDE = "__compared"
STRETCH = 20_000
CLOSE = 2_000
"""So near to the live position the last facts are applied while the follower waits."""
LARGE = 200_000
"""A ledger of so many facts is worth the second that it takes to start other processes."""
MOST = 8
TRIES = 20
SAMPLES = 20
Progress = Callable[[int, int], None]
ProgressOf = Callable[[str, int, int], None]


class Busy(Exception):
    """Somebody else is rebuilding or comparing this read model."""


class Difference(msgspec.Struct, frozen=True):
    """How a table differs from its rebuild: numbers of rows, and the first few as text."""

    table: str
    only_live: int
    only_rebuilt: int
    samples: list[str]


def _silent(position: int, head: int) -> None:
    pass


def _silent_of(name: str, position: int, head: int) -> None:
    pass


async def rebuild(url: str, name: str, progress: Progress = _silent, workers: int | None = None) -> int:
    """Rebuild a read model and put it in the live one's place; returns the position it has then.

    `progress` is told the position reached and the ledger's head. Raises LookupError for an unknown name, Busy,
    and what the facts raise; WorkerLost when a process that helped was killed. `workers` as in `rebuild_all`.
    """
    outcomes = await rebuild_all(url, [name], lambda _, position, head: progress(position, head), workers)
    outcome = outcomes[name]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


async def rebuild_all(
    url: str, names: Collection[str], progress: ProgressOf = _silent_of, workers: int | None = None
) -> dict[str, int | BaseException]:
    """Rebuild several read models side by side, each for itself: its position, or what `rebuild` would raise for it.

    Facts are folded by so many processes, 1 for this one alone; by default one for each core where the ledger is
    large. Raises LookupError for an unknown name before anything begins.
    """
    for name in names:
        _known(name)
    most = workers or await _worth(url)
    folded = [name for name in names if not BY_NAME[name].copied]
    shared = most > 1 and (len(folded) > 1 or any(BY_NAME[name].by_stream for name in folded))
    turn = asyncio.Semaphore(most)

    async def one(name: str) -> int:
        def report(position: int, head: int) -> None:
            progress(name, position, head)

        if BY_NAME[name].copied:
            return await _rebuild(url, name, report, None, most)
        async with turn:
            return await _rebuild(url, name, report, processes if shared else None, most)

    with seldom_collected():
        async with Workers(most) as processes:
            outcomes = await asyncio.gather(*(one(name) for name in names), return_exceptions=True)
    return dict(zip(names, outcomes, strict=True))


async def _worth(url: str) -> int:
    """How many processes a rebuild is worth."""
    async with await connect(url) as connection:
        large = await positions.head(connection) >= LARGE
    return min(MOST, os.cpu_count() or 1) if large else 1


async def _rebuild(url: str, name: str, progress: Progress, processes: Workers | None, most: int) -> int:
    async with _beside(url, name, NEW) as built:
        if processes is not None:
            await built.share_out(processes, most if built.model.by_stream else 1, url, progress)
        await built.catch_up(progress)
        await built.index()
        await built.catch_up(progress)
        return await built.take_place()


def _known(name: str) -> type[Projection]:
    if name not in BY_NAME:
        raise LookupError(f"there is no read model {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]


async def compare(url: str, name: str) -> list[Difference]:
    """Rebuild beside, up to the live position, and report every table that differs; the follower waits meanwhile
    for the last stretch only. Raises LookupError for an unknown name, Busy, and what the facts raise.
    """
    async with _beside(url, name, BESIDE) as built:
        live = await positions.place(built.connection, name)
        await built.catch_up(_silent, live.position)
        async with built.connection.transaction():
            live = await _hold(built.connection, name)
            await built.apply_to(live.position)
            differences = [await _difference(built.connection, table) for table in built.model.tables]
    return [difference for difference in differences if difference.only_live or difference.only_rebuilt]


@contextlib.asynccontextmanager
async def _beside(url: str, name: str, suffix: str) -> AsyncIterator[NewTables]:
    model = _known(name)(suffix)
    async with await connect(url) as connection:
        key = [REBUILDS, positions.lock_key(name)]
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", key)
        if (await cursor.fetchone()) != (True,):
            raise Busy(f"{name} is being rebuilt or compared already")
        await connection.execute(NOT_WAITING)
        built = NewTables(connection, model)
        await built.drop()
        await built.create()
        try:
            yield built
        finally:
            if not connection.closed:
                await built.drop()


class NewTables:
    """A generation of a read model's tables that nobody reads yet."""

    def __init__(self, connection: AsyncConnection[Any], model: Projection) -> None:
        self.connection = connection
        self.model = model
        self._held = Place(0, 0, "rebuilding", "")

    async def create(self) -> None:
        """Without indexes: filling tables that have none is faster. No other generation has this one's number."""
        model = self.model
        for statement in model.create(model.suffix, keyed=not model.copied):
            await self.connection.execute(statement.encode())
        row = f"""
            INSERT INTO {SCHEMA}.positions (name, suffix, generation, status, shape, topics)
            VALUES (%s, %s, pg_current_xact_id()::text::bigint, 'rebuilding', %s, %s)
        """
        await self.connection.execute(row, [model.name, model.suffix, model.shape(), sorted(model.topics)])
        self._held = await positions.place(self.connection, model.name, model.suffix)

    async def drop(self) -> None:
        """Also what a killed rebuild left."""
        for table in self.model.tables:
            await self.connection.execute(
                sql.SQL("DROP TABLE IF EXISTS {}").format(table.at(self.model.suffix))
            )
        await self._forget_place()

    async def _forget_place(self) -> None:
        gone = f"DELETE FROM {SCHEMA}.positions WHERE name = %s AND suffix = %s"
        await self.connection.execute(gone, [self.model.name, self.model.suffix])

    async def share_out(self, processes: Workers, shares: int, url: str, progress: Progress) -> None:
        """Filled by others, up to where the ledger ends now; what they reached is told as their sum."""
        model, generation = self.model, self._held.generation
        upto = await positions.head(self.connection)
        reached = [0] * shares

        async def fill(number: int) -> None:
            def report(position: int) -> None:
                reached[number] = position
                progress(sum(reached) // shares, upto)

            order = Order(
                url, model.name, model.suffix, generation, upto, StreamShare(number, shares), STRETCH
            )
            await processes.fill(order, report)

        await _together([fill(number) for number in range(shares)])
        moved = await positions.advance(
            self.connection, model.name, model.suffix, self._held, upto, "rebuilding"
        )
        if await moved.fetchone() is None:
            raise Fenced(model.name)
        self._held = await positions.place(self.connection, model.name, model.suffix)

    async def index(self) -> None:
        keys = [table.keyed(self.model.suffix) for table in self.model.tables] if self.model.copied else []
        for statement in [*keys, *self.model.index(self.model.suffix)]:
            await self.connection.execute(statement.encode())
        for table in self.model.tables:
            await self.connection.execute(sql.SQL("ANALYZE {}").format(table.at(self.model.suffix)))

    async def catch_up(self, progress: Progress, target: int | None = None) -> None:
        """To `target`, or close to the ledger's head, wherever that moves meanwhile. Most deals come and go in memory and
        are written once.
        """
        self.model.hold_back()
        await self._catch_up(progress, target)
        async with self.connection.transaction():
            await self.model.flush(self.connection)

    async def _catch_up(self, progress: Progress, target: int | None) -> None:
        while True:
            head = await positions.head(self.connection) if target is None else target
            if self._held.position >= head:
                return
            await self.apply_to(min(head, self._held.position + STRETCH))
            progress(self._held.position, head)
            if target is None and head - self._held.position < CLOSE:
                return

    async def apply_to(self, position: int) -> None:
        if self._held.position < position:
            self._held = await positions.step(self.connection, self.model, self._held, position, "rebuilding")

    async def take_place(self) -> int:
        """Swap with the live tables. Readers wait for the renaming only; a long reader is not waited for long."""
        for attempt in range(TRIES):
            try:
                return await self._swap()
            except psycopg.errors.LockNotAvailable:
                if attempt == TRIES - 1:
                    raise
                self.model.forget()
                self._held = await positions.place(self.connection, self.model.name, self.model.suffix)
        raise AssertionError

    async def _swap(self) -> int:
        async with self.connection.transaction():
            await self.connection.execute("SET LOCAL lock_timeout = '2s'")
            live = await _hold(self.connection, self.model.name)
            await self.apply_to(live.position)
            for table in self.model.tables:
                await self._rename(table)
            place = f"""
                UPDATE {SCHEMA}.positions SET generation = generation + 1, position = %s, status = %s,
                       error = NULL, shape = %s, topics = %s, updated_at = now(), last_event = {positions.EVENT_AT.format("%s")}
                 WHERE name = %s AND suffix = %s
            """
            name, reached = self.model.name, self._held.position
            # With nothing left to follow nobody else would say that it is live.
            status = "live" if reached == await positions.head(self.connection) else "catching-up"
            made_by = [self.model.shape(), sorted(self.model.topics)]
            await self.connection.execute(place, [reached, status, *made_by, reached, name, LIVE])
            await self._forget_place()
            await self.connection.execute(positions.NOTIFY, [f"{name}:{reached}"])
        return reached

    async def _rename(self, table: Table[Any]) -> None:
        suffix = self.model.suffix
        await self.connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table.at(LIVE)))
        cursor = await self.connection.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass",
            [f"{SCHEMA}.{table.name}{suffix}"],
        )
        for (index,) in await cursor.fetchall():
            named = sql.Identifier(*index.split("."))
            new = sql.Identifier(index.split(".")[-1].replace(suffix, ""))
            await self.connection.execute(sql.SQL("ALTER INDEX {} RENAME TO {}").format(named, new))
        rename = sql.SQL("ALTER TABLE {} RENAME TO {}").format(table.at(suffix), sql.Identifier(table.name))
        await self.connection.execute(rename)


async def _together(work: Collection[Coroutine[Any, Any, None]]) -> None:
    """All or none: when one fails the others are cancelled, and over before the error is raised."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _hold(connection: AsyncConnection[Any], name: str) -> Place:
    """Where the live read model stands; its follower waits until the transaction ends."""
    cursor = await connection.execute(f"{positions.READ} FOR UPDATE", [name, LIVE])
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"the read model {name!r} is not installed in this database: migrate it")
    return Place(*row)


async def _difference(connection: AsyncConnection[Any], table: Table[Any]) -> Difference:
    """Row for row, as text, which every column type has."""
    columns = sql.SQL(", ").join(sql.Identifier("t", name) for name in table.names)
    rows = sql.SQL("SELECT ROW({})::text AS told FROM {} t")
    live, rebuilt = (rows.format(columns, table.at(suffix)) for suffix in (LIVE, BESIDE))
    both = sql.SQL(
        "SELECT count(*), COALESCE((array_agg(told))[1:{n}], '{{}}') FROM ({one} EXCEPT ALL {other}) AS d"
    )
    counted = []
    for one, other in ((live, rebuilt), (rebuilt, live)):
        query = both.format(n=sql.Literal(SAMPLES), one=one, other=other)
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        counted.append(row)
    (only_live, lost), (only_rebuilt, added) = counted
    samples = [f"- {row}" for row in lost] + [f"+ {row}" for row in added]
    return Difference(table.name, only_live, only_rebuilt, samples)
