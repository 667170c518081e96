"""benchmarks: which statements a page runs, and a plain FastAPI page that runs the same ones and returns their rows as JSON.

They are recorded in a process of ours that has answered the page before, so that what is remembered is not asked again. What ran side by
side there runs side by side in the plain page. Nothing of the desk is in the plain one: nobody is asked who they are, nothing is rendered.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import uvicorn
import uvloop
from fastapi import FastAPI, Response
from psycopg import AsyncConnection, AsyncCursor, AsyncRawCursor
from psycopg.rows import dict_row

from api.app import POOL_SIZE, create_app
from benchmarks.http_servers import ONE_KEY_FOR_ALL
from runtime.codec import encode
from runtime.database import Pool, open_pool
from runtime.settings import Settings


class Statement(NamedTuple):
    """`raw`: with the server's own placeholders. Begun and ended on the clock of the process that ran it."""

    query: bytes
    params: Any
    raw: bool
    began: float
    ended: float


Waves = list[list[Statement]]
"""One wave after the other; what is in one runs side by side."""
_recorded: ContextVar[list[Statement] | None] = ContextVar("_recorded", default=None)


def record(url: str, cookies: Mapping[str, str]) -> dict[str, Waves]:
    """What each page runs: cookies by path."""
    return uvloop.run(_record(url, cookies))


async def _record(url: str, cookies: Mapping[str, str]) -> dict[str, Waves]:
    found = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as home, _listening():
        app = create_app(Settings(url, url, data_dir=Path(home), log_level="WARNING", bounds=ONE_KEY_FOR_ALL))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as client,
        ):
            for path, cookie in cookies.items():
                headers = {"Cookie": f"salesloop={cookie}", "Accept": "text/html"}
                (await client.get(path, headers=headers)).raise_for_status()
                statements: list[Statement] = []
                _recorded.set(statements)
                (await client.get(path, headers=headers)).raise_for_status()
                _recorded.set(None)
                found[path] = waves(statements)
    return found


@contextlib.contextmanager
def _listening() -> Iterator[None]:
    """Every statement of a request that is recorded, whichever way it is sent."""
    execute = AsyncCursor.execute

    async def heard(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        began = time.perf_counter()
        ran = await execute(self, query, params, **options)
        if (statements := _recorded.get()) is not None:
            sent = (
                query
                if isinstance(query, bytes)
                else query.as_string(self).encode()
                if hasattr(query, "as_string")
                else query.encode()
            )
            statements.append(
                Statement(sent, params, isinstance(self, AsyncRawCursor), began, time.perf_counter())
            )
        return ran

    AsyncCursor.execute = heard  # type: ignore[method-assign]
    try:
        yield
    finally:
        AsyncCursor.execute = execute  # type: ignore[method-assign]


def waves(statements: Sequence[Statement]) -> Waves:
    """A statement that began before any of the wave had ended belongs to it."""
    found: Waves = []
    for one in sorted(statements, key=lambda one: one.began):
        if found and one.began < min(other.ended for other in found[-1]):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def serve_plain(url: str, socket: str, pages: Mapping[str, Waves]) -> None:
    config = uvicorn.Config(
        plain(url, pages), uds=socket, loop="uvloop", http="httptools", access_log=False, log_level="error"
    )
    uvicorn.Server(config).run()


def plain(url: str, pages: Mapping[str, Waves]) -> FastAPI:
    pools: list[Pool] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pools.append(await open_pool(url, max_size=POOL_SIZE))
        yield
        await pools[0].close()

    app = FastAPI(lifespan=lifespan)
    for path, page in pages.items():
        app.get(path)(_answering(pools, page))
    return app


def _answering(pools: list[Pool], page: Waves) -> Any:
    async def answer() -> Response:
        found = [await asyncio.gather(*(_rows(pools[0], one) for one in wave)) for wave in page]
        return Response(orjson.dumps(found, default=_json), media_type="application/json")

    return answer


async def _rows(pool: Pool, statement: Statement) -> list[Any]:
    async with pool.connection() as connection:
        if statement.raw:
            cursor = AsyncRawCursor(connection, row_factory=dict_row)
            await cursor.execute(statement.query, statement.params, prepare=True, binary=True)
        else:
            cursor = await _asked(connection, statement)
        return await cursor.fetchall() if cursor.description else []


async def _asked(connection: AsyncConnection[Any], statement: Statement) -> Any:
    cursor = connection.cursor(binary=True, row_factory=dict_row)
    return await cursor.execute(statement.query, statement.params)


def _json(value: Any) -> Any:
    """What the database made JSON of is put in as it is; the rest as our own codec writes it."""
    if isinstance(value, bytes):
        return orjson.Fragment(value)
    return orjson.Fragment(encode(value))
