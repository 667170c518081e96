"""Domain room: what modules register as they are imported — facts, kinds of streams, decisions.

A process that needs little of the domain imports little of it. What it then asks a register for and does not find is there after
all of the domain was imported, or is known to nobody.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from domain.capabilities import load

K = TypeVar("K")
V = TypeVar("V")


class Register(dict[K, V]):
    """`register[key]` and `find` look further; `in`, `get` and iterating tell of what was imported so far."""

    def __missing__(self, key: K) -> V:
        _whole_domain()
        if key in self:
            return self[key]
        raise KeyError(key)

    def find(self, key: K) -> V | None:
        """None where nobody knows it."""
        try:
            return self[key]
        except KeyError:
            return None


@cache
def _whole_domain() -> None:
    load("domain")
