"""Runtime room, undoing an import: what the job recorded, and what stands against taking it back.

A job's facts carry its id, so what it did is found in the ledger, of jobs of any age. A stream goes back whole or stays whole: it stays
where somebody worked on it since, and what would be gone stays where something refers to it that stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from domain.engine.aggregate import KINDS
from domain.engine.context import Channel
from domain.engine.undoing import marks
from runtime.database import Pool

AT_ONCE = 500
FIRST = """
WITH RECURSIVE search (low, high) AS (
    SELECT 0::int8, (SELECT COALESCE(max(position), 0) FROM ledger.events)
    UNION ALL
    SELECT CASE WHEN e.recorded_at < %(at)s THEN e.position ELSE s.low END,
           CASE WHEN e.recorded_at < %(at)s THEN s.high ELSE e.position - 1 END
      FROM search s JOIN ledger.events e ON e.position = (s.low + s.high + 1) / 2 WHERE s.low < s.high)
SELECT max(low) FROM search
"""
"""The last position before an instant: recording never goes back in time along the order."""
DID = """
SELECT DISTINCT stream_id FROM ledger.events
 WHERE position > %s AND meta->>'correlation_id' = %s AND meta->>'channel' = 'import'
"""
EVENTS = """
SELECT stream_id, version, topic, CASE WHEN topic = ANY(%s) THEN (data->>'since')::int END,
       CASE WHEN topic = ANY(%s) THEN data->>'job_id' END, meta->>'correlation_id', meta->>'channel',
       (meta->'actor'->>'kind') || ':' || (meta->'actor'->>'id'), recorded_at
  FROM ledger.events WHERE stream_id = ANY(%s) ORDER BY stream_id, version
"""
NAMED = """
SELECT named.id, e.stream_id, min(e.version), (array_agg(e.topic ORDER BY e.version))[1],
       (array_agg((e.meta->'actor'->>'kind') || ':' || (e.meta->'actor'->>'id') ORDER BY e.version))[1], min(e.recorded_at)
  FROM ledger.events e
  CROSS JOIN LATERAL (SELECT DISTINCT (regexp_matches(e.data::text,
      '"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"', 'g'))[1]::uuid) named (id)
 WHERE e.position > %(after)s AND named.id = ANY(%(ids)s) AND e.stream_id <> named.id AND e.topic <> ALL(%(passed)s)
   AND NOT EXISTS (SELECT FROM ledger.events u WHERE u.stream_id = e.stream_id AND u.version > e.version
                      AND u.topic = ANY(%(marks)s) AND (u.data->>'since')::int <= e.version)
 GROUP BY 1, 2
"""
"""What refers to the ids, of what stands. An id that an import made is in no fact before it."""
SIGNS_IN = """
SELECT rep_id, 'account' FROM app.accounts WHERE rep_id = ANY(%(ids)s) UNION ALL
SELECT team_id, 'account' FROM app.accounts WHERE team_id = ANY(%(ids)s) UNION ALL
SELECT rep_id, 'key' FROM app.api_keys WHERE rep_id = ANY(%(ids)s) AND revoked_at IS NULL UNION ALL
SELECT team_id, 'key' FROM app.api_keys WHERE team_id = ANY(%(ids)s) AND revoked_at IS NULL
"""
PASSED_OVER = ("rep.allocated", "promise.reminded", "promise.missed", "promise.escalated")
"""What the product itself told or counted: nobody's work."""
OF = {"promise": "deal"}
"""Streams whose facts have topics of another name."""


class Event(NamedTuple):
    """One fact of a stream, as far as an undo looks at it. `since` and `undoes` are of one that takes back."""

    stream_id: UUID
    version: int
    topic: str
    since: int | None
    undoes: str | None
    job: str
    channel: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Against:
    """Why something stays: somebody's work on it, or something that refers to it. `topic` is the fact, `by` the actor, `other` the stream
    that refers to it.
    """

    topic: str
    by: str = ""
    at: datetime | None = None
    other: UUID | None = None


@dataclass(slots=True)
class Stream:
    """What the job recorded of one stream is everything that stands from version `since` on; `goes`: that made it."""

    id: UUID
    kind: str
    since: int
    version: int
    goes: bool
    against: Against | None = None


