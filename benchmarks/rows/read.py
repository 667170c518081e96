"""benchmarks, rows: reading — one deal, a board page and a history through HTTP with a key, and what ten times the data costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from statistics import median
from typing import NamedTuple
from uuid import UUID

from benchmarks import http_load, http_servers
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.lives import START
from benchmarks.past import past, usual_past
from projections.deal import agenda, funnel
from projections.deal import board as deal_board
from projections.deal import history as deal_history
from projections.deal.board import BoardFilter
from projections.engine.paging import fetch
from projections.people import directory, rep_load
from runtime.database import Pool, open_pool

REQUESTS = "requests/s"
BARE = "bare FastAPI, same SQL"
UNTOLD = "bare FastAPI, rows untold"
ONCE = "a tenth of the data"
IDS = "SELECT deal_id, owner_id FROM read.deal_board ORDER BY md5(deal_id::text) LIMIT %s"
MODELS = ("deal_board", "agenda", "funnel", "rep_load", "deal_history", "directory", "rules")
"""What the questions read."""
ASKED = 500
NOW = START + timedelta(days=30)


class Asked(NamedTuple):
    """What a question is about; `limit` is a page that a tenth of the data fills, too: a longer answer is no growth."""

    deal: UUID
    rep: UUID
    limit: int


Question = Callable[[Pool, Asked], Awaitable[object]]
OPEN = BoardFilter(status="open")
QUESTIONS: dict[str, Question] = {
    "one deal": lambda pool, about: deal_board.get(pool, about.deal),
    "history": lambda pool, about: deal_history.page_as_json(pool, about.deal, "en", None, 100),
    "board": lambda pool, about: deal_board.listing(pool, limit=about.limit),
    "board by amount": lambda pool, about: deal_board.listing(pool, OPEN, "-amount", limit=about.limit),
    "a rep's board": lambda pool, about: deal_board.listing(
        pool, BoardFilter(owner_id=about.rep), limit=about.limit
    ),
    "agenda": lambda pool, about: agenda.listing(pool, rep_id=about.rep, limit=about.limit),
    "ended promises": lambda pool, about: agenda.ended(pool, rep_id=about.rep, limit=about.limit),
    "funnel": lambda pool, _: funnel.stages(pool, NOW),
    "loads": lambda pool, _: rep_load.reps(pool, NOW),
    "customers": lambda pool, about: directory.listing(pool, "customer", limit=about.limit),
}


async def some(url: str, count: int) -> list[tuple[UUID, UUID]]:
    """Deals and their owners, without order."""
    pool = await open_pool(url, min_size=1, max_size=1)
    found = await fetch(pool, IDS, [count])
    await pool.close()
    return found


@asynccontextmanager
async def asking(bench: Bench, path: str, untold: str = "") -> AsyncIterator[Contest]:
    """`path` may have a place for a deal's id. `untold`: where the bare server has the rows without what we make of them."""
    deals = bench.deals or usual_past(bench)
    there = await past(bench, deals, ("deal_board", "deal_history", "directory"))
    served = await bench.once(("served", deals), partial(_served, bench, there.url))
    deals_asked = [deal for deal, _ in await some(there.url, ASKED)]
    runs: dict[str, Run] = {
        who: partial(_ask, bench, served, socket, [place.format(deal) for deal in deals_asked])
        for who, socket, place in (
            (OURS, served.ours, path),
            (BARE, served.bare, path),
            (UNTOLD, served.bare, untold),
        )
        if place
    }
    yield Contest(runs, [f"{deals:,} deals; {http_load.CONNECTIONS} connections, one process each"])


class Served(NamedTuple):
    """The sockets of our API and of the bare server on one database, and a key of ours."""

    ours: str
    bare: str
    token: str


async def _served(bench: Bench, url: str) -> Served:
    """Both for the rest of the run: they idle while nobody asks them."""
    token = await http_servers.key(url)
    home = bench.stays(tempfile.TemporaryDirectory(prefix="bench-"))
    served = Served(f"{home}/ours", f"{home}/bare", token)
    bench.stays(beside(http_servers.serve_ours, url, home, served.ours))
    bench.stays(beside(http_servers.serve_bare, url, served.bare))
    return served


async def _ask(bench: Bench, served: Served, socket: str, paths: list[str]) -> Figures:
    return {REQUESTS: await bench.elsewhere(http_load.get, socket, paths, served.token, bench.size.seconds)}


@asynccontextmanager
async def growing(bench: Bench) -> AsyncIterator[Contest]:
    """The queries alone, so that nothing fixed dilutes what grows."""
    large = bench.deals or bench.size.of(tiny=20, quick=2_000, full=100_000)
    tenth, whole = await past(bench, large // 10, MODELS), await past(bench, large, MODELS)
    page = min(50, max(1, large // 400))
    runs: dict[str, Run] = {
        OURS: partial(_answer, bench, whole.url, page),
        ONCE: partial(_answer, bench, tenth.url, page),
    }
    note = (
        f"{large // 10:,} deals ({tenth.facts:,} events), then {large:,} ({whole.facts:,});"
        f" milliseconds a query, median; pages of {page}"
    )
    yield Contest(runs, [note])


async def _answer(bench: Bench, url: str, page: int) -> Figures:
    asked = await some(url, bench.size.of(tiny=3, quick=60, full=300))
    pool = await open_pool(url, min_size=1, max_size=2)
    try:
        about = [Asked(deal, rep, page) for deal, rep in asked]
        return {name: await _median(question, pool, about) for name, question in QUESTIONS.items()}
    finally:
        await pool.close()


async def _median(question: Question, pool: Pool, asked: Sequence[Asked]) -> float:
    took = []
    warm = asked[:10]
    for about in [*warm, *asked]:
        started = time.perf_counter()
        await question(pool, about)
        took.append(1_000 * (time.perf_counter() - started))
    return median(took[len(warm) :])


ROWS = (
    Row("read-deal", "GET one deal", (Aim(REQUESTS, BARE, at_least=0.7),), partial(asking, path="/deals/{}")),
    Row(
        "read-board", "GET a board page", (Aim(REQUESTS, BARE, at_least=0.7),), partial(asking, path="/deals")
    ),
    Row(
        "read-history",
        "GET a deal's history",
        (Aim(REQUESTS, BARE, at_least=0.7),),
        partial(asking, path="/deals/{}/history", untold="/rows/{}/history"),
    ),
    Row(
        "growth",
        "reading at ten times the data",
        tuple(Aim(name, ONCE, at_most=1.3) for name in QUESTIONS),
        growing,
    ),
)
