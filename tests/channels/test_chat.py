"""Chat messages reach a receiver, in words and without secrets in any log; addresses are held to what is allowed."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
import requests

from runtime.channels import chat
from runtime.channels.chat import ChatChannel, NotAChat, check, parsed
from runtime.channels.message import TryAgain, Undeliverable
from runtime.outgoing import HOSTED
from tests.channels.messages import DEAL, message, notice

GENERIC = {"json"}
PUBLIC = "https://sales.example.com"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; answers `status`, with `location` where that sends on, and waits for `go_on`."""

    daemon_threads = True

    def __init__(self, status: int = 200, location: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.location = status, location
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    @property
    def address(self) -> str:
        return f"json://user:hush@127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.server.headers.append(dict(self.headers))
        self.server.go_on.wait()
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver(*args: Any) -> Iterator[Receiver]:
    made = Receiver(*args)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.go_on.set()
        made.shutdown()
        thread.join()
        made.server_close()


async def test_a_notice_arrives_in_the_person_s_words_with_its_link() -> None:
    with receiver() as there:
        await ChatChannel(GENERIC, PUBLIC).send(
            message(notice("承诺 :smile: 已逾期"), channel="chat", language="zh", to=there.address)
        )
    assert (
        there.bodies[0]["message"] == f"承诺 :smile: 已逾期\n2026年11月30日 16:39\n{PUBLIC}/desk/deals/{DEAL}"
    )
    assert there.bodies[0]["title"] == ""


async def test_nobody_is_called_by_what_somebody_wrote() -> None:
    written = '@everyone <at user_id="all">x</at> <!here> <@U1> li@example.com 3 < 4'
    with receiver() as there:
        await ChatChannel(GENERIC, PUBLIC).send(message(notice(written), channel="chat", to=there.address))
    said = str(there.bodies[0]["message"])
    assert not any(call in said for call in ("@everyone", "<at", "<!", "<@"))
    assert written in said.replace("\u200b", "")
    assert "li@example.com 3 < 4" in said


async def test_a_digest_has_a_title_and_a_repeat_the_same_id() -> None:
    channel = ChatChannel(GENERIC, PUBLIC)
    with receiver() as there:
        for _ in range(2):
            await channel.send(message(notice(), notice("Second", None), channel="chat", to=there.address))
    assert [body["title"] for body in there.bodies] == ["2 notices"] * 2
    assert [one["Message-ID"] for one in there.headers] == [str(UUID(int=9))] * 2


async def test_of_many_the_first_are_shown_and_how_many_are_left() -> None:
    notices = [notice(f"Notice {n}.", None, path=f"/desk/{n}") for n in range(1, 23)]
    with receiver() as there:
        await ChatChannel(GENERIC, PUBLIC).send(message(*notices, to=there.address))
    assert there.bodies[0]["message"].endswith(f"{PUBLIC}/desk/20\n\nand 2 more: {PUBLIC}/desk")


async def test_what_is_longer_than_a_service_takes_is_cut_and_not_sent_in_pieces() -> None:
    with receiver() as there:
        await ChatChannel(GENERIC, PUBLIC).send(message(notice("长" * 40_000), to=there.address))
    assert [len(body["message"]) for body in there.bodies] == [32_768]


@pytest.mark.parametrize("status", [400, 404, 429, 500])
async def test_what_a_receiver_refuses_is_tried_again(status: int) -> None:
    with receiver(status) as there, pytest.raises(TryAgain, match="chat-refused"):
        await ChatChannel(GENERIC, PUBLIC).send(message(to=there.address))


async def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    with receiver() as there:
        address = there.address
    with pytest.raises(TryAgain, match="chat-refused"):
        await ChatChannel(GENERIC, PUBLIC).send(message(to=address))


async def test_a_receiver_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "TIMEOUT", 0.05)
    with receiver() as there:
        there.go_on.clear()
        with pytest.raises(TryAgain, match="chat-timeout"):
            await ChatChannel(GENERIC, PUBLIC).send(message(to=there.address))


def test_a_service_that_is_slow_is_waited_for_rather_than_told_twice() -> None:
    there = chat._with(parsed("json://127.0.0.1/hook", GENERIC))[0]
    assert (there.socket_connect_timeout, there.socket_read_timeout) == (8.0, 16.0)


async def test_nobody_is_followed_to_another_place() -> None:
    with receiver() as elsewhere, receiver(307, f"http://127.0.0.1:{elsewhere.server_port}/x") as there:
        with pytest.raises(TryAgain, match="chat-refused"):
            await ChatChannel(GENERIC, PUBLIC).send(message(to=there.address))
        assert (len(there.bodies), elsewhere.bodies) == (1, [])


