"""Runtime room: streams that are asked for together are read together, in one query, from their snapshots on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.command_handler import Wanted
from domain.engine.errors import UnknownTopic
from runtime.codec import decode_fact, is_known, unknown
from runtime.database import Pool
from runtime.snapshots import EVERY, Snapshots, shape, thawed

STREAMS = """
WITH wanted AS (
    SELECT w.id, s.version, s.state
      FROM unnest(string_to_array(%s, ',')::uuid[], string_to_array(%s, ',')) AS w(id, shape)
      LEFT JOIN app.snapshots s ON s.stream_id = w.id AND s.shape = w.shape
)
SELECT id AS stream, version AS number, NULL AS topic, 0 AS schema, state AS data, NULL::timestamptz AS began
  FROM wanted WHERE version > 0
UNION ALL
SELECT w.id, e.version, e.topic, e.schema_version, e.data::text, CASE WHEN e.version = 1 THEN e.occurred_at END
  FROM wanted w CROSS JOIN LATERAL (
       SELECT * FROM ledger.events e WHERE e.stream_id = w.id AND e.version > COALESCE(w.version, 0)) e
 ORDER BY 1, 2
"""
"""One statement, one view of the database: a snapshot where there is one, and what was recorded after it."""


@dataclass(frozen=True, slots=True)
class Asked:
    wanted: Wanted
    complete: bool
    answer: asyncio.Future[dict[UUID, Aggregate]]


class StreamReader:
    """Gathers requests while a query is under way; the next query answers them all."""

    def __init__(self, pool: Pool, snapshots: Snapshots) -> None:
        self._pool = pool
        self._snapshots = snapshots
        self._waiting: list[Asked] = []
        self._flight: asyncio.Task[None] | None = None

    async def read(self, wanted: Wanted, *, complete: bool = False) -> dict[UUID, Aggregate]:
        """Each wanted aggregate as recorded when the query ran: never older than the call. `complete`: past snapshots."""
        asked = Asked(wanted, complete, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly())
        return await asked.answer

    async def _fly(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._answer(batch)
        finally:
            self._flight = None

    async def _answer(self, batch: list[Asked]) -> None:
        wanted = {id: kind for asked in batch for id, kind in asked.wanted.items()}
        complete = {id for asked in batch if asked.complete for id in asked.wanted}
        try:
            read, unread = await self._query(wanted, complete)
        except Exception as failure:  # noqa: BLE001 - every waiting caller gets it
            for asked in batch:
                if not asked.answer.done():
                    asked.answer.set_exception(failure)
            return
        for asked in batch:
            if asked.answer.done():
                continue
            if unreadable := next((unread[id] for id in asked.wanted if id in unread), None):
                asked.answer.set_exception(unreadable)
            else:
                asked.answer.set_result({id: read[id] for id in asked.wanted})

    async def _query(
        self, wanted: Wanted, complete: set[UUID]
    ) -> tuple[dict[UUID, Aggregate], dict[UUID, UnknownTopic]]:
        """The aggregates, and why some could not be read: that is only for who asked for those."""
        unread: dict[UUID, UnknownTopic] = {}
        read = {id: kind(id) for id, kind in wanted.items()}
        kept = dict.fromkeys(wanted, 0)
        shapes = ("" if id in complete else shape(kind) for id, kind in wanted.items())
        columns = [",".join(map(str, wanted)), ",".join(shapes)]
        async with self._pool.connection() as connection:
            cursor = await connection.execute(STREAMS, columns)
            for id, version, topic, schema, data, began in await cursor.fetchall():
                if topic is None:
                    kept[id] = thawed(read[id], data, version).version
                elif is_known(topic, schema):
                    read[id].replay(decode_fact(topic, schema, data), version, began)
                else:
                    unread[id] = unknown(topic, schema)
        for id, aggregate in read.items():
            if aggregate.version - kept[id] >= EVERY and id not in complete and id not in unread:
                self._snapshots.keep(aggregate)
        return read, unread
