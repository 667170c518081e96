"""Projections room: the read models of one process that keep up move together, on one connection.

Those that the new facts concern write their rows and the others move past, in one transaction. Where one of them fails nobody
has moved, and each goes on its own, on the connection that holds its lock; so one that cannot digest a fact stops alone. A
position moves only from where it is thought to be: who lost its lock meanwhile moves nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from projections.engine.positions import NAMED, Move, together
from projections.engine.signals import RETRY_SECONDS, BackgroundTask
from runtime.database import connect

SETTINGS = (
    "SET synchronous_commit = off; SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '60s'"
)
log = logging.getLogger(__name__)


class RunnerGroup(BackgroundTask):
    """Moves for as long as it is entered. While one transaction is on its way the next moves are collected."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._moves: dict[str, tuple[Move, asyncio.Future[bool]]] = {}
        self._asked = asyncio.Event()
        self._away = True

    async def move(self, move: Move) -> bool:
        """Move a read model on. False: not done here, and not known why."""
        if self._away:
            return False
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._moves[move.model.name] = move, done
        self._asked.set()
        return await done

    async def _run(self) -> None:
        while True:
            try:
                async with await connect(self._url) as connection:
                    await connection.execute(sql.SQL(SETTINGS))
                    await connection.execute(NAMED, [f"salesloop runner group {os.getpid()}"])
                    connection.prepared_max = None  # the statements of all read models
                    self._away = False
                    while True:
                        await self._asked.wait()
                        for _ in range(2):  # turns of the loop, in which those ask who heard the same news
                            await asyncio.sleep(0)
                        self._asked.clear()
                        await self._move(connection)
            except psycopg.Error as lost:
                log.warning("runner group: lost the database (%s)", type(lost).__name__)
            finally:
                self._away = True
                self._answer(self._moves, set())
            await asyncio.sleep(RETRY_SECONDS)

    async def _move(self, connection: AsyncConnection[Any]) -> None:
        taken, self._moves = self._moves, {}
        moved: set[str] = set()
        try:
            moved = await together(connection, [move for move, _ in taken.values()])
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as wrong:  # noqa: BLE001 - whoever it is about will say so
            log.info("runner group: not together (%s)", type(wrong).__name__)
        finally:
            self._answer(taken, moved)

    def _answer(self, taken: dict[str, tuple[Move, asyncio.Future[bool]]], moved: set[str]) -> None:
        for name, (_, done) in taken.items():
            if not done.done():
                done.set_result(name in moved)
        taken.clear()
