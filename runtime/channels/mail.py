"""runtime: a message as a mail, whoever takes it.

A repeat has the same `Message-ID`, by which a server or a mail program knows it. Mails about one deal answer a mail that never was
(`<deal.ID@…>`), so that mail programs show them as one conversation, whichever of them came first or was deleted.

Headers are written here: the standard library folds those of several scripts in a way that loses blanks (CPython issue 144156).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from runtime.channels.message import Message, Undeliverable
from runtime.channels.words import one_line, render, title, zone

LONGEST_NAME = 100
MOST = 300
"""Notices shown in a mail."""
OTHER_SCRIPT = re.compile(r"[^\x00-\x7f]")
LANGUAGES = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Letterhead:
    """`sender`: who mails come from; `public_url`: what links begin with, without a slash at its end."""

    sender: Address
    public_url: str


def mail(message: Message, letterhead: Letterhead, now: datetime | None = None) -> bytes:
    """Text and HTML of the same, as it goes to a server. Raises Undeliverable for what is no address."""
    to = recipient(message)
    body = EmailMessage(policy=SMTP)
    body.set_content(
        render(f"{message.template}.txt", message, letterhead.public_url, MOST), cte="quoted-printable"
    )
    page = render(f"{message.template}.html", message, letterhead.public_url, MOST)
    body.add_alternative(page, subtype="html", cte="quoted-printable")
    head = "".join(_headers(message, letterhead, to, now or datetime.now(UTC)))
    return head.encode() + bytes(body)


def _headers(message: Message, letterhead: Letterhead, to: Address, now: datetime) -> Iterator[str]:
    domain, url = letterhead.sender.domain, letterhead.public_url
    yield _line("From", *_written(letterhead.sender, "From"))
    yield _line("To", *_written(to, "To"))
    yield _line("Subject", folded(title(message), "Subject"))
    yield _line("Date", format_datetime(now.astimezone(zone(message))))
    yield _line("Message-ID", f"<{message.id}@{domain}>")
    threads = {notice.thread for notice in message.notices}
    if len(threads) == 1 and (deal := threads.pop()):
        yield from (_line(name, f"<deal.{deal}@{domain}>") for name in ("In-Reply-To", "References"))
    if message.unsubscribe:
        yield _line("List-Unsubscribe", f"<{url}{one_line(message.unsubscribe)}>")
        if url.startswith("https://"):  # RFC 8058 allows one click over nothing less
            yield _line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    yield _line("Content-Language", LANGUAGES[message.language])
    kinds = dict.fromkeys(one.kind for one in message.notices)
    yield _line("X-Salesloop-Notice", ", ".join(kinds))  # mail programs sort by it
    yield _line("Auto-Submitted", "auto-generated")
    yield _line("X-Auto-Response-Suppress", "All")


def _line(name: str, *parts: str) -> str:
    return f"{name}: {' '.join(parts)}\r\n"


def folded(text: str, name: str) -> str:
    """One line of text as the value of a header, which may be several (RFC 2047)."""
    plain = text.isascii() and "=?" not in text
    return Header(text, "us-ascii" if plain else "utf-8", header_name=name).encode(linesep="\r\n")


def _written(one: Address, name: str) -> tuple[str, ...]:
    if one.display_name.isascii():
        return (
            (formataddr((one.display_name, one.addr_spec)),)
            if one.addr_spec.isascii()
            else (f"<{one.addr_spec}>",)
        )
    return folded(one.display_name, name), f"<{one.addr_spec}>"


def recipient(message: Message) -> Address:
    """The name is a courtesy; domains are written in ASCII. Raises Undeliverable."""
    local, _, domain = message.to.rpartition("@")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode()
        # The library takes no address of another script apart, but holds one that it is given in parts.
        checked = Address(addr_spec=f"{OTHER_SCRIPT.sub('x', local)}@{host}")
    except (MessageError, ValueError, IndexError):
        raise Undeliverable("address-invalid") from None
    if local.split() != [local]:
        raise Undeliverable("address-invalid")
    name = one_line(message.name)[:LONGEST_NAME]
    return Address(name, checked.username if local.isascii() else local, checked.domain)
