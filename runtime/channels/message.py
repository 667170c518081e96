"""runtime: what is handed to a channel, and what a channel may answer. A channel knows no rule of who is told, and keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from domain.engine.reasoning import Language


class NotDelivered(Exception):
    """`code` says why in a word or two, such as "smtp-550": it is kept and shown, so no address and no answer's text enters."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Undeliverable(NotDelivered):
    """The address takes nothing from us, now or later."""


class TryAgain(NotDelivered):
    """It may go later; the receiver may have it already, and knows a repeat by the message's id."""


class MessageRefused(TryAgain):
    """It is this message that is not taken, and others may be: it holds them up for some tries alone."""


@dataclass(frozen=True)
class Notice:
    """One notice as a person reads it. `kind`: "promise.missed"; `at`: when it was recorded, aware; `sentence`: in the person's
    language already; `path`: "/desk/deals/<id>", where it is looked at and acted on; `thread`: the deal.
    """

    kind: str
    at: datetime
    sentence: str
    path: str
    thread: UUID | None


@dataclass(frozen=True)
class Message:
    """`notices` are at least one, in the order of the ledger. `timezone`: IANA; `why`: which rule, one sentence in the person's
    language; `to`: a mail address, or a chat's URL with what is secret in it; `unsubscribe`: path with the token;
    `template`: as what a mail is written; `company`: in whose name, where the receiver is not one of us.
    """

    id: UUID
    channel: Literal["mail", "chat"]
    language: Language
    timezone: str
    notices: tuple[Notice, ...]
    digest: bool
    why: str
    to: str = field(repr=False)
    name: str = field(repr=False, default="")
    unsubscribe: str | None = field(repr=False, default=None)
    template: Literal["mail", "survey"] = "mail"
    company: str = ""


class Channel(Protocol):
    async def send(self, message: Message) -> None:
        """Returns when the other side has taken it. Raises Undeliverable and TryAgain, and nothing else that is expected."""

    async def close(self) -> None:
        """Lets go of what is kept between messages. Nothing is sent after it."""
