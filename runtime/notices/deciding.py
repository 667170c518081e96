"""runtime: who is told of what stands in the ledger — decided for a window of it at a time, and kept with the position in one transaction.

Whoever decides it again decides the same and finds it there: each notice has the event's position, the account and the channel for its key.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from domain.engine.aggregate import Aggregate
from domain.engine.context import Actor, Channel
from domain.engine.facts import Fact
from domain.engine.notices import ADMINS, NoticeRule, Who, who_acted
from domain.notices import BY_TOPIC, IMPORT_FINISHED, READ_MODEL_STOPPED
from domain.notification.recipient import AddressFailed, AddressRestored
from runtime.codec import decode_fact, decode_meta
from runtime.database import Pool
from runtime.failures import where
from runtime.notices.accounts import ALL, COMPANY_CALENDAR, Account, Book, account_of, calendar_of

FOLLOWER = "notices"
TOPICS = [*BY_TOPIC, AddressRestored.TOPIC]
HEAD = "SELECT COALESCE(max(position), 0) FROM ledger.events"
POSITION = "SELECT COALESCE((SELECT position FROM app.follower_positions WHERE name = %s), 0)"
FACTS = """
    SELECT position, stream_id, topic, schema_version, data::text, meta::text, recorded_at FROM ledger.events
     WHERE position > %s AND position <= %s AND topic = ANY(%s) ORDER BY position"""
KEPT = """
    INSERT INTO app.notices (position, account_id, channel, kind, detail, stream_id, deal_id, due_at, state, reason, settled_at)
    SELECT n.*, CASE WHEN n.reason IS NOT NULL THEN clock_timestamp() END
      FROM (SELECT position, account_id, channel, kind, detail, stream_id, deal_id, due_at,
                   CASE WHEN reason IS NULL THEN 'waiting' ELSE 'dropped' END, reason
              FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[])
                AS f(position, account_id, channel, kind, detail, stream_id, deal_id, due_at, reason)) n
    ON CONFLICT DO NOTHING"""
MOVED = """
    INSERT INTO app.follower_positions AS p (name, position) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET position = GREATEST(p.position, excluded.position), error = NULL, updated_at = clock_timestamp()"""
FAILED = """
    INSERT INTO app.follower_positions AS p (name, error) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET error = excluded.error, updated_at = clock_timestamp()"""
ADDRESS_FAILED = """
    INSERT INTO app.failed_addresses (account_id, channel, address)
    SELECT a.id, %(channel)s, COALESCE(CASE %(channel)s WHEN 'mail' THEN a.email ELSE s.chat_url END, '')
      FROM app.accounts a LEFT JOIN app.notification_settings s ON s.account_id = a.id WHERE a.id = %(id)s
    ON CONFLICT DO NOTHING"""
ADDRESS_RESTORED = "DELETE FROM app.failed_addresses WHERE account_id = %(id)s AND channel = %(channel)s"
IMPORTS = """
    SELECT id, actor, finished_at FROM app.import_jobs
     WHERE state IN ('done', 'failed') AND NOT dry_run AND NOT file_digest ^@ 'undo ' AND (told_at IS NULL OR told_at < finished_at) ORDER BY id FOR UPDATE"""
STOPPED = "SELECT position, name, updated_at FROM read.positions WHERE suffix = '' AND status = 'stopped' ORDER BY name"
IMPORTS_TOLD = "UPDATE app.import_jobs SET told_at = clock_timestamp() WHERE id = ANY(%s)"
WAITING = """
    SELECT account_id FROM app.notices WHERE state IN ('waiting', 'sending') GROUP BY account_id
    HAVING min(due_at) <= %s ORDER BY account_id"""
NO_ADDRESS = "no-address"
KEPT_FOR = timedelta(days=400)
"""After it was sent or given up: a review of the same quarter of the year before still shows who was told."""
MOST_FORGOTTEN = 5_000
FORGET = """
    DELETE FROM app.notices n USING (
        SELECT position, account_id, channel, kind, detail, settled_at FROM app.notices ORDER BY position, account_id LIMIT %(most)s) o
     WHERE (n.position, n.account_id, n.channel, n.kind, n.detail) = (o.position, o.account_id, o.channel, o.kind, o.detail)
       AND o.settled_at < clock_timestamp() - %(kept)s"""
"""Of the oldest: they stand at the beginning of the key."""

log = logging.getLogger(__name__)


class Told(NamedTuple):
    """A fact that may concern people."""

    position: int
    stream_id: UUID
    fact: Fact
    actor: Actor
    recorded_at: datetime


class Noticed(NamedTuple):
    """A row of app.notices as it is made; `reason`: it is dropped for that at once."""

    position: int
    account_id: UUID
    channel: str
    kind: str
    detail: str
    stream_id: UUID | None
    deal_id: UUID | None
    due_at: datetime
    reason: str | None


class Unrecorded(NamedTuple):
    """What no fact tells of."""

    position: int
    kind: str
    detail: str
    at: datetime


Load = Callable[[dict[UUID, type[Aggregate]]], Awaitable[dict[UUID, Aggregate]]]
"""Aggregates as recorded now."""


@dataclass(frozen=True)
class Window:
    """What came of a window: whom to wake."""

    receivers: tuple[UUID, ...]
    kept: int


class NoticeStore:
    """What the follower asks of PostgreSQL, and keeps there."""

    def __init__(self, pool: Pool, load: Load) -> None:
        self._pool = pool
        self._load = load

    async def head(self) -> int:
        return int((await self._rows(HEAD, []))[0][0])

    async def position(self) -> int:
        return int((await self._rows(POSITION, [FOLLOWER]))[0][0])

    async def save_failure(self, reason: str) -> None:
        await self._rows(FAILED, [FOLLOWER, reason])

    async def waiting(self, due_by: datetime) -> list[UUID]:
        """The accounts that something is open for that is due by then."""
        return [id for (id,) in await self._rows(WAITING, [due_by])]

    async def decide(self, after: int, to: int) -> Window:
        """Decide of everything in (after, to], keep it, and the position with it."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(FACTS, [after, to, TOPICS])).fetchall()
            facts = [told for told in map(_told, rows) if told is not None]
            noticed: list[Noticed] = []
            if facts:
                book, near = await _book(connection), await self._load(_near(facts))
                noticed = [one for fact in facts for one in notices_of(fact, book, near.get(fact.stream_id))]
            async with connection.transaction():
                kept = await _keep(connection, noticed)
                for fact in facts:
                    await _mark_address(connection, fact)
                await connection.execute(MOVED, [FOLLOWER, to])
        return _window(noticed, kept)

    async def decide_unrecorded(self) -> Window:
        """Imports that ended since, and read models that stand still."""
        async with self._pool.connection() as connection, connection.transaction():
            jobs = await (await connection.execute(IMPORTS)).fetchall()
            stopped = await (await connection.execute(STOPPED)).fetchall()
            if not (jobs or stopped):
                return Window((), 0)
            book = await _book(connection)
            ((head,),) = await (await connection.execute(HEAD)).fetchall()
            told: list[tuple[Unrecorded, Who | None]] = [
                (Unrecorded(position, READ_MODEL_STOPPED, name, at), ADMINS) for position, name, at in stopped
            ]
            told += [
                (Unrecorded(head, IMPORT_FINISHED, str(id), at), who_acted(actor)) for id, actor, at in jobs
            ]
            noticed = [one for said, who in told if who is not None for one in _unrecorded(said, book, who)]
            kept = await _keep(connection, noticed)
            await connection.execute(IMPORTS_TOLD, [[id for id, *_ in jobs]])
        return _window(noticed, kept)

    async def forget(self) -> int:
        """How many of those settled long ago were taken away."""
        async with self._pool.connection() as connection:
            return (await connection.execute(FORGET, {"most": MOST_FORGOTTEN, "kept": KEPT_FOR})).rowcount

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall() if cursor.description else []


