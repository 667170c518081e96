"""tests: receivers of webhooks on the loopback, which take, refuse, stall, break off, redirect or never end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Message:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, secret: str) -> Any:
        """Its content; raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


Answer = Callable[[Message, asyncio.StreamWriter], Awaitable[None]]


def status(code: int, *headers: str, body: bytes = b"") -> Answer:
    head = "".join(
        f"{line}\r\n" for line in (f"HTTP/1.1 {code} Said", *headers, f"Content-Length: {len(body)}")
    )

    async def answer(_message: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + b"\r\n" + body)

    return answer


async def silent(_message: Message, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def breaks_off(_message: Message, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 2")
    writer.transport.abort()


async def never_ends(_message: Message, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()


async def talks_nonsense(_message: Message, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HELO there\r\n\r\n")


@dataclass
class Receiver:
    """`answer` may be changed at any time. What was taken (answered with 2xx by the usual answer) is in `taken`."""

    url: str = ""
    answer: Answer = field(default_factory=lambda: status(204))
    got: list[Message] = field(default_factory=list)
    connections: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                message = await _read(reader)
                async with self.news:
                    self.got.append(message)
                    self.news.notify_all()
                await self.answer(message, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def until(self, condition: Callable[[list[Message]], Any], seconds: float = 60.0) -> list[Message]:
        """Wait until what came satisfies it."""
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(lambda: condition(self.got))
        return list(self.got)

    @property
    def positions(self) -> list[int]:
        return [message.event["position"] for message in self.got]


async def _read(reader: asyncio.StreamReader) -> Message:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Message(head[0].split()[1], headers, body.decode())


@contextlib.asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    receiver = Receiver()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        await receiver.serve(reader, writer)
        serving.discard(task)

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if tls else 'http'}://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
