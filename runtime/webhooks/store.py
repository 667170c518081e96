"""runtime: what is kept of endpoints while events are sent to them — how far each is, what is held back, and every try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import class_row

from runtime.database import Pool
from runtime.envelopes import Format

KEPT = timedelta(days=30)
KEPT_TRIES = 10_000
"""Of an endpoint; older ones go."""
LOST = timedelta(minutes=1)
"""After which a try that was due and not made is somebody else's to see to."""
LEDGER = "ledger"
CHANNEL = "webhooks"
"""Of notifications: somebody changed an endpoint."""
STANDING = (
    "SELECT id, url, topics, envelope, personal, state, position, reached, ahead, away, generation"
    " FROM app.webhook_endpoints WHERE id = %s"
)
HELD = "SELECT stream_id, position, tries, since, next_try_at FROM app.webhook_held WHERE endpoint_id = %s ORDER BY position"
SECRETS = "SELECT app.webhook_secrets_of(%s)"
STATE = "SELECT state, generation FROM app.webhook_endpoints WHERE id = %s FOR UPDATE"
SAVE = (
    "UPDATE app.webhook_endpoints SET position = GREATEST(position, %(position)s), reached = GREATEST(reached, %(reached)s),"
    " ahead = %(ahead)s, away = %(away)s WHERE id = %(id)s"
)
LET_GO = "DELETE FROM app.webhook_held WHERE endpoint_id = %s"
HOLD = "INSERT INTO app.webhook_held (endpoint_id, stream_id, position, tries, since, next_try_at) VALUES (%s, %s, %s, %s, %s, %s)"
NOTE = (
    "INSERT INTO app.webhook_deliveries (endpoint_id, message_id, position, stream_id, topic, attempt, at, took_ms, status, error)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
FORGET = (
    "DELETE FROM app.webhook_deliveries WHERE at < now() - %(kept)s OR (endpoint_id = %(id)s AND id <= (SELECT d.id"
    " FROM app.webhook_deliveries d WHERE d.endpoint_id = %(id)s ORDER BY d.id DESC OFFSET %(most)s LIMIT 1))"
)
SWITCH_OFF = (
    "UPDATE app.webhook_endpoints SET state = 'switched-off', reason = %s, changed_at = now()"
    " WHERE id = %s AND generation = %s AND state = 'active'"
)
WANTED = (
    "(cardinality(w.topics) = 0 OR e.topic = ANY(w.topics) OR split_part(e.topic, '.', 1) = ANY(w.topics))"
)
NEWS = f"EXISTS (SELECT FROM ledger.events e WHERE e.position > w.reached AND {WANTED})"
TO_WAKE = f"""
SELECT w.id, w.reached, w.generation FROM app.webhook_endpoints w WHERE w.state = 'active' AND (
       (NOT w.away AND {NEWS})
    OR EXISTS (SELECT FROM app.webhook_held h WHERE h.endpoint_id = w.id AND h.next_try_at < now() - %(lost)s)
    OR w.position < w.reached AND NOT EXISTS (SELECT FROM app.webhook_held h WHERE h.endpoint_id = w.id))
"""
"""The last: a round was cut off."""
PASS_OVER = f"""
UPDATE app.webhook_endpoints w SET position = CASE WHEN w.position = w.reached THEN h.position ELSE w.position END, reached = h.position
  FROM (SELECT COALESCE(max(position), 0) AS position FROM ledger.events) h
 WHERE w.state = 'active' AND w.reached < h.position AND NOT {NEWS}
"""
"""What nobody asked for is behind them without a round."""


@dataclass(frozen=True, slots=True)
class Standing:
    id: UUID
    url: str
    topics: list[str]
    envelope: Format
    personal: bool
    state: str
    position: int
    reached: int
    ahead: list[int]
    away: bool
    generation: int


class Held(NamedTuple):
    """A stream whose event at `position` was tried in vain so many times."""

    stream_id: UUID
    position: int
    tries: int
    since: datetime
    next_try_at: datetime


class Try(NamedTuple):
    message_id: str
    position: int
    stream_id: UUID | None
    topic: str
    attempt: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None


class ToWake(NamedTuple):
    id: UUID
    reached: int
    generation: int


class Progress(NamedTuple):
    position: int
    reached: int
    ahead: Sequence[int]
    away: bool
    held: Sequence[Held]


class WebhookStore:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def standing(self, id: UUID) -> tuple[Standing, list[Held], list[str]] | None:
        """With what is held back and the secrets that count; None where there is no such endpoint."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Standing))
            standing = await (await cursor.execute(STANDING, [id])).fetchone()
            if standing is None:
                return None
            held = await (await connection.execute(HELD, [id])).fetchall()
            secrets = await (await connection.execute(SECRETS, [id])).fetchall()
        return standing, [Held(*row) for row in held], [row[0] for row in secrets]

    async def save(self, of: Standing, progress: Progress, tries: Iterable[Try]) -> bool:
        """Whether it is to go on: it is active, and nobody has meanwhile said from where else. Then nothing but the tries is kept."""
        async with self._pool.connection() as connection, connection.transaction():
            found = await (await connection.execute(STATE, [of.id])).fetchone()
            if found is None:
                return False
            state, generation = found
            if generation == of.generation:
                await self._save(connection, of, progress)
            await note(connection, of.id, tries)
        return bool(state == "active" and generation == of.generation)

    async def _save(self, connection: Any, of: Standing, progress: Progress) -> None:
        values = {
            "id": of.id,
            "position": progress.position,
            "reached": progress.reached,
            "ahead": list(progress.ahead),
            "away": progress.away,
        }
        await connection.execute(SAVE, values)
        await connection.execute(LET_GO, [of.id])
        await connection.cursor().executemany(HOLD, [(of.id, *held) for held in progress.held])

    async def forget(self, id: UUID) -> None:
        """What is older than the log goes back."""
        async with self._pool.connection() as connection:
            await connection.execute(FORGET, {"id": id, "kept": KEPT, "most": KEPT_TRIES})

    async def switch_off(self, id: UUID, generation: int, reason: str) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(SWITCH_OFF, [reason, id, generation])

    async def to_wake(self) -> list[ToWake]:
        """Endpoints that have something to do; the others are brought up to the ledger's head."""
        async with self._pool.connection() as connection:
            await connection.execute(PASS_OVER)
            rows = await (await connection.execute(TO_WAKE, {"lost": LOST})).fetchall()
        return [ToWake(*row) for row in rows]


async def note(connection: Any, id: UUID, tries: Iterable[Try]) -> None:
    """Into the log of deliveries."""
    cursor = connection.cursor()
    await cursor.executemany(NOTE, [(id, *one) for one in tries])
