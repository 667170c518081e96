"""Runtime room: streams that are asked for together are read together, in one query."""

from __future__ import annotations

import asyncio
from uuid import UUID

from domain.aggregate import Aggregate
from domain.door import Wanted
from runtime.codec import decode_fact
from runtime.database import Pool

STREAMS = (
    "SELECT stream_id, version, topic, schema_version, data::text FROM ledger.events"
    " WHERE stream_id = ANY(string_to_array(%s, ',')::uuid[]) ORDER BY stream_id, version"
)


class StreamReader:
    """Gathers requests while a query is under way; the next query answers them all."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[Wanted, asyncio.Future[dict[UUID, Aggregate]]]] = []
        self._flight: asyncio.Task[None] | None = None

    async def read(self, wanted: Wanted) -> dict[UUID, Aggregate]:
        """Each wanted aggregate as recorded when the query ran: never older than the call."""
        answer: asyncio.Future[dict[UUID, Aggregate]] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, answer))
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly())
        return await answer

    async def _fly(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._answer(batch)
        finally:
            self._flight = None

    async def _answer(self, batch: list[tuple[Wanted, asyncio.Future[dict[UUID, Aggregate]]]]) -> None:
        try:
            read = await self._query({id: kind for wanted, _ in batch for id, kind in wanted.items()})
        except Exception as failure:  # noqa: BLE001 - every waiting caller gets it
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(failure)
            return
        for wanted, answer in batch:
            if not answer.done():
                answer.set_result({id: read[id] for id in wanted})

    async def _query(self, wanted: Wanted) -> dict[UUID, Aggregate]:
        read = {id: kind(id) for id, kind in wanted.items()}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(STREAMS, [",".join(map(str, wanted))])
            for id, version, topic, schema, data in await cursor.fetchall():
                read[id].replay(decode_fact(topic, schema, data), version)
        return read
