"""runtime: which addresses webhooks are sent to. Whoever may name an endpoint could otherwise have us call what only we can reach.

A name is resolved once, each address that it has is held against the rules, and the connection is made to such an address itself: a name
that says something else a moment later changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpx

from runtime.webhooks.settings import WebhookSettings

PATIENCE = 5.0
MOST = 4
"""Addresses of a name that are tried."""
INSIDE = tuple(ip_network(one) for one in ("168.63.129.16/32", "192.88.99.0/24"))
"""What counts as public and is not: a cloud's own services, and relays to wherever."""
EMBEDDING = tuple(IPv6Network(one) for one in ("64:ff9b::/96", "::/96"))
"""IPv6 networks whose last 32 bits are an IPv4 address that is meant."""
LOOKS = 16
"""Names that are looked up at once."""
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotSent(Exception):
    """Nothing was sent; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LOOKS, thread_name_prefix="names")


async def resolve(host: str, port: int) -> list[str]:
    """As the system does it, in threads of its own: whoever names an address may have a name server that never answers, for which the
    system waits longer than we do, and files and passwords need the loop's. Raises OSError.
    """
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_threads(), look)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def meant(address: Address) -> Address:
    """The address that a packet would come out at."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and any(address in network for network in EMBEDDING) and int(address) > 1:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def is_public(address: Address) -> bool:
    """Whether it is one host's on the internet, and not of a network like ours: private, loopback, link-local, shared (CGNAT), multicast,
    reserved, unspecified, or one of these in another's clothes.
    """
    found = meant(address)
    kinds: Any = found
    if found.is_multicast or found.is_reserved or getattr(kinds, "is_site_local", False):
        return False
    return found.is_global and not any(
        found in network for network in INSIDE if network.version == found.version
    )


class Guard:
    def __init__(self, settings: WebhookSettings, resolver: Resolve = resolve) -> None:
        self._networks = settings.networks
        self._resolve = resolver

    async def addresses(self, url: httpx.URL) -> list[str]:
        """Where a connection may be made to. Raises NotSent: `name-unknown`, `address-refused` where any address is one that is not
        allowed, `not-encrypted` for http to the internet.
        """
        found = [self._read(one) for one in await self._resolved(url)]
        inside = [self._is_allowed(one) for one in found]
        if not all(known or is_public(one) for known, one in zip(inside, found, strict=True)):
            raise NotSent("address-refused")
        if url.scheme != "https" and not all(inside):
            raise NotSent("not-encrypted")
        return [str(one) for one in found[:MOST]]

    async def _resolved(self, url: httpx.URL) -> Sequence[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._resolve(url.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError, TimeoutError):
            found = []
        if not found:
            raise NotSent("name-unknown")
        return found

    def _read(self, text: str) -> Address:
        try:
            return ip_address(text)
        except ValueError:
            raise NotSent("address-refused") from None

    def _is_allowed(self, address: Address) -> bool:
        found = meant(address) if getattr(address, "ipv4_mapped", None) else address
        return any(found in network for network in self._networks if network.version == found.version)
