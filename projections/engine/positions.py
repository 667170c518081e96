"""Projections room: how far each read model is. The position moves in the transaction of its rows.

`suffix` is '' for the live tables. `generation` changes when a rebuild takes their place, so that a follower
which remembers rows of the old ones is fenced off.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection, AsyncCursor

from projections.engine.paging import Source, fetch
from projections.engine.projection import Projection
from projections.engine.tables import SCHEMA
from runtime.codec import Row, encode

CHANNEL = "read"
FOLLOWERS = 7_205_010
REBUILDS = 7_205_011
LIVE = ""
SMALL = 32

DDL = f"""
CREATE TABLE IF NOT EXISTS {SCHEMA}.positions (
    name       text        NOT NULL,
    suffix     text        NOT NULL DEFAULT '',
    generation bigint      NOT NULL DEFAULT 1,
    position   bigint      NOT NULL DEFAULT 0,
    status     text        NOT NULL DEFAULT 'catching-up'
                           CHECK (status IN ('live', 'catching-up', 'stopped', 'rebuilding')),
    error      text,
    shape      text        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_event uuid,
    topics     text[],
    PRIMARY KEY (name, suffix)
) WITH (fillfactor = 50);
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{SCHEMA}.positions'::regclass AND attname = 'last_event') THEN
        ALTER TABLE {SCHEMA}.positions ADD COLUMN last_event uuid;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{SCHEMA}.positions'::regclass AND attname = 'topics') THEN
        ALTER TABLE {SCHEMA}.positions ADD COLUMN topics text[];
    END IF;
END $$
"""
"""`last_event`: which one stands at `position`; where it is another one now, the ledger is not the one that was followed.
`topics`: what the read model was told of up to there; empty where an older release left it, which is taken for what this one tells.
"""
EVENT_AT = "(SELECT e.event_id FROM ledger.events e WHERE e.position = {0})"
READ = f"SELECT generation, position, status, shape FROM {SCHEMA}.positions WHERE name = %s AND suffix = %s"
SAME = f"""({SCHEMA}.positions.last_event IS NULL OR {SCHEMA}.positions.position = 0
            OR {SCHEMA}.positions.last_event = {EVENT_AT.format(f"{SCHEMA}.positions.position")})"""
"""Who stands at the beginning knows no event, whatever was noted before it was set back."""
ADVANCE = f"""
UPDATE {SCHEMA}.positions
   SET position = %(upto)s, status = %(status)s, error = NULL, updated_at = now(), last_event = {EVENT_AT.format("%(upto)s")}
 WHERE name = %(name)s AND suffix = %(suffix)s AND generation = %(generation)s AND position = %(position)s AND {SAME}
RETURNING position
"""
# Who is being rebuilt or compared is left out, not waited for.
MOVE = f"""
UPDATE {SCHEMA}.positions p SET position = free.upto, status = free.status, error = NULL, updated_at = now(),
       last_event = {EVENT_AT.format("free.upto")}
  FROM (SELECT name, suffix, upto, asked.status
          FROM {SCHEMA}.positions
          JOIN json_to_recordset(%s::json)
               AS asked(name text, generation int8, position int8, upto int8, status text)
         USING (name, generation, position)
         WHERE suffix = '' AND {SAME} FOR UPDATE OF positions SKIP LOCKED) free
 WHERE p.name = free.name AND p.suffix = free.suffix RETURNING p.name
"""
STOP = f"""
UPDATE {SCHEMA}.positions SET status = 'stopped', error = %s, updated_at = now()
 WHERE name = %s AND suffix = %s AND generation = %s AND position = %s
"""
# Whoever knows more than the ledger holds knows something that is not so, and positions it has passed will be handed out
# again: it counts as knowing nothing until it is rebuilt.
AHEAD = "ahead of the ledger"
CUT_OFF = f"""
UPDATE {SCHEMA}.positions p
   SET generation = generation + 1, position = 0, last_event = NULL, status = 'stopped', shape = '{AHEAD}', updated_at = now(),
       error = CASE WHEN p.position > h.head
                    THEN format('it knew positions up to %s and the ledger ends at %s', p.position, h.head)
                    ELSE format('at position %s stands another event than it knew', p.position) END
               || ' (restored from an earlier backup, or cut): rebuild it'
  FROM (SELECT COALESCE(max(position), 0) AS head FROM ledger.events) h
 WHERE p.suffix = '' AND (p.position > h.head OR p.last_event <> {EVENT_AT.format("p.position")}) RETURNING p.name
