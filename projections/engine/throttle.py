"""Projections room: whoever records very much waits for the read models, so that others can read what they write meanwhile.

The followers apply one order, and a command that is recorded in the middle of an import can be read when all before it can.
An import that is never far ahead of them bounds that for everybody. Where nobody follows there is nobody to wait for.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from projections.engine.positions import FOLLOWERS, HEAD, LIVE, lock_key
from projections.engine.tables import SCHEMA
from projections.engine.wait import NotReached, Waiter
from runtime.database import Pool

AHEAD = 1_000
"""Facts that may be recorded and not yet in every read model: what the followers apply in well under two seconds."""
LOOK_EVERY = 2.0
"""Seconds between two looks at who is following."""
PATIENCE = 10.0
"""Seconds after which a read model that does not move is not waited for: until the next look, at least."""
FOLLOWED = f"""
SELECT name FROM {SCHEMA}.positions WHERE suffix = %s AND status IN ('live', 'catching-up')
"""
HOLDING = """
SELECT l.objid::bigint FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = %s
   AND d.datname = current_database()
"""


class Throttle:
    """`await pace()` before recording more. It returns at once where the read models keep up, or nobody follows."""

    def __init__(self, pool: Pool, waiter: Waiter) -> None:
        self._pool, self._waiter = pool, waiter
        self._followed: set[str] = set()
        self._looked = -LOOK_EVERY

    async def __call__(self) -> None:
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._followed = await self._look()
            self._looked = time.monotonic()
        if self._followed:
            await self._until(await self._head() - AHEAD)

    async def _until(self, position: int) -> None:
        for name in list(self._followed):
            try:
                await self._waiter.until(name, position, PATIENCE)
            except NotReached:
                self._followed.discard(name)

    async def _look(self) -> set[str]:
        """The read models that somebody follows at this moment."""
        async with self._pool.connection() as connection:
            names = [n for (n,) in await (await connection.execute(FOLLOWED, [LIVE])).fetchall()]
            held = {n for (n,) in await (await connection.execute(HOLDING, [FOLLOWERS])).fetchall()}
        return set(_locked(names, held))

    async def _head(self) -> int:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(HEAD)).fetchone()
        assert row is not None
        return int(row[0])


def _locked(names: Iterable[str], held: set[int]) -> Iterable[str]:
    return (name for name in names if lock_key(name) & 0xFFFF_FFFF in held)


@asynccontextmanager
async def throttled(pool: Pool) -> AsyncIterator[Throttle]:
    async with Waiter(str(pool.conninfo)) as waiter:
        yield Throttle(pool, waiter)
