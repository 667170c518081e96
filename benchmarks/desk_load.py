"""benchmarks: open dashboards and somebody who writes — each page has a session and a stream, and asks for its middle again when told so,
as `desk.js` does. Runs in a process of its own, on the server's unix socket.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import psutil
import uvloop

from benchmarks import http_load

SPREAD = 0.3
"""Seconds that a page waits at most before it asks again."""
PATIENCE = 30.0
"""Seconds after the last write in which every change has to be on its page."""
EACH = 5
"""Of so many commands one changes an amount that a page shows."""
FIRST_AMOUNT = 2_000_000
AGAIN = "HX-Request: true\r\nHX-Target: main#main\r\n"
TOUCH = b'{"activity":{"kind":"call","outcome":"reached","summary":"They want delivery before the summer."}}'
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Dashboard(NamedTuple):
    """A page that is open, and the deal whose amount it shows; empty for a page that shows none."""

    path: str
    cookie: str
    deal: str = ""


class Load(NamedTuple):
    """`process` is the server's. `touched` are deals that are written to, beside those whose amounts change."""

    socket: str
    process: int
    token: str
    dashboards: Sequence[Dashboard]
    touched: Sequence[str]
    shown: Sequence[str]
    a_second: float
    seconds: float


class Measured(NamedTuple):
    """In seconds: the server's processor, the clock, each write, each change until a page shows it. `asked` counts middles, `refused`
    those that were too much at once, `missed` changes that a page never showed, `memory` is by how many bytes the server grew while the pages were opened and looked at.
    """

    processor: float
    took: float
    writes: list[float]
    seen: list[float]
    missed: int
    asked: int
    refused: int
    memory: int


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


def look_on(load: Load) -> Measured:
    """Open the dashboards, write, and see."""
    return uvloop.run(_look_on(load))


class Changes:
    """Amounts that were written, until the page of the deal shows them or later ones."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[tuple[int, float]]] = {}
        self.seen: list[float] = []
        self._amounts = itertools.count(FIRST_AMOUNT)
        self._none = asyncio.Event()
        self._none.set()

    def next(self, deal: str) -> int:
        amount = next(self._amounts)
        self._none.clear()
        self.waiting.setdefault(deal, []).append((amount, time.perf_counter()))
        return amount

    def shown(self, deal: str, html: bytes) -> None:
        waiting = self.waiting.get(deal, [])
        last = max((n for n, (amount, _) in enumerate(waiting) if f"{amount:,}".encode() in html), default=-1)
        now = time.perf_counter()
        self.seen += [now - at for _, at in waiting[: last + 1]]
        del waiting[: last + 1]
        if not self.missed:
            self._none.set()

    async def all_shown(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._none.wait()

    @property
    def missed(self) -> int:
        return sum(map(len, self.waiting.values()))


@dataclass
class Open:
    """One dashboard: its stream, and the connection by which it asks."""

    page: Dashboard
    changes: Changes
    asked: int = 0
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
            self.asked += 1
            if self.page.deal:
                self.changes.shown(self.page.deal, middle)


def _attribute(html: bytes, name: bytes) -> bytes:
    """Of the middle of a page: the read models that it shows, and whose."""
    return html.partition(b'data-%s="' % name)[2].partition(b'"')[0]


async def _look_on(load: Load) -> Measured:
    changes, server = Changes(), psutil.Process(load.process)
    before = server.memory_info().rss
    pages = [Open(page, changes) for page in load.dashboards]
    async with asyncio.TaskGroup() as tasks:
        staying = []
        for page in pages:
            staying.append(tasks.create_task(page.stay(load.socket, opened := asyncio.Event())))
            await opened.wait()
        await _write(load, changes, 1.0)  # all have looked once, and the database is awake
        asked, began = sum(page.asked for page in pages), time.perf_counter()
        changes.seen.clear()
        used = processor_seconds(load.process)
        writes = await _write(load, changes, load.seconds)
        used, took = processor_seconds(load.process) - used, time.perf_counter() - began
        asked = sum(page.asked for page in pages) - asked
        if pages:
            await changes.all_shown()
        grown = server.memory_info().rss - before
        for task in staying:
            task.cancel()
    return Measured(
        used, took, writes, changes.seen, changes.missed, asked, sum(page.refused for page in pages), grown
    )


async def _write(load: Load, changes: Changes, seconds: float) -> list[float]:
    """At a steady pace, whether or not the one before was answered; how long each took."""
    end, writing = time.perf_counter() + seconds, []
    async with asyncio.TaskGroup() as tasks:
        for n in itertools.count():
            if time.perf_counter() >= end:
                break
            writing.append(tasks.create_task(_post(load, *_command(load, changes, n))))
            await asyncio.sleep(1 / load.a_second)
    return [task.result() for task in writing]


def _command(load: Load, changes: Changes, n: int) -> tuple[str, bytes]:
    if n % EACH or not load.shown:
        return f"/deals/{random.choice(load.touched)}/activities", TOUCH
    deal = random.choice(load.shown)
    amount = b'{"amount":{"amount":"%d","currency":"CNY"}}' % changes.next(deal)
    return f"/deals/{deal}/amount", amount


async def _post(load: Load, path: str, body: bytes) -> float:
    reader, writer = await asyncio.open_unix_connection(load.socket)
    began = time.perf_counter()
    await http_load.ask(reader, writer, http_load.request("POST", path, load.token, body=body))
    writer.close()
    return time.perf_counter() - began
