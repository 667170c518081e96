"""`salesloop events --follow` from afar: by the feed's stream, through restarts of the server, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.engine.roles import Role
from api.engine.users import NewKey
from cli.engine.event_stream import EventStream
from cli.engine.failure import INTERRUPTED, Failure
from cli.engine.remote import Away, Remote
from runtime.programs import free_port
from tests.cli.conftest import Terminal, environment
from tests.conftest import PATIENCE
from tests.house import make_key

Eventually = Callable[[Callable[[], Any]], Any]


def answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", timeout=PATIENCE).is_success
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def served(env: dict[str, str], base: str, eventually_sync: Eventually) -> Iterator[None]:
    """`salesloop api`, a process of its own, told to end as an operator does."""
    running = subprocess.Popen([sys.executable, "-m", "cli.main", "api"], env=env, stderr=subprocess.DEVNULL)
    try:
        eventually_sync(lambda: answers(base))
        yield
    finally:
        running.terminate()
        running.wait(PATIENCE)


class Following:
    """The program, and what it writes line by line."""

    def __init__(self, env: dict[str, str], log: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "cli.main", "events", "--follow", "--json", *arguments]
        self._log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                command, env=env, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, position: int) -> list[int]:
        """The positions that come, up to this one."""
        found: list[int] = []
        while not found or found[-1] < position:
            found.append(json.loads(self._lines.get(timeout=PATIENCE))["position"])
        return found

    def stopped(self) -> tuple[int, str]:
        """Its exit code and what it said beside, told to stop as by Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE)
        return code, self._log.read_text()


def test_it_goes_on_where_it_was_through_a_restart_of_the_server(
    terminal: Terminal, tmp_path: Path, eventually_sync: Eventually
) -> None:
    url, port = terminal.env["DATABASE_URL"], free_port()
    base = f"http://127.0.0.1:{port}"
    token = asyncio.run(make_key(url, NewKey("follows", Role.AUDITOR)))
    api = environment(DATABASE_URL=url, SALESLOOP_DATA=str(tmp_path), SALESLOOP_API_PORT=str(port))
    afar = environment(SALESLOOP_URL=base, SALESLOOP_KEY=token, SALESLOOP_DATA="/nowhere")

    def write(name: str) -> int:
        position: int = terminal.json("team", "form", name)["position"]
        return position

    start = write("before")
    following = None
    try:
        with served(api, base, eventually_sync):
            following = Following(afar, tmp_path / "errors", "--after", str(start))
            found = following.until(write("first"))
            headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
            opened = contextlib.ExitStack()
            stream = opened.enter_context(
                httpx.stream("GET", f"{base}/events?after={start}", headers=headers, timeout=PATIENCE)
            )
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("id:"))
        with opened:
            told = [line for line in lines if line]
        assert told[-2] == "event: end"
        ended = json.loads(told[-1].removeprefix("data: "))
        assert (ended["reason"], ended["position"]) == ("restart", found[-1])
        assert told[-3] == f"id: {found[-1]}"
        write("while nobody served")
        with served(api, base, eventually_sync):
            last = write("afterwards")
            found += following.until(last)
            code, said = following.stopped()
        assert found == list(range(start + 1, last + 1))
        assert code == INTERRUPTED
        assert said.count("does not answer") == len(said.splitlines()) <= 1, (
            "once, however often it was tried"
        )
    finally:
        if following is not None:
            following.process.kill()


# --- what a server may answer ----------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Answers what it was told to, one after the other, each a status, headers and a body; `asked` is what was had before."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers = iter(answers)
        self.asked: list[str | None] = []


class Answering(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.headers["Last-Event-ID"])
        status, headers, body = next(self.server.answers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def event(position: int) -> bytes:
    return b'id: %d\ndata: {"position":%d}\n\n' % (position, position)


STREAM = (200, {"Content-Type": "text/event-stream"})
BEGIN = b"retry: 0\n: salesloop\n\n"
END = b'id: 4\nevent: end\ndata: {"reason":"restart"}\n\n'
PROBLEM = b'{"detail":"it is so"}'


async def positions(server: Server, most: int) -> list[int]:
    stream = EventStream(Remote(f"http://127.0.0.1:{server.server_port}", "sl_key"), 1)
    found: list[int] = []
    async with contextlib.aclosing(stream.events()) as told:
        async for some in told:
            found += [one["position"] for one in some]
            if len(found) >= most:
                break
    return found


@pytest.fixture
def answering() -> Iterator[Callable[..., Server]]:
    with contextlib.ExitStack() as stack:

        def made(*answers: tuple[int, dict[str, str], bytes]) -> Server:
            server = stack.enter_context(Server(*answers))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return server

        yield made


async def test_a_stream_that_breaks_off_is_taken_up_after_its_last_event(
    answering: Callable[..., Server],
) -> None:
    alive, half = b": alive\nid: 3\n\n", event(5)[:9]
    server = answering(
        (*STREAM, BEGIN + event(2) + alive + half),
        (503, {"Retry-After": "0"}, PROBLEM),
        (429, {"Retry-After": "0"}, PROBLEM),
        (*STREAM, BEGIN + event(4) + END),
        (*STREAM, BEGIN + event(5)),
    )
    assert await positions(server, 3) == [2, 4, 5]
    assert server.asked == ["1", "3", "3", "3", "4"]


@pytest.mark.parametrize("status", [401, 422, 429, 503])
async def test_what_is_refused_at_first_is_told(answering: Callable[..., Server], status: int) -> None:
    with pytest.raises(Failure, match="it is so"):
        await positions(answering((status, {}, PROBLEM)), 1)


async def test_a_key_that_counts_no_longer_ends_it(answering: Callable[..., Server]) -> None:
    with pytest.raises(Failure, match="it is so"):
        await positions(answering((*STREAM, BEGIN + event(2)), (401, {}, PROBLEM)), 2)


async def test_nobody_answers_at_first() -> None:
    stream = EventStream(Remote(f"http://127.0.0.1:{free_port()}", "sl_key"), 1)
    with pytest.raises(Away, match="does not answer"):
        await anext(stream.events())
