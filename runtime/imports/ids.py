"""Runtime room, file import: ids for what other systems call by name.

The same source, kind and key always give the same id, so a file can come again. The id is keyed with a secret of the
installation: nobody without it can find a person by hashing names.
"""

from __future__ import annotations

import hmac
from uuid import UUID

from runtime.database import Pool

_VERSION_8, _VARIANT = 0x8 << 76, 0x2 << 62
_KEEP = ~((0xF << 76) | (0x3 << 62))


def external_id(secret: str, source: str, kind: str, key: str) -> UUID:
    """A UUID of version 8 (RFC 9562) from HMAC-SHA256 over source, kind and key."""
    message = f"{source}\x00{kind}\x00{key}".encode()
    number = int.from_bytes(hmac.digest(secret.encode(), message, "sha256")[:16], "big")
    return UUID(int=number & _KEEP | _VERSION_8 | _VARIANT)


def own_id(text: str) -> UUID | None:
    """What an id of ours would be, as our own files write it; None of any other text."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


async def installation_secret(pool: Pool) -> str:
    async with pool.connection() as connection:
        row = await (await connection.execute("SELECT secret FROM app.installation")).fetchone()
    if row is None:
        raise LookupError("app.installation is empty: migrate the database")
    return str(row[0])
