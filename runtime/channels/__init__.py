"""runtime: the channels that people are told through. Nobody is decided on here, and nothing is remembered.

Those who hand over a message need this module and `message.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from runtime.channels.file import FileChannel
from runtime.channels.mail import Letterhead
from runtime.channels.message import Channel, Message, NotDelivered, Notice, TryAgain, Undeliverable
from runtime.settings import Settings

__all__ = ["Channel", "Message", "NotDelivered", "Notice", "TryAgain", "Undeliverable", "channels"]


def channels(settings: Settings) -> Mapping[str, Channel]:
    """By the name that rules call them: "mail", into files where no server is set up."""
    public_url = settings.sign_in.public_url or f"http://{settings.api_host}:{settings.api_port}"
    return {
        "mail": FileChannel(settings.data_dir / "mail", Letterhead("salesloop@localhost", public_url)),
    }
