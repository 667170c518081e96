"""benchmarks: the two servers that are asked — our API as it is, and a bare FastAPI app that runs the same SQL on a pool.

The bare one asks nobody who they are, waits for nothing, renders nothing: rows as JSON, by the fastest encoder there is. Of a history
it has both: the page that the database renders, and under /rows what is stored, untold.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI, Response
from psycopg.rows import dict_row

from api.app import POOL_SIZE
from api.engine.roles import Role
from api.engine.users import KeyStore, NewKey
from api.serve import serve
from benchmarks import history, raw
from benchmarks.lives import START
from projections.deal import board as deal_board
from projections.deal import history as deal_history
from projections.engine.paging import Select, fetch_raw, sort_by
from runtime.bounds import Bounds
from runtime.codec import encode
from runtime.database import Pool, open_pool
from runtime.ledger import open_ledger
from runtime.settings import Settings

TABLES = history.TABLES
ONE_KEY_FOR_ALL = Bounds(requests_per_key=1_000_000, streams_per_key=1_000)
PAGE = 50
BOARD = Select(deal_board.LIST).narrowed(
    "due_at IS NOT NULL", order=sort_by("due_at", deal_board.SORTS).order
)
HISTORY = deal_history.page_query("en", newest_first=False, ordinary=True)


async def key(url: str) -> str:
    """An administrator's API key."""
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        return (await KeyStore(ledger).create(NewKey("bench", Role.ADMIN), "bench"))[1]


def serve_ours(url: str, directory: str, socket: str) -> None:
    serve(_settings(url, directory), uds=socket)


def serve_ours_on(url: str, directory: str, port: int) -> None:
    serve(replace(_settings(url, directory), api_host="127.0.0.1", api_port=port))


def _settings(url: str, directory: str) -> Settings:
    return Settings(url, url, data_dir=Path(directory), log_level="WARNING", bounds=ONE_KEY_FOR_ALL)


def serve_bare(url: str, socket: str) -> None:
    uvicorn.Server(
        uvicorn.Config(
            bare(url), uds=socket, loop="uvloop", http="httptools", access_log=False, log_level="error"
        )
    ).run()


def bare(url: str) -> FastAPI:
    pools: list[Pool] = []
    numbers = itertools.count(1)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pools.append(await open_pool(url, max_size=POOL_SIZE))
        yield
        await pools[0].close()

    app = FastAPI(lifespan=lifespan)

    async def rows(query: str, params: Any) -> list[dict[str, Any]]:
        async with pools[0].connection() as connection:
            cursor = connection.cursor(binary=True, row_factory=dict_row)
            await cursor.execute(query.encode(), params)
            return await cursor.fetchall()

    @app.get("/deals")
    async def board() -> Response:
        found = await rows(BOARD, {"limit": PAGE + 1})
        return Response(encode(found), media_type="application/json")

    @app.get("/deals/{deal_id}")
    async def one(deal_id: UUID) -> Response:
        found = await rows(deal_board.GET, [deal_id])
        return Response(encode(found[0]), media_type="application/json")

    @app.get("/deals/{deal_id}/history")
    async def told(deal_id: UUID) -> Response:
        async with pools[0].connection() as connection:
            ((told, *_),) = await fetch_raw(connection, HISTORY, [deal_id, 0, 100])
        return Response(told, media_type="application/json")

    @app.get("/rows/{deal_id}/history")
    async def untold(deal_id: UUID) -> Response:
        found = await rows(deal_history.OLDEST, [deal_id, 0, 101])
        return Response(encode(found), media_type="application/json")

    @app.post("/deals/{deal_id}/activities")
    async def write(deal_id: UUID, body: dict[str, Any]) -> dict[str, int]:
        row = (deal_id, next(numbers), "deal.activity-logged", 1, encode(body).decode(), "{}", uuid4(), START)
        async with pools[0].connection() as connection:
            await connection.execute(raw.INSERT, row)
        return {"recorded": 1}

    return app
