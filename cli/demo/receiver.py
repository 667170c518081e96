"""cli: the demonstration's receiver of webhooks — another program on this machine, which is told of the promises that burn down.

It believes what the specification's own library verifies, and nothing else. When it has seen enough its endpoint is paused.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.demo.short_fuse import USER
from cli.engine.event_output import EventOutput
from cli.engine.language import sentence, word
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from runtime.ledger import Ledger
    from runtime.webhooks.endpoints import Endpoints

HOST, NAME = "127.0.0.1", "demo"
TOPICS = ("promise", "deal.opened")
PATIENCE = 15.0
NETWORKS = "SALESLOOP_WEBHOOK_NETWORKS"


def allowed(networks: str) -> str:
    """What the setting has to be for the receiver's address to be allowed, beside what is allowed already."""
    return ",".join(one for one in (networks.strip(), HOST) if one)


class Received:
    """What came and was verified, in the order in which it came; `refused` is what was not."""

    def __init__(self) -> None:
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        self.ids: Counter[str] = Counter()
        self.refused = 0
        self._news = threading.Condition()

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        from standardwebhooks import Webhook, WebhookVerificationError

        with self._news:
            try:
                event = Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                self.refused += 1
                return False
            self.ids[headers["webhook-id"]] += 1
            if self.ids[headers["webhook-id"]] == 1:  # what comes again has the same id
                self.events.append(event)
                self._news.notify_all()
            return True

    def of(self, deals: Sequence[UUID], head: int) -> list[dict[str, Any]]:
        wanted = {str(id) for id in deals}
        return [one for one in self.events if one["stream_id"] in wanted and one["position"] <= head]

    def until(self, deals: Sequence[UUID], head: int, most: int) -> list[dict[str, Any]]:
        """Of these deals up to a position, once so many have come, or nothing more is to be expected."""
        with self._news:
            self._news.wait_for(lambda: len(self.of(deals, head)) >= most, PATIENCE)
            return self.of(deals, head)


@asynccontextmanager
async def receiving(opened: Ledger) -> AsyncIterator[Received]:
    """A receiver that is sent events of promises from now on, until this ends."""
    from domain.engine.values import named_id
    from runtime.settings import webhooks
    from runtime.webhooks.addresses import Guard
    from runtime.webhooks.endpoints import Endpoints

    received = Received()
    server = _server(received)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    id = named_id("demo webhook", NAME)
    endpoints = Endpoints(opened.pool, Guard(webhooks()))
    try:
        url = f"http://{HOST}:{server.server_address[1]}/"
        received.secret = await _endpoint(endpoints, id, url, await opened.head())
        yield received
    finally:
        await endpoints.pause(id, USER)
        await asyncio.to_thread(server.shutdown)
        server.server_close()


async def _endpoint(endpoints: Endpoints, id: UUID, url: str, head: int) -> str:
    """The one of the run before, at this run's address, with a secret that only this run knows."""
    from runtime.webhooks.endpoints import Asker, Wanted

    wanted, asker = Wanted(NAME, url, TOPICS), Asker(USER, all=True)
    if await endpoints.one(asker, id) is None:
        return await endpoints.make(id, wanted, Asker(USER), USER, head)
    secret = await endpoints.rotate(id, timedelta(0))
    await endpoints.change(id, wanted, USER, permits=True)
    await endpoints.replay(id, head, USER)
    await endpoints.resume(id, USER)
    return secret


def _server(received: Received) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(204 if received.take(body, headers) else 400)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    return server


async def show_received(
    opened: Ledger, received: Received, deals: Sequence[UUID], output: EventOutput
) -> None:
    """What the receiver was told of these deals, once all of it has come."""
    head = await opened.head()
    said = await _recorded(opened, deals, head)
    came = await asyncio.to_thread(received.until, deals, head, said)
    output.note(" ")
    output.view(
        "webhook",
        lambda: _show(came, said, received),
        recorded=said,
        received=len(came),
        refused=received.refused,
        in_order=_in_order(came),
        message_ids=len(received.ids),
    )


async def _recorded(opened: Ledger, deals: Sequence[UUID], head: int) -> int:
    told = [one for id in deals for one in await opened.stream(id)]
    topics = [one.fact.TOPIC for one in told if one.position <= head]
    return sum(1 for topic in topics if topic in TOPICS or topic.partition(".")[0] in TOPICS)


def _in_order(came: Sequence[dict[str, Any]]) -> bool:
    last: dict[str, int] = {}
    for event in came:
        if event["position"] <= last.get(event["stream_id"], 0):
            return False
        last[event["stream_id"]] = event["position"]
    return True


def _show(came: Sequence[dict[str, Any]], said: int, received: Received) -> None:
    title = word("another program was told by webhook (salesloop webhooks list)")
    counted = Counter(event["topic"] for event in came)
    table(("event", "received"), [*counted.items()], title=title, right=("received",))
    order = word("in order for each deal") if _in_order(came) else word("NOT in order")
    say(
        sentence(
            "{n} of {of} events came, each signature verified, {order}; {refused} were refused",
            n=len(came),
            of=said,
            order=order,
            refused=received.refused,
        )
    )
