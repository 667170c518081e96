"""runtime: where webhooks may be sent beyond the public internet, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Self

NETWORKS = "SALESLOOP_WEBHOOK_NETWORKS"


class NotNetworks(ValueError):
    """The setting names no networks; the message says what to do."""


@dataclass(frozen=True)
class WebhookSettings:
    """`networks`: private ones that endpoints may lie in; there, and there alone, also without TLS."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Raises NotNetworks."""
        given = [one.strip() for one in env.get(NETWORKS, "").split(",")]
        try:
            return cls(tuple(ip_network(one) for one in given if one))
        except ValueError as wrong:
            raise NotNetworks(
                f"{NETWORKS} must be addresses or networks, with commas between them: {wrong}"
            ) from None
