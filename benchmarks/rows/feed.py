"""benchmarks, rows: what readers of the change feed cost who writes — commands through HTTP, alone and while 200 programs follow every event.

Who follows takes what comes and makes nothing of it; it runs in a process of its own, on the same processors.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvloop

from benchmarks import http_load, http_servers
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.lives import SAID, Lives
from benchmarks.rows.follow import follow_forever
from benchmarks.rows.write import CLIENTS, REQUESTS, open_deals, touch
from runtime.ledger import open_ledger

ALONE = "without readers"
HANDED, KEPT = "MB/s to readers", "readers kept"
LOOK, PATIENCE = 0.02, 60.0


@asynccontextmanager
async def followed(bench: Bench) -> AsyncIterator[Contest]:
    readers = bench.size.of(tiny=3, quick=200, full=200)
    async with bench.database(tables=http_servers.TABLES) as url:
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as home,
            beside(follow_forever, url),
            beside(http_servers.serve_ours, url, home, socket := f"{home}/ours"),
        ):
            deals = await open_deals(url, Lives(bench.seed), bench.size.of(tiny=80, quick=2_000, full=20_000))
            said = itertools.cycle(SAID)
            posts = [(f"/deals/{deal}/activities", touch(next(said))) for deal in deals]
            token = await http_servers.key(url)
            write = partial(http_load.post, socket, posts, token, bench.size.seconds, CLIENTS)
            runs: dict[str, Run] = {
                ALONE: partial(_alone, bench, write),
                OURS: partial(_followed, bench, write, url, socket, token, Path(home), readers),
            }
            yield Contest(
                runs, [f"{CLIENTS} clients write, {readers} readers get every event; one API process"]
            )


async def _alone(bench: Bench, write: partial[float]) -> Figures:
    return {REQUESTS: await bench.elsewhere(write)}


async def _followed(
    bench: Bench, write: partial[float], url: str, socket: str, token: str, home: Path, readers: int
) -> Figures:
    async with open_ledger(url, min_size=1, max_size=1) as ledger:
        head = await ledger.head()
    ready, stop = home / "ready", home / "stop"
    for file in (ready, stop):
        file.unlink(missing_ok=True)
    stream = http_load.request("GET", f"/events?after={head}", token, "Accept: text/event-stream\r\n")
    reading = asyncio.create_task(bench.elsewhere(read, socket, stream, readers, ready, stop))
    await asyncio.to_thread(there, ready)
    wrote = await bench.elsewhere(write)
    stop.touch()
    handed, kept = await reading
    return {REQUESTS: wrote, HANDED: handed / 1e6, KEPT: float(kept)}


def there(file: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not file.exists():
        if time.monotonic() > end:
            raise TimeoutError(file)
        time.sleep(LOOK)


def read(socket: str, request: bytes, readers: int, ready: Path, stop: Path) -> tuple[float, int]:
    """Bytes a second that came until there is `stop`, and how many streams were not ended before."""
    return uvloop.run(_read(socket, request, readers, ready, stop))


async def _read(socket: str, request: bytes, readers: int, ready: Path, stop: Path) -> tuple[float, int]:
    await http_load.until_ready(socket, request.replace(b"text/event-stream", b"application/json"))
    taken, dropped = 0, 0

    async def take(opened: asyncio.Event) -> None:
        nonlocal taken, dropped
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(request)
        await reader.readuntil(b": salesloop")
        opened.set()
        while content := await reader.read(256 * 1024):
            taken += len(content)
        dropped += 1

    opened = [asyncio.Event() for _ in range(readers)]
    tasks = [asyncio.create_task(take(one)) for one in opened]
    for one in opened:
        await one.wait()
    await asyncio.to_thread(ready.touch)
    began = time.perf_counter()
    await asyncio.to_thread(there, stop)
    found = taken / (time.perf_counter() - began), readers - dropped
    for task in tasks:
        task.cancel()
    return found


ROWS = (
    Row("feed", "POST while 200 readers follow the feed", (Aim(REQUESTS, ALONE, at_least=0.9),), followed),
)
