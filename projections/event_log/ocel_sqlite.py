"""Projections room: an object-centric event log (OCEL 2.0) as an SQLite database, sent when it is whole."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from projections.event_log.mapping import Value, utc
from projections.event_log.ocel_json import PIECE, attributes_of
from projections.event_log.telling import Change, Tellers
from projections.event_log.topics import Attribute

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
"""
OF_ALL = {
    "event": "SELECT ocel_id, ? FROM {table}",
    "object": "SELECT ocel_id, ? FROM {table} WHERE ocel_changed_field IS NULL",
}
"""Which there are of a type, out of its own table."""
FIRST = "1970-01-01 00:00:00.000000"
STATEMENTS = 1_000
"""So many are kept compiled: one for each set of columns."""
TOGETHER = 30
"""Rows of a statement: each call costs as much as some of them."""
TIMED = ("ocel_id", "ocel_time")
CHANGED = (*TIMED, "ocel_changed_field")


def _time(text: str) -> str:
    """As the format has times: `2026-11-30 08:39:00.000000`. Raises ValueError."""
    if len(text) == 20 and text[-1] == "Z":
        return f"{text[:10]} {text[11:19]}.000000"
    return f"{text[:10]} {text[11:26]}" if len(text) == 27 and text[-1] == "Z" else _time(utc(text))


class _Events:
    """An event becomes its topic, which of its attributes it has, as bits, and the row of its type's table."""

    uses: Mapping[str, Any] = {"utc": _time}
    begins = "p = str(position); at = utc(at); a = [p, at, who, channel]; e = s.related; m = 0"
    relates = True

    def attribute(self, n: int, one: Attribute, value: str) -> str:
        return f"m |= {1 << n}; a.append({value})"

    def related(self) -> str:
        return "e += (p, o, as_what)"

    def ends(self) -> Sequence[str]:
        return "if detail: m |= 1; a.insert(4, detail)", "return topic, m, a"


class Sqlite:
    """A type has a table of its own, a column for each attribute that is met."""

    BEGINS = b""
    TELLERS = Tellers(_Events())

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
        )
        self._database.executescript(TABLES)
        self._database.execute("BEGIN")
        self._tables: dict[tuple[str, str], str] = {}
        self._columns: dict[str, set[str]] = {}
        self._waiting: dict[tuple[str, ...], list[Sequence[Any]]] = defaultdict(list)
        """Rows of objects, by their type and the attributes that they have."""
        self._between: list[str] = []

    def close(self) -> None:
        self._database.close()

    def events(self, events: Sequence[Any], related: Sequence[str]) -> bytes:
        by_columns: dict[tuple[str, int], list[Sequence[Any]]] = defaultdict(list)
        for topic, met, row in events:
            by_columns[topic, met].append(row)
        for (topic, met), rows in by_columns.items():
            self._typed("event", topic, (*TIMED, *attributes_of(topic, met)), rows)
        self._insert("event_object", 3, related)
        self._write()
        return b""

    def object(self, name: str, changes: Sequence[Change], related: Iterable[tuple[str, str]]) -> None:
        """How it was when it came into being; then a row for each change."""
        kind, waiting = name.partition(":")[0], self._waiting
        born = min([at for _, at, _ in changes], default=FIRST)
        begun: dict[str, Value] = {}
        met: set[str] = set()
        for attribute, at, value in changes:
            if at == born and attribute not in met:
                begun[attribute] = value
            else:
                waiting[kind, attribute].append((name, at, attribute, value))
            met.add(attribute)
        waiting[kind, *begun].append((name, born, None, *begun.values()))
        for to, qualifier in related:
            self._between += (name, to, qualifier)

    def end(self) -> Iterator[bytes]:
        self._write()
        for of, query in OF_ALL.items():
            tables = {kind: table for (one, kind), table in self._tables.items() if one == of}
            if tables:
                all_of_them = " UNION ALL ".join([query.format(table=table) for table in tables.values()])
                self._database.execute(f"INSERT INTO {of} {all_of_them} ORDER BY 1", [*tables])
        self._database.execute("COMMIT")
        self.close()
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _write(self) -> None:
        for (kind, *attributes), rows in self._waiting.items():
            self._typed("object", kind, (*CHANGED, *attributes), rows)
        self._waiting.clear()
        self._insert("object_object", 3, self._between)
        self._between.clear()

    def _typed(self, of: str, kind: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        named = ", ".join([f'"{name}"' for name in columns])
        self._insert(
            f"{self._table(of, kind, columns)} ({named})", len(columns), [*chain.from_iterable(rows)]
        )

    def _insert(self, into: str, width: int, values: Sequence[Any]) -> None:
        """Rows, one after the other."""
        row, together = f"({', '.join('?' * width)})", width * TOGETHER
        whole = len(values) // together * together
        self._all(f"INSERT INTO {into} VALUES {', '.join([row] * TOGETHER)}", together, values[:whole])
        self._all(f"INSERT INTO {into} VALUES {row}", width, values[whole:])

    def _all(self, statement: str, size: int, values: Sequence[Any]) -> None:
        rows = [values[n : n + size] for n in range(0, len(values), size)]
        self._database.executemany(statement, rows)

    def _table(self, of: str, kind: str, columns: Sequence[str]) -> str:
        """A type's own, which has these columns then."""
        if (of, kind) not in self._tables:
            mapped = "".join(part[:1].upper() + part[1:] for part in kind.replace("-", ".").split("."))
            table = self._tables[of, kind] = f'"{of}_{mapped}"'
            self._columns[table] = {"ocel_id"}
            self._database.execute(f"CREATE TABLE {table} (ocel_id TEXT)")
            self._database.execute(f"INSERT INTO {of}_map_type VALUES (?, ?)", (kind, mapped))
        table = self._tables[of, kind]
        for name in [name for name in columns if name not in self._columns[table]]:
            self._columns[table].add(name)
            self._database.execute(f'ALTER TABLE {table} ADD COLUMN "{name}"')
        return table