def notices_of(told: Told, book: Book, about: Any) -> Iterator[Noticed]:
    """Of each account and channel one, however many of a rule's names mean the same person; nobody is told of what they did."""
    selves = book.selves(told.actor.id) if told.actor.kind == "user" else ()
    for rule in BY_TOPIC.get(told.fact.TOPIC, ()):
        deal_id = told.stream_id if rule.about is not None and rule.about.KIND == "deal" else None
        for account in _concerned(rule, told, about, book):
            if account.id in selves:
                continue
            for way in book.ways(account, rule.name):
                due_at = book.due(account, way, told.recorded_at)
                reason = None if way.channel in account.addresses else NO_ADDRESS
                yield Noticed(
                    told.position,
                    account.id,
                    way.channel,
                    rule.name,
                    "",
                    told.stream_id,
                    deal_id,
                    due_at,
                    reason,
                )


def concerned(rule: NoticeRule, fact: Fact, about: Any, book: Book) -> Iterable[Account]:
    """Each once."""
    whose = [who for who in rule.to(fact, about) if who is not None]
    if len(whose) == 1:
        return book.of(whose[0])
    return {account.id: account for who in whose for account in book.of(who)}.values()


def _concerned(rule: NoticeRule, told: Told, about: Any, book: Book) -> Iterable[Account]:
    try:
        return concerned(rule, told.fact, about, book)
    except Exception as failure:  # noqa: BLE001 - a rule that breaks on one event is no reason to tell nobody of any other
        log.warning("nobody is told of %s at %d: %s", rule.name, told.position, where(failure))
        return ()


