"""runtime: the links that surveys are answered by: which invitation, until when, and a signature (HMAC-SHA-256, RFC 2104).

Nothing is kept of a link: it is made anew from the invitation, and whoever changes a bit of it has none. The key is the installation's own; it
lies where the application's role reads it by a function alone. That a link is used once is for the ledger to see to.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from runtime.database import Pool

ID, TIME, SIGNATURE = 16, 4, 16
"""Bytes. Half of the signature is as hard to guess as an id (RFC 2104, section 5)."""
LENGTH = (ID + TIME + SIGNATURE) * 4 // 3
PURPOSE = b"salesloop survey link 1"
PATH = "/survey/{token}"


class NoLink(ValueError):
    """It is none of ours."""


@dataclass(frozen=True, slots=True)
class SurveyLink:
    """Which invitation it answers; it counts until then, whatever the ledger says."""

    invitation_id: UUID
    expires_at: datetime


def signed(key: bytes, link: SurveyLink) -> str:
    """The token that stands in the address."""
    body = link.invitation_id.bytes + int(link.expires_at.timestamp()).to_bytes(TIME, "big")
    return base64.urlsafe_b64encode(body + _signature(key, body)).decode()


def read(key: bytes, token: str) -> SurveyLink:
    """Raises NoLink, after the same time whatever is wrong with it."""
    try:
        given = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NoLink from None
    body, signature = given[: ID + TIME], given[ID + TIME :]
    if len(token) != LENGTH or not hmac.compare_digest(signature, _signature(key, body)):
        raise NoLink
    expires = int.from_bytes(body[ID:], "big")
    return SurveyLink(UUID(bytes=body[:ID]), datetime.fromtimestamp(expires, UTC))


def _signature(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, PURPOSE + body, sha256)[:SIGNATURE]


class LinkKey:
    """The installation's key, asked for once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._key: bytes | None = None

    async def __call__(self) -> bytes:
        if self._key is None:
            async with self._pool.connection() as connection:
                row = await (await connection.execute("SELECT app.survey_key()")).fetchone()
            assert row is not None
            self._key = bytes(row[0])
        return self._key
