"""Protocol: what strangers send is kept up to a bound and waited for up to a time; health is answered whatever they do.

The server is uvicorn as the API runs it, with a small application that answers at once, or when it is told to.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.engine.connections import Connections
from api.engine.protocol import AHEAD, HEAD, Bounded
from runtime.bounds import Bounds
from tests.breaking.strangers import Place, Told, answer, ask, get, hold, send_a_large_head, send_slowly

REFUSAL = "application/problem+json"
SHORT = Bounds(connections=20, connections_per_address=1_000, idle_seconds=1, head_seconds=1)


@dataclass
class Small:
    """Answers /held when it is let go, all else at once; a body is not read."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: Counter[str] = field(default_factory=Counter)
    size: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked[scope["path"]] += 1
        if scope["path"] == "/held":
            await self.let_go.wait()
        if scope["path"] == "/waits":
            while (await receive())["type"] != "http.disconnect":
                pass
            self.asked["/left"] += 1
        body = scope["path"].encode().ljust(self.size)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Served(Place):
    app: Small
    book: Connections


@contextlib.asynccontextmanager
async def served(bounds: Bounds = SHORT) -> AsyncIterator[Served]:
    app, book = Small(), Connections(bounds)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=0,
            http=cast("type[asyncio.Protocol]", partial(Bounded, book)),
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=bounds.idle_seconds,
        )
    )
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    ticking = asyncio.create_task(server.main_loop())
    yield Served("127.0.0.1", server.servers[0].sockets[0].getsockname()[1], app, book)
    app.let_go.set()
    server.should_exit = True
    await ticking
    await server.shutdown()


def test_what_it_overrides_in_uvicorn_is_there_with_the_same_parameters() -> None:
    ours = {name for name, found in vars(Bounded).items() if inspect.isfunction(found)}
    theirs = {name for name in ours if hasattr(HttpToolsProtocol, name)}
    assert theirs == {
        "__init__",
        "connection_made",
        "connection_lost",
        "data_received",
        "pause_writing",
        "resume_writing",
        "on_message_begin",
        "on_url",
        "on_header",
        "on_headers_complete",
        "on_body",
        "_start_asgi_task",
        "on_response_complete",
        "send_400_response",
    }
    for name in theirs - {"__init__"}:
        assert [*_parameters(Bounded, name)] == [*_parameters(HttpToolsProtocol, name)]
    assert [*_parameters(Bounded, "__init__")] == [
        "self",
        "book",
        *[*_parameters(HttpToolsProtocol, "__init__")][1:],
    ]


def _parameters(cls: type, name: str) -> Any:
    return inspect.signature(getattr(cls, name)).parameters


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * HEAD + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a:b\r\n" * (HEAD // 34 + 1) + b"\r\n",
        b"GET /" + b"a" * HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Never-Whole: " + b"a" * 3 * HEAD,
    ],
    ids=["one header", "many headers", "the address asked for", "a header without an end"],
)
async def test_a_head_that_is_too_large_is_refused_before_it_is_whole(request_: bytes) -> None:
    async with served() as place:
        told = Told()
        assert await ask(place, request_, told) == 431
        assert told.kinds == {f"431 {REFUSAL}"}
        assert not place.app.asked


async def test_trailers_count_like_headers() -> None:
    async with served() as place:
        begun = b"POST /held HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        reader, writer = await place.connect()
        writer.write(begun + b"X-Trailer: " + b"a" * 3 * HEAD)
        assert await answer(reader) == (0, "")  # the answer to what it asked is no longer awaited
        writer.close()


async def test_of_a_head_without_end_no_more_is_taken_than_buffers_hold() -> None:
    async with served() as place:
        assert await send_a_large_head(place, 100_000_000, Told()) < 50_000_000
        assert not place.app.asked


async def test_a_head_as_large_as_may_be_is_served() -> None:
    async with served() as place:
        large = b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * (HEAD - 200) + b"\r\n\r\n"
        assert await ask(place, large, Told()) == 200


async def test_what_is_no_http_is_told_so() -> None:
    async with served() as place:
        told = Told()
        assert await ask(place, b"\x16\x03\x01 hello\r\n\r\n", told) == 400
        assert told.kinds == {f"400 {REFUSAL}"}


