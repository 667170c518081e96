"""benchmarks: a ledger that is years old — the lives of a few hundred deals, told again as many times as asked for.

The first telling is decided by the domain; the others are the same facts under other ids, multiplied by the database.
Deals overlap as they do in an office: ALIVE of them are on their way at the same time, one in three is still open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg

from benchmarks import raw
from benchmarks.lives import Lives
from domain.door import Decision
from projections import catalog

TOLD = 250
ALIVE = 2_000
TEMPLATE = """
CREATE TEMP TABLE told (
    deal int, stream_id uuid, version int, topic text, schema_version smallint, data json, meta json, event_id uuid,
    occurred_at timestamptz
)
"""
COPY = f"COPY told (deal, {raw.COLUMNS}) FROM STDIN"
OFFICE = f"""
INSERT INTO ledger.events (position, {raw.COLUMNS}, recorded_at)
SELECT row_number() OVER (), {raw.COLUMNS}, statement_timestamp() FROM told WHERE deal < 0
"""
# A deal's and a promise's id get the number of the telling as their first eight digits.
TELL = f"""
INSERT INTO ledger.events (position, {raw.COLUMNS}, recorded_at)
SELECT %(after)s + row_number() OVER (ORDER BY n * %(told)s / %(alive)s, version, n, deal),
       (lpad(to_hex(n), 8, '0') || substr(stream_id::text, 9))::uuid, version, topic, schema_version,
       regexp_replace(data::text, '"promise_id":"[0-9a-f]{{8}}', '"promise_id":"' || lpad(to_hex(n), 8, '0'))::json,
       meta, gen_random_uuid(), occurred_at + n * interval '1 minute', statement_timestamp()
  FROM told, generate_series(0, %(tellings)s - 1) AS n
 WHERE deal BETWEEN 0 AND %(told)s - 1
"""


def write(url: str, seed: int, deals: int) -> int:
    """Fill a migrated database's ledger with that many deals, or a few more; how many facts it holds then."""
    lives = Lives(seed)
    office = [lives.decide(command) for command in lives.office()]
    told = min(deals, TOLD)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TEMPLATE)
        with connection.cursor().copy(COPY) as copying:
            for row in [*_numbered(-1, office), *_lived(lives, told)]:
                copying.write_row(row)
        after = connection.execute(OFFICE).rowcount
        given = {"after": after, "told": told, "alive": ALIVE, "tellings": -(-deals // told)}
        written = connection.execute(TELL, given).rowcount
        connection.execute("VACUUM ANALYZE ledger.events")
    return after + written


def _lived(lives: Lives, deals: int) -> Iterator[tuple[object, ...]]:
    """Whole lives, and of every third deal the first part only: it is still open."""
    for number in range(deals):
        (life,) = lives.decided(1)
        yield from _numbered(number, life if number % 3 else life[: 1 + number % len(life)])


def _numbered(number: int, decisions: Sequence[Decision]) -> Iterator[tuple[object, ...]]:
    return ((number, *row) for row in raw.as_rows(decisions))


TABLES = tuple(catalog.statements())
