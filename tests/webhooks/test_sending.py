"""tests: one message to a receiver — what is sent, where it may go, and what becomes of it whatever the receiver does."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import WebhookVerificationError

from runtime.webhooks.addresses import LOOKS, Guard, NotSent, is_public, resolve
from runtime.webhooks.sending import Outcome, Sender, seconds_of
from runtime.webhooks.settings import NotNetworks, WebhookSettings
from runtime.webhooks.signing import message_id, new_secret, signed
from tests.webhooks import receiver as r
from tests.webhooks.receiver import Answer, receiving

LOOPBACK = WebhookSettings((ip_network("127.0.0.0/8"),))
INTERNET = WebhookSettings()
ENDPOINT, EVENT = UUID(int=1), UUID(int=2)
BODY = '{"name": "李伟"}'


async def sent(url: str, settings: WebhookSettings = LOOPBACK, whole: float = 5.0) -> Outcome:
    async with Sender(Guard(settings), whole=whole).line(url) as line:
        return await line.send({"content-type": "application/json"}, BODY)


def naming(*addresses: str) -> Guard:
    """A guard for the internet whose resolver says that every name has these addresses."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Guard(INTERNET, resolve)


# --- signatures ------------------------------------------------------------------------------------------------------


class TestAMessage:
    async def test_is_verified_by_the_specification_s_own_library(self) -> None:
        secret, id = new_secret(), message_id(ENDPOINT, 7, EVENT)
        async with receiving() as receiver, Sender(Guard(LOOPBACK)).line(receiver.url) as line:
            await line.send(signed(id, datetime.now(UTC), BODY, [secret]), BODY)
        [message] = receiver.got
        assert message.verified(secret) == {"name": "李伟"}
        assert message.id == id
        with pytest.raises(WebhookVerificationError):
            message.verified(new_secret())

    def test_is_signed_by_both_secrets_while_both_count(self) -> None:
        old, new = new_secret(), new_secret()
        message = r.Message("/", signed("msg_1", datetime.now(UTC), BODY, [new, old]), BODY)
        assert message.verified(old) == message.verified(new) == {"name": "李伟"}

    def test_has_the_time_of_utc_whatever_zone_the_clock_is_in(self) -> None:
        now = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
        assert signed("m", now, BODY, [])["webhook-timestamp"] == str(int(now.timestamp()))

    def test_has_one_id_for_each_event_and_endpoint(self) -> None:
        ids = {message_id(UUID(int=e), 7, UUID(int=v)) for e in (1, 2) for v in (3, 4)}
        assert len(ids) == 4
        assert message_id(ENDPOINT, 7, EVENT) == message_id(ENDPOINT, 7, EVENT)


# --- what the receiver does ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (r.status(200), None),
        (r.status(299), None),
        (r.status(500), "refused"),
        (r.status(404), "refused"),
        (r.status(410), "gone"),
        (r.silent, "timeout"),
        (r.breaks_off, "no-answer"),
        (r.talks_nonsense, "no-answer"),
        (r.never_ends, None),
    ],
)
async def test_what_a_receiver_does_has_a_code(answer: Answer, code: str | None) -> None:
    async with receiving() as receiver:
        receiver.answer = answer
        outcome = await sent(receiver.url, whole=1.0)
    assert outcome.error == code


async def test_a_redirect_is_not_followed() -> None:
    async with receiving() as other, receiving() as receiver:
        receiver.answer = r.status(307, f"Location: {other.url}")
        outcome = await sent(receiver.url)
        assert (outcome.status, outcome.error) == (307, "redirect")
        assert not other.got


async def test_nobody_there_is_unreachable() -> None:
    async with receiving() as receiver:
        url = receiver.url
    assert (await sent(url)).error == "unreachable"


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert (await sent(receiver.url)).error is None
        assert len(receiver.got) == 1
        assert not proxy.got


async def test_several_messages_share_a_connection_and_no_cookie() -> None:
    async with receiving() as receiver, Sender(Guard(LOOPBACK)).line(receiver.url) as line:
        receiver.answer = r.status(200, "Set-Cookie: a=b", body=b"thanks")
        for _ in range(3):
            assert (await line.send({}, BODY)).error is None
    assert receiver.connections == 1
    assert not any("cookie" in message.headers for message in receiver.got)


def test_when_to_come_again_is_read_as_seconds_or_a_time() -> None:
    at = datetime.now(UTC) + timedelta(minutes=10)
    assert seconds_of("120") == 120
    assert 580 < (seconds_of(format_datetime(at, usegmt=True)) or 0) <= 600
    assert [seconds_of(text) for text in (None, "", "soon", "-3", "9" * 12, "١٢")] == [None] * 6
    beyond = f"Wed, 21 Oct 2026 {'9' * 30}:28:00 GMT", f"Wed, 21 Oct 2026 07:28:00 +{'9' * 18}"
    assert [seconds_of(text) for text in beyond] == [None, None]