async def test_a_head_that_takes_too_long_is_told_so_and_a_connection_that_says_nothing_is_closed() -> None:
    async with served() as place:
        slow, mute, empty = Told(), Told(), Told()
        await asyncio.gather(
            send_slowly(place, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", slow, 0.1),
            hold(place, [], mute),
            ask(place, b"\r\n\r\n\r\n", empty),
        )
        assert (slow.answers, slow.kinds) == ({408: 1}, {f"408 {REFUSAL}"})
        assert mute.answers == empty.answers == {0: 1}
        assert len(place.book) == 0


async def test_a_body_that_nobody_reads_keeps_no_connection_open() -> None:
    async with served() as place:
        reader, writer = await place.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert (await answer(reader))[0] == 200
        ends = asyncio.create_task(reader.read())
        while not ends.done():
            writer.write(b"a")
            await asyncio.wait([ends], timeout=0.1)
        writer.close()


async def test_while_all_that_may_be_are_in_progress_others_are_told_to_come_back_and_health_is_answered(
    eventually: Callable[..., Any],
) -> None:
    async with served() as place:
        held = [asyncio.create_task(ask(place, get("/held"), Told())) for _ in range(19)]
        await eventually(lambda: place.app.asked["/held"] == 19)
        told = Told()
        assert await ask(place, get("/"), told) == 503
        assert told.kinds == {f"503 {REFUSAL} 2"}
        assert [await ask(place, get("/healthz"), Told()) for _ in range(5)] == [200] * 5
        place.app.let_go.set()
        assert set(await asyncio.gather(*held)) == {200}
        assert await ask(place, get("/"), Told()) == 200


async def test_idle_connections_make_way_for_whoever_comes(eventually: Callable[..., Any]) -> None:
    async with served(Bounds(connections=20)) as place:
        told = Told()
        held: list[asyncio.StreamWriter] = []
        strangers = [asyncio.create_task(hold(place, held, told)) for _ in range(60)]
        await eventually(lambda: told.answers[0] == 40)
        assert len(place.book) == 20
        assert [await ask(place, get("/"), Told()) for _ in range(40)] == [200] * 40
        for writer in held:
            writer.close()
        await asyncio.gather(*strangers)


async def test_requests_sent_ahead_are_answered_in_turn_up_to_a_bound() -> None:
    async with served() as place:
        reader, writer = await place.connect()
        writer.write(b"".join(get(f"/{n}") for n in range(AHEAD)))
        for n in range(AHEAD):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(f"/{n}")) == f"/{n}".encode()
        writer.write(get("/more"))
        assert (await answer(reader))[0] == 200
        writer.write(get("/held") * 10_000)
        assert await answer(reader) == (0, "")
        writer.close()
        assert place.app.asked["/held"] == 1


async def test_of_requests_sent_ahead_the_one_in_progress_hears_that_the_client_is_gone(
    eventually: Callable[..., Any],
) -> None:
    """Else it writes to a connection that is closed, which is an error in the log for each."""
    async with served() as place:
        _, writer = await asyncio.open_connection(place.host, place.port)
        writer.write(get("/waits") + get("/next"))
        await eventually(lambda: place.app.asked["/waits"])
        writer.close()
        await eventually(lambda: place.app.asked["/left"])
        assert place.app.asked["/next"] == 0


async def test_an_answer_that_is_not_taken_is_not_kept_for_ever(eventually: Callable[..., Any]) -> None:
    async with served() as place:
        place.app.size = 10_000_000
        _, writer = await place.connect(limit=1_000)
        writer.write(get("/"))
        await eventually(lambda: place.app.asked["/"] == 1)
        await eventually(lambda: len(place.book) == 0)
        writer.close()


async def test_a_connection_is_kept_for_the_next_request_and_no_longer_than_it_may_be_idle() -> None:
    async with served() as place:
        reader, writer = await place.connect()
        for _ in range(3):
            writer.write(get("/"))
            assert (await answer(reader))[0] == 200
        assert len(place.book) == 1
        assert await answer(reader) == (0, "")
        assert len(place.book) == 0
        writer.close()