@pytest.mark.parametrize("status", [200, 500])
async def test_no_log_says_where_it_went_or_what_was_said(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver(status) as there:
        try:
            await ChatChannel(GENERIC, PUBLIC).send(message(notice("Told to nobody else"), to=there.address))
        except TryAgain:
            assert status == 500
        port = str(there.server_port)
    assert not [line for line in caplog.messages for said in ("hush", port, "hook", "Told") if said in line]


async def test_an_address_that_is_allowed_no_more_is_for_good() -> None:
    with receiver() as there, pytest.raises(Undeliverable, match="chat-address"):
        await ChatChannel(HOSTED, PUBLIC).send(message(to=there.address))


async def test_without_the_extra_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "installed", lambda: False)
    with pytest.raises(TryAgain, match="chat-not-installed"):
        await ChatChannel(HOSTED, PUBLIC).send(message(to="slack://A/B/C"))
    with pytest.raises(NotAChat, match=r"pip install 'salesloop\[chat\]'"):
        check("slack://A/B/C", HOSTED)


TOKEN = "a" * 24
TAKEN = {
    f"feishu://{TOKEN}": "feishu",
    f"https://open.feishu.cn/open-apis/bot/v2/hook/{TOKEN}": "feishu",
    f"https://open.larksuite.com/open-apis/bot/v2/hook/{TOKEN}": "lark",
    f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}": "dingtalk",
    f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}": "wecombot",
    f"https://hooks.slack.com/services/T1H9RESGL/B2A3C4D5/{TOKEN}": "slack",
    f"https://discord.com/api/webhooks/417421/{TOKEN}": "discord",
    f"https://prod-1.westeurope.logic.azure.com:443/workflows/{TOKEN}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={TOKEN}": "workflow",
}


@pytest.mark.parametrize("address", TAKEN)
def test_an_address_as_the_service_shows_it_is_taken(address: str) -> None:
    check(address, HOSTED)
    assert parsed(address, HOSTED)["schema"] == TAKEN[address]


REFUSED = [
    ("json://127.0.0.1/hush", "must begin with one of dingtalk://"),
    ("file:///etc/hush", "must begin with one of"),
    ("hush", "must begin with one of"),
    ("https://example.com/hush", "is not an address"),
    ("slack://hush", "is not an address"),
    (f"https://hooks.slack.com/services/T1H9RESGL/B2A3C4D5/{TOKEN}?template=/etc/passwd", "has an option that is not allowed: template"),
    (f"workflows://prod-1.logic.azure.com/{TOKEN}/hush?template=/etc/passwd", "has an option that is not allowed: template"),
    (f"feishu://{TOKEN}?verify=no", "has an option that is not allowed: verify"),
    (f"feishu://{TOKEN}?redirect=yes", "has an option that is not allowed: redirect"),
    (f"feishu://{TOKEN}/%2e%2e/hush", "has a path that leads back"),
    (f"feishu://{TOKEN}/..%2fhush", "has a path that leads back"),
    (f"feishu://{TOKEN}/../hush", "has a path that leads back"),
    (f"workflows://127.0.0.1/{TOKEN}/hush", "names a host that is not the service's"),
    (f"workflows://logic.azure.com.example.com/{TOKEN}/hush", "names a host that is not the service's"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "said"), REFUSED)
def test_any_other_address_is_refused_with_nothing_secret_of_it(address: str, said: str) -> None:
    with pytest.raises(NotAChat, match=said) as refused:
        check(address, HOSTED)
    assert "hush" not in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_a_service_that_the_administrator_left_out_is_refused() -> None:
    with pytest.raises(NotAChat, match="is of a service that is not allowed: slack"):
        check(f"https://hooks.slack.com/services/T1H9RESGL/B2A3C4D5/{TOKEN}", {"feishu"})


LINK = f"{PUBLIC}/desk/deals/{DEAL}"
WRITTEN = [
    (f"feishu://{TOKEN}", f"A_b *won* [x](y)\nNov 30, 2026 16:39\n{LINK}"),
    (f"slack://T1H9RESGL/B2A3C4D5/{TOKEN}", f"A_b *won* [x](y)\nNov 30, 2026 16:39\n{LINK}"),
    (f"workflows://prod-1.logic.azure.com/{TOKEN}/{TOKEN}", f"A\\_b \\*won\\* \\[x\\](y)\n\nNov 30, 2026 16:39\n\n[Look at it]({LINK})"),
    (f"gchat://space/key/{TOKEN}", f"A\\_b \\*won\\* [x](y)\n\nNov 30, 2026 16:39\n\n<{LINK}|Look at it>"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "text"), WRITTEN, ids=["text", "text of two", "markdown", "its own"])
async def test_a_link_leads_somewhere_in_whatever_a_service_takes(
    address: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would go over the network, since these hosts are nobody's here."""
    bodies: list[str] = []

    def request(_session: Any, **given: Any) -> requests.Response:
        bodies.append(json.dumps(json.loads(given["data"])))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok" if address.startswith("slack") else b"{}"
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    await ChatChannel(HOSTED, PUBLIC).send(message(notice("A_b *won* [x](y)"), to=address))
    assert json.dumps(text)[1:-1] in bodies[0]
    assert "github" not in bodies[0], "no picture of another's"