"""
# Held until the rows are in: whoever throws the tables away waits for it, and whoever moves the position does not.
BELONGS = f"""
SELECT FROM {SCHEMA}.positions WHERE name = %s AND suffix = %s AND generation = %s FOR KEY SHARE
"""
REACHED = f"SELECT min(position) FROM {SCHEMA}.positions WHERE suffix = %s AND name = ANY(%s)"
UNREAD = f"""
SELECT DISTINCT e.topic FROM ledger.events e JOIN {SCHEMA}.positions p ON e.position <= p.position
 WHERE p.name = %s AND p.suffix = '' AND e.topic = ANY(%s)
"""
TOPICS = f"SELECT topics FROM {SCHEMA}.positions WHERE name = %s AND suffix = '' AND topics IS NOT NULL"
TELL = f"UPDATE {SCHEMA}.positions SET topics = %s WHERE name = %s AND suffix = '' AND topics IS DISTINCT FROM %s"
HEAD = "SELECT COALESCE(max(position), 0) FROM ledger.events"
NAMED = "SELECT set_config('application_name', %s, false)"
NOTIFY = f"SELECT pg_notify('{CHANNEL}', %s)"


class Place(msgspec.Struct, frozen=True):
    """Where a generation of a read model stands."""

    generation: int
    position: int
    status: str
    shape: str


class Move(NamedTuple):
    """Where a read model is to go, over which facts; None: none that it names."""

    model: Projection
    held: Place
    upto: int
    status: str
    facts: Sequence[Row] | None


class Fenced(Exception):
    """Somebody else moved this read model: read its place again before going on."""


def lock_key(name: str) -> int:
    """The second half of a read model's advisory lock, the same in every process; fits an int4."""
    return zlib.crc32(name.encode()) - 2**31


def install(projection: type[Projection]) -> str:
    """One statement that makes a read model's tables, unless it was installed before."""
    made = ";\n".join([*projection.create(), *projection.index()])
    topics = "{" + ",".join(sorted(projection.topics)) + "}"
    row = f"INSERT INTO {SCHEMA}.positions (name, shape, topics) VALUES ('{projection.name}', '{projection.shape()}', '{topics}')"
    known = f"SELECT FROM {SCHEMA}.positions WHERE name = '{projection.name}' AND suffix = ''"
    return f"DO $install$ BEGIN IF NOT EXISTS ({known}) THEN\n{made};\n{row};\nEND IF; END $install$"


async def place(connection: AsyncConnection[Any], name: str, suffix: str = LIVE) -> Place:
    """Raises LookupError where the read model is not installed."""
    cursor = await connection.execute(READ, [name, suffix])
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"the read model {name!r} is not installed in this database: migrate it")
    return Place(*row)


async def head(connection: AsyncConnection[Any]) -> int:
    """The ledger's last position; 0 when nothing is recorded."""
    row = await (await connection.execute(HEAD)).fetchone()
    assert row is not None
    return int(row[0])


async def reached(source: Source, names: Collection[str]) -> int:
    """Up to which position all of these read models know the ledger."""
    ((position,),) = await fetch(source, REACHED, [LIVE, list(names)])
    return int(position or 0)


async def cut_off(connection: AsyncConnection[Any]) -> list[str]:
    """Stop every read model that knows what the ledger does not hold; gives their names."""
    return [name for (name,) in await (await connection.execute(CUT_OFF)).fetchall()]


async def unread(source: Source, model: type[Projection]) -> list[str]:
    """Topics that this release tells the live read model of, that it was not told of before, and that the ledger has before its position."""
    known = await fetch(source, TOPICS, [model.name])
    new = sorted(model.topics.difference(known[0][0])) if known else []
    return sorted(topic for (topic,) in await fetch(source, UNREAD, [model.name, new])) if new else []


