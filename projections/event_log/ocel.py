"""Projections room: an object-centric event log (OCEL 2.0), as JSON and as SQLite. What is told is not kept: objects wait on the disk."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from orjson import dumps

from projections.event_log.mapping import Change, Event, Instant, Object, Related, Value

PIECE = 128 * 1024
SPECIAL = re.compile(r'[\x00-\x1f"\\\ud800-\udfff]')
FIRST = Instant("1970-01-01T00:00:00.000000Z")
TYPES = {bool: "boolean", int: "integer", float: "float", Instant: "time", str: "string"}
Attributes = dict[str, dict[str, str]]
"""By type of event or object, the types of its attributes."""


def name_of(one: Object) -> str:
    return f"{one[0]}:{one[1]}"


def attributes_of(event: Event) -> dict[str, Value]:
    told: dict[str, Value] = {"who": event.who, "channel": event.channel}
    if event.detail:
        told["detail"] = event.detail
    return told | event.attributes


class Json:
    """One document, its events first: their pieces come as they are told, the rest at the end."""

    BEGINS = b'{"events":['

    def __init__(self) -> None:
        self._objects = tempfile.TemporaryFile()  # noqa: SIM115 - `close` ends it
        self._events: Attributes = defaultdict(dict)
        self._kinds: Attributes = {}
        self._known: set[tuple[str, ...]] = set()
        """Activities with the attributes that were declared."""
        self._first = {"events": True, "objects": True}

    def close(self) -> None:
        self._objects.close()

    def events(self, events: Iterable[Event]) -> bytes:
        return self._joined("events", map(self._event, events))

    def object(self, of: Object, changes: Sequence[Change], related: Iterable[Related]) -> None:
        types = self._kinds.setdefault(of.kind, {})
        types.update([(one.name, TYPES[one.value.__class__]) for one in changes])
        told = [f'{{"name":"{name}","time":"{at}","value":{_json(value)}}}' for _, name, at, value in changes]
        begins = f'"id":"{name_of(of)}","type":"{of.kind}","attributes":[{",".join(told)}]'
        self._objects.write(self._joined("objects", [f"{{{begins},{_relationships(related)}}}"]))

    def end(self) -> Iterator[bytes]:
        yield b'],"objects":['
        self._objects.seek(0)
        while piece := self._objects.read(PIECE):
            yield piece
        types = {"objectTypes": _said(self._kinds), "eventTypes": _said(self._events)}
        yield b"]," + dumps(types)[1:] + b"\n"

    def _event(self, event: Event) -> str:
        told = attributes_of(event)
        if (known := (event.activity, *told)) not in self._known:
            self._known.add(known)
            self._events[event.activity].update(
                (name, TYPES[value.__class__]) for name, value in told.items()
            )
        attributes = ",".join([f'{{"name":"{name}","value":{_json(value)}}}' for name, value in told.items()])
        begins = f'"id":"{event.position}","type":"{event.activity}","time":"{event.at}"'
        return f'{{{begins},"attributes":[{attributes}],{_relationships(event.related)}}}'

    def _joined(self, what: str, told: Iterable[str]) -> bytes:
        pieces = ",\n".join(told).encode()
        if not pieces or self._first[what]:
            self._first[what] = self._first[what] and not pieces
            return pieces
        return b",\n" + pieces


def _json(value: Any) -> str:
    """Of a Value. Most text has nothing that would have to be written otherwise."""
    kind = value.__class__
    if kind is Instant or (kind is str and not SPECIAL.search(value)):
        return f'"{value}"'
    return dumps(value).decode()


def _relationships(related: Iterable[Related]) -> str:
    told = [f'{{"objectId":"{kind}:{id}","qualifier":"{name}"}}' for (kind, id), name in related]
    return f'"relationships":[{",".join(told)}]'


def _said(types: Attributes) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


# --- SQLite ----------------------------------------------------------------------------------------------------------

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
"""

