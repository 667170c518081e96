"""Runtime room: events as they are handed on, one by one and in order — also those that this release cannot read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from domain.engine.facts import Fact
from domain.engine.recorded import Meta
from runtime.codec import Row, decode_fact, decode_meta, is_known


class Event(msgspec.Struct):
    """`data` are the fact's own fields. `known` false: a newer release wrote it, and `data` is as it is stored."""

    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    topic: str
    schema_version: int
    data: Fact | msgspec.Raw
    meta: Meta
    occurred_at: datetime
    recorded_at: datetime
    known: bool


def event(row: Row) -> Event:
    position, stream_id, version, topic, schema, data, meta, event_id, occurred_at, recorded_at = row
    known = is_known(topic, schema)
    return Event(
        position=position,
        event_id=event_id,
        stream_id=stream_id,
        version=version,
        topic=topic,
        schema_version=schema,
        data=decode_fact(topic, schema, data) if known else _as_stored(data),
        meta=decode_meta(meta),
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        known=known,
    )


def _as_stored(data: bytes | str) -> msgspec.Raw:
    return msgspec.Raw(data.encode() if isinstance(data, str) else data)
