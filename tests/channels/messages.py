"""Messages as they are handed to a channel."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from runtime.channels.mail import Letterhead
from runtime.channels.message import Message, Notice

AT = datetime(2026, 11, 30, 8, 39, tzinfo=UTC)
DEAL, OTHER = UUID(int=1), UUID(int=2)
LETTERHEAD = Letterhead(Address("Sales", "sales", "example.com"), "https://sales.example.com")


def notice(sentence: str = "The promise to call was missed", deal: UUID | None = DEAL, **said: Any) -> Notice:
    path = f"/desk/deals/{deal}" if deal else "/desk/today"
    return Notice(
        **{"kind": "promise.missed", "at": AT, "sentence": sentence, "path": path, "thread": deal, **said}
    )


def message(*notices: Notice, number: int = 9, **said: Any) -> Message:
    usual: dict[str, Any] = {
        "id": UUID(int=number),
        "channel": "mail",
        "language": "en",
        "timezone": "Asia/Shanghai",
        "notices": notices or (notice(),),
        "digest": len(notices) > 1,
        "why": "You are told of promises at once",
        "to": "wang@example.net",
        "name": "Wang Wei",
        "unsubscribe": "/unsubscribe/token",
    }
    return Message(**{**usual, **said})


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")
