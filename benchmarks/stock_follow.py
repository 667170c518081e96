"""benchmarks: the peer of a follower — the stock `eventsourcing` projection runner, with our board's own fold in it.

Its application, its subscription, its view and its tracking are the library's, used as its manual shows; each of its events
carries one of our facts. What it does with one is what our board does: find the deal's row, tell it, write it. Runs in a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.rows import tuple_row

from benchmarks.raw import RawRow
from benchmarks.stock import environment
from projections.deal.board_fold import DealBoard
from projections.deal.row import DEALS, TITLES
from projections.engine.projection import Entry, entry
from projections.engine.rows import Statements, as_json
from projections.engine.tables import SCHEMA

SAVED = 200


class Deals(Application[UUID]):
    """The stock application; its events are written as its own recorder writes them."""


class Happened(Aggregate.Event):
    """A stock event that carries a fact of ours."""

    topic: str
    schema_version: int
    data: str
    occurred_at: datetime


class BoardView(PostgresTrackingRecorder):
    """The board's rows and the library's tracking, in one transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._model = DealBoard()
        self._deals, self._titles = Statements(DEALS, ""), Statements(TITLES, "")

    def tell(self, happened: Entry[Any], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._write(cursor.connection.cursor(row_factory=tuple_row, binary=True), happened)
            self._insert_tracking(cursor, tracking)

    def _write(self, cursor: psycopg.Cursor[Any], happened: Entry[Any]) -> None:
        model = self._model
        found = cursor.execute(
            self._deals.load, [as_json(DEALS.key, [(happened.stream_id,)])], prepare=True
        ).fetchone()
        row = model.deals.add(DEALS.row(*found) if found else model.opened(happened))
        handler = model.handlers.get(type(happened.fact))
        if handler is not None:
            handler(model, row, happened)
        model.finished(row, happened)
        cursor.execute(self._deals.upsert, [as_json(DEALS.names, [DEALS.values(row)])], prepare=True)
        title = model.titles.peek(happened.stream_id)
        if title is not None:
            cursor.execute(self._titles.upsert, [as_json(TITLES.names, [TITLES.values(title)])], prepare=True)
        model.forget()


class Board(Projection[BoardView]):
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        happened = domain_event
        self.view.tell(
            entry(
                tracking.notification_id,
                happened.originator_id,
                happened.originator_version,
                happened.topic,
                happened.schema_version,
                happened.data,
                happened.occurred_at,
            ),
            tracking,
        )


def prepare(url: str, rows: Sequence[RawRow]) -> int:
    """Give the stock application these facts, in order; the last notification's id."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        for statement in [*DealBoard.create(), *DealBoard.index()]:
            connection.execute(statement.encode())
    app = Deals(env=environment(url))
    for start in range(0, len(rows), SAVED):
        saved = rows[start : start + SAVED]
        app.recorder.insert_events([app.mapper.to_stored_event(_happened(row)) for row in saved])
    last = app.recorder.max_notification_id()
    app.close()
    assert last is not None
    return last


def _happened(row: RawRow) -> Happened:
    stream_id, version, topic, schema, data, _, _, occurred_at = row
    carried: dict[str, Any] = {
        "topic": topic,
        "schema_version": schema,
        "data": data,
        "occurred_at": occurred_at,
    }
    return Happened(originator_id=stream_id, originator_version=version, timestamp=occurred_at, **carried)


def follow(url: str, last: int) -> float:
    """Events a second, from the first to the last."""
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Deals, projection_class=Board, view_class=BoardView, env=environment(url)
    ) as runner:
        runner.wait(last, timeout=120)
    return last / (time.perf_counter() - started)
