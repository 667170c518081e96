"""runtime: where mails and chat messages go out, from the environment. What is wrong is named at the start; no password is repeated."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from domain.engine import reading

PORTS = {"smtps": 465, "smtp": 587}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
OPTIONS = ("starttls", "ca", "timeout")
LONGEST_NAME = 100
UNSENT_FROM = "salesloop@localhost"
"""Who mails in files are from, where nobody has said."""
HOSTED = frozenset(
    {"dingtalk", "discord", "feishu", "gchat", "lark", "slack", "tgram", "wecombot", "workflow", "workflows"}
)
"""Services whose host nobody can choose: with these no address leads into our own network."""
SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,31}")


class NotOutgoing(ValueError):
    """A setting of mail or chat that cannot be; the message names it and says what to do."""


@dataclass(frozen=True)
class Smtp:
    """`tls` from the first byte on; else `starttls` says whether it begins before anything else is said. `ca`: a file of certificates
    that are believed instead of the system's. `timeout`: seconds for each answer.
    """

    host: str
    port: int
    tls: bool
    starttls: bool
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    timeout: float = 30

    @classmethod
    def from_url(cls, text: str) -> Self:
        """Raises NotOutgoing."""
        parts, port = _split(text)
        options = _options(parts.query)
        tls = parts.scheme == "smtps"
        user, password = (unquote(one) if one else None for one in (parts.username, parts.password))
        made = cls(
            host=parts.hostname or "",
            port=port or PORTS[parts.scheme],
            tls=tls,
            starttls=not tls and _starttls(options),
            username=user,
            password=password,
            ca=_certificates(options.get("ca")),
            timeout=_seconds(options.get("timeout", "30")),
        )
        if password and not (made.tls or made.starttls or made.host in LOOPBACK):
            raise NotOutgoing("SALESLOOP_SMTP_URL: a password goes over TLS only: remove starttls=never")
        return made


@dataclass(frozen=True)
class Outgoing:
    """Without `smtp`, mails are files. `sender`: an address, perhaps with a name before it; `chat_schemes`: which kinds of address a
    person may enter for chat. `company`: what customers know us as, in English and Chinese.
    """

    smtp: Smtp | None = None
    sender: Address = field(default_factory=lambda: Address(addr_spec=UNSENT_FROM), hash=False)
    chat_schemes: frozenset[str] = HOSTED
    company: str = ""
    company_zh: str = ""

    def called(self, language: str) -> str:
        """The company's name; where nobody has said one, the name that mails are from, which may be empty."""
        names = (self.company_zh, self.company) if language == "zh" else (self.company, self.company_zh)
        return next(filter(None, (*names, self.sender.display_name)), "")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Raises NotOutgoing."""
        url = env.get("SALESLOOP_SMTP_URL", "").strip()
        sender = env.get("SALESLOOP_MAIL_FROM", "").strip()
        if url and not sender:
            raise NotOutgoing("SALESLOOP_MAIL_FROM must say which address mails come from")
        schemes = env.get("SALESLOOP_CHAT_SCHEMES", "").strip()
        return cls(
            smtp=Smtp.from_url(url) if url else None,
            sender=_sender(sender) if sender else Address(addr_spec=UNSENT_FROM),
            chat_schemes=_schemes(schemes) if schemes else HOSTED,
            company=_name(env, "SALESLOOP_COMPANY"),
            company_zh=_name(env, "SALESLOOP_COMPANY_ZH"),
        )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotOutgoing(
            "SALESLOOP_SMTP_URL cannot be read: write % and / in passwords as %25 and %2F"
        ) from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise NotOutgoing(
            "SALESLOOP_SMTP_URL must be like smtps://user:password@mail.example.com or smtp://mail.example.com:587"
        )
    if parts.username and not parts.password:
        raise NotOutgoing("SALESLOOP_SMTP_URL names a user and no password")
    return parts, port


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if set(options) - set(OPTIONS):
        raise NotOutgoing(f"SALESLOOP_SMTP_URL has an option that is none of {', '.join(OPTIONS)}")
    return options


def _starttls(options: Mapping[str, str]) -> bool:
    said = options.get("starttls", "required")
    if said not in ("required", "never"):
        raise NotOutgoing(f"SALESLOOP_SMTP_URL: starttls must be required or never, not {said!r}")
    return said == "required"


def _certificates(path: str | None) -> Path | None:
    if path is None:
        return None
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise NotOutgoing(
            f"SALESLOOP_SMTP_URL: ca must be a file of certificates (PEM), not {path!r}"
        ) from None
    return Path(path)


def _seconds(text: str) -> float:
    try:
        found = reading.whole(text)
    except ValueError:
        found = 0
    if not 1 <= found <= 300:
        raise NotOutgoing(
            f"SALESLOOP_SMTP_URL: timeout must be a whole number of seconds from 1 to 300, not {text!r}"
        )
    return found


def _sender(text: str) -> Address:
    (name, address), *others = getaddresses([text])
    try:
        found = Address() if others or not text.isprintable() else Address(name, addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        found = Address()
    if not (found.username and found.domain and address.isascii()):
        raise NotOutgoing(f"SALESLOOP_MAIL_FROM must be like Sales <sales@example.com>, not {text!r}")
    return found


def _name(env: Mapping[str, str], setting: str) -> str:
    found = env.get(setting, "").strip()
    if not found.isprintable() or len(found) > LONGEST_NAME:
        raise NotOutgoing(f"{setting} must be a name on one line, of at most {LONGEST_NAME} characters")
    return found


def _schemes(text: str) -> frozenset[str]:
    found = frozenset(one.strip().removesuffix("://").lower() for one in text.split(",") if one.strip())
    if not found or not all(map(SCHEME.fullmatch, found)):
        raise NotOutgoing(
            f"SALESLOOP_CHAT_SCHEMES must be schemes with commas between them, such as slack,feishu, not {text!r}"
        )
    return found
