"""runtime: a message that says nothing, to see whether an endpoint takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from runtime.codec import encode
from runtime.database import Pool
from runtime.envelopes import SOURCE, Format
from runtime.webhooks.payload import TYPES
from runtime.webhooks.sending import Outcome, Sender
from runtime.webhooks.signing import message_id, signed
from runtime.webhooks.store import Try, WebhookStore, note

TOPIC = "webhook.test"


async def send_test(pool: Pool, sender: Sender, id: UUID) -> Outcome | None:
    """Noted in the log, and nothing is changed by it. None where there is no such endpoint."""
    found = await WebhookStore(pool).standing(id)
    if found is None:
        return None
    standing, _, secrets = found
    event, at = uuid4(), datetime.now(UTC)
    message = message_id(id, 0, event)
    body = encode(content(standing.envelope, event, at)).decode()
    headers = {"content-type": TYPES[standing.envelope], **signed(message, at, body, secrets)}
    async with sender.line(standing.url) as line:
        outcome = await line.send(headers, body)
    told = Try(message, 0, None, TOPIC, 1, at, outcome.took_ms, outcome.status, outcome.error)
    async with pool.connection() as connection:
        await note(connection, id, [told])
    await WebhookStore(pool).forget(id)
    return outcome


def content(format: Format, event: UUID, at: datetime) -> dict[str, Any]:
    if format == "cloudevents":
        kind = {"type": TOPIC, "time": at, "datacontenttype": "application/json"}
        return {"specversion": "1.0", "id": event, "source": SOURCE, **kind, "data": {}}
    return {"event_id": event, "topic": TOPIC, "recorded_at": at, "data": {}}
