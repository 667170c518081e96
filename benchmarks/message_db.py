"""benchmarks: the peer message-db, from its npm package where npm is present.

The package is fetched into a cache beside the benchmark's data, never into the repository. Its SQL files are run as its
own installer runs them, except for the extension pgcrypto: the embedded server has none, and what message-db takes from
it, `gen_random_uuid`, has been part of PostgreSQL since version 13.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.raw import RawRow

PACKAGE = "@eventide/message-db"
WRITE = "SELECT write_message(%s, %s, %s, %s::jsonb, %s::jsonb, %s)"
FUNCTIONS = (
    "message-store-version",
    "hash-64",
    "acquire-lock",
    "category",
    "is-category",
    "id",
    "cardinal-id",
    "stream-version",
    "write-message",
)
INDEXES = ("messages-id", "messages-stream", "messages-category")


class NotThere(Exception):
    """message-db cannot run here; the message says why."""


def fetch(cache: Path) -> Path:
    """The package's `database` directory. Raises NotThere."""
    home = cache / "node_modules" / PACKAGE / "database"
    if home.exists():
        return home
    npm = shutil.which("npm")
    if npm is None:
        raise NotThere("message-db was left out: npm is not installed")
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(cache), "--no-save", "--ignore-scripts", "--silent", PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        raise NotThere(f"message-db was left out: npm did not bring {PACKAGE} within a minute") from None
    if done.returncode != 0 or not home.exists():
        raise NotThere(f"message-db was left out: npm could not install {PACKAGE}")
    return home


def install(url: str, home: Path) -> None:
    files = ["schema/message-store", "types/message", "tables/messages"]
    files += [f"functions/{name}" for name in FUNCTIONS] + [f"indexes/{name}" for name in INDEXES]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("SET search_path = message_store, public")
        for name in files:
            connection.execute(sql.SQL((home / f"{name}.sql").read_text()))


def write(url: str, rows: Sequence[RawRow], connections: int, seconds: float) -> float:
    """Messages a second: `write_message` with an expected version, one commit each, one category."""
    options = "-c search_path=message_store,public"
    opened = [psycopg.connect(url, autocommit=True, options=options) for _ in range(connections)]
    shares = _by_stream(rows, connections)
    with ThreadPoolExecutor(connections) as threads:
        done = threads.map(_write_share, opened, shares, [seconds] * connections)
        counts = list(done)
    for connection in opened:
        connection.close()
    return sum(counts)


def _by_stream(rows: Sequence[RawRow], connections: int) -> list[list[RawRow]]:
    """Each stream's rows go to one connection, in order."""
    shares: list[list[RawRow]] = [[] for _ in range(connections)]
    numbers = {id: n for n, id in enumerate(dict.fromkeys(row[0] for row in rows))}
    for row in rows:
        shares[numbers[row[0]] % connections].append(row)
    return shares


def _write_share(connection: psycopg.Connection, rows: Sequence[RawRow], seconds: float) -> float:
    end = time.monotonic() + seconds
    for n, (stream, version, topic, _, data, meta, id, _) in enumerate(rows):
        connection.execute(WRITE, [str(id), f"deal-{stream}", topic, data, meta, version - 2])
        if time.monotonic() >= end:
            return (n + 1) / seconds
    return len(rows) / (time.monotonic() - end + seconds)
