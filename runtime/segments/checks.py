"""runtime: which customers are to be held against the rules of segments, and when — one row a customer, with the next time that anything
could change.

News from the ledger makes it now; a rule about days makes it the instant at which that may turn. Whoever decides it again for the same stretch
of the ledger decides the same. Of no customer a row is missing, so what nobody looked at in time can be counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

import domain.registry  # noqa: F401 - every fact is known before it is asked which name a customer
from domain.engine.facts import FACTS
from domain.segment.fields import ALWAYS, COMMON, prefixes
from domain.segment.membership import SHARDS, shard_of
from domain.segment.rule import comparisons, parse
from domain.segment.segment import SegmentPublished
from runtime.codec import decode_fact
from runtime.database import Pool
from runtime.pace import rested

FOLLOWER = "segments"
HEAD = "SELECT COALESCE(max(position), 0) FROM ledger.events"
POSITION = "SELECT COALESCE((SELECT position FROM app.follower_positions WHERE name = %s), 0)"
MOVED = """
    INSERT INTO app.follower_positions AS p (name, position) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET position = GREATEST(p.position, excluded.position), error = NULL, updated_at = clock_timestamp()"""
FAILED = """
    INSERT INTO app.follower_positions AS p (name, error) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET error = excluded.error, updated_at = clock_timestamp()"""
PUBLISHED = """
    SELECT DISTINCT ON (stream_id) topic, schema_version, data::text, position, recorded_at FROM ledger.events
     WHERE topic = 'segment.published' AND position <= %s ORDER BY stream_id, version DESC"""
CONCERNED = """
    WITH news AS (
        SELECT stream_id, topic ^@ 'customer.' AS is_customer, max(position) AS position, min(recorded_at) AS at FROM ledger.events
         WHERE position > %(after)s AND position <= %(to)s AND topic = ANY(%(topics)s) GROUP BY 1, 2)
    SELECT DISTINCT ON (id) COALESCE(m.survivor_id, c.customer_id) AS id, max(position) OVER w, min(at) OVER w FROM (
        SELECT stream_id AS customer_id, position, at, true AS is_customer FROM news WHERE is_customer
        UNION ALL
        SELECT named.id::uuid, n.position, n.at, false FROM news n
          JOIN ledger.events e ON e.stream_id = n.stream_id AND e.topic = ANY(%(naming)s)
         CROSS JOIN LATERAL (VALUES (e.data->>'customer_id'), (CASE WHEN e.topic ~ '[.]customer-corrected$' THEN e.data->>'before' END),
                             (CASE WHEN e.topic ~ '[.]customer-corrected$' THEN e.data->>'after' END)) AS named(id)
         WHERE NOT n.is_customer AND named.id IS NOT NULL) c
      LEFT JOIN read.merged m ON m.customer_id = c.customer_id AND m.until IS NULL AND NOT c.is_customer
    WINDOW w AS (PARTITION BY COALESCE(m.survivor_id, c.customer_id))"""
"""Customers whom something in a stretch of the ledger is about: of what is another's stream, whoever is named in it, now or before, or whom
they stand for. Merging is news of both records, so whoever is merged only just now is due all the same.
"""
NAMING = tuple(
    topic
    for topic, fact in FACTS.items()
    if "customer_id" in fact.__dataclass_fields__ or topic.endswith(".customer-corrected")
)
OF_ALL = """
    SELECT position, recorded_at FROM ledger.events WHERE position > %s AND position <= %s AND topic = ANY(%s)
     ORDER BY position DESC LIMIT 1"""
NAMED = """
    INSERT INTO app.segment_checks AS c (customer_id, shard, due_at, news_at)
    SELECT id, shard, CASE WHEN %(any)s THEN at END, position
      FROM unnest(%(ids)s::uuid[], %(shards)s::smallint[], %(positions)s::bigint[], %(at)s::timestamptz[]) AS n(id, shard, position, at)
    ON CONFLICT (customer_id) DO UPDATE SET due_at = LEAST(c.due_at, excluded.due_at), news_at = GREATEST(c.news_at, excluded.news_at),
                                            by_rule = NULL"""
EVERYBODY = """
    UPDATE app.segment_checks
       SET due_at = LEAST(due_at, %(at)s), news_at = GREATEST(news_at, %(position)s),
           by_rule = CASE WHEN news_at < %(position)s AND (due_at IS NULL OR due_at > %(at)s) THEN %(position)s::bigint END
     WHERE shard = %(shard)s AND (due_at IS NULL OR due_at > %(at)s OR news_at < %(position)s)"""
"""Of one shard; once more it changes nothing."""
DUE = """
    SELECT customer_id, due_at, news_at, by_rule, turn_at FROM app.segment_checks WHERE shard = %s AND due_at <= %s ORDER BY due_at, customer_id LIMIT %s"""
NEXT = "SELECT min(due_at) FROM app.segment_checks WHERE shard = %s"
SETTLED = """
    UPDATE app.segment_checks c SET due_at = n.due_at, turn_at = n.due_at, by_rule = NULL, news_at = GREATEST(c.news_at, %s)
      FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS n(id, news_at, due_at)
     WHERE c.customer_id = n.id AND c.news_at = n.news_at"""
LATE = "SELECT shard, count(*) FROM app.segment_checks WHERE due_at < %s GROUP BY 1 ORDER BY 1"
SOME = """
    UPDATE app.segment_checks SET due_at = %(now)s, by_rule = NULL
     WHERE (due_at IS NULL OR due_at > %(now)s) AND EXISTS (SELECT FROM ledger.events WHERE topic = 'segment.published') AND customer_id IN (
        SELECT customer_id FROM app.segment_checks ORDER BY customer_id < %(from)s, customer_id LIMIT %(many)s) RETURNING shard"""


class Check(NamedTuple):
    """A customer who is due. `news_at` is the position of the last that was heard of it. `by_rule`: it is due because of the segment that was
    published at that position, and nothing else. `turn_at` is when a rule may turn by itself, as the last look found.
    """

    customer_id: UUID
    due_at: datetime
    news_at: int
    by_rule: int | None = None
    turn_at: datetime | None = None


class Window(NamedTuple):
    """What came of a stretch of the ledger: the shards in which somebody is due now."""

    receivers: tuple[int, ...]


class SegmentChecks:
    """The table `app.segment_checks`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    # -- the follower --------------------------------------------------------------------------

    async def head(self) -> int:
        return int((await self._rows(HEAD, []))[0][0])

    async def position(self) -> int:
        return int((await self._rows(POSITION, [FOLLOWER]))[0][0])

    async def save_failure(self, reason: str) -> None:
        await self._rows(FAILED, [FOLLOWER, reason])

    async def decide(self, after: int, to: int) -> Window:
        """Who is due by what stands in (after, to], kept with the position in one transaction. Whom a rule makes due are all: they are marked
        before, shard by shard, and no lock is held meanwhile.
        """
        async with self._pool.connection() as connection:
            published = await (await connection.execute(PUBLISHED, [to])).fetchall()
            topics = _topics(published)
            news = [(position, at) for *_, position, at in published if position > after]
            if published and (told := await _of_all(connection, after, to, topics)):
                news.append(told)
        for position, at in news:
            await self._mark_all(position, at)
        async with self._pool.connection() as connection, connection.transaction():
            shards = await _concerned(connection, after, to, topics, due=bool(published))
            await connection.execute(MOVED, [FOLLOWER, to])
        return Window(tuple(sorted(range(SHARDS) if news else shards)) if published else ())

    async def _mark_all(self, position: int, at: datetime) -> None:
        for shard in range(SHARDS):
            async with rested():
                await self._rows(EVERYBODY, {"shard": shard, "at": at, "position": position})

    # -- the workflows -------------------------------------------------------------------------

    async def due(self, shard: int, now: datetime, limit: int) -> list[Check]:
        return [Check(*row) for row in await self._rows(DUE, [shard, now, limit])]

    async def next_due(self, shard: int) -> datetime | None:
        found: datetime | None = (await self._rows(NEXT, [shard]))[0][0]
        return found

    async def settle(
        self, checks: Sequence[Check], next_turn: Mapping[UUID, datetime], position: int = 0
    ) -> None:
        """They are looked at again when a rule may turn, or something is heard of them. Of whom something was heard meanwhile stays due.
        `position` is of what was recorded.
        """
        ids = [check.customer_id for check in checks]
        news, turns = [check.news_at for check in checks], [next_turn.get(id) for id in ids]
        await self._rows(SETTLED, [position, ids, news, turns])

    # -- the sweep -----------------------------------------------------------------------------

    async def late(self, due_before: datetime) -> dict[int, int]:
        """By shard, how many were due before then and have not been looked at."""
        return dict(await self._rows(LATE, [due_before]))

    async def look_again(self, start: UUID, many: int, now: datetime) -> set[int]:
        """Have some looked at though nothing is known to have changed: those from an id on, and round. Their shards."""
        rows = await self._rows(SOME, {"from": start, "many": many, "now": now})
        return {shard for (shard,) in rows}

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall() if cursor.description else []


