"""Runtime room: connections and pools. Every one of them wears the application's role."""

from __future__ import annotations

import select
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from runtime.schema import APP_ROLE

STATEMENT_SECONDS = 60
"""A statement of a pool's that takes longer is cancelled: whoever asked has long given up."""
LOCK_SECONDS = 5
"""A pool's statement waits so long for a lock, the append lock among them, then it is refused and nothing of it is recorded."""
IDLE_SECONDS = 60
"""A transaction that does nothing for so long is ended, and with it the locks it holds."""


class Pool(AsyncConnectionPool[AsyncConnection[Any]]):
    """Hands out connections that the server has not left: after it went away no caller gets a dead one."""

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[Any]:  # noqa: ASYNC109 - the library's
        connection = await super().getconn(timeout)
        while left(connection):  # each dead one leaves the pool for good, so this ends
            await connection.close()
            await self.putconn(connection)
            connection = await super().getconn(timeout)
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
    `statement_seconds`, LockNotAvailable after LOCK_SECONDS. Raises PoolTimeout when the database is away.
    """
    conninfo = as_application(url)
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


async def connect(url: str) -> AsyncConnection[Any]:
    """One autocommit connection of the caller's own, to listen on or to hold a lock with."""
    return await AsyncConnection.connect(as_application(url), autocommit=True)


def connect_sync(url: str) -> Connection[Any]:
    return Connection.connect(as_application(url), autocommit=True)