def _unrecorded(told: Unrecorded, book: Book, who: Who) -> Iterator[Noticed]:
    for account in book.of(who):
        for way in book.ways(account, told.kind):
            due_at = book.due(account, way, told.at)
            reason = None if way.channel in account.addresses else NO_ADDRESS
            yield Noticed(
                told.position, account.id, way.channel, told.kind, told.detail, None, None, due_at, reason
            )


def _told(row: Any) -> Told | None:
    """None: a file brought it."""
    position, stream_id, topic, version, data, meta, at = row
    said = decode_meta(meta)
    if said.channel is Channel.IMPORT:
        return None
    return Told(position, stream_id, decode_fact(topic, version, data), said.actor, at)


def _near(facts: Iterable[Told]) -> dict[UUID, type[Aggregate]]:
    """What rules have to look at to know whom something concerns."""
    return {
        told.stream_id: rule.about
        for told in facts
        for rule in BY_TOPIC.get(told.fact.TOPIC, ())
        if rule.near and rule.about is not None
    }


async def _book(connection: AsyncConnection[Any]) -> Book:
    company = calendar_of(await (await connection.execute(*COMPANY_CALENDAR)).fetchall())
    rows = await (await connection.execute(ALL)).fetchall()
    return Book([account_of(row, company) for row in rows])


async def _keep(connection: AsyncConnection[Any], noticed: Sequence[Noticed]) -> int:
    """How many were not there before."""
    if not noticed:
        return 0
    return (await connection.execute(KEPT, [list(column) for column in zip(*noticed, strict=True)])).rowcount


async def _mark_address(connection: AsyncConnection[Any], told: Told) -> None:
    fact = told.fact
    if isinstance(fact, AddressFailed | AddressRestored):
        marked = ADDRESS_FAILED if isinstance(fact, AddressFailed) else ADDRESS_RESTORED
        await connection.execute(marked, {"id": told.stream_id, "channel": str(fact.channel)})


def _window(noticed: Iterable[Noticed], kept: int) -> Window:
    """Where nothing is new nobody is woken: who decided it before has done that, or the start does."""
    if not kept:
        return Window((), 0)
    return Window(tuple(dict.fromkeys(one.account_id for one in noticed if one.reason is None)), kept)