def _topics(published: Iterable[Any]) -> list[str]:
    """Of facts that change what the published rules ask; where there are none, of customers."""
    names = [one.field.name for row in published for one in comparisons(parse(_rule(row)))]
    read = prefixes(names) if names else ALWAYS
    return [topic for topic in FACTS if topic.startswith(read)]


def _rule(row: Any) -> str:
    fact: Any = decode_fact(*row[:3])
    assert isinstance(fact, SegmentPublished)
    return fact.segment.rule


async def _of_all(connection: AsyncConnection[Any], after: int, to: int, topics: Sequence[str]) -> Any:
    """The last that was recorded of a team or a policy, and when, where a rule asks for such: whom that concerns it does not say."""
    common = [topic for topic in topics if topic.startswith(COMMON)]
    return await (await connection.execute(OF_ALL, [after, to, common])).fetchone() if common else None


async def _concerned(
    connection: AsyncConnection[Any], after: int, to: int, topics: Sequence[str], *, due: bool
) -> Iterable[int]:
    asked = {"after": after, "to": to, "topics": list(topics), "naming": list(NAMING)}
    rows = await (await connection.execute(CONCERNED, asked)).fetchall()
    if not rows:
        return ()
    ids, positions, at = zip(*rows, strict=True)
    shards = [shard_of(id) for id in ids]
    given = {"ids": list(ids), "shards": shards, "positions": list(positions), "at": list(at), "any": due}
    await connection.execute(NAMED, given)
    return set(shards)
