"""runtime: whether models may ask and act by the Model Context Protocol, and which acts are theirs, from the environment. Off unless
somebody says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

SWITCH, ACTS = "SALESLOOP_MCP", "SALESLOOP_MCP_ACTS"
NONE = "none"


class NotMCP(ValueError):
    """A setting of MCP cannot be used; the message says which and what it must be."""


@dataclass(frozen=True)
class MCPSettings:
    """`acts`: operation ids of those that are offered, beside what one's role allows; None: all but administration."""

    on: bool = False
    acts: tuple[str, ...] | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Raises NotMCP."""
        switch = env.get(SWITCH) or "off"
        if switch not in ("on", "off"):
            raise NotMCP(f"{SWITCH} must be on or off, not {switch!r}")
        names = tuple(name for one in env.get(ACTS, "").split(",") if (name := one.strip()))
        if NONE in names and len(names) > 1:
            raise NotMCP(f"{ACTS} must be {NONE}, or names of acts with commas between them")
        return cls(switch == "on", () if names == (NONE,) else names or None)
