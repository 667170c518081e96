"""Runtime room: the `eventsourcing` library's interfaces, standing on `ledger.append`.

The mapper turns facts into stored events, the recorder writes and reads them; the library's
repository, event store, notification log and subscriptions work on top of the two unchanged.
Synchronous, as the library is: the asyncio paths are in `ledger.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from typing import Any, cast
from uuid import UUID

import psycopg
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    JSONTranscoder,
    ListenNotifySubscription,
    Mapper,
    Notification,
    StoredEvent,
    Subscription,
)
from psycopg import sql

from domain.engine.facts import Fact
from domain.engine.recorded import Pending
from runtime.append import APPEND, commas, event_ids
from runtime.codec import decode_fact, encode
from runtime.database import connect_sync

COLUMNS = sql.SQL("stream_id, version, topic || '@' || schema_version, convert_to(data::text, 'UTF8')")


@dataclass(frozen=True)
class StoredFact(StoredEvent):
    """A stored event with its envelope: the JSON of its `Meta`, and when it happened."""

    meta: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class LoadedFact:
    """A fact read through the library's event store, able to mutate its aggregate."""

    originator_id: UUID
    originator_version: int
    fact: Fact

    def mutate(self, aggregate: Any) -> Any:
        return aggregate.replay(self.fact, self.originator_version)


class FactMapper(Mapper[UUID]):
    """Stored topics are `topic@schema_version`; state is the fact's JSON."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        pending = cast("Pending", domain_event)
        return StoredFact(
            originator_id=pending.originator_id,
            originator_version=pending.originator_version,
            topic=f"{pending.fact.TOPIC}@{pending.fact.SCHEMA}",
            state=encode(pending.fact),
            meta=encode(pending.meta).decode(),
            occurred_at=pending.occurred_at,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        topic, _, schema = stored_event.topic.partition("@")
        fact = decode_fact(topic, int(schema), stored_event.state)
        loaded = LoadedFact(UUID(str(stored_event.originator_id)), stored_event.originator_version, fact)
        return cast("DomainEventProtocol[UUID]", loaded)


class LedgerRecorder(ApplicationRecorder):
    """Inserts are all or nothing and raise the library's IntegrityError on a stale version."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        if not stored_events:
            return []
        columns = _columns([_as_fact(event) for event in stored_events])
        try:
            head, _, stale = self._rows(sql.SQL(APPEND), columns)[0]
        except psycopg.errors.UniqueViolation as twice:
            raise IntegrityError("one version of a stream is there twice") from twice
        if stale:
            raise IntegrityError("something was recorded on the same stream in between")
        return [head + n for n in range(1, len(stored_events) + 1)]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = sql.SQL(
            "SELECT {} FROM ledger.events WHERE stream_id = %s AND version > %s AND version <= %s"
            " ORDER BY version {} LIMIT %s"
        ).format(COLUMNS, sql.SQL("DESC" if desc else "ASC"))
        rows = self._rows(query, [originator_id, gt or 0, 2**31 - 1 if lte is None else lte, limit])
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        query = sql.SQL(
            "SELECT {}, position FROM ledger.events WHERE position > %s AND position <= %s"
            " AND (%s::text[] = '{{}}' OR topic || '@' || schema_version = ANY(%s)) ORDER BY position LIMIT %s"
        ).format(COLUMNS)
        after = (start or 0) - (1 if inclusive_of_start else 0)
        named = list(topics)
        rows = self._rows(query, [after, 2**62 if stop is None else stop, named, named, limit])
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        return cast("int | None", self._rows(sql.SQL("SELECT max(position) FROM ledger.events"), [])[0][0])

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return LedgerSubscription(self, gt, topics)

    def listen(self) -> psycopg.Connection[Any]:
        connection = connect_sync(self._url)
        connection.execute("LISTEN ledger")
        return connection

    def close(self) -> None:
        with self._lock, contextlib.suppress(psycopg.Error):
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _rows(self, query: sql.SQL | sql.Composed, parameters: Sequence[Any]) -> list[Any]:
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = connect_sync(self._url)
            return self._connection.execute(query, parameters).fetchall()


class LedgerSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """Woken by the ledger's own notification; `stop()` ends the listening thread."""

    def __init__(self, recorder: LedgerRecorder, gt: int | None, topics: Sequence[str]) -> None:
        self._listening = recorder.listen()
        super().__init__(recorder, gt, topics)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        super().__exit__(*args, **kwargs)
        self._listener.join()

    def _listen(self) -> None:
        """Wakes the puller, also after silence: a lost notification stalls nobody for long."""
        try:
            with self._listening:
                while not self._has_been_stopped:
                    list(self._listening.notifies(timeout=0.5, stop_after=1))
                    self._has_been_notified.set()
        except psycopg.Error as lost:
            self._thread_error = lost
            self.stop()


def _as_fact(event: StoredEvent) -> StoredFact:
    if not isinstance(event, StoredFact):
        raise TypeError("the ledger records facts with their envelope: save `Pending` facts")
    return event


def _columns(facts: Sequence[StoredFact]) -> list[str]:
    """`ledger.append`'s columns for facts that stand or fall together: one command, no key."""
    first = dict[UUID | str, int]()
    for fact in facts:
        first.setdefault(fact.originator_id, fact.originator_version - 1)
    topics = [fact.topic.partition("@") for fact in facts]
    return [
        facts[0].meta,
        *[""] * 5,
        commas(1 for _ in first),
        commas(first),
        commas(first.values()),
        commas(1 for _ in facts),
        event_ids(len(facts)),
        commas(fact.originator_id for fact in facts),
        commas(fact.originator_version for fact in facts),
        commas(topic for topic, _, _ in topics),
        commas(schema for _, _, schema in topics),
        "\n".join(fact.state.decode() for fact in facts),
        commas(fact.occurred_at.isoformat() for fact in facts),
    ]


def folding(blank: Any) -> Any:
    """A projector for the library's repository: folds loaded facts into `blank`."""

    def project(aggregate: Any, events: Iterator[LoadedFact]) -> Any:
        state = aggregate
        for event in events:
            state = event.mutate(state if state is not None else blank)
        return state

    return project
