"""Projections room: stretches of the ledger with everything that is known of each fact.

For folds that need both clocks, and for what is computed anew as known at a position.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from domain.engine.recorded import Recorded
from projections.engine.paging import Source, fetch
from projections.engine.projection import Entry, entry
from runtime.codec import COLUMNS, decode_row

NOW = 2**63 - 1
"""The position of whoever asks for all that is known."""
STRETCH = (
    f"SELECT {COLUMNS} FROM ledger.events WHERE position > %s AND position <= %s AND topic = ANY(%s)"
    " ORDER BY position"
)
# `+ 0`: streams are found by their ids, never by reading all positions up to one.
STREAMS = (
    f"SELECT {COLUMNS} FROM ledger.events WHERE stream_id = ANY(%s) AND position + 0 <= %s ORDER BY position"
)

FACTS = (
    "SELECT position, stream_id, version, topic, schema_version, data::text, occurred_at FROM ledger.events"
    " WHERE stream_id = ANY(%s) AND position + 0 <= %s AND topic = ANY(%s) ORDER BY position"
)


async def stretch(source: Source, after: int, upto: int, topics: Collection[str]) -> list[Recorded]:
    """The facts of these topics after position `after` up to `upto`, in order."""
    return [decode_row(row) for row in await fetch(source, STRETCH, [after, upto, list(topics)])]


async def streams(source: Source, ids: Collection[UUID], upto: int | None = None) -> list[Recorded]:
    """Everything that is known of these streams at position `upto` (None: now), in order."""
    rows: list[Any] = await fetch(source, STREAMS, [list(ids), NOW if upto is None else upto]) if ids else []
    return [decode_row(row) for row in rows]


async def facts(
    source: Source, ids: Collection[UUID], topics: Collection[str], upto: int
) -> list[Entry[Any]]:
    """The facts of these topics that are known of these streams at position `upto`, in order."""
    return [entry(*row) for row in await fetch(source, FACTS, [list(ids), upto, list(topics)])]