@dataclass(slots=True)
class Plan:
    """`streams` in the order in which they are taken back: what refers to others first. `before` were taken back earlier. What the
    job recorded is behind the position `first`.
    """

    first: int = 0
    streams: list[Stream] = field(default_factory=list)
    before: list[UUID] = field(default_factory=list)

    @property
    def going(self) -> Iterator[Stream]:
        return (stream for stream in self.streams if stream.against is None)


async def plan_of(pool: Pool, job_id: UUID, started_at: datetime) -> Plan:
    """What can be taken back now, and what cannot."""
    async with pool.connection() as connection:
        ((first,),) = await (await connection.execute(FIRST, {"at": started_at})).fetchall()
        found = await (await connection.execute(DID, [first, str(job_id)])).fetchall()
    plan = Plan(first)
    ids = [id for (id,) in found]
    for start in range(0, len(ids), AT_ONCE):
        for id, events in groupby(await _events(pool, ids[start : start + AT_ONCE]), itemgetter(0)):
            _look(plan, id, list(events), str(job_id))
    order = {kind: n for n, kind in enumerate(reversed(list(KINDS)))}
    plan.streams.sort(key=lambda stream: (order.get(stream.kind, 0), stream.id))
    await keep_what_is_needed(pool, plan)
    return plan


async def _events(pool: Pool, ids: Sequence[UUID]) -> list[Event]:
    topics = list(marks())
    async with pool.connection() as connection:
        rows = await (await connection.execute(EVENTS, [topics, topics, ids])).fetchall()
    return [Event(*row) for row in rows]


def _look(plan: Plan, id: UUID, events: Sequence[Event], job: str) -> None:
    stand: list[Event] = []
    for event in events:
        while event.since is not None and stand and stand[-1].version >= event.since:
            stand.pop()
        stand.append(event)
    since = next((event.version for event in stand if event.job == job and event.since is None), None)
    if since is None:
        if stand[-1].undoes == job:
            plan.before.append(id)
        return
    kind = _kind(events[0].topic)
    goes = not any(event.version < since and event.since is None for event in stand)
    own = {job, *(event.job for event in stand if event.since is not None)}
    later = [e for e in stand if e.version > since and e.job not in own and _is_work(e, goes=goes)]
    against = Against(later[0].topic, later[0].who, later[0].at) if later else None
    if KINDS[kind].UNDONE is None:
        against = Against(f"imports of a {kind} are not undone")
    plan.streams.append(Stream(id, kind, since, events[-1].version, goes, against))


def _kind(topic: str) -> str:
    prefix = topic.partition(".")[0]
    return OF.get(prefix, prefix)


def _is_work(event: Event, *, goes: bool) -> bool:
    """What workflows did to something that goes follows from its being there."""
    return event.topic not in PASSED_OVER and not (goes and event.channel == Channel.WORKFLOW)


async def keep_what_is_needed(pool: Pool, plan: Plan) -> None:
    """Nothing goes that something which stays refers to, nor who signs in."""
    made = [stream for stream in plan.going if stream.goes]
    if not made:
        return
    wanted = {
        "ids": [stream.id for stream in made],
        "after": plan.first,
        "marks": list(marks()),
        "passed": [*PASSED_OVER, *marks()],
    }
    async with pool.connection() as connection:
        named = await (await connection.execute(NAMED, wanted)).fetchall()
        signing = await (await connection.execute(SIGNS_IN, wanted)).fetchall()
    by_id = {stream.id: stream for stream in made}
    for id, what in signing:
        by_id[id].against = Against(what)
    references = [
        (id, other, version, Against(topic, who, at, other)) for id, other, version, topic, who, at in named
    ]
    _settle(plan, by_id, references)


def _settle(
    plan: Plan, made: dict[UUID, Stream], references: Collection[tuple[UUID, UUID, int, Against]]
) -> None:
    """What stays keeps what it refers to, and that keeps others."""
    back = {stream.id: stream for stream in plan.going}
    held: defaultdict[UUID, list[tuple[Stream, Against]]] = defaultdict(list)
    staying: list[tuple[Stream, Against]] = []
    for id, other, version, against in references:
        if other in back and version >= back[other].since:
            held[other].append((made[id], against))
        else:
            staying.append((made[id], against))
    for kept in made.values():
        if kept.against is not None:
            staying.extend(held.pop(kept.id, ()))
    while staying:
        stream, against = staying.pop()
        if stream.against is None:
            stream.against = against
            staying.extend(held.pop(stream.id, ()))
