"""runtime: endpoints as people make and change them. Secrets leave here once, when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from psycopg.rows import dict_row

from domain.engine.errors import FieldError, Invalid, Refused
from runtime.database import Pool
from runtime.envelopes import Format
from runtime.webhooks.addresses import Guard, NotSent
from runtime.webhooks.settings import NETWORKS
from runtime.webhooks.signing import new_secret

OF_ONE, IN_ALL = 20, 500
"""Endpoints of one owner, and of everybody."""
NAME, URL, TOPICS = 100, 2_000, 50
LAST_PORT = 65_535
SHOWN = (
    "w.id, w.name, w.url, w.topics, w.envelope, w.personal, w.state, w.reason, w.position,"
    " GREATEST((SELECT COALESCE(max(position), 0) FROM ledger.events) - w.position, 0) AS behind,"
    " (SELECT count(*) FROM app.webhook_held h WHERE h.endpoint_id = w.id) AS held,"
    " (SELECT min(h.since) FROM app.webhook_held h WHERE h.endpoint_id = w.id) AS failing_since,"
    " (SELECT min(h.next_try_at) FROM app.webhook_held h WHERE h.endpoint_id = w.id) AS next_try_at,"
    " COALESCE(k.user_id, a.login, w.created_by) AS owner, w.key_id AS owner_key, w.created_at, w.created_by, w.changed_at, w.changed_by,"
    " d.at AS last_at, d.status AS last_status, d.error AS last_error"
)
FROM = (
    " FROM app.webhook_endpoints w LEFT JOIN app.api_keys k ON k.id = w.key_id LEFT JOIN app.accounts a ON a.id = w.account_id"
    " LEFT JOIN LATERAL (SELECT * FROM app.webhook_deliveries l WHERE l.endpoint_id = w.id ORDER BY l.id DESC LIMIT 1) d ON true"
)
OWN = " (%(all)s OR w.key_id = %(key_id)s OR w.account_id = %(account_id)s)"
ALL = f"SELECT {SHOWN} {FROM} WHERE {OWN} ORDER BY w.created_at, w.id"
ONE = f"SELECT {SHOWN} {FROM} WHERE w.id = %(id)s AND {OWN}"
HOW_MANY = (
    "SELECT count(*) FILTER (WHERE w.key_id IS NOT DISTINCT FROM %(key_id)s AND w.account_id IS NOT DISTINCT FROM %(account_id)s),"
    " count(*) FROM app.webhook_endpoints w"
)
ALONE = "SELECT pg_advisory_xact_lock(7205041)"
MAKE = (
    "INSERT INTO app.webhook_endpoints"
    " (id, name, url, topics, envelope, personal, key_id, account_id, position, reached, created_by, changed_by)"
    " VALUES (%(id)s, %(name)s, %(url)s, %(topics)s, %(envelope)s, %(personal)s, %(key_id)s, %(account_id)s, %(after)s, %(after)s,"
    " %(by)s, %(by)s)"
)
CHANGE = (
    "UPDATE app.webhook_endpoints SET name = %(name)s, url = %(url)s, topics = %(topics)s, envelope = %(envelope)s,"
    " personal = %(personal)s AND (%(permits)s OR (personal AND url = %(url)s)),"
    " away = false, reached = position, generation = generation + 1, changed_at = now(), changed_by = %(by)s"
    " WHERE id = %(id)s"
)
PAUSE = (
    "UPDATE app.webhook_endpoints SET state = 'paused', reason = NULL, changed_at = now(), changed_by = %(by)s"
    " WHERE id = %(id)s AND state = 'active'"
)
GO_ON = (
    "UPDATE app.webhook_endpoints SET state = 'active', reason = NULL, away = false, reached = position, generation = generation + 1,"
    " changed_at = now(), changed_by = %(by)s WHERE id = %(id)s"
)
REPLAY = (
    "UPDATE app.webhook_endpoints SET position = %(after)s, reached = %(after)s, ahead = '{}', away = false,"
    " generation = generation + 1, changed_at = now(), changed_by = %(by)s WHERE id = %(id)s"
)
LET_GO = "DELETE FROM app.webhook_held WHERE endpoint_id = %(id)s"
REMOVE = "DELETE FROM app.webhook_endpoints WHERE id = %(id)s"
TELL = "SELECT pg_notify('webhooks', %(id)s::text)"
GIVE = "SELECT app.give_webhook_secret(%s, %s, %s)"
LOG = (
    "SELECT id, message_id, position, stream_id, topic, attempt, at, took_ms, status, error FROM app.webhook_deliveries"
    " WHERE endpoint_id = %(id)s AND (%(before)s::bigint IS NULL OR id < %(before)s)"
    " AND (NOT %(failed)s OR error IS NOT NULL) ORDER BY id DESC LIMIT %(limit)s"
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: `all` sees everybody's. With neither key nor account it is the operator."""

    user_id: str
    key_id: str | None = None
    account_id: UUID | None = None
    all: bool = False

    def values(self) -> dict[str, Any]:
        return {"key_id": self.key_id, "account_id": self.account_id, "all": self.all}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an endpoint is to be like. `topics`: kinds of events, or what several begin with; none: all."""

    name: str
    url: str
    topics: Sequence[str] = ()
    envelope: Format = "json"
    personal: bool = False

    def values(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "url": self.url,
            "topics": list(dict.fromkeys(self.topics)),
            "envelope": self.envelope,
            "personal": self.personal,
        }


class Endpoints:
    def __init__(self, pool: Pool, guard: Guard) -> None:
        self._pool = pool
        self._guard = guard

    async def all(self, asker: Asker) -> list[dict[str, Any]]:
        return await self._rows(ALL, asker.values())

    async def one(self, asker: Asker, id: UUID) -> dict[str, Any] | None:
        rows = await self._rows(ONE, {"id": id, **asker.values()})
        return rows[0] if rows else None

    async def make(self, id: UUID, wanted: Wanted, owner: Asker, by: str, after: int) -> str:
        """Its secret, which cannot be shown again. Events after that position are sent. Raises Invalid, Refused, or UniqueViolation
        where the id is there already.
        """
        await self._check(wanted.url)
        secret = new_secret()
        values = {"id": id, "after": after, "by": by, **wanted.values(), **owner.values()}
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(ALONE)
            row: Any = await (await connection.execute(HOW_MANY, owner.values())).fetchone()
            for count, most in zip(row, (OF_ONE, IN_ALL), strict=True):
                if count >= most:
                    raise Refused(f"there are {most} endpoints already: delete one that is not needed")
            await connection.execute(MAKE, values)
            await connection.execute(GIVE, [id, secret, timedelta(0)])
            await connection.execute(TELL, values)
        return secret

    async def change(self, id: UUID, wanted: Wanted, by: str, *, permits: bool) -> None:
        """What is held back is tried at once. Who does not permit personal data leaves them as they are, for this address alone. Raises
        Invalid.
        """
        await self._check(wanted.url)
        await self._do({"id": id, "by": by, "permits": permits, **wanted.values()}, CHANGE, LET_GO)

    async def rotate(self, id: UUID, beside: timedelta) -> str:
        """The new secret; the one before counts for so long beside it."""
        secret = new_secret()
        async with self._pool.connection() as connection:
            await connection.execute(GIVE, [id, secret, beside])
        return secret

    async def pause(self, id: UUID, by: str) -> None:
        await self._do({"id": id, "by": by}, PAUSE)

    async def resume(self, id: UUID, by: str) -> None:
        """From where it was, and what is held back at once."""
        await self._do({"id": id, "by": by}, GO_ON, LET_GO)

    async def replay(self, id: UUID, after: int, by: str) -> None:
        """What comes after that position is sent, once more where it was."""
        await self._do({"id": id, "by": by, "after": after}, REPLAY, LET_GO)

    async def remove(self, id: UUID) -> None:
        await self._do({"id": id}, REMOVE)

    async def deliveries(
        self, id: UUID, before: int | None, limit: int, *, failed: bool
    ) -> list[dict[str, Any]]:
        """The log, the newest first."""
        return await self._rows(LOG, {"id": id, "before": before, "limit": limit, "failed": failed})

    async def _do(self, values: dict[str, Any], *statements: str) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            for statement in (*statements, TELL):
                await connection.execute(statement.encode(), values)

    async def _rows(self, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return await (await cursor.execute(query.encode(), values)).fetchall()

    async def _check(self, url: str) -> None:
        """Raises Invalid for an address that nothing will be sent to. A name that is not there yet may be tomorrow."""
        wrong = shape_of(url)
        if wrong is None:
            try:
                await self._guard.addresses(httpx.URL(url))
            except NotSent as refused:
                wrong = REFUSED.get(refused.code)
        if wrong is not None:
            raise Invalid([FieldError("url", wrong)])


REFUSED = {
    "address-refused": f"points into a private network: an administrator allows it by {NETWORKS}",
    "not-encrypted": "must begin with https://",
}


def shape_of(url: str) -> str | None:
    """What is wrong with it as an address."""
    try:
        read = httpx.URL(url)
        host = read.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        return "is no address"
    if read.port is not None and not 1 <= read.port <= LAST_PORT:
        return "is no address"
    if read.scheme not in ("https", "http") or not host:
        return "must begin with https://"
    if read.userinfo:
        return "must not hold a user name or a password"
    return "must not have a fragment" if read.fragment else None
