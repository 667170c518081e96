"""benchmarks, rows: writing through HTTP — a command with a key, from 64 clients, beside a bare route that does one INSERT.

Ours checks the key, the body, the actor's reach and the deal's rules, and records two or three facts with a receipt;
the bare route parses the body and inserts one row.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from benchmarks import http_load, http_servers, raw
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.lives import SAID, Lives
from domain.engine.command_handler import CommandHandler
from runtime.codec import encode
from runtime.ledger import open_ledger
from runtime.schema import APP_ROLE

REQUESTS = "requests/s"
BARE = "bare FastAPI, one INSERT + commit"
CLIENTS = 64


async def open_deals(url: str, lives: Lives, count: int) -> list[UUID]:
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        for command in lives.office():
            await ledger.append(lives.decide(command))
        openings = [lives.opening() for _ in range(count)]
        await CommandHandler(ledger).execute_many([lives.call(opening) for opening in openings])
        return [opening.deal_id for opening in openings]


@asynccontextmanager
async def writing(bench: Bench) -> AsyncIterator[Contest]:
    async with bench.database(tables=http_servers.TABLES) as url:
        await asyncio.to_thread(raw.make_table, url, APP_ROLE)
        with tempfile.TemporaryDirectory(prefix="bench-") as home:
            ours, bare = f"{home}/ours", f"{home}/bare"
            with (
                beside(http_servers.serve_ours, url, home, ours),
                beside(http_servers.serve_bare, url, bare),
            ):
                deals = await open_deals(
                    url, Lives(bench.seed), bench.size.of(tiny=80, quick=2_000, full=20_000)
                )
                said = itertools.cycle(SAID)
                posts = [(f"/deals/{deal}/activities", touch(next(said))) for deal in deals]
                token = await http_servers.key(url)
                runs: dict[str, Run] = {
                    OURS: partial(_post, bench, ours, posts, token),
                    BARE: partial(_post, bench, bare, posts, token),
                }
                yield Contest(runs, [f"{CLIENTS} clients, one process each; POST an activity of a deal"])


def touch(summary: str) -> bytes:
    return encode({"activity": {"kind": "call", "outcome": "reached", "summary": summary}})


async def _post(bench: Bench, socket: str, posts: list[tuple[str, bytes]], token: str) -> Figures:
    seconds = bench.size.seconds
    return {REQUESTS: await bench.elsewhere(http_load.post, socket, posts, token, seconds, CLIENTS)}


ROWS = (
    Row(
        "write-http", "POST a command through HTTP, 64 clients", (Aim(REQUESTS, BARE, at_least=0.7),), writing
    ),
)
