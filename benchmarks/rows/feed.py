"""benchmarks, rows: what readers of the change feed cost who writes — commands through HTTP, alone and while 200 programs follow every event.

Who follows counts what comes and makes nothing else of it; it runs in a process of its own, on the same processors. Each has to get every event.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
HANDED, WHOLE = "MB/s to readers", "of readers got every event"
EVENT = b"\ndata: {"
"""Once in each event, wherever the stream is cut."""
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
    async with open_ledger(url, min_size=1, max_size=1) as ledger:
        recorded = await ledger.head() - head
    await asyncio.to_thread(put, stop, recorded)
    handed, whole = await reading
    return {REQUESTS: wrote, HANDED: handed / 1e6, WHOLE: whole}


def put(file: Path, number: int) -> None:
    """Whoever finds the file finds all of it."""
    made = file.with_suffix(".new")
    made.write_text(str(number))
    made.rename(file)


def there(file: Path) -> str:
    """What is in it, once it is there."""
    end = time.monotonic() + PATIENCE
    while not file.exists():
        if time.monotonic() > end:
            raise TimeoutError(file)
        time.sleep(LOOK)
    return file.read_text()


@dataclass
class Reader:
    taken: int = 0
    events: int = 0

    async def take(self, socket: str, request: bytes, opened: asyncio.Event) -> None:
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(request)
        rest = await reader.readuntil(b": salesloop")
        opened.set()
        while content := await reader.read(256 * 1024):
            self.taken += len(content)
            self.events += (rest + content).count(EVENT)
            rest = content[1 - len(EVENT) :]


def caught_up(made: Sequence[Reader], wanted: int) -> None:
    end = time.monotonic() + PATIENCE
    while min(one.events for one in made) < wanted and time.monotonic() < end:
        time.sleep(LOOK)


def read(socket: str, request: bytes, readers: int, ready: Path, stop: Path) -> tuple[float, float]:
    """Bytes a second that came until there is `stop`, and the share of readers that got as many events as it says."""
    return uvloop.run(_read(socket, request, readers, ready, stop))


async def _read(socket: str, request: bytes, readers: int, ready: Path, stop: Path) -> tuple[float, float]:
    await http_load.until_ready(socket, request.replace(b"text/event-stream", b"application/json"))
    made, opened = [Reader() for _ in range(readers)], [asyncio.Event() for _ in range(readers)]
    tasks = [
        asyncio.create_task(one.take(socket, request, event)) for one, event in zip(made, opened, strict=True)
    ]
    for event in opened:
        await event.wait()
    await asyncio.to_thread(ready.touch)
    began = time.perf_counter()
    wanted = int(await asyncio.to_thread(there, stop))
    handed = sum(one.taken for one in made) / (time.perf_counter() - began)
    await asyncio.to_thread(caught_up, made, wanted)
    for task in tasks:
        task.cancel()
    return handed, sum(one.events == wanted for one in made) / readers


ROWS = (
    Row(
        "feed",
        "POST while 200 readers follow the feed",
        (Aim(REQUESTS, ALONE, at_least=0.9), Aim(WHOLE, at_least=1.0)),
        followed,
    ),
)
