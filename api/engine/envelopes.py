"""api: an event of the feed in the envelope that was asked for, as a server-sent event."""

from __future__ import annotations

from runtime.codec import Row
from runtime.envelopes import SOURCE, Format, cloud_event, enveloped

BATCH = "application/cloudevents-batch+json"


def sent(row: Row, format: Format) -> bytes:
    """The event's id is the position."""
    return b"id: %d\ndata: %s\n\n" % (row[0], enveloped(row, format))


__all__ = ["BATCH", "SOURCE", "Format", "cloud_event", "enveloped", "sent"]
