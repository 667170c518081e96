"""A real SMTP server in the test's event loop, that answers what it is told to, hesitates, hangs up or goes away."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as PARSED
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"


@dataclass
class Inbox:
    """`answers`: to a command, once each, before it is OK again. "drop" hangs up instead; "wait" says nothing until `go_on`."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    parted: asyncio.Event = field(default_factory=asyncio.Event)
    secret: str = "right"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(bytes(one.content or b""), policy=PARSED) for one in self.envelopes]  # type: ignore[arg-type]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from, envelope.mail_options = address, options
        return await self._answer("MAIL", server)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = await self._answer("RCPT", server)
        if said == OK:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        self.sessions.append(session)
        return await self._answer("DATA", server)

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.parted.set()
        return "221 Bye"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password == self.secret.encode(), handled=False)

    async def _answer(self, command: str, server: SMTP) -> str:
        said = next(iter(self.answers.get(command, [])), OK)
        if command in self.answers:
            del self.answers[command][:1]
        if said == "drop":
            abort(server)
        if said == "wait":
            self.waiting.set()
            await self.go_on.wait()
        return said if said[0].isdigit() else OK


def abort(server: SMTP) -> None:
    """Without a goodbye."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


@dataclass
class MailServer:
    inbox: Inbox
    port: int
    connections: list[SMTP]

    def hang_up(self) -> None:
        for one in self.connections:
            abort(one)


@asynccontextmanager
async def mail_server(
    inbox: Inbox, *, tls: ssl.SSLContext | None = None, port: int = 0, **options: Any
) -> AsyncIterator[MailServer]:
    """`tls`: from the first byte on; STARTTLS is an option of the library, `tls_context`."""
    loop = asyncio.get_running_loop()
    made: list[SMTP] = []

    def connected() -> SMTP:
        made.append(SMTP(inbox, hostname="mail.test", loop=loop, authenticator=inbox.authenticate, **options))
        return made[-1]

    listening = await loop.create_server(connected, "127.0.0.1", port, ssl=tls)
    server = MailServer(inbox, listening.sockets[0].getsockname()[1], made)
    try:
        yield server
    finally:
        inbox.go_on.set()
        listening.close()
        server.hang_up()
        await listening.wait_closed()
