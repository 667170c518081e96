"""runtime: mails to a server by SMTP. A connection is kept for a while: people are told in bursts, and a handshake costs more than a mail."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from email.headerregistry import Address

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from runtime.channels.mail import Letterhead, mail, recipient
from runtime.channels.message import Message, Undeliverable
from runtime.channels.smtp_answers import failure
from runtime.outgoing import Smtp

MOST_CONNECTIONS = 4
IDLE = 10.0
"""Seconds that a connection is kept for the next mail: far less than a server waits (RFC 5321 asks for five minutes)."""
LAST_ANSWER = 4
"""Times the timeout, for the answer to a whole mail: a server that is still looking at it when we give up takes it all the same."""
GOING_DOWN = 421


class SmtpChannel:
    """Certificates are checked, against the system's authorities or the one that the settings name."""

    def __init__(self, server: Smtp, letterhead: Letterhead, idle: float = IDLE) -> None:
        self.server, self.letterhead, self._idle = server, letterhead, idle
        self._trusted = ssl.create_default_context(cafile=server.ca)
        self._kept: deque[SMTP] = deque()
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._rest: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._own_name: str | None = None

    async def send(self, message: Message) -> None:
        written, to = mail(message, self.letterhead), recipient(message)
        try:
            async with self._places:
                await self._send(written, to)
        except (SMTPException, OSError, ValueError) as wrong:
            raise failure(wrong) from wrong

    async def close(self) -> None:
        """Says goodbye on what is still open."""
        self._part()
        await asyncio.gather(*self._ending)

    async def _send(self, written: bytes, to: Address) -> None:
        smtp = await self._begun(to)
        try:
            await self._hand_over(smtp, written, to)
        except (SMTPRecipientRefused, SMTPDataError):
            with suppress(SMTPException, OSError):
                await smtp.rset()
                self._keep(smtp)
            raise
        except BaseException:
            smtp.close()
            raise
        self._keep(smtp)

    async def _hand_over(self, smtp: SMTP, written: bytes, to: Address) -> None:
        try:
            await smtp.rcpt(to.addr_spec, encoding=_encoding(to))
        except ValueError:  # what would be another command
            raise Undeliverable("address-invalid") from None
        await smtp.data(written, timeout=self.server.timeout * LAST_ANSWER)

    async def _begun(self, to: Address) -> SMTP:
        """A connection on which a mail has begun. One that was kept may have been closed by the server meanwhile."""
        while self._kept:
            with suppress(SMTPServerDisconnected):
                return await self._begin(self._kept.pop(), to)
        return await self._begin(await self._connect(), to)

    async def _begin(self, smtp: SMTP, to: Address) -> SMTP:
        try:
            await smtp.mail(
                self.letterhead.sender.addr_spec, options=self._options(smtp, to), encoding=_encoding(to)
            )
        except SMTPSenderRefused as refused:
            smtp.close()
            if refused.code == GOING_DOWN:
                raise SMTPServerDisconnected(refused.message) from refused
            raise
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _options(self, smtp: SMTP, to: Address) -> list[str]:
        if to.addr_spec.isascii():
            return []
        if not smtp.supports_extension("smtputf8"):
            raise Undeliverable("smtp-no-smtputf8")
        return ["SMTPUTF8"]

    async def _connect(self) -> SMTP:
        smtp = SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.username,
            password=self.server.password,
            timeout=self.server.timeout,
            use_tls=self.server.tls,
            start_tls=self.server.starttls,
            tls_context=self._trusted,
            local_hostname=self._own_name,
        )
        await smtp.connect()
        self._own_name = smtp.local_hostname  # it took a look into the DNS
        if smtp.is_ehlo_or_helo_needed:
            await smtp.ehlo()
        return smtp

    def _keep(self, smtp: SMTP) -> None:
        if smtp.is_connected:
            self._kept.append(smtp)
        if self._rest:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(self._idle, self._part)

    def _part(self) -> None:
        while self._kept:
            task = asyncio.create_task(_quit(self._kept.pop()))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


def _encoding(to: Address) -> str:
    return "ascii" if to.addr_spec.isascii() else "utf-8"


async def _quit(smtp: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await smtp.quit()
    smtp.close()
