"""Runtime room: remembered states of long streams, written off the hot path and safe to drop at any time.

A snapshot names the shape it was made with: what is kept, and all the code that may take part in folding a stream. One of any
other shape is not read, and replaced when its stream is next written or read.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import PoolTimeout

import domain
from domain.engine.aggregate import Aggregate
from runtime.codec import encode
from runtime.database import Pool

ROOM = Path(domain.__file__).parent
EVERY = 50
"""Facts in a stream between one snapshot and the next; so many at most are read on top of one."""
WRITE = """
INSERT INTO app.snapshots AS held (stream_id, version, shape, state) VALUES (%s, %s, %s, %s)
ON CONFLICT (stream_id) DO UPDATE SET (version, shape, state) = (excluded.version, excluded.shape, excluded.state)
WHERE held.version < excluded.version OR held.shape <> excluded.shape
"""
log = logging.getLogger(__name__)


_SHAPES: dict[type[Aggregate], str] = {}


def shape(kind: type[Aggregate]) -> str:
    """A digest of all that folds a stream of this kind; empty for kinds that are not kept."""
    if kind not in _SHAPES:
        _SHAPES[kind] = _shape(kind) if kind.KEPT is not None else ""
    return _SHAPES[kind]


def _shape(kind: type[Aggregate]) -> str:
    parts = (kind.KIND, repr(msgspec.json.schema(kind.KEPT)), code_in(ROOM))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def code_in(room: Path) -> str:
    """A digest of the whole room: a mutator calls what lies in other files than its own."""
    digest = hashlib.sha256()
    for file in sorted(room.rglob("*.py")):
        digest.update(f"{file.relative_to(room)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def _decoder(kept: Any) -> Callable[[str], object]:
    return msgspec.json.Decoder(kept).decode


def frozen(aggregate: Aggregate) -> str:
    return encode(aggregate.condensed().kept()).decode()


def thawed(aggregate: Aggregate, state: str, version: int) -> Aggregate:
    """The blank aggregate, at the version and in the state that were kept."""
    return aggregate.take_up(_decoder(aggregate.KEPT)(state), version)


class Snapshots:
    """Writes one after another in the background. A snapshot that fails is no loss: it is told and let go."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[UUID, Aggregate] = {}
        self._writing: asyncio.Task[None] | None = None

    def due(self, aggregate: Aggregate, before: int) -> bool:
        """Whether a stream that grew from version `before` to this one should be kept again."""
        return aggregate.version // EVERY != before // EVERY and aggregate.KEPT is not None

    def keep(self, aggregate: Aggregate) -> None:
        """Soon. The aggregate must be as recorded, and change no more."""
        if aggregate.KEPT is None or aggregate.foreign:
            return
        self._waiting[aggregate.id] = aggregate
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def settled(self) -> None:
        """Once everything that was to be kept is kept."""
        while self._writing is not None:
            await asyncio.wait((self._writing,))

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write(self._waiting.pop(next(iter(self._waiting))))
        except (psycopg.Error, PoolTimeout, OSError) as lost:
            self._waiting.clear()
            log.warning("snapshots were not written: %s", lost)
        finally:
            self._writing = None

    async def _write(self, aggregate: Aggregate) -> None:
        row = [aggregate.id, aggregate.version, shape(type(aggregate)), frozen(aggregate)]
        async with self._pool.connection() as connection:
            await connection.execute(WRITE, row)
