"""benchmarks: open dashboards, and somebody who writes — each page has a session and a stream, and asks for its middle again when told so,
as `desk.js` does. Who looks on runs in one process and who writes in another one, on the server's unix socket: an answer to a write waits
for no page that is taken apart.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import uvloop

from benchmarks import http_load
from benchmarks.signs import put, there

SPREAD = 0.3
"""Seconds that a page waits at most before it asks again."""
PATIENCE = 30.0
"""Seconds after the last write in which every change has to be on its page."""
EACH = 5
"""Of so many commands one changes an amount that a page shows."""
FIRST_AMOUNT, FOREVER = 2_000_000, float("inf")
AMOUNT = re.compile(rb"(?<![\d,])2,\d{3},\d{3}")
"""From the first amount on, as a page shows it."""
AGAIN = "HX-Request: true\r\nHX-Target: main#main\r\n"
TOUCH = b'{"activity":{"kind":"call","outcome":"reached","summary":"They want delivery before the summer."}}'
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Dashboard(NamedTuple):
    """A page that is open, and the deal whose amount it shows; empty for a page that shows none."""

    path: str
    cookie: str
    deal: str = ""


class Load(NamedTuple):
    """`touched` are deals that are written to, beside those whose amounts change."""

    socket: str
    token: str
    touched: Sequence[str]
    shown: Sequence[str]
    a_second: float


class Written(NamedTuple):
    """A command: when it was sent, by the system's monotonic clock, and the seconds until its answer. `amount` 0: it changed none."""

    deal: str
    amount: int
    at: float
    took: float


class Looked(NamedTuple):
    """What who looked on saw: when each amount was first on a page, by the system's monotonic clock, and when each middle was asked for.
    `refused` counts those that were too much at once.
    """

    seen: Mapping[int, float]
    asked: Sequence[float]
    refused: int


def processor_seconds(process: int) -> float:
    """User and system time of a process with all its threads: its own clock in Linux."""
    return time.clock_gettime((~process << 3) | 2)


def paint(socket: str, page: Dashboard, times: int) -> list[float]:
    """Milliseconds of first paints, one after the other."""
    return uvloop.run(_paint(socket, page, times))


async def _paint(socket: str, page: Dashboard, times: int) -> list[float]:
    await http_load.until_ready(socket, _get(page))
    stream, took = await asyncio.open_unix_connection(socket), []
    for _ in range(times):
        began = time.perf_counter()
        await http_load.ask(*stream, _get(page))
        took.append(1_000 * (time.perf_counter() - began))
    stream[1].close()
    return took


def _get(page: Dashboard, path: str = "", headers: str = "Accept: text/html\r\n") -> bytes:
    head = f"GET {path or page.path} HTTP/1.1\r\nHost: bench\r\nCookie: salesloop={page.cookie}\r\n"
    return f"{head}{headers}\r\n".encode()


def waited(written: Sequence[Written], looked: Looked) -> tuple[list[float], int]:
    """Seconds of each change of an amount until a page showed it or a later one of the same deal, and how many none ever showed."""
    seconds, missed, latest = [], 0, dict[str, float]()
    for one in sorted((one for one in written if one.amount), key=lambda one: -one.amount):
        seen = min(looked.seen.get(one.amount, FOREVER), latest.get(one.deal, FOREVER))
        latest[one.deal] = seen
        if seen == FOREVER:
            missed += 1
        else:
            seconds.append(seen - one.at)
    return seconds, missed


class Sightings:
    """When each amount was first on a page."""

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self._more = asyncio.Event()

    def note(self, html: bytes, now: float) -> None:
        for amount in AMOUNT.findall(html):
            self.at.setdefault(int(amount.replace(b",", b"")), now)
        self._more.set()

    async def until(self, amounts: set[int]) -> None:
        """All of them were seen."""
        while not amounts <= self.at.keys():
            self._more.clear()
            await self._more.wait()


