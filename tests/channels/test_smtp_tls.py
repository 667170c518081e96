"""TLS and sign-in, with an authority of the test's own, on both event loops: the worker's is uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from runtime.channels.message import NotDelivered
from runtime.channels.smtp import SmtpChannel
from runtime.outgoing import Smtp
from tests.channels.authority import Authority
from tests.channels.mail_server import Inbox, mail_server
from tests.channels.messages import LETTERHEAD, message

Run = Callable[[Coroutine[Any, Any, str]], str]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("theirs"))


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.param
    return found


async def sent(server: Smtp) -> str:
    channel = SmtpChannel(server, LETTERHEAD)
    try:
        await channel.send(message())
    except NotDelivered as failed:
        return failed.code
    finally:
        await channel.close()
    return "sent"


def settings(port: int, ca: Path, **said: Any) -> Smtp:
    return Smtp(**{"host": "127.0.0.1", "port": port, "tls": False, "starttls": True, "ca": ca, **said})


async def test_a_mail_goes_over_starttls_and_nothing_before_it(ours: Authority, run: Run) -> None:
    options: dict[str, Any] = {"tls_context": ours.server(), "require_starttls": True}
    async with mail_server(inbox := Inbox(), **options) as server:
        assert await asyncio.to_thread(run, sent(settings(server.port, ours.ca))) == "sent"
    assert [session.ssl is not None for session in inbox.sessions] == [True]


async def test_a_mail_goes_over_tls_from_the_first_byte(ours: Authority, run: Run) -> None:
    async with mail_server(inbox := Inbox(), tls=ours.server()) as server:
        found = settings(server.port, ours.ca, tls=True, starttls=False)
        assert await asyncio.to_thread(run, sent(found)) == "sent"
    assert len(inbox.envelopes) == 1


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "starttls"])
async def test_a_server_that_nobody_believes_gets_nothing(
    ours: Authority, theirs: Authority, run: Run, *, tls: bool
) -> None:
    for shown in (theirs.server(), ours.server("127.0.0.2")):
        at: dict[str, Any] = {"tls": shown} if tls else {"tls_context": shown}
        async with mail_server(inbox := Inbox(), **at) as server:
            found = settings(server.port, ours.ca, tls=tls, starttls=not tls)
            assert await asyncio.to_thread(run, sent(found)) == "smtp-tls"
        assert inbox.envelopes == []


async def test_a_server_without_starttls_gets_nothing(ours: Authority, run: Run) -> None:
    async with mail_server(inbox := Inbox()) as server:
        assert await asyncio.to_thread(run, sent(settings(server.port, ours.ca))) == "smtp-unsupported"
    assert inbox.envelopes == []


@pytest.mark.parametrize(("password", "said"), [("right", "sent"), ("wrong", "smtp-auth-535-5.7.8")])
async def test_who_signs_in_is_let_in_by_the_right_password(
    ours: Authority, run: Run, password: str, said: str
) -> None:
    options: dict[str, Any] = {"tls_context": ours.server(), "require_starttls": True, "auth_required": True}
    async with mail_server(inbox := Inbox(), **options) as server:
        found = settings(server.port, ours.ca, username="sales", password=password)
        assert await asyncio.to_thread(run, sent(found)) == said
    assert len(inbox.envelopes) == (said == "sent")


async def test_a_server_that_wants_a_sign_in_we_have_not_set_up_is_named(ours: Authority, run: Run) -> None:
    options: dict[str, Any] = {"tls_context": ours.server(), "auth_required": True}
    async with mail_server(Inbox(), **options) as server:
        assert await asyncio.to_thread(run, sent(settings(server.port, ours.ca))) == "smtp-sender-530-5.7.0"
