"""runtime: how far notices have come, for whoever waits for them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from runtime.database import Pool
from runtime.notices.deciding import FOLLOWER

SETTLED = """
    SELECT COALESCE((SELECT position FROM app.follower_positions WHERE name = %(follower)s), 0) >= %(to)s
       AND NOT EXISTS (SELECT FROM app.notices WHERE deal_id = ANY(%(deals)s) AND position <= %(to)s AND state IN ('waiting', 'sending'))"""


async def settled(pool: Pool, deals: Collection[UUID], to: int) -> bool:
    """Whether of all that these deals' events up to a position tell anybody nothing waits or is under way any more."""
    async with pool.connection() as connection:
        asked = {"follower": FOLLOWER, "to": to, "deals": list(deals)}
        row = await (await connection.execute(SETTLED, asked)).fetchone()
    return bool(row and row[0])
