"""Projections room: the one runner for all read models.

Any number of processes may run it. Exactly one follows each read model: the one that holds its advisory
lock, on the connection it writes with, so that losing the lock and losing the transaction are the same
event. The others wait for the lock and take over when the holder dies.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection, sql

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from domain.engine.facts import FACTS
from projections.engine import positions
from projections.engine.commit_notifier import CommitNotifier
from projections.engine.positions import FOLLOWERS, LIVE, SMALL, Fenced, Move, Place
from projections.engine.projection import Projection
from projections.engine.recent_facts import KEPT, RecentFacts
from projections.engine.runner_group import RunnerGroup
from projections.engine.signals import Listener
from runtime.backoff import Backoff
from runtime.database import connect, left

BATCH = 10_000
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
CONTROL = "projections"
LEDGER = "ledger"
# A statement that waits for a lock holds back vacuum, so no single wait is long.
WAIT_FOR_LOCK = "SET lock_timeout = '20s'"
# What a crash takes from a read model is applied again: rows and position go together.
SETTINGS = (
    "SET synchronous_commit = off; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = '60s'"
)
PASSING = ("08", "40", "53", "55", "57")
"""SQLSTATE classes that say nothing about the facts: connection, deadlock, resources, locks, shutdown."""
log = logging.getLogger(__name__)


class RunnerContext(Listener):
    """What the followers of one process share: the ledger's head, its newest facts, what moves and who speaks for
    them all, and when somebody asks a stopped read model to resume.
    """

    channels = (LEDGER, CONTROL)

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.recent = RecentFacts()
        self.group = RunnerGroup(url)
        self.notifier = CommitNotifier(url)

    async def __aenter__(self) -> Self:
        await self.notifier.__aenter__()
        await self.group.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        await self.group.__aexit__()
        await self.notifier.__aexit__()

    def heard(self, channel: str, payload: str) -> None:
        name, _, number = payload.rpartition(":")
        self.watermarks.set(name if channel == CONTROL else LEDGER, int(number))

    async def check(self, connection: AsyncConnection[Any]) -> None:
        ahead = await positions.cut_off(connection)
        self.watermarks.correct(LEDGER, await positions.head(connection))
        if ahead:
            log.error("ahead of the ledger, and stopped: %s", ", ".join(sorted(ahead)))
            self.watermarks.interrupt(LEDGER, Fenced("the ledger ends earlier than it did"))


class Stopped(Exception):
    """This read model cannot go on; the message says at which position and why."""


class ModelRunner:
    """Follows the ledger for one read model, whenever it is this process's turn."""

    def __init__(
        self, url: str, projection: type[Projection], context: RunnerContext, *, batch: int = BATCH
    ) -> None:
        self.name = projection.name
        self._url = url
        self._projection = projection
        self._context = context
        self._batch = batch
        self._backoff = Backoff(FIRST_WAIT, LONGEST_WAIT)
        self._alone = False

    async def run(self) -> None:
        """Until cancelled. Raises only on what neither a retry nor a fix of the facts could help."""
        while True:
            try:
                await self._hold()
            except psycopg.Error as lost:
                if not passing(lost):
                    raise
                log.warning("%s: lost the database (%s)", self.name, type(lost).__name__)
            await asyncio.sleep(0.2)

    async def _hold(self) -> None:
        """One connection's life: take the lock, then follow."""
        async with await connect(self._url) as connection:
            application = f"salesloop {self.name} {os.getpid()}"
            await connection.execute(positions.NAMED, [application])
            await self._take_lock(connection)
            await connection.execute(sql.SQL(SETTINGS))
            self._context.recent.forget()
            while True:
                try:
                    await self._follow(connection)
                except Fenced:
                    log.info("%s: moved by somebody else, reading its place again", self.name)
                except Stopped as reason:
                    await self._rest(str(reason))

    async def _take_lock(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute(WAIT_FOR_LOCK)
        key = [FOLLOWERS, positions.lock_key(self.name)]
        while True:
            try:
                await connection.execute("SELECT pg_advisory_lock(%s::int, %s::int)", key)
                return
            except psycopg.errors.LockNotAvailable:
                continue

    async def _follow(self, connection: AsyncConnection[Any]) -> None:
        model = self._projection()
        held = await self._place(connection)
        most = self._batch
        while True:
            head = await self._context.watermarks.until(LEDGER, held.position + 1)
            upto = min(head, held.position + most)
            try:
                status = "live" if upto == head else "catching-up"
                held = await self._move(connection, model, held, upto, status)
                most = min(self._batch, most * 2)
                self._alone = False
                self._backoff.succeeded()
            except Exception as wrong:
                if isinstance(wrong, psycopg.Error) and passing(wrong):
                    raise
                self._alone = True
                await positions.check(connection, self.name, held)
                if upto - held.position == 1:
                    await self._stop(connection, held, f"position {upto}: {described(wrong)}")
                most = (upto - held.position) // 2

    async def _move(
        self, connection: AsyncConnection[Any], model: Projection, held: Place, upto: int, status: str
    ) -> Place:
        """Most commands concern few read models: of a short stretch it is known before whether this one is meant. Who
        keeps up moves together with the others, unless it is what failed.
        """
        facts = None
        if upto - held.position <= KEPT:
            facts = await self._context.recent.between(connection, held.position, upto)
        meant = facts is None or any(
            topic in model.topics or topic not in FACTS  # of a newer release, it may be meant for any of them
            for _, _, _, topic, *_ in facts
        )
        few = upto - held.position <= (SMALL if meant else KEPT)
        if few and not self._alone and not left(connection):
            move = Move(model, held, upto, status, facts if meant else None)
            if await self._context.group.move(move):
                self._context.notifier.reached(self.name, upto)
                return Place(held.generation, upto, status, held.shape)
        if meant:
            moved = await positions.step(connection, model, held, upto, status, facts)
        else:
            moved = await positions.skip(connection, self.name, held, upto, status)
        self._context.notifier.reached(self.name, upto)
        return moved

    async def _place(self, connection: AsyncConnection[Any]) -> Place:
        """Where the read model stands; with nothing to do it is live from the start."""
        await positions.cut_off(connection)
        held = await positions.place(connection, self.name)
        if held.shape == positions.AHEAD:
            raise Stopped("it is ahead of the ledger: rebuild it")
        if held.shape != self._projection.shape():
            await self._stop(connection, held, "its tables have another shape than this release: rebuild it")
        if unread := await positions.unread(connection, self._projection):
            message = (
                f"it reads {', '.join(unread)} now, and the ledger has them before its position: rebuild it"
            )
            await self._stop(connection, held, message)
        await positions.tell_topics(connection, self._projection)
        if await self._context.watermarks.until(LEDGER, 0) == held.position:
            await positions.advance(connection, self.name, LIVE, held, held.position, "live")
        return held

    async def _stop(self, connection: AsyncConnection[Any], held: Place, error: str) -> None:
        await positions.stop(connection, self.name, held, error)
        raise Stopped(error)

    async def _rest(self, reason: str) -> None:
        """Stopped: try again when told to, and by itself after longer and longer waits."""
        log.error("%s stopped: %s", self.name, reason)
        try:
            async with asyncio.timeout(self._backoff.pause()):
                resume = f"resume:{self.name}"
                await self._context.watermarks.until(resume, self._context.watermarks.get(resume) + 1)
        except TimeoutError:
            log.info("%s: trying again", self.name)


def passing(error: psycopg.Error) -> bool:
    """Whether trying the same again may help, because the error is not about the facts."""
    lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return lost and (error.sqlstate is None or error.sqlstate[:2] in PASSING)


def described(error: Exception) -> str:
    """The kind of an error and its message; a database's message without the values in its detail."""
    message = error.diag.message_primary if isinstance(error, psycopg.Error) else str(error)
    return f"{type(error).__name__}: {message}"


async def resume(connection: AsyncConnection[Any], name: str) -> None:
    """Ask whoever follows a stopped read model to try again now."""
    await connection.execute(
        "SELECT pg_notify(%s, %s || (extract(epoch FROM clock_timestamp()) * 1000)::bigint)",
        [CONTROL, f"resume:{name}:"],
    )


__all__ = ["LIVE", "ModelRunner", "RunnerContext", "resume"]
