"""Workflows room: what this room asks PostgreSQL — the ledger's newest word, the dispatcher's positions, the sweep's reports.

Serves activities and the dispatcher; no definition imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.engine.recorded import Recorded
from runtime.codec import COLUMNS, decode_row
from runtime.database import Pool

NEWEST = f"""
    SELECT e.* FROM unnest(%s::uuid[]) AS s(id)
     CROSS JOIN LATERAL (SELECT {COLUMNS} FROM ledger.events
                          WHERE stream_id = s.id AND topic = ANY(%s) ORDER BY version DESC LIMIT 1) e"""
COUNTED = """
    SELECT stream_id, count(*) FROM ledger.events
     WHERE position > %s AND topic = %s AND stream_id = ANY(%s) GROUP BY stream_id"""
LAST = "SELECT position FROM ledger.events WHERE stream_id = %s ORDER BY version DESC LIMIT 1"
NEWS = f"""
    SELECT {COLUMNS} FROM ledger.events
     WHERE position > %s AND position <= %s AND topic = ANY(%s) ORDER BY position"""
HEAD = "SELECT COALESCE(max(position), 0) FROM ledger.events"
SAVED = """
    INSERT INTO app.follower_positions AS p (name, position) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET position = GREATEST(p.position, excluded.position), error = NULL,
                                     updated_at = clock_timestamp()"""
FAILED = """
    INSERT INTO app.follower_positions AS p (name, error) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET error = excluded.error, updated_at = clock_timestamp()"""
SWEEP = """
    INSERT INTO app.sweeps (at, open_deals, timers, on_the_way, without_promise, without_timer, left_over, ownerless,
                            loops, without_clock, wrongly_armed, unchecked, revisits,
                            without_revisit)
    VALUES (%(at)s, %(open_deals)s, %(timers)s, %(on_the_way)s, %(without_promise)s, %(without_timer)s,
            %(left_over)s, %(ownerless)s, %(loops)s, %(without_clock)s, %(wrongly_armed)s, %(unchecked)s,
            %(revisits)s, %(without_revisit)s) ON CONFLICT DO NOTHING"""


class WorkflowStore:
    """Implements `ports.LedgerReader`, and keeps the dispatcher's positions."""

    def __init__(self, pool: Pool, queues: Sequence[str]) -> None:
        self._pool = pool
        self._queues = list(queues)

    # -- the ledger's word -------------------------------------------------------------------

    async def newest(self, stream_ids: Sequence[UUID], topics: Sequence[str]) -> list[Recorded]:
        rows = await self._rows(NEWEST, [list(stream_ids), list(topics)])
        return [decode_row(row) for row in rows]

    async def count_since(self, position: int, topic: str, stream_ids: Sequence[UUID]) -> dict[UUID, int]:
        rows = await self._rows(COUNTED, [position, topic, list(stream_ids)])
        return {id: int(count) for id, count in rows}

    async def last_position(self, stream_id: UUID) -> int:
        rows = await self._rows(LAST, [stream_id])
        return int(rows[0][0]) if rows else 0

    # -- the dispatcher ----------------------------------------------------------------------

    async def head(self) -> int:
        return int((await self._rows(HEAD, []))[0][0])

    async def facts(self, after: int, to: int, topics: Sequence[str]) -> list[Recorded]:
        """Those in (after, to] with these topics, in order."""
        return [decode_row(row) for row in await self._rows(NEWS, [after, to, topics])]

    async def position(self, queue: str) -> int:
        rows = await self._rows("SELECT position FROM app.follower_positions WHERE name = %s", [queue])
        return int(rows[0][0]) if rows else 0

    async def save_position(self, queue: str, position: int) -> None:
        """Never backwards: a dispatcher that lost its place to another one may still be saying its last."""
        await self._execute(SAVED, [queue, position])

    async def save_failure(self, queue: str, error: str) -> None:
        await self._execute(FAILED, [queue, error])

    async def delivered(self) -> int:
        return min([await self.position(queue) for queue in self._queues])

    # -- the sweep ---------------------------------------------------------------------------

    async def save_sweep(self, counts: Mapping[str, int], now: datetime) -> None:
        await self._execute(SWEEP, {"at": now, **counts})

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()

    async def _execute(self, query: Any, params: Any) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(query, params)
