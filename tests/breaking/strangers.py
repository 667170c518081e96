"""tests: strangers who hold connections, send slowly, send too much and ask without a pause; and what each of them was told.

Plain sockets: a client library would retry, give up or refuse to send what strangers send.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field

TOO_LONG = 60.0
"""Seconds after which a wait counts as one without an answer: the attack goes on without it, and the check fails."""
PIECE = b"a" * 65_536


@dataclass
class Told:
    """What came of one kind of stranger: answers by status (0: closed without one), and the longest wait for each of them."""

    answers: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    """Content types of refusals, each with the Retry-After it came with."""

    def hears(self, status: int, seconds: float, kind: str = "") -> None:
        self.answers[status] += 1
        self.waits.append(seconds)
        if status >= 400:
            self.kinds.add(f"{status} {kind}")

    @property
    def longest(self) -> float:
        return max(self.waits, default=0.0)

    def within(self, share: float) -> float:
        """The wait that this share of the answers did not exceed."""
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0


@dataclass
class Place:
    """Where a server listens."""

    host: str
    port: int

    async def connect(self, limit: int = 2**22) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """`limit`: bytes of answers that are read ahead."""
        return await asyncio.open_connection(self.host, self.port, limit=limit)


def get(path: str, token: str = "") -> bytes:
    key = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: stranger\r\n{key}\r\n".encode()


async def answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Status, and type and Retry-After of what the server says next; (0, "") where it closes instead."""
    try:
        async with asyncio.timeout(TOO_LONG):
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.split(": ", 1)
                for line in head.decode("latin1").lower().split("\r\n")[1:]
                if ": " in line
            )
            await reader.readexactly(int(fields.get("content-length", 0)))
    except (OSError, asyncio.IncompleteReadError):
        return 0, ""
    return int(head[9:12]), f"{fields.get('content-type', '')} {fields.get('retry-after', '')}".strip()


async def ask(place: Place, request: bytes, told: Told) -> int:
    """One request on a connection of its own."""
    began = time.perf_counter()
    status, kind = 0, ""
    with contextlib.suppress(OSError):
        reader, writer = await place.connect()
        writer.write(request)
        status, kind = await answer(reader)
        writer.close()
    told.hears(status, time.perf_counter() - began, kind)
    return status


async def eager(place: Place, request: bytes, told: Told, stop: asyncio.Event) -> None:
    """Asks again as soon as it is answered, whatever Retry-After says; connects anew when it is closed on."""
    while not stop.is_set():
        began = time.perf_counter()
        try:
            reader, writer = await place.connect()
        except OSError:
            told.hears(0, time.perf_counter() - began)
            continue
        status = 1
        while status and not stop.is_set():
            began = time.perf_counter()
            with contextlib.suppress(OSError):
                writer.write(request)
            status, kind = await answer(reader)
            told.hears(status, time.perf_counter() - began, kind)
        writer.close()


async def hold(place: Place, held: list[asyncio.StreamWriter], told: Told) -> None:
    """Connects, says nothing, and stays until it is closed on."""
    began = time.perf_counter()
    try:
        reader, writer = await place.connect()
        held.append(writer)
        told.hears((await answer(reader))[0], time.perf_counter() - began)
    except OSError:
        told.hears(0, time.perf_counter() - began)


async def send_slowly(place: Place, begun: bytes, told: Told, pause: float = 0.5) -> None:
    """A byte at a time, for as long as it is listened to."""
    began = time.perf_counter()
    try:
        reader, writer = await place.connect()
        writer.write(begun)
        hears = asyncio.create_task(answer(reader))
        while not hears.done():
            with contextlib.suppress(OSError):
                writer.write(b"a")
                await writer.drain()
            await asyncio.wait([hears], timeout=pause)
        writer.close()
        told.hears(hears.result()[0], time.perf_counter() - began, hears.result()[1])
    except OSError:
        told.hears(0, time.perf_counter() - began)


async def send_a_large_head(place: Place, size: int, told: Told) -> int:
    """The bytes of one header that were taken."""
    began = time.perf_counter()
    sent, status, kind = 0, 0, ""
    try:
        reader, writer = await place.connect()
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: stranger\r\nX-Large: ")
        hears = asyncio.create_task(answer(reader))
        while sent < size and not hears.done():
            writer.write(PIECE)
            await writer.drain()
            sent += len(PIECE)
        status, kind = await hears
        writer.close()
    except OSError:
        pass
    told.hears(status, time.perf_counter() - began, kind)
    return sent
