"""Projections room: what the followers of one process do together, on one connection.

Most facts concern few read models: the others move past them in one statement. And whoever waits for a position is told
after the commit that reached it, one NOTIFY for all who have moved meanwhile: a transaction that notifies commits alone
in the whole server, behind every append that waits for the disk.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from projections.positions import NOTIFY, SKIP, Place
from projections.signals import RETRY_SECONDS, Lasting
from runtime.codec import encode
from runtime.database import connect

SETTINGS = "SET synchronous_commit = off; SET lock_timeout = '2s'"
log = logging.getLogger(__name__)


class Herald(Lasting):
    """Speaks for as long as it is entered. While a statement is on its way the next ones are collected."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._reached: dict[str, int] = {}
        self._skips: dict[str, tuple[dict[str, Any], asyncio.Future[bool]]] = {}
        self._asked = asyncio.Event()
        self._away = True

    def reached(self, name: str, position: int) -> None:
        """A read model has committed a position: tell whoever waits for it. What gets lost they find in the table."""
        self._reached[name] = position
        self._asked.set()

    async def skip(self, name: str, held: Place, upto: int, status: str) -> bool:
        """Move a read model on over facts that it does not name, and tell. False: not done here, and not known why."""
        if self._away:
            return False
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        asked = {"name": name, "generation": held.generation, "position": held.position}
        self._skips[name] = asked | {"upto": upto, "status": status}, done
        self._asked.set()
        return await done

    async def _run(self) -> None:
        while True:
            try:
                async with await connect(self._url) as connection:
                    await connection.execute(sql.SQL(SETTINGS))
                    self._away = False
                    while True:
                        await self._asked.wait()
                        self._asked.clear()
                        await self._move(connection)
                        await self._tell(connection)
            except psycopg.Error as lost:
                log.warning("Herald: lost the database (%s)", type(lost).__name__)
            finally:
                self._away = True
                self._give_up()
            await asyncio.sleep(RETRY_SECONDS)

    async def _move(self, connection: AsyncConnection[Any]) -> None:
        if not self._skips:
            return
        taken, self._skips = self._skips, {}
        moved: set[str] = set()
        try:
            cursor = await connection.execute(SKIP, [encode([asked for asked, _ in taken.values()]).decode()])
            moved.update(name for (name,) in await cursor.fetchall())
        finally:
            for name, (asked, done) in taken.items():
                if name in moved:
                    self._reached[name] = asked["upto"]
                if not done.done():
                    done.set_result(name in moved)

    async def _tell(self, connection: AsyncConnection[Any]) -> None:
        if self._reached:
            told, self._reached = self._reached, {}
            said = ",".join(f"{name}:{position}" for name, position in told.items())
            await connection.execute(NOTIFY, [said])

    def _give_up(self) -> None:
        taken, self._skips = self._skips, {}
        for _, done in taken.values():
            if not done.done():
                done.set_result(False)
