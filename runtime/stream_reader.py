"""Runtime room: streams that are asked for together are read together, in one query, from their snapshots on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

from domain.deal.facts import DealOpened
from domain.engine.aggregate import Aggregate
from domain.engine.errors import UnknownTopic
from domain.engine.undoing import standing
from domain.engine.unit_of_work import Wanted
from domain.lead.facts import LeadCaptured
from runtime.codec import decode_fact, is_known, unknown
from runtime.database import Pool
from runtime.snapshots import EVERY, Snapshots, shape, thawed

STREAMS = f"""
WITH wanted AS (
    SELECT w.n, w.id, COALESCE(s.version, w.known) AS version, s.state
      FROM unnest(string_to_array(%s, ',')::uuid[], string_to_array(%s, ',')::int[], string_to_array(%s, ','))
           WITH ORDINALITY AS w(id, known, shape, n)
      LEFT JOIN app.snapshots s ON s.stream_id = w.id AND s.shape = w.shape
)
SELECT n, version AS number, NULL AS topic, 0 AS schema, state AS data, NULL::timestamptz AS began
  FROM wanted WHERE state IS NOT NULL
UNION ALL
SELECT w.n, e.version, e.topic, e.schema_version, e.data::text, CASE WHEN e.version = 1 OR e.topic IN ('{DealOpened.TOPIC}', '{LeadCaptured.TOPIC}') THEN e.occurred_at END
  FROM wanted w CROSS JOIN LATERAL (
       SELECT * FROM ledger.events e WHERE e.stream_id = w.id AND e.version > w.version) e
 ORDER BY 1, 2
"""
"""One statement, one view of the database: a snapshot where there is one and nothing is known yet, and what was recorded since."""
WHOLE = """
SELECT version, topic, schema_version, data::text, occurred_at FROM ledger.events WHERE stream_id = %s AND version <= %s
 ORDER BY version
"""
Same = tuple[type[Aggregate], int, int, bool]
"""Kind, id, version to start from, complete: who asks for the same shares the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    starts: dict[Same, Aggregate]
    answer: asyncio.Future[dict[UUID, Aggregate]]


class StreamReader:
    """Gathers requests while a query is under way; the next query answers them all."""

    def __init__(self, pool: Pool, snapshots: Snapshots) -> None:
        self._pool = pool
        self._snapshots = snapshots
        self._waiting: list[Asked] = []
        self._flight: asyncio.Task[None] | None = None

    async def read(
        self, wanted: Wanted, *, complete: bool = False, known: Iterable[Aggregate] = ()
    ) -> dict[UUID, Aggregate]:
        """Each wanted aggregate as recorded when the query ran, never older than the call (`complete`: past snapshots), and each
        known one as it was then.
        """
        starts = {_same(start): start for start in known}
        starts |= {
            _same(start, complete=complete): start for start in (kind(id) for id, kind in wanted.items())
        }
        asked = Asked(starts, asyncio.get_running_loop().create_future())
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
        try:
            read = await self._query({same: start for asked in batch for same, start in asked.starts.items()})
        except Exception as failure:  # noqa: BLE001 - every waiting caller gets it
            for asked in batch:
                if not asked.answer.done():
                    asked.answer.set_exception(failure)
            return
        for asked in batch:
            if not asked.answer.done():
                _tell(asked, [read[same] for same in asked.starts])

    async def _query(self, wanted: dict[Same, Aggregate]) -> dict[Same, Aggregate | UnknownTopic]:
        """The aggregates, or why one could not be read: that is only for who asked for it."""
        read: list[Aggregate | UnknownTopic] = [start.fork() for start in wanted.values()]
        kept = [start.version for start in wanted.values()]
        async with self._pool.connection() as connection:
            cursor = await connection.execute(STREAMS, _columns(wanted))
            for n, version, topic, schema, data, began in await cursor.fetchall():
                held = read[n - 1]
                if isinstance(held, UnknownTopic):
                    continue
                if topic is None:
                    kept[n - 1] = thawed(held, data, version).version
                elif is_known(topic, schema):
                    held.replay(decode_fact(topic, schema, data), version, began)
                else:
                    read[n - 1] = unknown(topic, schema)
        for n, held in enumerate(read):
            if isinstance(held, Aggregate) and held.stale:
                read[n] = await self._whole(held)
        for (*_, complete), held, before in zip(wanted, read, kept, strict=True):
            if isinstance(held, Aggregate) and held.version - before >= EVERY and not complete:
                self._snapshots.keep(held)
        return dict(zip(wanted, read, strict=True))

    async def _whole(self, held: Aggregate) -> Aggregate | UnknownTopic:
        """Folded anew without what was taken back."""
        try:
            return await self.as_of(type(held), held.id, held.version)
        except UnknownTopic as newer:
            return newer

    async def as_of(self, kind: type[Aggregate], id: UUID, version: int) -> Aggregate:
        """As the stream stood at that version. Raises UnknownTopic."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(WHOLE, [id, version])).fetchall()
        for _, topic, schema, _, _ in rows:
            if not is_known(topic, schema):
                raise unknown(topic, schema)
        facts = [(number, decode_fact(topic, schema, data), at) for number, topic, schema, data, at in rows]
        held = kind(id)
        for number, fact, at in standing(facts, itemgetter(1), itemgetter(0)):
            held.replay(fact, number, at)
        return held


def _same(start: Aggregate, *, complete: bool = False) -> Same:
    return type(start), start.id.int, start.version, complete


def _columns(wanted: dict[Same, Aggregate]) -> list[str]:
    shapes = ["" if version or complete else shape(kind) for kind, _, version, complete in wanted]
    ids = [str(start.id) for start in wanted.values()]
    return [",".join(ids), ",".join([str(version) for _, _, version, _ in wanted]), ",".join(shapes)]


def _tell(asked: Asked, found: Sequence[Aggregate | UnknownTopic]) -> None:
    for one in found:
        if isinstance(one, UnknownTopic):
            asked.answer.set_exception(one)
            return
    asked.answer.set_result({one.id: one for one in found if isinstance(one, Aggregate)})
