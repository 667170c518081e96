"""benchmarks: a light HTTP client that keeps a server busy — keep-alive connections on a unix socket, one request at a time each.

Runs in a process of its own. Understands no more of HTTP/1.1 than our servers say.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from uuid import uuid4

import uvloop

CONNECTIONS = 16
READY_SECONDS = 20.0


class Refused(Exception):
    """The server answered something else than 200 or 201."""


def get(socket: str, paths: Sequence[str], token: str, seconds: float) -> float:
    """Requests a second, over these paths in turn."""
    turn = itertools.cycle([request("GET", path, token) for path in paths])
    return uvloop.run(_load(socket, turn, seconds, CONNECTIONS))


def post(
    socket: str, posts: Sequence[tuple[str, bytes]], token: str, seconds: float, connections: int
) -> float:
    """Requests a second: bodies to paths, each once and under an idempotency key of its own."""
    turn = (
        request("POST", path, token, f"Idempotency-Key: {uuid4()}\r\n", body)
        for path, body in itertools.cycle(posts)
    )
    return uvloop.run(_load(socket, turn, seconds, connections))


def request(method: str, path: str, token: str, headers: str = "", body: bytes = b"") -> bytes:
    if body:
        headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
    return head.encode() + body


async def _load(socket: str, turn: Iterator[bytes], seconds: float, connections: int) -> float:
    await until_ready(socket, next(turn))
    await _busy(socket, turn, time.perf_counter() + min(0.3, seconds), connections)
    started = time.perf_counter()
    answered = await _busy(socket, turn, started + seconds, connections)
    return answered / (time.perf_counter() - started)


async def _busy(socket: str, turn: Iterator[bytes], end: float, connections: int) -> int:
    return sum(await asyncio.gather(*(_caller(socket, turn, end) for _ in range(connections))))


async def _caller(socket: str, turn: Iterator[bytes], end: float) -> int:
    reader, writer = await asyncio.open_unix_connection(socket)
    answered = 0
    while not answered or time.perf_counter() < end:  # a machine may be too busy to answer anybody in time
        await ask(reader, writer, next(turn))
        answered += 1
    writer.close()
    return answered


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    body = await reader.readexactly(length)
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise Refused(f"{request[:60]!r}: {head[:30]!r} {body[:300]!r}")
    return body


async def until_open(port: int) -> None:
    """Somebody listens at that port of this machine."""
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)


async def until_ready(socket: str, request: bytes) -> None:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            await ask(*await asyncio.open_unix_connection(socket), request)
            return
        except OSError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
