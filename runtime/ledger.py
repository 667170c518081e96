"""Runtime room: the ledger, an `eventsourcing` application on PostgreSQL.

The library's application, repository, event store and notification log are used as they are;
behind its mapper and recorder interfaces stand our codec and `ledger.append` (see
docs/adr/0001-ledger.md). The asyncio methods are what the command handler and the followers call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment

from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.command_handler import Decision, Receipt
from domain.engine.recorded import Recorded
from domain.engine.unit_of_work import Wanted
from runtime.append import RECEIPTS
from runtime.codec import COLUMNS, Row, decode_row, fingerprint
from runtime.database import STATEMENT_SECONDS, Pool, open_pool
from runtime.group_commit import GroupCommit, first_answer
from runtime.recorder import FactMapper, LedgerRecorder
from runtime.snapshots import Snapshots
from runtime.stream_reader import StreamReader

CACHE_SIZE = 20_000
PAGE = f"SELECT {COLUMNS} FROM ledger.events WHERE position > %s ORDER BY position LIMIT %s"
ONE_STREAM = (
    f"SELECT {COLUMNS} FROM ledger.events WHERE stream_id = %s AND version > %s ORDER BY version LIMIT %s"
)


class LedgerFactory(InfrastructureFactory[TrackingRecorder]):
    """Hands the library its recorder. Read models keep their own positions: no tracking here."""

    def __init__(self, env: Environment, url: str) -> None:
        super().__init__(env)
        self._recorder = LedgerRecorder(url)

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return self._recorder

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> TrackingRecorder:
        raise NotImplementedError("read models keep their positions in read.positions")

    def process_recorder(self) -> ProcessRecorder:
        raise NotImplementedError("read models keep their positions in read.positions")

    def close(self) -> None:
        self._recorder.close()


@asynccontextmanager
async def open_ledger(
    url: str, *, min_size: int = 2, max_size: int = 10, statement_seconds: float = STATEMENT_SECONDS
) -> AsyncIterator[Ledger]:
    """A ledger with a pool of its own, both closed in the right order afterwards."""
    pool = await open_pool(url, min_size=min_size, max_size=max_size, statement_seconds=statement_seconds)
    ledger = Ledger(pool)
    try:
        yield ledger
    finally:
        await ledger.aclose()
        await pool.close()


class Ledger(Application[UUID]):
    """Reads and appends; remembers aggregates so that a hot stream is not read again."""

    name = "salesloop"

    def __init__(self, pool: Pool) -> None:
        self._url = str(pool.conninfo)
        super().__init__()
        self.pool = pool
        self._commits = GroupCommit(pool)
        self._kept = Snapshots(pool)
        self._streams = StreamReader(pool, self._kept)
        self._remembered: OrderedDict[int, Aggregate] = OrderedDict()

    def construct_factory(self, env: Environment) -> LedgerFactory:
        return LedgerFactory(env, self._url)

    def construct_mapper(self) -> FactMapper:
        return FactMapper()

    async def aclose(self) -> None:
        """Give back what it took from the pool, after what is on its way is done."""
        await self._commits.close()
        await self._kept.settled()
        self.close()

    async def load(
        self, wanted: Wanted, *, complete: bool = False, known: Iterable[Aggregate] = ()
    ) -> dict[UUID, Aggregate]:
        read = await self._streams.read(wanted, complete=complete, known=known)
        self.remember(read.values())
        return read

    async def as_of(self, kind: type[Aggregate], id: UUID, version: int) -> Aggregate:
        """The stream as it was at that version, read whole."""
        return await self._streams.as_of(kind, id, version)

    async def append(self, decision: Decision) -> Receipt:
        return await self._commits.append(decision)

    async def receipt(self, key: str, command: Command, said: str = "") -> Receipt | None:
        rows = await self._rows(RECEIPTS, [[key]])
        if not rows:
            return None
        answer = first_answer(rows[0], fingerprint(command, said))
        if isinstance(answer, Receipt):
            return answer
        raise answer

    async def head(self) -> int:
        """The last position; 0 when nothing is recorded."""
        rows = await self._rows("SELECT COALESCE(max(position), 0) FROM ledger.events", [])
        return int(rows[0][0])

    async def read(self, after: int, limit: int = 1_000) -> list[Recorded]:
        """The next facts after a position, in order, without gaps."""
        return [decode_row(row) for row in await self._rows(PAGE, [after, limit])]

    async def rows(self, after: int, limit: int = 1_000) -> list[Row]:
        """The same as they are stored, also those that a newer release wrote."""
        return await self._rows(PAGE, [after, limit])

    async def stream(self, id: UUID, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        """One stream's facts after a version, oldest first."""
        return [decode_row(row) for row in await self._rows(ONE_STREAM, [id, after, limit])]

    def remember(self, aggregates: Iterable[Aggregate]) -> None:
        held = self._remembered
        for aggregate in aggregates:
            id = aggregate.id.int  # numbers are hashed in C
            before = held.pop(id, aggregate)
            if self._kept.due(aggregate, before.version):
                aggregate = aggregate.condensed()  # noqa: PLW2901 - what is kept is what is remembered
                self._kept.keep(aggregate)
            held[id] = before if before.version > aggregate.version else aggregate
        while len(held) > CACHE_SIZE:
            held.popitem(last=False)

    def keep(self, aggregate: Aggregate) -> None:
        """Write a snapshot soon. The aggregate must be as recorded."""
        self._kept.keep(aggregate)

    async def snapshots_written(self) -> None:
        await self._kept.settled()

    def recall(self, id: UUID) -> Aggregate | None:
        found = self._remembered.get(id.int)
        if found is not None:
            self._remembered.move_to_end(id.int)
        return found

    async def _rows(self, query: Any, params: list[Any]) -> list[Any]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall()
