"""Projections room: a whole event log, piece by piece, in one of its formats."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path
from uuid import UUID

from projections.engine.snapshot import Snapshot
from projections.event_log import reading, xes
from projections.event_log.mapping import Change, Event, Object, Related, Row
from projections.event_log.ocel import Json, Sqlite
from projections.event_log.reading import Period

BETWEEN = ("customer", "deal", "lead", "case")
"""What an object is told to belong to; whose it was changes, and is an attribute."""


async def as_xes(snapshot: Snapshot, ids: Iterable[str], period: Period) -> AsyncGenerator[bytes, None]:
    """A trace for each of the streams with an event in the period; its attributes are as at the period's end."""
    yield xes.HEAD.encode()
    async for some in reading.streams(snapshot, ids, period):
        if piece := await asyncio.to_thread(_traces, some, period):
            yield piece
    yield xes.END.encode()


def _traces(some: Sequence[Sequence[Row]], period: Period) -> bytes:
    traces = []
    for rows in some:
        told, happened = reading.within(rows, period)
        if happened:
            about = told[0].case
            traces.append(xes.trace(about, reading.latest(told, about), happened))
    return "".join(traces).encode()


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
    objects = Objects(writer)
    yield writer.BEGINS
    async for some in reading.streams(snapshot, ids, period):
        if piece := await asyncio.to_thread(objects.told, some, period):
            yield piece
    named = objects.named()
    async for some in reading.of_objects(snapshot, [UUID(one.id) for one in named], period):
        await asyncio.to_thread(objects.described, some)
    objects.rest(named)
    for piece in writer.end():
        yield piece


class Objects:
    """What events are about: each is told once, those of a stream with it, the others at the end."""

    def __init__(self, writer: Json | Sqlite) -> None:
        self._writer = writer
        self._there: set[bytes] = set()
        self._named: dict[Object, None] = {}

    def told(self, some: Sequence[Sequence[Row]], period: Period) -> bytes:
        """Of streams those that something happened to in the period."""
        happened: list[Event] = []
        for rows in some:
            told, of_period = reading.within(rows, period)
            if of_period:
                happened += of_period
                self._objects_of(told, of_period)
        return self._writer.events(happened)

    def _objects_of(self, told: Sequence[Event], happened: Sequence[Event]) -> None:
        own, changes = told[0].case, _by_object(told)
        self._tell(own, changes.get(own, ()), _related(told, own))
        for one in dict.fromkeys([related[0] for event in happened for related in event.related]):
            if one.kind == "promise":
                self._tell(one, changes.get(one, ()), [Related(own, "deal")])
            elif one != own:
                self._named[one] = None
        self._named |= dict.fromkeys(related.object for related in _related(told, own))

    def named(self) -> list[Object]:
        """Those that were named and not told yet."""
        return [one for one in self._named if _key(one) not in self._there]

    def described(self, some: Sequence[Sequence[Row]]) -> None:
        for rows in some:
            told, _ = reading.within(rows, Period())
            self._tell(told[0].case, _by_object(told).get(told[0].case, ()), [])

    def rest(self, named: Iterable[Object]) -> None:
        """Of which nothing is known."""
        for one in named:
            self._tell(one, (), [])

    def _tell(self, one: Object, changes: Sequence[Change], related: Iterable[Related]) -> None:
        if (key := _key(one)) in self._there:
            return
        self._there.add(key)
        self._writer.object(one, changes, related)


def _by_object(told: Iterable[Event]) -> dict[Object, list[Change]]:
    found: dict[Object, list[Change]] = {}
    for event in told:
        for change in event.changes:
            found.setdefault(change.object, []).append(change)
    return found


def _related(told: Iterable[Event], own: Object) -> list[Related]:
    found = [one for event in told for one in event.related if one.object.kind in BETWEEN]
    return [one for one in dict.fromkeys(found) if one.object != own]


def _key(one: Object) -> bytes:
    """Short: there may be a million."""
    return one.kind[:4].encode() + bytes.fromhex(one.id.replace("-", ""))
