"""benchmarks, rows: what readers of the change feed cost who writes — commands through HTTP, alone and while 200 programs follow every event.

Who follows takes what comes, packed as HTTP clients ask for it, and makes nothing else of it; it runs in a process of its own, on the same
processors. Each has to get every event, which is looked at afterwards. Turns are short and many, and begin when the read models have
come to the ledger's end: what they still had to do would be taken for the readers'.
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
from benchmarks.rows.follow import BOARD, follow_forever
from benchmarks.rows.write import CLIENTS, REQUESTS, open_deals, touch
from benchmarks.signs import put, there
from projections.engine.wait import Waiter
from runtime.ledger import Ledger, open_ledger

ALONE = "without readers"
HANDED, WHOLE = "MB/s to readers", "of readers got every event"
EVENT = b"\ndata: {"
"""Once in each event, wherever the stream is cut."""
PATIENCE = 60.0
PACKED = "Accept: text/event-stream\r\nAccept-Encoding: gzip\r\n"
MORE = 3


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
            seconds = max(bench.size.seconds, bench.size.of(tiny=0, quick=1, full=2))
            write = partial(http_load.post, socket, posts, token, seconds, CLIENTS)
            async with open_ledger(url, min_size=1, max_size=1) as ledger, Waiter(url) as waiter:
                office = Office(bench, ledger, waiter, write)
                following = Following(socket, token, Path(home), readers)
                runs: dict[str, Run] = {
                    ALONE: partial(_alone, office),
                    OURS: partial(_followed, office, following),
                }
                note = f"{CLIENTS} clients write, {readers} readers get every event; one API process"
                yield Contest(runs, [note], MORE)


class Office(NamedTuple):
    bench: Bench
    ledger: Ledger
    waiter: Waiter
    write: partial[float]

    async def known(self) -> int:
        """The ledger's end, when the read models have come to it."""
        head = await self.ledger.head()
        await self.waiter.until(BOARD, head, timeout=PATIENCE)
        return head


class Following(NamedTuple):
    socket: str
    token: str
    home: Path
    readers: int


async def _alone(office: Office) -> Figures:
    await office.known()
    return {REQUESTS: await office.bench.elsewhere(office.write)}


async def _followed(office: Office, how: Following) -> Figures:
    head = await office.known()
    stream = http_load.request("GET", f"/events?after={head}", how.token, PACKED)
    reading = asyncio.create_task(office.bench.elsewhere(read, how.socket, stream, how.readers, how.home))
    await asyncio.to_thread(there, how.home / "ready")
    wrote = await office.bench.elsewhere(office.write)
    put(how.home / "stop", str(await office.ledger.head() - head))
    handed, whole = await reading
    return {REQUESTS: wrote, HANDED: handed / 1e6, WHOLE: whole}


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


def read(socket: str, request: bytes, readers: int, home: Path) -> tuple[float, float]:
    """Bytes a second that came until `stop` is put there, and the share of readers that got as many events as it says."""
    return uvloop.run(_read(socket, request, readers, home))


async def _read(socket: str, request: bytes, readers: int, home: Path) -> tuple[float, float]:
    await http_load.until_ready(socket, request.replace(b"text/event-stream", b"application/json"))
    made, opened, loop = list[Reader](), [asyncio.Event() for _ in range(readers)], asyncio.get_running_loop()
    transports = []
    for event in opened:
        transport, one = await loop.create_unix_connection(partial(Reader, request, event), socket)
        transports.append(transport)
        made.append(one)
    for event in opened:
        await event.wait()
    put(home / "ready")
    began = time.perf_counter()
    wanted = int(await asyncio.to_thread(there, home / "stop"))
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