async def tell_topics(connection: AsyncConnection[Any], model: type[Projection]) -> None:
    """Note of what the live read model is told from here on."""
    topics = sorted(model.topics)
    await connection.execute(TELL, [topics, model.name, topics])


async def check(connection: AsyncConnection[Any], name: str, held: Place) -> None:
    """Raises Fenced where the live read model is not where it was."""
    now = await place(connection, name)
    if (now.generation, now.position) != (held.generation, held.position):
        raise Fenced(name)


async def advance(
    connection: AsyncConnection[Any], name: str, suffix: str, held: Place, upto: int, status: str
) -> AsyncCursor[Any]:
    """Move on, if nobody else did: the cursor has one row then, and none otherwise. To be the first statement of the
    transaction that writes the rows; `CommitNotifier` tells the listeners when it has committed.
    """
    at = {"generation": held.generation, "position": held.position}
    return await connection.execute(
        ADVANCE, {"upto": upto, "status": status, "name": name, "suffix": suffix, **at}
    )


async def belong(connection: AsyncConnection[Any], name: str, suffix: str, generation: int) -> None:
    """To be the first statement of whoever writes rows beside the one who moves the position. Raises Fenced where that
    generation is gone.
    """
    cursor = await connection.execute(BELONGS, [name, suffix, generation])
    if cursor.rowcount != 1:
        raise Fenced(name)


async def stop(connection: AsyncConnection[Any], name: str, held: Place, error: str) -> None:
    await connection.execute(STOP, [error, name, LIVE, held.generation, held.position])


async def skip(connection: AsyncConnection[Any], name: str, held: Place, upto: int, status: str) -> Place:
    """Move on over facts that the read model does not name: a statement alone."""
    moved = await advance(connection, name, LIVE, held, upto, status)
    if await moved.fetchone() is None:
        raise Fenced(name)
    return Place(held.generation, upto, status, held.shape)


async def step(
    connection: AsyncConnection[Any],
    model: Projection,
    held: Place,
    upto: int,
    status: str,
    at_hand: Sequence[Row] | None = None,
) -> Place:
    """Apply the facts after `held` up to `upto`; rows and position commit together, or not at all.

    A few facts go in a pipeline: two or three round trips instead of eight. `at_hand` are those facts, where they were
    read already.
    """
    small = upto - held.position <= SMALL
    model.at_hand = at_hand
    try:
        async with connection.pipeline() if small else contextlib.nullcontext(), connection.transaction():
            moved = await advance(connection, model.name, model.suffix, held, upto, status)
            await model.apply(connection, held.position, upto)
            if await moved.fetchone() is None:
                raise Fenced(model.name)
    except BaseException:
        model.forget()
        raise
    finally:
        model.at_hand = None
    return Place(held.generation, upto, status, held.shape)


async def together(connection: AsyncConnection[Any], moves: Sequence[Move]) -> set[str]:
    """All of them in one transaction. Gives the names of those that moved: who is being rebuilt, or stands elsewhere, is
    left out. Where one fails nobody has moved.
    """
    steps = [move for move in moves if move.facts is not None]
    if not steps:
        return await _moved(connection, moves)
    try:
        async with connection.pipeline(), connection.transaction():
            moved = await _moved(connection, moves)
            for model, held, upto, _, facts in steps:
                if model.name in moved:
                    model.at_hand = facts
                    await model.apply(connection, held.position, upto)
    except BaseException:
        for step in steps:
            step.model.forget()
        raise
    finally:
        for step in steps:
            step.model.at_hand = None
    return moved


async def _moved(connection: AsyncConnection[Any], moves: Sequence[Move]) -> set[str]:
    asked = [
        {
            "name": model.name,
            "generation": held.generation,
            "position": held.position,
            "upto": upto,
            "status": status,
        }
        for model, held, upto, status, _ in moves
    ]
    cursor = await connection.execute(MOVE, [encode(asked).decode()])
    return {name for (name,) in await cursor.fetchall()}
