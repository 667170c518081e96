"""Projections room: a whole event log, piece by piece, in one of its formats."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from projections.engine.snapshot import Snapshot
from projections.event_log import reading, telling, xes
from projections.event_log.mapping import Row
from projections.event_log.ocel_json import Json
from projections.event_log.ocel_sqlite import Sqlite
from projections.event_log.reading import Period
from projections.event_log.telling import Change, Stream


async def as_xes(snapshot: Snapshot, ids: Iterable[str], period: Period) -> AsyncGenerator[bytes, None]:
    """A trace for each of the streams with an event in the period; its attributes are as at the period's end."""
    yield xes.HEAD.encode()
    async for some in reading.streams(snapshot, ids, period):
        if piece := await asyncio.to_thread(xes.traces, some, period.begins):
            yield piece
    yield xes.END.encode()


async def as_ocel_json(snapshot: Snapshot, ids: Iterable[str], period: Period) -> AsyncGenerator[bytes, None]:
    writer = Json()
    try:
        async for piece in _ocel(snapshot, ids, period, writer):
            yield piece
    finally:
        writer.close()


async def as_ocel_sqlite(
    snapshot: Snapshot, ids: Iterable[str], period: Period
) -> AsyncGenerator[bytes, None]:
    """Sent when it is whole."""
    with tempfile.TemporaryDirectory(prefix="salesloop-") as folder:
        writer = Sqlite(Path(folder) / "log.sqlite")
        try:
            async for piece in _ocel(snapshot, ids, period, writer):
                yield piece
        finally:
            writer.close()


FORMATS = {"xes": as_xes, "ocel-json": as_ocel_json, "ocel-sqlite": as_ocel_sqlite}


async def _ocel(
    snapshot: Snapshot, ids: Iterable[str], period: Period, writer: Json | Sqlite
) -> AsyncGenerator[bytes, None]:
    objects = Objects(writer, period.begins)
    yield writer.BEGINS
    async for some in reading.streams(snapshot, ids, period):
        if piece := await asyncio.to_thread(objects.told, some):
            yield piece
    named = objects.named()
    ids_of = [UUID(name.partition(":")[2]) for name in named]
    async for some in reading.of_objects(snapshot, ids_of, period):
        await asyncio.to_thread(objects.described, some)
    objects.rest(named)
    for piece in writer.end():
        yield piece


class Objects:
    """What events are about: each is told once, those of a stream with it, the others at the end."""

    def __init__(self, writer: Json | Sqlite, since: str) -> None:
        self._writer = writer
        self._since = since
        self._there: set[bytes] = set()
        self._named: dict[str, None] = {}

    def told(self, some: Sequence[Sequence[Row]]) -> bytes:
        """Of streams those that something happened to in the period."""
        happened: list[Any] = []
        related: list[str] = []
        for rows in some:
            stream, events = telling.told(rows, self._since, self._writer.TELLERS)
            if events:
                happened += events
                related += stream.related
                self._objects_of(stream)
        return self._writer.events(happened, related)

    def _objects_of(self, stream: Stream) -> None:
        own = stream.own
        self._tell(own, stream.changes, stream.between)
        for one in stream.named:
            if one.startswith("promise:"):
                self._tell(one, stream.promises.get(one, ()), [(own, "deal")])
            elif one != own:
                self._named[one] = None
        for one, _ in stream.between:
            self._named[one] = None

    def named(self) -> list[str]:
        """Those that were named and not told yet."""
        return [one for one in self._named if _key(one) not in self._there]

    def described(self, some: Sequence[Sequence[Row]]) -> None:
        for rows in some:
            stream, _ = telling.told(rows, "", self._writer.TELLERS)
            self._tell(stream.own, stream.changes, [])

    def rest(self, named: Iterable[str]) -> None:
        """Of which nothing is known."""
        for one in named:
            self._tell(one, (), [])

    def _tell(self, one: str, changes: Sequence[Change], related: Iterable[tuple[str, str]]) -> None:
        if (key := _key(one)) in self._there:
            return
        self._there.add(key)
        self._writer.object(one, changes, related)


def _key(one: str) -> bytes:
    """Short: there may be a million."""
    kind, _, id = one.partition(":")
    return kind[:4].encode() + bytes.fromhex(id.replace("-", ""))
