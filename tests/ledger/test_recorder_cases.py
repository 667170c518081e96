"""The `eventsourcing` library's own test cases for recorders, run against ours.

Where the ledger assumes something else the adapter below says so, and changes nothing but that:

* a stream's versions are 1, 2, 3, … without a gap; the cases begin at 0 in places: all do here, and are shifted by one;
* a topic carries its schema version, and a state is JSON: the cases' plain topics and bytes are dressed in both;
* every fact has an envelope, who recorded it and when it happened: the cases have none;
* what is recorded gets positions, so `insert_events` answers them; the cases for a recorder of aggregates alone expect None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.tests import persistence as cases

from domain.engine.context import Actor, Channel
from domain.engine.recorded import Meta
from runtime.codec import encode
from runtime.recorder import LedgerRecorder, StoredFact
from tests.office import NOW

META = encode(Meta(Actor("user", "u-1"), Channel.API, UUID(int=7))).decode()
SCHEMA = "@1"
E = TypeVar("E", bound=StoredEvent)


class Dressed(LedgerRecorder):
    """Takes and gives the plain events of the cases."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        return super().insert_events([dress(event) for event in stored_events], **kwargs)

    def select_events(self, originator_id: UUID | str, **kwargs: Any) -> Sequence[StoredEvent]:
        bounds = {name: value + 1 for name in ("gt", "lte") if (value := kwargs.pop(name, None)) is not None}
        return [undress(event) for event in super().select_events(originator_id, **bounds, **kwargs)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        **kwargs: Any,
    ) -> Sequence[Notification]:
        named = [topic + SCHEMA for topic in topics]
        return [undress(event) for event in super().select_notifications(start, limit, stop, named, **kwargs)]


def dress(event: StoredEvent) -> StoredFact:
    state = msgspec.json.encode(event.state.decode())
    return StoredFact(
        event.originator_id, event.originator_version + 1, event.topic + SCHEMA, state, META, NOW
    )


def undress(event: E) -> E:
    return replace(
        event,
        originator_version=event.originator_version - 1,
        topic=event.topic.removesuffix(SCHEMA),
        state=msgspec.json.decode(event.state, type=str).encode(),
    )


class WithADatabase:
    """A fresh ledger for each case."""

    INITIAL_VERSION = 0
    kind: ClassVar[type[Dressed]] = Dressed

    @pytest.fixture(autouse=True)
    def _database(self, database_url: str) -> Any:
        self.recorder = self.kind(database_url)
        yield
        self.recorder.close()

    def create_recorder(self) -> Any:
        return self.recorder


class OfAggregatesAlone(Dressed):
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super().insert_events(stored_events, **kwargs)


class TestAggregateRecorder(WithADatabase, cases.AggregateRecorderTestCase):
    kind = OfAggregatesAlone


class TestApplicationRecorder(WithADatabase, cases.ApplicationRecorderTestCase[Dressed]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingNotificationIDs(WithADatabase, cases.NonInterleavingNotificationIDsBaseCase):
    pass
