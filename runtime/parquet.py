"""runtime: the whole ledger as Parquet, a folder a month of recording, for engines that are made for that. Each run adds what came since the last.

`position.json` in the folder says how far it is: it is written when all of a run is there, so that a run that was interrupted is done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

AT_ONCE = 20_000
"""Events that are held, and that a group of rows has."""
STATE, PART = "position.json", ".part"
HEAD = "SELECT COALESCE(max(position), 0) FROM ledger.events"
EVENTS = """
SELECT position, stream_id::text, version, topic, schema_version, event_id::text, occurred_at, recorded_at,
       meta->'actor'->>'kind', meta->'actor'->>'id', meta->>'channel', meta->>'reason', meta->>'correlation_id',
       (meta->>'caused_by')::int8, data::text
  FROM ledger.events WHERE position > %s AND position <= %s ORDER BY position
"""
COLUMNS = {
    "position": "int64",
    "stream_id": "string",
    "version": "int32",
    "topic": "words",
    "schema_version": "int32",
    "event_id": "string",
    "occurred_at": "time",
    "recorded_at": "time",
    "actor_kind": "words",
    "actor_id": "words",
    "channel": "words",
    "reason": "string",
    "correlation_id": "string",
    "caused_by": "int64",
    "data": "string",
}
RECORDED = [*COLUMNS].index("recorded_at")


class NotWritten(RuntimeError):
    """The folder is none of ours, or what writes Parquet is not installed; the message says which."""


def write(url: str, folder: Path, told: Callable[[int], None] = lambda _: None) -> tuple[int, int]:
    """Add what was recorded since the last run. `told` hears how many events are written. The position before and after. Raises
    NotWritten.
    """
    with psycopg.connect(url) as connection, connection.cursor("parquet") as cursor:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        before, head = _begun(folder), _head(connection)
        if head < before:
            raise NotWritten(
                f"{folder} has events up to {before}, the ledger only up to {head}: it is another ledger's"
            )
        cursor.itersize = AT_ONCE
        cursor.execute(EVENTS, [before, head])
        with Months(folder, before) as months:
            for rows in _several(cursor):
                for month, some in groupby(rows, lambda row: f"{row[RECORDED]:%Y-%m}"):
                    months.add(month, [*some])
                told(months.written)
    state = folder / f"{STATE}{PART}"
    state.write_text(json.dumps({"position": head}) + "\n")
    state.replace(folder / STATE)
    return before, head


def _head(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(HEAD).fetchone()
    assert row is not None
    return int(row[0])


def _several(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(AT_ONCE):
        yield rows


def _begun(folder: Path) -> int:
    """How far the last whole run came. What one left that was interrupted is taken away."""
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / STATE
    if not state.exists() and any(folder.iterdir()) and not any(folder.glob("month=*")):
        raise NotWritten(
            f"{folder} has other files and no {STATE}: name an empty folder, or one that was begun before"
        )
    position = int(json.loads(state.read_text())["position"]) if state.exists() else 0
    for file in folder.glob("month=*/events-*"):
        if file.suffix == PART or int(file.stem.split("-")[1]) > position:
            file.unlink()
    return position


class Months:
    """A file a month of one run, called after the position that the run began behind."""

    def __init__(self, folder: Path, before: int) -> None:
        self._folder, self._name = folder, f"events-{before + 1:012d}.parquet"
        self._files: dict[str, pq.ParquetWriter] = {}
        self._open = ExitStack()
        self.written = 0

    def __enter__(self) -> Self:
        self._schema = _schema()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._open.close()
        for month in self._files if kind is None else ():
            self._part(month).replace(self._folder / month / self._name)

    def add(self, month: str, rows: Sequence[Sequence[Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        place = f"month={month}"
        if place not in self._files:
            (self._folder / place).mkdir(exist_ok=True)
            writer = pq.ParquetWriter(self._part(place), self._schema, compression="zstd")
            self._files[place] = self._open.enter_context(writer)
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, one.type) for column, one in zip(columns, self._schema, strict=True)]
        self._files[place].write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self.written += len(rows)

    def _part(self, place: str) -> Path:
        return self._folder / place / f"{self._name}{PART}"


def _schema() -> pa.Schema:
    try:
        import pyarrow as pa
    except ImportError:
        raise NotWritten("Parquet needs pyarrow: install salesloop[parquet]") from None
    types = {
        "int32": pa.int32(),
        "int64": pa.int64(),
        "string": pa.string(),
        "words": pa.dictionary(pa.int32(), pa.string()),
        "time": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
