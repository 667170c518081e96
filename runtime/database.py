"""Runtime room: connections and pools. Every one of them wears the application's role."""

from __future__ import annotations

import asyncio
import select
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from runtime import migrations, schema
from runtime.schema import APP_ROLE

STATEMENT_SECONDS = 60
"""A statement of a pool's that takes longer is cancelled: whoever asked has long given up."""
LOCK_SECONDS = 5
"""A pool's statement waits so long for a lock, the append lock among them, then it is refused and nothing of it is recorded."""
IDLE_SECONDS = 60
"""A transaction that does nothing for so long is ended, and with it the locks it holds."""


POOLER = "something stands between us and PostgreSQL that shares its sessions (a pooler)"
ASKED = "SELECT current_user, pg_backend_pid()"
NOT_MIGRATED = "the database is not migrated yet: run `salesloop migrate`"


class NotUsable(RuntimeError):
    """The database answers and cannot be worked with as it is; the message says why, and what to do."""


class Pool(AsyncConnectionPool[AsyncConnection[Any]]):
    """Hands out connections that the server has not left: after it went away no caller gets a dead one."""

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[Any]:  # noqa: ASYNC109 - the library's
        connection = await self._given(timeout)
        while left(connection):  # each dead one leaves the pool for good, so this ends
            await connection.close()
            await self.putconn(connection)
            connection = await self._given(timeout)
        return connection

    async def _given(self, timeout: float | None) -> AsyncConnection[Any]:  # noqa: ASYNC109 - the library's
        """Raises CancelledError also where the caller is cancelled in the moment in which it is given a connection. Before
        Python 3.12 `asyncio.wait_for`, by which the library waits, returns then and says nothing of it: the caller would
        go on for ever.
        """
        task = asyncio.current_task()
        assert task is not None
        before = task.cancelling()
        connection = await super().getconn(timeout)
        if task.cancelling() > before:
            await self.putconn(connection)
            raise asyncio.CancelledError
        return connection


def left(connection: AsyncConnection[Any]) -> bool:
    """Whether an idle connection has something to read: that is the server's last word, or its end. Asks nobody."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def as_application(url: str) -> str:
    """`url` with the application's role put on from the first statement."""
    given = str(conninfo_to_dict(url).get("options") or "")
    return make_conninfo(url, options=f"{given} -c role={APP_ROLE}".strip())


def bounded(url: str, statement_seconds: float) -> str:
    """The connection options of `url`, with an end to every wait."""
    waits = {
        "statement_timeout": statement_seconds,
        "lock_timeout": LOCK_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
    }
    limits = " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in waits.items())
    return f"{conninfo_to_dict(url).get('options') or ''} {limits}".strip()


async def open_pool(
    url: str, *, min_size: int = 2, max_size: int = 10, statement_seconds: float = STATEMENT_SECONDS
) -> Pool:
    """An open pool of autocommit connections whose statements wait for nothing without end: QueryCanceled after
    `statement_seconds`, LockNotAvailable after LOCK_SECONDS. Raises OperationalError where the database does not let us in,
    NotUsable where it lets us in and not as ourselves.
    """
    conninfo = as_application(url)
    async with await connect(url) as first:  # a pool would go on trying; whoever starts wants to know why not
        await verify(first)
    pool = Pool(
        conninfo,
        min_size=min_size,
        max_size=max_size,
        open=False,
        # Tries get rarer while the database is away; giving up soon lets the next request try at once.
        reconnect_timeout=10,
        kwargs={"autocommit": True, "options": bounded(conninfo, statement_seconds)},
    )
    await pool.open(wait=True, timeout=15)
    return pool


async def verify(connection: AsyncConnection[Any]) -> None:
    """Raises NotUsable unless the application's role is put on, nothing stands between us and the server, and the schema is of
    this release's version.
    """
    row = await (await connection.execute(ASKED)).fetchone()
    assert row is not None
    user, pid = row
    if user != APP_ROLE:
        raise NotUsable(
            f"connected as {user} and not as {APP_ROLE}: something between us and PostgreSQL drops connection options "
            "(a pooler?); connect to PostgreSQL itself"
        )
    if pid != connection.info.backend_pid:
        raise NotUsable(
            f"{POOLER}: notifications and session locks would be lost in it; connect to PostgreSQL itself"
        )
    # Only now: another role may not even look.
    if await (await connection.execute(schema.HAS_VERSION)).fetchone() != (True,):
        raise NotUsable(NOT_MIGRATED)
    version = await (await connection.execute(schema.VERSION)).fetchone()
    if version != (migrations.NEWEST,):
        raise NotUsable(_other(version))


def _other(version: tuple[str] | None) -> str:
    if version is not None and version[0] > migrations.NEWEST:
        return str(schema.newer(version[0]))
    return f"the database is not at version {migrations.NEWEST} of its schema yet: run `salesloop migrate`"


def explain(failure: psycopg.Error) -> str:
    """Why the database cannot be worked with, in a sentence, and what to do where somebody can do something."""
    if isinstance(failure, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return NOT_MIGRATED
    said = (str(failure).strip().splitlines() or [type(failure).__name__])[0]
    if "permission denied to set role" in said:
        return f"the login of DATABASE_URL may not put on the role {APP_ROLE}: GRANT {APP_ROLE} TO that login"
    if f'role "{APP_ROLE}" does not exist' in said:
        return NOT_MIGRATED
    if "unsupported startup parameter" in said:
        return f"{POOLER}; connect to PostgreSQL itself ({said.rpartition('FATAL:')[2].strip()})"
    return f"the database does not answer ({said})"


async def connect(url: str) -> AsyncConnection[Any]:
    """One autocommit connection of the caller's own, to listen on or to hold a lock with."""
    return await AsyncConnection.connect(as_application(url), autocommit=True)


def connect_sync(url: str) -> Connection[Any]:
    return Connection.connect(as_application(url), autocommit=True)
