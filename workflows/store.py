"""Workflows room: what this room asks PostgreSQL — the ledger's newest word on a deal, the follower's positions, the sweep's reports.

Serves activities and the follower; no definition imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.engine.recorded import Recorded
from domain.people.people import RepAllocated
from runtime.codec import COLUMNS, decode_row
from runtime.database import Pool
from workflows.delivery import DEAL_TOPICS, TOPICS, news_of
from workflows.messages import PromiseArmed, Standing, SweepReport

STANDINGS = f"""
    SELECT e.* FROM unnest(%s::uuid[]) AS d(id)
     CROSS JOIN LATERAL (SELECT {COLUMNS} FROM ledger.events
                          WHERE stream_id = d.id AND topic = ANY(%s) ORDER BY version DESC LIMIT 1) e"""
ALLOCATED = """
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
                            loops, without_clock, wrongly_armed)
    VALUES (%(at)s, %(open_deals)s, %(timers)s, %(on_the_way)s, %(without_promise)s, %(without_timer)s,
            %(left_over)s, %(ownerless)s, %(loops)s, %(without_clock)s, %(wrongly_armed)s) ON CONFLICT DO NOTHING"""


class WorkflowStore:
    """Implements `ports.LedgerReader`, and keeps the follower's positions."""

    def __init__(self, pool: Pool, lanes: Sequence[str]) -> None:
        self._pool = pool
        self._lanes = list(lanes)

    # -- the ledger's word -------------------------------------------------------------------

    async def standing(self, deal_id: UUID) -> Standing:
        return (await self.standings([deal_id])).get(deal_id, Standing(0, None))

    async def standings(self, deal_ids: Sequence[UUID]) -> dict[UUID, Standing]:
        rows = await self._rows(STANDINGS, [list(deal_ids), DEAL_TOPICS])
        return {recorded.originator_id: standing_of(recorded) for recorded in map(decode_row, rows)}

    async def allocated_since(self, position: int, rep_ids: Sequence[UUID]) -> dict[UUID, int]:
        rows = await self._rows(ALLOCATED, [position, RepAllocated.TOPIC, list(rep_ids)])
        return {rep_id: int(count) for rep_id, count in rows}

    async def last_position(self, stream_id: UUID) -> int:
        rows = await self._rows(LAST, [stream_id])
        return int(rows[0][0]) if rows else 0

    # -- the follower ------------------------------------------------------------------------

    async def head(self) -> int:
        return int((await self._rows(HEAD, []))[0][0])

    async def facts(self, after: int, to: int) -> list[Recorded]:
        """The facts in (after, to] that a workflow may have to hear of, in order."""
        return [decode_row(row) for row in await self._rows(NEWS, [after, to, TOPICS])]

    async def position(self, lane: str) -> int:
        rows = await self._rows("SELECT position FROM app.follower_positions WHERE name = %s", [lane])
        return int(rows[0][0]) if rows else 0

    async def save_position(self, lane: str, position: int) -> None:
        """Never backwards: a follower that lost its place to another one may still be saying its last."""
        await self._execute(SAVED, [lane, position])

    async def save_failure(self, lane: str, error: str) -> None:
        await self._execute(FAILED, [lane, error])

    async def delivered(self) -> int:
        return min([await self.position(lane) for lane in self._lanes])

    # -- the sweep ---------------------------------------------------------------------------

    async def save_sweep(self, report: SweepReport, now: datetime) -> None:
        await self._execute(SWEEP, {"at": now, **asdict(report)})

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()

    async def _execute(self, query: Any, params: Any) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(query, params)


def standing_of(newest: Recorded) -> Standing:
    """What the newest deal news in a stream says."""
    news = news_of(newest)
    return Standing(newest.position, news if isinstance(news, PromiseArmed) else None)
