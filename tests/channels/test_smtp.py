"""Mails reach a server once, and what it answers is told apart: for good, for now, and what is said of no address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Protocol

import pytest
import uvloop

from runtime.channels.message import MessageRefused, NotDelivered, TryAgain, Undeliverable
from runtime.channels.smtp import SmtpChannel
from runtime.outgoing import Smtp
from tests.channels.mail_server import Inbox, MailServer, mail_server
from tests.channels.messages import LETTERHEAD, message, notice, text_of


class Opened(Protocol):
    def __call__(self, server: MailServer, timeout: float = 5) -> SmtpChannel: ...


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """A channel to a server, closed afterwards."""
    async with AsyncExitStack() as stack:

        def channel(server: MailServer, timeout: float = 5) -> SmtpChannel:
            made = SmtpChannel(
                Smtp("127.0.0.1", server.port, tls=False, starttls=False, timeout=timeout), LETTERHEAD
            )
            stack.push_async_callback(made.close)
            return made

        yield channel


async def test_a_mail_arrives_as_it_was_written(opened: Opened) -> None:
    async with mail_server(inbox := Inbox()) as server:
        await opened(server).send(message(notice("承诺“回电话”已逾期"), language="zh"))
    (envelope,), (mail,) = inbox.envelopes, inbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("sales@example.com", ["wang@example.net"])
    assert mail["Subject"] == "承诺“回电话”已逾期"
    assert mail["Message-ID"] == "<00000000-0000-0000-0000-000000000009@example.com>"
    assert text_of(mail).startswith("承诺“回电话”已逾期\n2026年11月30日 16:39\n")


FOR_GOOD = [
    ("550 no such user", "smtp-550"),
    ("550 5.1.1 <wang@example.net> unknown", "smtp-550-5.1.1"),
    ("553 5.1.3 bad", "smtp-553-5.1.3"),
]
FOR_NOW = [
    ("451 4.3.0 later", "smtp-451-4.3.0"),
    ("450 greylisted", "smtp-450"),
    ("552 5.2.2 mailbox full", "smtp-552-5.2.2"),
    ("552 mailbox full", "smtp-552"),
    ("503 in this order", "smtp-503"),
    ("530 sign in first", "smtp-530"),
    ("550 5.7.1 relaying denied", "smtp-550-5.7.1"),
    ("530 5.7.0 sign in first", "smtp-530-5.7.0"),
]


@pytest.mark.parametrize(("answer", "code"), FOR_GOOD)
async def test_an_address_that_is_refused_is_undeliverable(opened: Opened, answer: str, code: str) -> None:
    async with mail_server(inbox := Inbox({"RCPT": [answer]})) as server:
        with pytest.raises(Undeliverable) as refused:
            await opened(server).send(message())
    assert (refused.value.code, str(refused.value), inbox.envelopes) == (code, code, [])


@pytest.mark.parametrize(("answer", "code"), FOR_NOW)
async def test_what_passes_or_is_against_us_is_tried_again(opened: Opened, answer: str, code: str) -> None:
    async with mail_server(Inbox({"RCPT": [answer]})) as server:
        with pytest.raises(TryAgain) as later:
            await opened(server).send(message())
    assert later.value.code == code


OF_THE_MAIL = [
    ("MAIL", "550 5.7.1 not you", TryAgain("smtp-sender-550-5.7.1")),
    ("DATA", "554 5.6.0 looks like spam", MessageRefused("smtp-data-554-5.6.0")),
    ("DATA", "550 5.1.1 no such user", Undeliverable("smtp-data-550-5.1.1")),
    ("DATA", "421 going down", TryAgain("smtp-data-421")),
]


@pytest.mark.parametrize(("command", "answer", "expected"), OF_THE_MAIL)
async def test_another_refusal_is_of_the_address_only_where_it_says_so(
    opened: Opened, command: str, answer: str, expected: NotDelivered
) -> None:
    async with mail_server(Inbox({command: [answer]})) as server:
        with pytest.raises(type(expected)) as refused:
            await opened(server).send(message())
    assert refused.value.code == expected.code


async def test_after_a_refusal_the_connection_goes_on_with_the_next(opened: Opened) -> None:
    async with mail_server(inbox := Inbox({"RCPT": ["550 no"], "DATA": ["451 later"]})) as server:
        channel = opened(server)
        with pytest.raises(Undeliverable):
            await channel.send(message(number=1))
        with pytest.raises(TryAgain):
            await channel.send(message(number=2))
        await channel.send(message(number=3))
        assert len(server.connections) == 1
    assert [mail["Message-ID"][35:37] for mail in inbox.mails] == ["02", "03"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_says_nothing_is_not_waited_for(opened: Opened, command: str) -> None:
    async with mail_server(Inbox({command: ["wait"]})) as server:
        with pytest.raises(TryAgain, match="smtp-timeout"):
            await opened(server, timeout=0.05).send(message())


async def test_after_a_server_that_hung_up_on_a_whole_mail_the_repeat_is_the_same_mail(
    opened: Opened,
) -> None:
    async with mail_server(inbox := Inbox({"DATA": ["drop"]})) as server:
        channel = opened(server)
        with pytest.raises(TryAgain, match="smtp-disconnected"):
            await channel.send(message())
        await channel.send(message())
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_one_that_hangs_up_before_is_tried_again(opened: Opened, command: str) -> None:
    async with mail_server(inbox := Inbox({command: ["drop"]})) as server:
        with pytest.raises(TryAgain, match="smtp-disconnected"):
            await opened(server).send(message())
        assert inbox.envelopes == []


async def test_a_server_that_was_killed_and_comes_again_gets_the_next_mail(opened: Opened) -> None:
    inbox = Inbox()
    async with mail_server(inbox) as server:
        channel = opened(server)
        await channel.send(message(number=1))
    with pytest.raises(TryAgain, match="smtp-unreachable"):
        await channel.send(message(number=2))
    async with mail_server(inbox, port=server.port):
        await channel.send(message(number=2))
    assert [mail["Message-ID"][35:37] for mail in inbox.mails] == ["01", "02"]


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_mail(opened: Opened) -> None:
    async with mail_server(inbox := Inbox()) as server:
        channel = opened(server)
        await channel.send(message(number=1))
        server.hang_up()
        await channel.send(message(number=2))
        inbox.answers["MAIL"] = ["421 4.7.0 too many mails on this connection"]
        await channel.send(message(number=3))
    assert len(inbox.envelopes) == 3


async def test_a_burst_shares_a_few_connections(opened: Opened) -> None:
    async with mail_server(inbox := Inbox()) as server:
        channel = opened(server)
        await asyncio.gather(*(channel.send(message(number=n)) for n in range(40)))
        assert len(server.connections) <= 4
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 40


async def test_a_connection_that_nobody_needs_is_closed() -> None:
    async with mail_server(inbox := Inbox()) as server:
        channel = SmtpChannel(
            Smtp("127.0.0.1", server.port, tls=False, starttls=False), LETTERHEAD, idle=0.01
        )
        await channel.send(message())
        await asyncio.wait_for(inbox.parted.wait(), 30)


async def test_a_send_that_is_cancelled_leaves_nothing_behind_for_the_next(opened: Opened) -> None:
    async with mail_server(inbox := Inbox({"RCPT": ["wait"]})) as server:
        channel = opened(server)
        task = asyncio.create_task(channel.send(message(number=1)))
        await asyncio.wait_for(inbox.waiting.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (connection,) = server.connections
        assert connection._handler_coroutine is not None
        closed, _ = await asyncio.wait({connection._handler_coroutine}, timeout=30)
        assert closed
        await channel.send(message(number=2))
    assert [mail["Message-ID"][35:37] for mail in inbox.mails] == ["02"]


@pytest.mark.parametrize(
    "to",
    ["wang", "", "a b@example.net", "a@b>\r\nRCPT TO:<c@d", "<a@b>", "a@b@c", "a@", "@b", "王\u3000伟@b"],
)
async def test_what_is_no_address_is_undeliverable_and_said_to_no_server(opened: Opened, to: str) -> None:
    async with mail_server(inbox := Inbox()) as server:
        with pytest.raises(Undeliverable, match="address-invalid"):
            await opened(server).send(message(to=to))
        assert inbox.envelopes == []


async def test_addresses_in_other_scripts_arrive(opened: Opened) -> None:
    async with mail_server(inbox := Inbox(), enable_SMTPUTF8=True) as server:
        await opened(server).send(message(to="wang@例子.cn"))
        await opened(server).send(message(to="王伟@例子.cn"))
    assert [one.rcpt_tos for one in inbox.envelopes] == [["wang@xn--fsqu00a.cn"], ["王伟@xn--fsqu00a.cn"]]


async def test_where_the_server_takes_no_other_scripts_it_is_undeliverable(opened: Opened) -> None:
    async with mail_server(Inbox()) as server:
        with pytest.raises(Undeliverable, match="smtp-no-smtputf8"):
            await opened(server).send(message(to="王伟@example.net"))


async def test_on_the_worker_s_event_loop_a_server_that_drops_is_noticed_too() -> None:
    async def sent(port: int) -> str:
        channel = SmtpChannel(Smtp("127.0.0.1", port, tls=False, starttls=False, timeout=30), LETTERHEAD)
        try:
            await channel.send(message())
        except NotDelivered as failed:
            return failed.code
        finally:
            await channel.close()
        return "sent"

    async with mail_server(Inbox({"DATA": ["drop"]})) as server:
        said = [await asyncio.to_thread(uvloop.run, sent(server.port)) for _ in range(2)]
    assert said == ["smtp-disconnected", "sent"]
