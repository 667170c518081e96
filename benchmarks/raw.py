"""benchmarks: the limit — psycopg and a bare table with the ledger's columns, no lock, no checks, no receipts.

Runs in processes of its own. Everything is prepared before the clock starts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from statistics import median
from uuid import UUID, uuid4

import psycopg

from domain.engine.command_handler import Decision
from runtime.codec import encode

RawRow = tuple[UUID, int, str, int, str, str, UUID, datetime]
TABLE = """
CREATE TABLE raw_events (
    position bigserial PRIMARY KEY, stream_id uuid NOT NULL, version integer NOT NULL, topic text NOT NULL,
    schema_version smallint NOT NULL, data json NOT NULL, meta json NOT NULL, event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (stream_id, version)
)
"""
COLUMNS = "stream_id, version, topic, schema_version, data, meta, event_id, occurred_at"
INSERT = f"INSERT INTO raw_events ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
COPY = f"COPY raw_events ({COLUMNS}) FROM STDIN"


def make_table(url: str, owner: str = "CURRENT_USER") -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS raw_events")
        connection.execute(TABLE)
        connection.execute(f"ALTER TABLE raw_events OWNER TO {owner}")


def as_rows(decisions: Sequence[Decision]) -> list[RawRow]:
    """The same facts as the ledger gets, ready to insert."""
    return [
        (
            fact.originator_id,
            fact.originator_version,
            fact.fact.TOPIC,
            fact.fact.SCHEMA,
            encode(fact.fact).decode(),
            encode(fact.meta).decode(),
            uuid4(),
            fact.occurred_at,
        )
        for decision in decisions
        for fact in decision.facts
    ]


def insert(url: str, rows: Sequence[RawRow], connections: int, start: float, seconds: float) -> float:
    """Rows a second, one INSERT and one commit each. `start` is on the machine's monotonic clock."""
    opened = [psycopg.connect(url, autocommit=True) for _ in range(connections)]
    shares = [rows[n::connections] for n in range(connections)]
    with ThreadPoolExecutor(connections) as threads:
        done = threads.map(_insert_share, opened, shares, [start] * connections, [seconds] * connections)
        counts = list(done)
    for connection in opened:
        connection.close()
    return sum(counts)


def _insert_share(
    connection: psycopg.Connection, rows: Sequence[RawRow], start: float, seconds: float
) -> float:
    time.sleep(max(0.0, start - time.monotonic()))
    end = time.monotonic() + seconds
    for n, row in enumerate(rows):
        connection.execute(INSERT, row)
        if time.monotonic() >= end:
            return (n + 1) / seconds
    return len(rows) / (time.monotonic() - end + seconds)


def insert_alone(url: str, rows: Sequence[RawRow]) -> float:
    """The median milliseconds of one INSERT and commit, by a caller alone."""
    with psycopg.connect(url, autocommit=True) as connection:
        return 1_000 * median(_timed(connection, row) for row in rows)


def _timed(connection: psycopg.Connection, row: RawRow) -> float:
    started = time.perf_counter()
    connection.execute(INSERT, row)
    return time.perf_counter() - started


def copy(url: str, rows: Sequence[RawRow]) -> float:
    """Rows a second by one COPY into the table with its indexes."""
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        with connection.cursor().copy(COPY) as copying:
            for row in rows:
                copying.write_row(row)
        return len(rows) / (time.perf_counter() - started)


def flat(decided: Sequence[Sequence[Decision]]) -> list[Decision]:
    return list(chain.from_iterable(decided))
