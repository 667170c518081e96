"""Runtime room: facts to stored JSON and back, by msgspec."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from domain.engine.context import WholeRequest
from domain.engine.errors import UnknownTopic
from domain.engine.facts import FACTS, Fact, lift
from domain.engine.recorded import Meta, Recorded

encode: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="string").encode
decode_meta = msgspec.json.Decoder(Meta).decode
COLUMNS = "position, stream_id, version, topic, schema_version, data::text, meta::text, event_id, occurred_at, recorded_at"
"""Of ledger.events, as a row is read."""
Row = tuple[int, UUID, int, str, int, bytes, bytes, UUID, datetime, datetime]
"""position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at"""


@cache
def _decoder(topic: str) -> msgspec.json.Decoder[Fact]:
    return msgspec.json.Decoder(FACTS[topic])


def is_known(topic: str, schema_version: int) -> bool:
    """Whether this release can read such a fact."""
    fact = FACTS.find(topic)
    return fact is not None and schema_version <= fact.SCHEMA


def unknown(topic: str, schema_version: int) -> UnknownTopic:
    what = f"{topic!r} of version {schema_version}" if topic in FACTS else f"the topic {topic!r}"
    return UnknownTopic(f"{what} is not known to this release: upgrade before going on", topic=topic)


def decode_fact(topic: str, schema_version: int, data: bytes | str) -> Fact:
    """The fact stored under `topic`; older schema versions are lifted first."""
    if not is_known(topic, schema_version):
        raise unknown(topic, schema_version)
    if schema_version == FACTS[topic].SCHEMA:
        return _decoder(topic).decode(data)
    lifted = lift(topic, schema_version, msgspec.json.decode(data))
    return msgspec.convert(lifted, FACTS[topic], strict=False)


def decode_row(row: Row) -> Recorded:
    position, stream_id, version, topic, schema, data, meta, event_id, occurred_at, recorded_at = row
    fact = decode_fact(topic, schema, data)
    return Recorded(
        position, stream_id, version, fact, event_id, occurred_at, recorded_at, decode_meta(meta), schema
    )


@cache
def _tag(command: Any) -> bytes:
    return f"{command.__name__}\0".encode()


def fingerprint(command: Any, said: str = "") -> str:
    """A digest of a command's type and body and of what was said beside it, equal for equal messages."""
    beside = b"\0" + said.encode() if said else b""
    body = b"" if isinstance(said, WholeRequest) else encode(command.known_by())
    return hashlib.sha256(_tag(command.__class__) + body + beside).hexdigest()


__all__ = [
    "UnknownTopic",
    "decode_fact",
    "decode_meta",
    "decode_row",
    "encode",
    "fingerprint",
    "is_known",
    "unknown",
]
