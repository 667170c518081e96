"""Runtime room: facts to stored JSON and back, by msgspec."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from domain.facts import FACTS, Fact, lift
from domain.recorded import Meta, Recorded

encode: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="string").encode
_decode_meta = msgspec.json.Decoder(Meta).decode
Row = tuple[int, UUID, int, str, int, bytes, bytes, UUID, datetime, datetime]
"""position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at"""


class UnknownTopic(Exception):
    """The ledger holds a topic, or a version of one, that this code does not know: a newer release wrote it."""


@cache
def _decoder(topic: str) -> msgspec.json.Decoder[Fact]:
    if topic not in FACTS:
        raise UnknownTopic(f"the topic {topic!r} is not known to this release: upgrade before reading on")
    return msgspec.json.Decoder(FACTS[topic])


def decode_fact(topic: str, schema_version: int, data: bytes | str) -> Fact:
    """The fact stored under `topic`; older schema versions are lifted first."""
    decoder = _decoder(topic)
    if schema_version == FACTS[topic].SCHEMA:
        return decoder.decode(data)
    if schema_version > FACTS[topic].SCHEMA:
        raise UnknownTopic(
            f"{topic!r} of version {schema_version} is not known to this release: upgrade first"
        )
    lifted = lift(topic, schema_version, msgspec.json.decode(data))
    return msgspec.convert(lifted, FACTS[topic], strict=False)


def decode_row(row: Row) -> Recorded:
    position, stream_id, version, topic, schema, data, meta, event_id, occurred_at, recorded_at = row
    fact = decode_fact(topic, schema, data)
    return Recorded(
        position, stream_id, version, fact, event_id, occurred_at, recorded_at, _decode_meta(meta), schema
    )


@cache
def _tag(command: Any) -> bytes:
    return f"{command.__name__}\0".encode()


def fingerprint(command: Any, said: str = "") -> str:
    """A digest of a command's type and body and of what was said beside it, equal for equal messages."""
    beside = b"\0" + said.encode() if said else b""
    return hashlib.sha256(_tag(command.__class__) + encode(command) + beside).hexdigest()
