"""Projections room: an object-centric event log (OCEL 2.0), as JSON and as SQLite. What is told is not kept: objects wait on the disk."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from projections.event_log.mapping import Change, Event, Object, Related, Value
from runtime.codec import encode

PIECE = 128 * 1024
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
TYPES = {bool: "boolean", int: "integer", float: "float", datetime: "time", str: "string"}
Attributes = dict[str, dict[str, str]]
"""By type of event or object, the types of its attributes."""


def name_of(one: Object) -> str:
    return f"{one.kind}:{one.id}"


def attributes_of(event: Event) -> dict[str, Value]:
    told = {"who": event.who, "channel": event.channel, "detail": event.detail, **event.attributes}
    return {name: value for name, value in told.items() if value != ""}


class Json:
    """One document, its events first: their pieces come as they are told, the rest at the end."""

    BEGINS = b'{"events":['

    def __init__(self) -> None:
        self._objects = tempfile.TemporaryFile()  # noqa: SIM115 - `close` ends it
        self._events: Attributes = defaultdict(dict)
        self._kinds: Attributes = {}
        self._first = {"events": True, "objects": True}

    def close(self) -> None:
        self._objects.close()

    def events(self, events: Iterable[Event]) -> bytes:
        return self._joined("events", [self._event(event) for event in events])

    def object(self, of: Object, changes: Sequence[Change], related: Iterable[Related]) -> None:
        self._kinds.setdefault(of.kind, {}).update((one.name, TYPES[type(one.value)]) for one in changes)
        told = {
            "id": name_of(of),
            "type": of.kind,
            "attributes": [
                {"name": one.name, "time": _iso(one.at), "value": _plain(one.value)} for one in changes
            ],
            "relationships": _relationships(related),
        }
        self._objects.write(self._joined("objects", [told]))

    def end(self) -> Iterator[bytes]:
        yield b'],"objects":['
        self._objects.seek(0)
        while piece := self._objects.read(PIECE):
            yield piece
        types = {"objectTypes": _said(self._kinds), "eventTypes": _said(self._events)}
        yield b"]," + encode(types)[1:] + b"\n"

    def _event(self, event: Event) -> dict[str, Any]:
        told = attributes_of(event)
        self._events[event.activity].update((name, TYPES[type(value)]) for name, value in told.items())
        return {
            "id": str(event.position),
            "type": event.activity,
            "time": _iso(event.at),
            "attributes": [{"name": name, "value": _plain(value)} for name, value in told.items()],
            "relationships": _relationships(event.related),
        }

    def _joined(self, what: str, told: list[dict[str, Any]]) -> bytes:
        if not told:
            return b""
        before = b"" if self._first[what] else b",\n"
        self._first[what] = False
        return before + b",\n".join(map(encode, told))


def _relationships(related: Iterable[Related]) -> list[dict[str, str]]:
    return [{"objectId": name_of(one.object), "qualifier": one.qualifier} for one in related]


def _said(types: Attributes) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(value: Value) -> Any:
    return _iso(value) if isinstance(value, datetime) else value


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


class Sqlite:
    """A database, sent when it is whole. A type has a table of its own, a column for each attribute that is met."""

    BEGINS = b""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(TABLES)
        self._database.execute("BEGIN")
        self._known: dict[str, set[str]] = {}
        self._waiting: dict[str, list[Sequence[Any]]] = defaultdict(list)

    def close(self) -> None:
        self._database.close()

    def events(self, events: Iterable[Event]) -> bytes:
        for event in events:
            id = str(event.position)
            self._add("event (ocel_id, ocel_type)", (id, event.activity))
            told = {name: _column(value) for name, value in attributes_of(event).items()}
            self._typed("event", event.activity, id, {"ocel_time": _column(event.at), **told})
            for related in event.related:
                self._add("event_object", (id, name_of(related.object), related.qualifier))
        self._write()
        return b""

    def object(self, of: Object, changes: Sequence[Change], related: Iterable[Related]) -> None:
        id = name_of(of)
        self._add("object (ocel_id, ocel_type)", (id, of.kind))
        first = {one.name: one for one in reversed(changes)}
        born = min((one.at for one in changes), default=FIRST)
        begun = {name: _column(one.value) for name, one in first.items() if one.at == born}
        self._typed("object", of.kind, id, {"ocel_time": _column(born), "ocel_changed_field": None, **begun})
        for one in changes:
            if first[one.name] is not one or one.at != born:
                changed = {"ocel_changed_field": one.name, one.name: _column(one.value)}
                self._typed("object", of.kind, id, {"ocel_time": _column(one.at), **changed})
        for to in related:
            self._add("object_object", (id, name_of(to.object), to.qualifier))

    def end(self) -> Iterator[bytes]:
        self._write()
        self._database.execute("COMMIT")
        self.close()
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _typed(self, of: str, kind: str, id: str, told: dict[str, Any]) -> None:
        mapped = "".join(part[:1].upper() + part[1:] for part in kind.replace("-", ".").split("."))
        table, said = f'"{of}_{mapped}"', {"ocel_id": id, **told}
        if table not in self._known:
            self._known[table] = {"ocel_id"}
            self._database.execute(f"CREATE TABLE {table} (ocel_id TEXT)")
            self._database.execute(f"INSERT INTO {of}_map_type VALUES (?, ?)", (kind, mapped))
        for name in said.keys() - self._known[table]:
            self._known[table].add(name)
            self._database.execute(f'ALTER TABLE {table} ADD COLUMN "{name}"')
        columns = ", ".join(f'"{name}"' for name in said)
        self._add(f"{table} ({columns})", tuple(said.values()))

    def _add(self, into: str, values: Sequence[Any]) -> None:
        self._waiting[into].append(values)

    def _write(self) -> None:
        for into, rows in self._waiting.items():
            places = ", ".join("?" * len(rows[0]))
            self._database.executemany(f"INSERT INTO {into} VALUES ({places})", rows)
        self._waiting.clear()


def _column(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return int(value) if isinstance(value, bool) else value
