"""runtime: chat messages by apprise, which knows how each service is spoken to. It is an extra: `salesloop[chat]`.

A person enters where they go. So an address may name no other kind of service than the administrator allows, and no options but a few:
apprise has some that read files of this machine, believe any certificate, or follow wherever they are sent on.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from runtime.channels.message import Message, TryAgain, Undeliverable
from runtime.channels.words import render, title

CONNECT, READ, TIMEOUT = 8.0, 16.0, 30.0
"""Seconds for a connection, for an answer, and for all of a message. The library's own (4 and 4) would have a slow service get it again
and again.
"""
MOST_AT_ONCE = 4
MOST = 20
"""Notices shown in a message."""
OPTIONS = frozenset(
    {
        "api-version",
        "footer",
        "id",
        "image",
        "method",
        "pa",
        "route",
        "sig",
        "sp",
        "sv",
        "thread",
        "to",
        "ver",
    }
)
OF_REQUESTS = ("+", "-", ":")
"""How headers, parameters and fields of a generic service's request begin."""
MICROSOFT = (".logic.azure.com", ".powerplatform.com")
BACKWARDS = {".", ".."}
HOSTS = {"workflow": MICROSOFT, "workflows": MICROSOFT}
"""How the host must end where the address says it and it can be nobody else's."""
NATIVE = (
    (re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([\w-]+)/?"), r"feishu://\1"),
    (re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=(\w+)"), r"dingtalk://\1"),
)
"""Addresses as the services show them, beside those that apprise knows by itself."""


class NotAChat(ValueError):
    """An address that cannot be used: why, without any of it, since whoever has it can write there."""


class ChatChannel:
    """Codes: `chat-refused`, for now, whatever the service says: the library does not tell. `chat-address`: for good."""

    def __init__(self, schemes: Collection[str], public_url: str) -> None:
        self.schemes, self.public_url = schemes, public_url
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="chat")

    async def send(self, message: Message) -> None:
        if not installed():
            raise TryAgain("chat-not-installed")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(2 * TIMEOUT):
                await loop.run_in_executor(self._threads, self._send, message)
        except NotAChat:
            raise Undeliverable("chat-address") from None
        except TimeoutError:
            raise TryAgain("chat-timeout") from None

    async def close(self) -> None:
        self._threads.shutdown(wait=False)

    def _send(self, message: Message) -> None:
        found = parsed(message.to, self.schemes)
        if "headers" in found:
            found["headers"]["Message-ID"] = str(message.id)  # a generic receiver knows a repeat by it
        there = _with(found, self.public_url)
        template, form = (
            ("chat_markdown.txt", "markdown") if _takes_markdown_alone(there) else ("chat.txt", "text")
        )
        result = there.notify(
            render(template, message, self.public_url, MOST),
            title=title(message) if len(message.notices) > 1 else "",
            body_format=form,
            timeout=TIMEOUT,
        )
        if not result:
            raise TryAgain("chat-timeout" if result.status.name == "TIMEOUT" else "chat-refused")


def installed() -> bool:
    return find_spec("apprise") is not None


def check(address: str, schemes: Collection[str]) -> None:
    """Before it is kept. Raises NotAChat."""
    if not installed():
        raise NotAChat("chat needs a package that is not installed: pip install 'salesloop[chat]'")
    _with(parsed(address, schemes))


def parsed(address: str, schemes: Collection[str]) -> dict[str, Any]:
    """What apprise makes of it, held to the schemes and options that are allowed. Raises NotAChat."""
    address = _translated(address.strip())
    scheme = address.partition("://")[0].lower()
    if scheme != "https" and scheme not in schemes:
        raise NotAChat(f"must begin with one of {', '.join(f'{one}://' for one in sorted(schemes))}")
    found: dict[str, Any] | None = _library().plugins.url_to_dict(address)
    if not found:
        raise NotAChat("is not an address that can be written to")
    if found["schema"] not in schemes:
        raise NotAChat(f"is of a service that is not allowed: {found['schema']}")
    if unknown := sorted(
        one for one in found["qsd"] if one not in OPTIONS and not one.startswith(OF_REQUESTS)
    ):
        raise NotAChat(f"has an option that is not allowed: {', '.join(unknown)}")
    if BACKWARDS & set(unquote(str(found["fullpath"] or "")).split("/")):
        raise NotAChat("has a path that leads back")
    if not str(found["host"]).endswith(HOSTS.get(found["schema"], "")):
        raise NotAChat("names a host that is not the service's")
    return {**found, "overflow": "truncate", "cto": CONNECT, "rto": READ}


def _translated(address: str) -> str:
    for pattern, ours in NATIVE:
        if whole := pattern.fullmatch(address):
            return whole.expand(ours)
    return address


def _takes_markdown_alone(there: Any) -> bool:
    """Made of text, it would have links that lead nowhere: each dot in them is escaped."""
    found = there[0].notify_format
    forms = {str(one.value) for one in (found if isinstance(found, tuple) else (found,))}
    return "markdown" in forms and not {"text", "html"} & forms


def _with(found: dict[str, Any], public_url: str = "") -> Any:
    """What speaks to the one service. Raises NotAChat."""
    library = _library()
    asset = library.AppriseAsset(
        app_id="salesloop", app_desc="salesloop", app_url=public_url, image_url_mask="", image_url_logo="", async_mode=False, http_redirects=False, interpret_emojis=False,
        storage_mode=library.PersistentStoreMode.MEMORY, service_timeout=TIMEOUT,
    )  # fmt: skip
    made = library.Apprise(asset=asset)
    if not made.add(found):
        raise NotAChat("is not an address that can be written to")
    return made


@cache
def _library() -> Any:
    """Its log has addresses in it, and so has that of the client below it."""
    import apprise
    import apprise.plugins

    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return apprise
