"""runtime: a message as a mail, whoever takes it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from runtime.channels.message import Message


@dataclass(frozen=True)
class Letterhead:
    """`sender`: the address that mails come from; `public_url`: what links begin with, without a slash at its end."""

    sender: str
    public_url: str


def mail(message: Message, letterhead: Letterhead) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = letterhead.sender, message.to
    made["Subject"] = " ".join(message.notices[0].sentence.split())
    lines = [f"{notice.sentence}\n{letterhead.public_url}{notice.path}\n" for notice in message.notices]
    made.set_content("\n".join([*lines, message.why]))
    return made
