"""benchmarks: a ledger that is years old — the lives of a few hundred deals, told again as many times as asked for.

The first telling is decided by the domain; the others are the same facts under other ids, multiplied by the database. The ALIVE
deals of a generation are on their way at the same time, as in an office; one in three is still open. Each generation is one
statement, on two connections in turn: every fact's position is known beforehand, and keys are made when all is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks import raw
from benchmarks.lives import START, Lives
from domain.engine.command_handler import Decision
from projections.engine import catalog

TOLD = 250
ALIVE = 2_000
CONNECTIONS = 2
HOURS = 6
"""From one telling to the next: a thousand deals a day, and a million in less than three years. The last one is today's."""
BRIEF = 200_000
"""So many deals live briefly, through ten facts in place of thirty: what is asked is how reading grows with them."""
SETTINGS = "SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'"
TEMPLATE = """
DROP TABLE IF EXISTS told;
CREATE UNLOGGED TABLE told (
    deal int, stream_id uuid, version int, topic text, schema_version smallint, data text, meta text, event_id uuid,
    occurred_at timestamptz, before bigint, among bigint, place bigint
)
"""
COPY = f"COPY told (deal, {raw.COLUMNS}) FROM STDIN"
# How many facts of one telling have a smaller version, how many the same one, and which of those it is.
PLACE = """
UPDATE told SET before = p.before, among = p.among, place = p.place
  FROM (SELECT stream_id, version, rank() OVER (ORDER BY version) - 1 AS before,
               count(*) OVER (PARTITION BY version) AS among,
               row_number() OVER (PARTITION BY version ORDER BY deal) AS place
          FROM told WHERE deal >= 0) p
 WHERE told.stream_id = p.stream_id AND told.version = p.version
"""
OFFICE = f"""
INSERT INTO ledger.events (position, {raw.COLUMNS}, recorded_at)
SELECT row_number() OVER (), stream_id, version, topic, schema_version, data::json, meta::json, event_id, occurred_at,
       statement_timestamp()
  FROM told WHERE deal < 0
"""
# A deal's and a promise's id get the number of the telling as their first eight digits, and a closing its day.
TELL = f"""
INSERT INTO ledger.events (position, {raw.COLUMNS}, recorded_at)
SELECT %(after)s + before * %(tellings)s + (n - %(first)s) * among + place AS position,
       (lpad(to_hex(n), 8, '0') || substr(stream_id::text, 9))::uuid, version, topic, schema_version,
       (CASE WHEN topic ^@ 'promise.'
             THEN regexp_replace(data, '"promise_id":"[0-9a-f]{{8}}', '"promise_id":"' || lpad(to_hex(n), 8, '0'))
             WHEN topic IN ('deal.won', 'deal.lost')
             THEN replace(data, '"closed_on":"{START.date()}"', '"closed_on":"' || ({{when}})::date || '"')
             ELSE data END)::json,
       meta::json, gen_random_uuid(), {{when}}, %(now)s
  FROM told, generate_series(%(first)s::bigint, %(first)s::bigint + %(tellings)s - 1) AS n
 WHERE deal >= 0 ORDER BY position
""".replace("{when}", f"occurred_at - (%(last)s - n) * interval '{HOURS} hours'")
KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE conrelid = 'ledger.events'::regclass AND contype IN ('p', 'u')
"""


def write(url: str, seed: int, deals: int) -> int:
    """Fill a migrated database's ledger with that many deals, or a few more; how many facts it holds then."""
    lives = Lives(seed)
    office = [lives.decide(command) for command in lives.office()]
    told = min(deals, TOLD)
    tellings = -(-deals // told)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SETTINGS)
        connection.execute(TEMPLATE)
        with connection.cursor().copy(COPY) as copying:
            for row in [*_numbered(-1, office), *_lived(lives, told, brief=deals > BRIEF)]:
                copying.write_row(row)
        after, facts = connection.execute(OFFICE).rowcount, connection.execute(PLACE).rowcount
        with _without_keys(connection):
            _tell(url, after, facts, tellings, max(1, ALIVE // told))
        connection.execute("DROP TABLE told")
        connection.execute("VACUUM ANALYZE ledger.events")
    return after + tellings * facts


def _tell(url: str, after: int, facts: int, tellings: int, generation: int) -> None:
    """All tellings of that many facts each, a generation at a time."""
    everywhere = {"last": tellings - 1, "now": datetime.now(UTC)}
    given = [
        everywhere | {"first": n, "after": after + n * facts, "tellings": min(generation, tellings - n)}
        for n in range(0, tellings, generation)
    ]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for told in [threads.submit(_generations, url, given[n::CONNECTIONS]) for n in range(CONNECTIONS)]:
            told.result()


def _generations(url: str, given: Sequence[dict[str, Any]]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SETTINGS)
        for one in given:
            connection.execute(TELL, one)


@contextmanager
def _without_keys(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The ledger's table has no index meanwhile, and the very same ones afterwards."""
    keys = connection.execute(KEYS).fetchall()
    for name, _ in keys:
        connection.execute(f"ALTER TABLE ledger.events DROP CONSTRAINT {name}".encode())
    yield
    for name, key in keys:
        connection.execute(f"ALTER TABLE ledger.events ADD CONSTRAINT {name} {key}".encode())


def _lived(lives: Lives, deals: int, *, brief: bool) -> Iterator[tuple[object, ...]]:
    """Whole lives, and of every third deal the first part only: it is still open."""
    for number in range(deals):
        life = lives.decided_life(lives.brief_life() if brief else lives.life())
        yield from _numbered(number, life if number % 3 else life[: 1 + number % len(life)])


def _numbered(number: int, decisions: Sequence[Decision]) -> Iterator[tuple[object, ...]]:
    return ((number, *row) for row in raw.as_rows(decisions))


TABLES = tuple(catalog.statements())
