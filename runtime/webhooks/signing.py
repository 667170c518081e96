"""runtime: what makes a message one of ours — its id, its time, and a signature by each secret that counts."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def message_id(endpoint_id: UUID, position: int, event_id: UUID) -> str:
    """One for each event and endpoint, however often it is sent. The position alone would not do: one that a restored ledger has lost
    is handed out again.
    """
    told = hashlib.sha256(endpoint_id.bytes + event_id.bytes).hexdigest()[:16]
    return f"msg_{position}_{told}"


def signed(message_id: str, now: datetime, body: str, keys: Sequence[str]) -> dict[str, str]:
    """The headers of a message. `now` is in UTC: the library takes an aware time's wall clock for that."""
    signatures = [Webhook(key).sign(message_id, now, body) for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
