"""runtime: a message as a mail, whoever takes it.

A repeat has the same `Message-ID`, by which a server or a mail program knows it. Mails about one deal answer a mail that never was
(`<deal.ID@…>`), so that mail programs show them as one conversation, whichever of them came first or was deleted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime

from runtime.channels.message import Message, Undeliverable
from runtime.channels.words import one_line, render, title, zone

LONGEST_NAME = 100
MOST = 300
"""Notices shown in a mail."""
OTHER_SCRIPT = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True)
class Letterhead:
    """`sender`: who mails come from; `public_url`: what links begin with, without a slash at its end."""

    sender: Address
    public_url: str


def mail(message: Message, letterhead: Letterhead, now: datetime | None = None) -> EmailMessage:
    """Text and HTML of the same. Raises Undeliverable for what is no address."""
    to = recipient(message)
    made = EmailMessage(policy=policy(to))
    made["From"], made["To"] = letterhead.sender, to
    made["Subject"] = title(message)
    made["Date"] = format_datetime((now or datetime.now(UTC)).astimezone(zone(message)))
    made["Message-ID"] = f"<{message.id}@{letterhead.sender.domain}>"
    made.set_content(render("mail.txt", message, letterhead.public_url, MOST), cte="quoted-printable")
    made.add_alternative(
        render("mail.html", message, letterhead.public_url, MOST), subtype="html", cte="quoted-printable"
    )
    for name, said in _headers(message, letterhead).items():
        made[name] = said
    return made


def _headers(message: Message, letterhead: Letterhead) -> dict[str, str]:
    found = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    found["Content-Language"] = {"en": "en", "zh": "zh-Hans"}[message.language]
    threads = {notice.thread for notice in message.notices}
    if len(threads) == 1 and (deal := threads.pop()):
        found["In-Reply-To"] = found["References"] = f"<deal.{deal}@{letterhead.sender.domain}>"
    if message.unsubscribe:
        found["List-Unsubscribe"] = f"<{letterhead.public_url}{message.unsubscribe}>"
        if letterhead.public_url.startswith("https://"):  # RFC 8058 allows one click over nothing less
            found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def recipient(message: Message) -> Address:
    """The name is a courtesy; domains are written in ASCII. Raises Undeliverable."""
    local, _, domain = message.to.rpartition("@")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode()
        # The library takes no address of another script apart, but holds one that it is given in parts.
        checked = Address(addr_spec=f"{OTHER_SCRIPT.sub('x', local)}@{host}")
    except (MessageError, ValueError, IndexError):
        raise Undeliverable("address-invalid") from None
    if local.split() != [local] or not checked.domain:
        raise Undeliverable("address-invalid")
    name = one_line(message.name)[:LONGEST_NAME]
    return Address(name, checked.username if local.isascii() else local, checked.domain)


def policy(to: Address) -> EmailPolicy[EmailMessage]:
    """Headers are ASCII as long as the address is: not every server takes more (RFC 6531)."""
    return SMTP if to.addr_spec.isascii() else SMTPUTF8
