"""Domain room: what people have on their hands and owe, as whoever hands it over asks for it. Values only; nothing enters."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Loads:
    """Open deals per active rep, as known at `position`."""

    position: int
    open_deals: dict[UUID, int]


@dataclass(frozen=True)
class Owed:
    """What is a person's in the loop and not over: cycles in which they have a part or a step is owed by them, meetings that they chair
    or owe a decision, action items, leads and adjustments that they own, schedules that name them as chair; and targets that they own,
    also past ones.
    """

    cycles: tuple[UUID, ...] = ()
    meetings: tuple[UUID, ...] = ()
    items: tuple[UUID, ...] = ()
    adjustments: tuple[UUID, ...] = ()
    schedules: tuple[UUID, ...] = ()
    targets: tuple[UUID, ...] = ()
    leads: tuple[UUID, ...] = ()
