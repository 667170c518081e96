"""benchmarks, rows: what readers of the change feed cost who writes — commands through HTTP, alone and while 200 programs follow every event.

Who follows takes what comes, packed as HTTP clients ask for it, and makes nothing else of it; it runs in a process of its own, on the same
processors. Each has to get every event, which is looked at afterwards. Beside it are readers who take nothing packed.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import httptools
import uvloop

from benchmarks import http_load, http_servers
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.lives import SAID, Lives
from benchmarks.rows.follow import follow_forever
from benchmarks.rows.write import CLIENTS, REQUESTS, open_deals, touch
from runtime.ledger import open_ledger

ALONE, UNPACKED = "without readers", "readers who take it unpacked"
HANDED, WHOLE = "MB/s to readers", "of readers got every event"
EVENT = b"\ndata: {"
"""Once in each event, wherever the stream is cut."""
LOOK, PATIENCE = 0.02, 60.0
STREAM = "Accept: text/event-stream\r\n"
PACKED = f"{STREAM}Accept-Encoding: gzip\r\n"


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
                OURS: partial(
                    _followed, bench, write, Following(url, socket, token, PACKED, Path(home), readers)
                ),
                UNPACKED: partial(
                    _followed, bench, write, Following(url, socket, token, STREAM, Path(home), readers)
                ),
            }
            yield Contest(
                runs, [f"{CLIENTS} clients write, {readers} readers get every event; one API process"]
            )


async def _alone(bench: Bench, write: partial[float]) -> Figures:
    return {REQUESTS: await bench.elsewhere(write)}


class Following(NamedTuple):
    url: str
    socket: str
    token: str
    asked: str
    home: Path
    readers: int


async def _followed(bench: Bench, write: partial[float], how: Following) -> Figures:
    async with open_ledger(how.url, min_size=1, max_size=1) as ledger:
        head = await ledger.head()
    ready, stop = how.home / "ready", how.home / "stop"
    for file in (ready, stop):
        file.unlink(missing_ok=True)
    stream = http_load.request("GET", f"/events?after={head}", how.token, how.asked)
    reading = asyncio.create_task(bench.elsewhere(read, how.socket, stream, how.readers, ready, stop))
    await asyncio.to_thread(there, ready)
    wrote = await bench.elsewhere(write)
    async with open_ledger(how.url, min_size=1, max_size=1) as ledger:
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


class Reader(asyncio.Protocol):
    """Keeps what came, and looks into it when nobody is timed any more."""

    def __init__(self, request: bytes, opened: asyncio.Event) -> None:
        self.taken = self._events = 0
        self._request, self._opened = request, opened
        self._came: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self._unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._packed, self._rest = False, b""
        self.more = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.WriteTransport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        self._came.append(data)
        self.more.set()
        if not self._opened.is_set():
            self.look()

    def look(self) -> int:
        """How many events have come."""
        self.more.clear()
        came, self._came = self._came, []
        for data in came:
            self._parser.feed_data(data)
        return self._events

    # the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._packed |= (name.lower(), value) == (b"content-encoding", b"gzip")

    def on_body(self, body: bytes) -> None:
        self._opened.set()
        told = self._rest + (self._unpacking.decompress(body) if self._packed else body)
        self._events += told.count(EVENT)
        self._rest = told[1 - len(EVENT) :]


async def caught_up(made: Sequence[Reader], wanted: int) -> float:
    """The share of them that got so many events, and no more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for one in made:
                while one.look() < wanted:
                    await one.more.wait()
    return sum(one.look() == wanted for one in made) / len(made)


def read(socket: str, request: bytes, readers: int, ready: Path, stop: Path) -> tuple[float, float]:
    """Bytes a second that came until there is `stop`, and the share of readers that got as many events as it says."""
    return uvloop.run(_read(socket, request, readers, ready, stop))


async def _read(socket: str, request: bytes, readers: int, ready: Path, stop: Path) -> tuple[float, float]:
    await http_load.until_ready(socket, request.replace(b"text/event-stream", b"application/json"))
    made, opened, loop = list[Reader](), [asyncio.Event() for _ in range(readers)], asyncio.get_running_loop()
    transports = []
    for event in opened:
        transport, one = await loop.create_unix_connection(partial(Reader, request, event), socket)
        transports.append(transport)
        made.append(one)
    for event in opened:
        await event.wait()
    await asyncio.to_thread(ready.touch)
    began = time.perf_counter()
    wanted = int(await asyncio.to_thread(there, stop))
    handed = sum(one.taken for one in made) / (time.perf_counter() - began)
    whole = await caught_up(made, wanted)
    for transport in transports:
        transport.close()
    return handed, whole


ROWS = (
    Row(
        "feed",
        "POST while 200 readers follow the feed",
        (Aim(REQUESTS, ALONE, at_least=0.9), Aim(WHOLE, at_least=1.0)),
        followed,
    ),
)
