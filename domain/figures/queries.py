"""Domain room: how figures of the loop are asked for, and what a frozen pack is known by. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.cycle.facts import AgendaItem
from domain.figures.scope import Scope
from domain.time.periods import Window


@dataclass(frozen=True)
class FigureAsked:
    """A metric over a scope and a stretch of days (both included); `currency` where it is money."""

    metric: str
    scope: Scope
    window: Window
    currency: str = ""


@dataclass(frozen=True)
class Pack:
    """A review pack's canonical bytes' SHA-256, and what it puts on the review's agenda."""

    digest: str
    agenda: tuple[AgendaItem, ...]


@dataclass(frozen=True)
class FrozenPack:
    """The pack that a cycle's review names: as known at `position`, by its digest."""

    cycle_id: UUID
    position: int
    digest: str
