"""Domain room: what people have on their hands and owe, as whoever hands it over asks for it. Values only; nothing enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Loads:
    """Open deals per active rep, as known at `position`."""

    position: int
    open_deals: dict[UUID, int]


Owed = Mapping[str, Sequence[UUID]]
"""What is a person's and not over, by the kind of its stream (`cycle`, `action-item`): what the read model of that kind says is owed by
the person.
"""