@dataclass
class Open:
    """One dashboard: its stream, and the connection by which it asks."""

    page: Dashboard
    seen: Sightings
    asked: list[float] = field(default_factory=list)
    refused: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def stay(self, socket: str, opened: asyncio.Event) -> None:
        live, asking = [await asyncio.open_unix_connection(socket, limit=2**20) for _ in range(2)]
        looking: asyncio.Task[None] | None = None
        try:
            html = await http_load.ask(*asking, _get(self.page))
            follows, whose = _attribute(html, b"follows").split(), _attribute(html, b"whose").decode()
            live[1].write(_get(self.page, f"/desk/live?whose={whose}", "Accept: text/event-stream\r\n"))
            await live[0].readuntil(b"event: ready")
            looking = asyncio.create_task(self._look(asking))
            opened.set()
            while line := await live[0].readline():
                if line.startswith(b"data: ") and any(b'"%s"' % name in line for name in follows):
                    self.told.set()
        finally:
            if looking is not None:
                looking.cancel()
            for _, writer in (live, asking):
                writer.close()

    async def _look(self, asking: Stream) -> None:
        while True:
            await self.told.wait()
            await asyncio.sleep(random.random() * SPREAD)
            self.told.clear()
            try:
                middle = await http_load.ask(*asking, _get(self.page, headers=AGAIN))
            except http_load.Refused:  # too much at once: the page stays as it is until it is told again
                self.refused += 1
                continue
            self.asked.append(time.monotonic())
            if self.page.deal:
                self.seen.note(middle, self.asked[-1])


def _attribute(html: bytes, name: bytes) -> bytes:
    """Of the middle of a page: the read models that it shows, and whose."""
    return html.partition(b'data-%s="' % name)[2].partition(b'"')[0]


def look_on(socket: str, dashboards: Sequence[Dashboard], home: Path) -> Looked:
    """Open the dashboards, put `opened` there, and look until the `last` amounts of all deals were seen, which somebody puts there."""
    return uvloop.run(_look_on(socket, dashboards, home))


async def _look_on(socket: str, dashboards: Sequence[Dashboard], home: Path) -> Looked:
    seen = Sightings()
    pages = [Open(page, seen) for page in dashboards]
    async with asyncio.TaskGroup() as tasks:
        staying = []
        for page in pages:
            staying.append(tasks.create_task(page.stay(socket, opened := asyncio.Event())))
            await opened.wait()
        put(home / "opened")
        last = {int(amount) for amount in (await asyncio.to_thread(there, home / "last")).split()}
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await seen.until(last)
        for task in staying:
            task.cancel()
    return Looked(
        seen.at, sorted(at for page in pages for at in page.asked), sum(page.refused for page in pages)
    )


def write(load: Load, seconds: float, first: int) -> list[Written]:
    """Commands at a steady pace, whether or not the one before was answered; amounts from `first` on."""
    return uvloop.run(_write(load, seconds, itertools.count(first)))


async def _write(load: Load, seconds: float, amounts: itertools.count[int]) -> list[Written]:
    end, writing = time.monotonic() + seconds, []
    async with asyncio.TaskGroup() as tasks:
        for n in itertools.count():
            if time.monotonic() >= end:
                break
            writing.append(
                tasks.create_task(_post(load, *_command(load, next(amounts) if n % EACH == 0 else 0)))
            )
            await asyncio.sleep(1 / load.a_second)
    return [task.result() for task in writing]


def _command(load: Load, amount: int) -> tuple[str, int, bytes]:
    if not (amount and load.shown):
        return random.choice(load.touched), 0, TOUCH
    return random.choice(load.shown), amount, b'{"amount":{"amount":"%d","currency":"CNY"}}' % amount


async def _post(load: Load, deal: str, amount: int, body: bytes) -> Written:
    reader, writer = await asyncio.open_unix_connection(load.socket)
    path = f"/deals/{deal}/{'amount' if amount else 'activities'}"
    at = time.monotonic()
    await http_load.ask(reader, writer, http_load.request("POST", path, load.token, body=body))
    took = time.monotonic() - at
    writer.close()
    return Written(deal, amount, at, took)