EVENT = ("event", "", "ocel_id", "ocel_type")
OBJECT = ("object", "", "ocel_id", "ocel_type")
EVENT_OBJECT = ("event_object", "", "ocel_event_id", "ocel_object_id", "ocel_qualifier")
OBJECT_OBJECT = ("object_object", "", "ocel_source_id", "ocel_target_id", "ocel_qualifier")
STATEMENTS = 1_000
"""So many are kept compiled: one for each set of columns."""
TIMED = ("ocel_id", "ocel_time")
CHANGED = ("ocel_id", "ocel_time", "ocel_changed_field")


class Sqlite:
    """A database, sent when it is whole. A type has a table of its own, a column for each attribute that is met."""

    BEGINS = b""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
        )
        self._database.executescript(TABLES)
        self._database.execute("BEGIN")
        self._columns: dict[str, set[str]] = {}
        self._waiting: dict[tuple[str, ...], list[Sequence[Any]]] = defaultdict(list)
        """Rows, by the table and the columns that they are for."""

    def close(self) -> None:
        self._database.close()

    def events(self, events: Iterable[Event]) -> bytes:
        waiting = self._waiting
        for event in events:
            id, told = str(event.position), attributes_of(event)
            waiting[EVENT].append((id, event.activity))
            typed = ("event", event.activity, *TIMED, *told)
            waiting[typed].append((id, _time(event.at), *_columns(told.values())))
            waiting[EVENT_OBJECT] += [(id, f"{kind}:{of}", as_what) for (kind, of), as_what in event.related]
        self._write()
        return b""

    def object(self, of: Object, changes: Sequence[Change], related: Iterable[Related]) -> None:
        """How it was when it came into being; then a row for each change."""
        id, waiting = name_of(of), self._waiting
        waiting[OBJECT].append((id, of.kind))
        first = {one.name: one for one in reversed(changes)}
        born = min((one.at for one in changes), default=FIRST)
        begun = {name: one.value for name, one in first.items() if one.at == born}
        row = (id, _time(born), None, *_columns(begun.values()))
        waiting["object", of.kind, *CHANGED, *begun].append(row)
        for one in changes:
            if first[one.name] is not one or one.at != born:
                row = (id, _time(one.at), one.name, *_columns([one.value]))
                waiting["object", of.kind, *CHANGED, one.name].append(row)
        waiting[OBJECT_OBJECT] += [(id, name_of(to.object), to.qualifier) for to in related]

    def end(self) -> Iterator[bytes]:
        self._write()
        self._database.execute("COMMIT")
        self.close()
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _write(self) -> None:
        for (of, kind, *columns), rows in self._waiting.items():
            table = self._table(of, kind, columns) if kind else of
            places = ", ".join("?" * len(columns))
            named = ", ".join(f'"{name}"' for name in columns)
            self._database.executemany(f"INSERT INTO {table} ({named}) VALUES ({places})", rows)
        self._waiting.clear()

    def _table(self, of: str, kind: str, columns: Sequence[str]) -> str:
        """A type's own, which has these columns then."""
        mapped = "".join(part[:1].upper() + part[1:] for part in kind.replace("-", ".").split("."))
        table = f'"{of}_{mapped}"'
        if table not in self._columns:
            self._columns[table] = {"ocel_id"}
            self._database.execute(f"CREATE TABLE {table} (ocel_id TEXT)")
            self._database.execute(f"INSERT INTO {of}_map_type VALUES (?, ?)", (kind, mapped))
        for name in set(columns) - self._columns[table]:
            self._columns[table].add(name)
            self._database.execute(f'ALTER TABLE {table} ADD COLUMN "{name}"')
        return table


def _columns(values: Iterable[Value]) -> list[Value]:
    return [_time(value) if value.__class__ is Instant else value for value in values]


def _time(at: str) -> str:
    return f"{at[:10]} {at[11:26]}"
