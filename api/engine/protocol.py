"""api: uvicorn's protocol with bounds — how much of a request is kept before it is whole, and who is closed on. No route may enter.

uvicorn bounds connections in all, and answers a bare 503 to everybody beyond, health included. It has no limit on the size or time
of a head with httptools, none for an address, and none for a connection that never says anything. `Bounded` adds them by
overriding callbacks; the insides of uvicorn that this rests on are held by tests/api/test_protocol.py, and why no other server or
proxy does it by docs/adr/0018-bounds.md.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from types import MappingProxyType
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.engine.connections import Connections
from api.engine.errors import HEAD_TOO_LARGE, HTTP, SLOW, Problem, overloaded, raw
from api.engine.middleware import SAFE_HEADERS

HEAD = 16 * 1024
"""Bytes of a request line and headers; each header counts `EACH` more, as in HTTP/2, which is what keeping it takes. What is
kept of a head that is never whole is up to three times as much.
"""
EACH = 32
AHEAD = 16
"""Requests that one connection may send before the first of them is answered."""
SEND_BUFFER = 128 * 1024
HEALTH = b"/healthz"
READING = (b"GET", b"HEAD")
SWEEP_SECONDS = 0.5
NOTHING: Any = MappingProxyType({})
log = logging.getLogger("uvicorn.error.requests")
log.setLevel(
    logging.ERROR
)  # a warning for each request that cannot be read would let strangers fill the disk
TOO_LARGE = Problem(HEAD_TOO_LARGE, f"the head of a request may have {HEAD} bytes")
MALFORMED = Problem(HTTP[400], "this is not HTTP/1.1")


class Bounded(HttpToolsProtocol):
    """One connection, as `book` lets it be."""

    def __init__(
        self,
        book: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = log
        self.book = book
        self.address: str | None = None
        self._head = 0  # bytes of the present head
        self._untold = 0  # bytes since the parser last told something: it keeps a header until that is whole
        self._begun = False  # some of a request came, and not yet its whole head
        self._busy = False  # a request is in progress
        self._running: RequestResponseCycle | None = None  # that one: uvicorn knows the last that came
        self._refusal = MALFORMED

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.book.coming()
        self.address = self.book.bounds.address(self.client[0] if self.client else None)
        if (
            self.client is not None
        ):  # else the system would take 4 MB of answers for whoever does not read them
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if self.book.opened(
            self
        ):  # twice soon: in between, what others sent before they were accepted is read
            self.loop.call_soon(self.loop.call_soon, self.book.trim)
        keep_sweeping(self.loop, self.book)

    def connection_lost(self, exc: Exception | None) -> None:
        self.book.closed(self)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), HEAD):
            if not self.transport.is_closing():
                self._feed(data[start : start + HEAD])

    def pause_writing(self) -> None:
        super().pause_writing()
        self.book.unread(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.book.read(self)

    # the parser; what is raised here ends the connection by send_400_response

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = self._untold = 0
        self._begun = True
        self.book.begins(self)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._untold = 0
        self._head += len(url)
        if self._head > HEAD:
            raise self._refused(TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._untold = 0
        self._head += len(name) + len(value) + EACH
        if self._head > HEAD:
            raise self._refused(TOO_LARGE)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._begun = False
        if len(self.pipeline) >= AHEAD:
            raise self._refused(overloaded(f"a connection may be {AHEAD} requests ahead"))
        if self.parser.get_method() not in READING:
            self.book.coming()
        welcome = self.book.asks(self) or self.url == HEALTH
        self._busy = True
        self.app = self.config.loaded_app if welcome else crowded
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        super().on_body(body)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        answered = self._running
        super().on_response_complete()
        self._forget(answered)
        if self.cycle.response_complete:  # else the next one, which came meanwhile, is in progress
            self._busy = False
            self.book.answered(self, begun=self._begun)

    def send_400_response(self, msg: str) -> None:
        self._end(self._refusal)

    # the book

    def unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    def close(self) -> None:
        """At once where answers are not taken: else it would stay until they are."""
        if self.unsent():
            self.transport.abort()
        else:
            self.transport.close()

    def make_way(self) -> None:
        if self._begun:
            self._end(overloaded("there are too many connections"))
        else:
            self.close()

    def run_out_of_time(self) -> None:
        self._end(Problem(SLOW, f"the head has to arrive within {self.book.bounds.head_seconds} s"))

    # how

    def _forget(self, answered: RequestResponseCycle | None) -> None:
        """All that was made for a request hangs on its scope, and uvicorn holds that until the next one comes."""
        if answered is not None:
            if self.scope is answered.scope:
                self.scope, self.headers = NOTHING, []
            answered.scope = NOTHING

    def _feed(self, data: bytes) -> None:
        self._untold += len(data)
        super().data_received(data)
        if self._untold > HEAD and not self.transport.is_closing():
            self._end(TOO_LARGE)

    def _refused(self, problem: Problem) -> Problem:
        self._refusal = problem
        return problem

    def _end(self, problem: Problem) -> None:
        """The last answer on this connection, unless one is on its way."""
        if not self._busy:
            fields = [*self.server_state.default_headers, *SAFE_HEADERS, (b"connection", b"close")]
            headers, body = raw(problem)
            lines = b"".join(name + b": " + value + b"\r\n" for name, value in [*fields, *headers])
            self.transport.write(STATUS_LINE[problem.kind.status] + lines + b"\r\n" + body)
        self.close()


def keep_sweeping(loop: asyncio.AbstractEventLoop, book: Connections) -> None:
    """From the first connection on, for as long as there are any."""
    if not book.sweeping:
        book.sweeping = True
        loop.call_later(SWEEP_SECONDS, _sweep, loop, book)


def _sweep(loop: asyncio.AbstractEventLoop, book: Connections) -> None:
    book.sweep()
    book.sweeping = False
    if len(book):
        keep_sweeping(loop, book)


async def crowded(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in the application's place, before anything is looked at."""
    headers, body = raw(overloaded("too many requests are in progress"), scope["path"])
    fields = [*headers, *SAFE_HEADERS, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": fields})
    await send({"type": "http.response.body", "body": body})
