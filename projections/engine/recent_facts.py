"""Projections room: the newest facts, read once for all followers of a process."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from psycopg import AsyncConnection

from domain.engine.facts import FACTS
from runtime.codec import COLUMNS, Row

KEPT = 500
BETWEEN = f"SELECT {COLUMNS} FROM ledger.events WHERE position > %s AND position <= %s ORDER BY position"
_position = itemgetter(0)
log = logging.getLogger(__name__)


class RecentFacts:
    """A window on the ledger that moves with whoever is furthest."""

    def __init__(self) -> None:
        self._after = self._upto = 0
        self._rows: list[Row] = []
        self._reading: asyncio.Future[None] | None = None
        self._strange: set[str] = set()

    async def between(self, connection: AsyncConnection[Any], after: int, upto: int) -> Sequence[Row]:
        """The facts after a position up to another, in order; both must be known to be in the ledger."""
        while self._upto < upto:
            if self._reading is None:
                await self._read_on(connection, after, upto)
            else:
                await asyncio.shield(self._reading)
        if after < self._after:
            return await _read(connection, after, upto)
        first, last = (bisect_right(self._rows, position, key=_position) for position in (after, upto))
        return self._rows[first:last]

    def forget(self) -> None:
        """A database that came back may hold other facts at its end."""
        self._after = self._upto = 0
        self._rows = []

    def _warn(self, rows: Sequence[Row]) -> None:
        """A topic that nobody here knows may concern any read model: it is passed over, and once a topic that is told."""
        for position, _, _, topic, *_ in rows:
            if topic not in FACTS and topic not in self._strange:
                self._strange.add(topic)
                log.warning(
                    "position %s: the topic %r is not known to this release: the read models pass over it, upgrade",
                    position,
                    topic,
                )

    async def _read_on(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        if after > self._upto:
            self._rows, self._after, self._upto = [], after, after
        rows, begin = self._rows, self._upto
        self._reading = reading = asyncio.get_running_loop().create_future()
        try:
            read = await _read(connection, begin, upto)
            self._warn(read)
        finally:
            self._reading = None
            reading.set_result(None)
        if self._rows is rows:  # nobody said to forget
            rows += read
            self._upto = upto
            if len(rows) > 2 * KEPT:
                self._after = rows[KEPT - 1][0]
                del rows[:KEPT]


async def _read(connection: AsyncConnection[Any], after: int, upto: int) -> list[Row]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(BETWEEN, [after, upto])
    return await cursor.fetchall()
