"""runtime: an event in the envelope that was asked for — our own, or CloudEvents 1.0."""

from __future__ import annotations

from typing import Any, Literal

from runtime.codec import Row, encode
from runtime.feed import Event, event

Format = Literal["json", "cloudevents"]
SOURCE = "urn:salesloop:ledger"


def cloud_event(event: Event) -> dict[str, Any]:
    """Structured JSON as https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md has it. Extension attributes are named in
    lower-case letters; a position is text, since their integers have 32 bits. Why something was done is personal and stays out.
    """
    meta = event.meta
    made = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": SOURCE,
        "type": event.topic,
        "subject": event.stream_id,
        "time": event.recorded_at,
        "datacontenttype": "application/json",
        "position": str(event.position),
        "streamversion": event.version,
        "schemaversion": event.schema_version,
        "occurredat": event.occurred_at,
        "known": event.known,
        "actorkind": meta.actor.kind,
        "actorid": meta.actor.id,
        "channel": meta.channel,
        "correlationid": meta.correlation_id,
        "causedby": None if meta.caused_by is None else str(meta.caused_by),
        "data": event.data,
    }
    return {name: value for name, value in made.items() if value is not None}


def put_into(event: Event, format: Format) -> bytes:
    """JSON without a line break."""
    return encode(cloud_event(event) if format == "cloudevents" else event)


def enveloped(row: Row, format: Format) -> bytes:
    return put_into(event(row), format)
