"""Runtime room: connections and pools. Every one of them wears the application's role."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from runtime.schema import APP_ROLE

Pool = AsyncConnectionPool[AsyncConnection[Any]]


def as_application(url: str) -> str:
    """`url` with the application's role put on from the first statement."""
    given = str(conninfo_to_dict(url).get("options") or "")
    return make_conninfo(url, options=f"{given} -c role={APP_ROLE}".strip())


async def open_pool(url: str, *, min_size: int = 2, max_size: int = 10) -> Pool:
    """An open pool of autocommit connections. Raises PoolTimeout when the database is away."""
    pool: Pool = AsyncConnectionPool(
        as_application(url),
        min_size=min_size,
        max_size=max_size,
        open=False,
        # Tries get rarer while the database is away; giving up soon lets the next request try at once.
        reconnect_timeout=10,
        kwargs={"autocommit": True},
    )
    await pool.open(wait=True, timeout=15)
    return pool


async def connect(url: str) -> AsyncConnection[Any]:
    """One autocommit connection of the caller's own, to listen on or to hold a lock with."""
    return await AsyncConnection.connect(as_application(url), autocommit=True)


def connect_sync(url: str) -> Connection[Any]:
    return Connection.connect(as_application(url), autocommit=True)
