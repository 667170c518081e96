"""runtime: the channels that people are told through. Nobody is decided on here, and nothing is remembered.

Those who hand over a message need this module and `message.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from runtime.channels.chat import ChatChannel
from runtime.channels.file import FileChannel
from runtime.channels.mail import Letterhead
from runtime.channels.message import Channel, Message, NotDelivered, Notice, TryAgain, Undeliverable
from runtime.channels.smtp import SmtpChannel
from runtime.settings import Settings

__all__ = ["Channel", "Message", "NotDelivered", "Notice", "TryAgain", "Undeliverable", "channels"]


def channels(settings: Settings) -> Mapping[str, Channel]:
    """By the name that rules call them: "mail", into files where no server is set up, and "chat". Within a running event loop."""
    outgoing, public_url = settings.outgoing, settings.public_url
    letterhead = Letterhead(outgoing.sender, public_url)
    mails: Channel = FileChannel(settings.data_dir / "mail", letterhead)
    if outgoing.smtp:
        mails = SmtpChannel(outgoing.smtp, letterhead)
    return {"mail": mails, "chat": ChatChannel(outgoing.chat_schemes, public_url)}
