"""Workflows room: what activities ask of the rest of the house. No SQL here and none behind a definition.

The read models are plugged in by `worker.py`; `store.py` answers from the ledger (`LedgerReader`). What a part of the room asks
beyond that stands in its own ports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.engine.recorded import Recorded


class ModelReader(Protocol):
    """Read models. They may lag."""

    async def reached(self) -> int:
        """The position all of them have come to."""
        ...

    async def going_on(self, name: str, now: datetime, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Whatever has the deadlines of this name, is not over, and needs a workflow by now."""
        ...


class Reachable(Protocol):
    async def reach(self, position: int) -> None:
        """Wait until every figure can be read as known there. Raises TimeoutError when it takes too long."""
        ...


class LedgerReader(Protocol):
    """Answers that are true as of now."""

    async def newest(self, stream_ids: Sequence[UUID], topics: Sequence[str]) -> Sequence[Recorded]:
        """Of each stream the newest fact with one of these topics; streams without any are left out."""
        ...

    async def count_since(self, position: int, topic: str, stream_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many facts of the topic came to each stream after `position`; streams without any are left out."""
        ...

    async def last_position(self, stream_id: UUID) -> int:
        """Of the stream's newest fact; 0 where nothing is recorded of it."""
        ...

    async def facts(self, after: int, to: int, topics: Sequence[str]) -> Sequence[Recorded]:
        """Those in (after, to] with these topics, in order."""
        ...

    async def position(self, queue: str) -> int:
        """Up to where a follower of this name has come."""
        ...

    async def delivered(self) -> int:
        """Up to where the dispatcher has delivered everything."""
        ...

    async def save_sweep(self, counts: Mapping[str, int], now: datetime) -> None: ...
