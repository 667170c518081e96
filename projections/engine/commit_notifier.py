"""Projections room: whoever waits for a position is told after the commit that reached it.

One NOTIFY on a connection of its own, for all read models of the process that have moved meanwhile: a transaction that
notifies commits alone in the whole server, behind every append that waits for the disk.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from projections.engine.positions import NAMED, NOTIFY
from projections.engine.signals import RETRY_SECONDS, BackgroundTask
from runtime.database import connect

SETTINGS = "SET synchronous_commit = off; SET lock_timeout = '2s'"
log = logging.getLogger(__name__)


class CommitNotifier(BackgroundTask):
    """Speaks for as long as it is entered. While a statement is on its way the next positions are collected."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._reached: dict[str, int] = {}
        self._asked = asyncio.Event()

    def reached(self, name: str, position: int) -> None:
        """A read model has committed a position: tell whoever waits for it. What gets lost they find in the table."""
        self._reached[name] = position
        self._asked.set()

    async def _run(self) -> None:
        while True:
            try:
                async with await connect(self._url) as connection:
                    await connection.execute(sql.SQL(SETTINGS))
                    await connection.execute(NAMED, [f"salesloop commit notifier {os.getpid()}"])
                    while True:
                        await self._asked.wait()
                        self._asked.clear()
                        await self._notify(connection)
            except psycopg.Error as lost:
                log.warning("commit notifier: lost the database (%s)", type(lost).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _notify(self, connection: AsyncConnection[Any]) -> None:
        if self._reached:
            reached, self._reached = self._reached, {}
            payload = ",".join(f"{name}:{position}" for name, position in reached.items())
            await connection.execute(NOTIFY, [payload])