async def test_names_that_are_never_answered_take_no_thread_of_anything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait() and [])
    waiting = [asyncio.create_task(resolve(f"{n}.example.com", 443)) for n in range(LOOKS + 20)]
    try:
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(lambda: "a file") == "a file"
    finally:
        answered.set()
    assert await asyncio.gather(*waiting) == [[]] * (LOOKS + 20)


# --- where it may go -------------------------------------------------------------------------------------------------

OURS = (
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
    "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "168.63.129.16", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254",
    "fec0::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::",
)  # fmt: skip
PUBLIC = ("93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")


class TestTheGuard:
    @pytest.mark.parametrize("address", OURS)
    async def test_refuses_what_a_network_keeps_to_itself(self, address: str) -> None:
        with pytest.raises(NotSent, match="address-refused"):
            await naming(address).addresses(httpx.URL("https://hooks.example.com"))

    @pytest.mark.parametrize("address", PUBLIC)
    def test_lets_the_internet_through(self, address: str) -> None:
        assert is_public(ip_address(address))

    async def test_refuses_a_name_that_has_one_such_address_among_others(self) -> None:
        with pytest.raises(NotSent, match="address-refused"):
            await naming(PUBLIC[0], "10.0.0.1").addresses(httpx.URL("https://hooks.example.com"))

    @pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
    async def test_knows_an_address_in_whatever_way_it_is_written(self, host: str) -> None:
        with pytest.raises(NotSent, match="address-refused"):
            await Guard(INTERNET).addresses(httpx.URL(f"https://{host}/hook"))

    async def test_wants_tls_but_where_the_network_is_allowed(self) -> None:
        with pytest.raises(NotSent, match="not-encrypted"):
            await naming(PUBLIC[0]).addresses(httpx.URL("http://hooks.example.com"))
        assert await Guard(LOOPBACK).addresses(httpx.URL("http://127.0.0.1:9/")) == ["127.0.0.1"]

    async def test_allows_no_other_network_than_was_said(self) -> None:
        with pytest.raises(NotSent, match="address-refused"):
            await Guard(LOOPBACK).addresses(httpx.URL("https://10.0.0.1/"))

    async def test_says_that_a_name_is_not_there(self) -> None:
        with pytest.raises(NotSent, match="name-unknown"):
            await naming().addresses(httpx.URL("https://nowhere.example.com"))

    async def test_is_asked_before_anything_is_sent(self) -> None:
        async with receiving() as receiver:
            assert (await sent(receiver.url, INTERNET)).error == "address-refused"
        assert receiver.connections == 0

    def test_takes_networks_from_the_environment(self) -> None:
        assert WebhookSettings.from_env({"SALESLOOP_WEBHOOK_NETWORKS": "10.0.0.0/8, ::1"}).networks == (
            ip_network("10.0.0.0/8"),
            ip_network("::1/128"),
        )
        with pytest.raises(NotNetworks, match="SALESLOOP_WEBHOOK_NETWORKS"):
            WebhookSettings.from_env({"SALESLOOP_WEBHOOK_NETWORKS": "everything"})


class TestAName:
    """The connection goes to the address that was looked at, the name goes along."""

    async def test_is_looked_up_once_however_often_it_changes(self) -> None:
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])

        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return next(answers)

        async with receiving() as receiver:
            url = receiver.url.replace("127.0.0.1", "hooks.example.com")
            async with Sender(Guard(LOOPBACK, resolve)).line(url) as line:
                assert [(await line.send({}, BODY)).error for _ in range(2)] == [None, None]
        assert {message.headers["host"] for message in receiver.got} == {url.split("/")[2]}

    async def test_whose_first_address_does_not_answer_has_another(self) -> None:
        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["127.0.0.9", "127.0.0.1"]

        async with receiving() as receiver:
            url = receiver.url.replace("127.0.0.1", "hooks.example.com")
            async with Sender(Guard(LOOPBACK, resolve)).line(url) as line:
                assert (await line.send({}, BODY)).error is None

    @pytest.mark.parametrize(
        ("name", "code"), [("hooks.example.com", None), ("other.example.com", "certificate")]
    )
    async def test_is_what_the_certificate_has_to_be_of(
        self, tmp_path: Path, name: str, code: str | None
    ) -> None:
        server, client = made_for("hooks.example.com", tmp_path)

        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        async with receiving(server) as receiver:
            url = receiver.url.replace("127.0.0.1", name)
            async with Sender(Guard(LOOPBACK, resolve), client).line(url) as line:
                assert (await line.send({}, BODY)).error == code


def made_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server that shows a certificate of that name, and a client that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))
