"""runtime: how much strangers and clients may take of one API process, and how long a process takes to end, from the environment;
and the open files that an API needs for its clients.

Who holds to it is in api/ (connections, turns, rates, users). What each number is for: docs/operations.md.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

SPARE_FILES = 256
"""Open files beside connections: the database's, the log, what is uploaded."""
BACKLOG_FILES = 4_096
"""Connections that may be there for a moment before others make way: what the system has accepted twice."""


class NotBounded(ValueError):
    """A setting that is no bound, or a system that allows less; the message names it and says what to do."""


@dataclass(frozen=True)
class Bounds:
    """Each field is read from `SALESLOOP_` and its name. Times are seconds."""

    connections: int = 2_000
    connections_per_address: int = 1_000
    idle_seconds: int = 30
    head_seconds: int = 8
    body_seconds: int = 8
    body_megabytes: int = 64
    answer_megabytes: int = 64
    requests_at_once: int = 64
    requests_waiting: int = 1_000
    waiting_seconds: int = 5
    requests_per_key: int = 2_000
    streams: int = 1_000
    streams_per_key: int = 30
    wrong_keys: int = 30
    end_seconds: int = 25
    trusted_proxies: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Raises NotBounded."""
        given = {f.name: env.get(f"SALESLOOP_{f.name.upper()}", "").strip() for f in fields(cls)}
        proxies = given.pop("trusted_proxies")
        bounds = cls(
            **{name: _number(name, text) for name, text in given.items() if text}, trusted_proxies=proxies
        )
        _ = bounds.proxies
        return bounds

    @cached_property
    def proxies(self) -> list[IPv4Network | IPv6Network]:
        """Whose `X-Forwarded-For` is believed. Raises NotBounded."""
        try:
            return [ip_network(one.strip()) for one in self.trusted_proxies.split(",") if one.strip()]
        except ValueError as wrong:
            raise NotBounded(
                f"SALESLOOP_TRUSTED_PROXIES must be addresses or networks, with commas between them: {wrong}"
            ) from None

    def address(self, peer: str | None) -> str | None:
        """What counts as one address: of IPv6 the network that one customer gets. None: not to be counted, as a trusted
        proxy's, which everybody shares, or a socket's on this machine's disk.
        """
        if not peer:
            return None
        try:
            found = ip_address(peer)
        except ValueError:
            return None
        found = getattr(found, "ipv4_mapped", None) or found
        if any(found in network for network in self.proxies if network.version == found.version):
            return None
        return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**7):
        raise NotBounded(f"SALESLOOP_{name.upper()} must be a whole number from 1, not {text!r}")
    return int(text)


def open_files(bounds: Bounds) -> None:
    """Let this process open as many files as its connections need. Raises NotBounded where the system does not."""
    needed = bounds.connections + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = sys.maxsize if hard == resource.RLIM_INFINITY else hard
    if most < needed:
        raise NotBounded(
            f"this process may open {hard} files and needs {needed} for SALESLOOP_CONNECTIONS={bounds.connections}: "
            "raise the limit (ulimit -Hn, LimitNOFILE, compose's ulimits) or lower the setting"
        )
    wanted = min(needed + BACKLOG_FILES, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
