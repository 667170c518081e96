"""tests: what stands between us and PostgreSQL is noticed at the start and told, before anything is lost in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from runtime.database import NotUsable, open_pool, verify
from runtime.embedded_postgres import APPLICATION

BACKEND_KEY = b"K"


@contextlib.asynccontextmanager
async def between(url: str, directory: Path) -> AsyncIterator[str]:
    """A relay before the real server that answers with a cancellation key of its own, as poolers do."""
    socket = f"{conninfo_to_dict(url)['host']}/.s.PGSQL.5432"

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, to_server = await asyncio.open_unix_connection(socket)
        asking = asyncio.create_task(pass_on(reader, to_server))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await theirs.readexactly(5)
                body = await theirs.readexactly(int.from_bytes(head[1:]) - 4)
                writer.write(head + (bytes(3) + b"\x07" + body[4:] if head[:1] == BACKEND_KEY else body))
                await writer.drain()
        asking.cancel()
        writer.close()
        to_server.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(relay, directory / ".s.PGSQL.5432"):
        yield make_conninfo(url, host=str(directory))


async def test_a_pooler_is_refused_with_a_sentence(database_url: str, scratch: Path) -> None:
    async with between(database_url, scratch) as url:
        with pytest.raises(
            NotUsable, match=r"stands between us and PostgreSQL .* connect to PostgreSQL itself"
        ):
            await open_pool(url, min_size=1, max_size=1)


@pytest.mark.parametrize("login", ["postgres", APPLICATION])
async def test_a_connection_whose_options_were_dropped_is_refused(database_url: str, login: str) -> None:
    """The application's own login may not even look at what the role may."""
    url = make_conninfo(database_url, user=login)
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        with pytest.raises(NotUsable, match=f"connected as {login} and not as salesloop_app"):
            await verify(connection)
