"""Projections room: the bytes of review packs, in `ledger.packs` under the digest that the review names (docs/adr/0021-frozen-packs.md).

No read model: what is kept is neither changed nor rebuilt, and later code only reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.engine.errors import NotFound
from domain.figures.queries import FrozenPack
from projections.cycle import pack as review_pack
from projections.cycle.pack import ReviewPack
from projections.engine.paging import Source, fetch
from projections.engine.positions import reached

Computed = Literal["when frozen", "later"]
NEEDED = (
    "cycle_board",
    "contributions",
    "segment_stays",
    "merged",
    "deal_board",
    "adjustments",
    "survey_answers",
)
"""The read models that a pack comes from."""
FORMAT = 1
"""What the bytes are: 1 is the canonical JSON of the sections. A section or a value more is no other format: readers take what is there."""
KEEP = """
INSERT INTO ledger.packs (digest, format, bytes, computed) VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING RETURNING digest
"""
KEPT = "SELECT format, bytes, computed, stored_at FROM ledger.packs WHERE digest = %s"
UNKEPT = """
SELECT cycle_id, position, digest FROM (
    SELECT cycle_id, (review->>'position')::int8 AS position, review->>'digest' AS digest
      FROM (SELECT cycle_id, body::jsonb->'review' AS review FROM read.cycle_board) AS cycles) AS reviews
 WHERE position <= %s AND NOT EXISTS (SELECT FROM ledger.packs p WHERE p.digest = reviews.digest) ORDER BY cycle_id
"""


class Kept(msgspec.Struct):
    """`computed`: "when frozen", or "later", for a review of a release that kept no packs."""

    format: int
    data: bytes
    computed: Computed
    stored_at: datetime


async def kept(source: Source, digest: str) -> Kept | None:
    """What is kept for a review that names this digest."""
    rows = await fetch(source, KEPT, [digest])
    return Kept(*rows[0]) if rows else None


async def freeze(source: Source, cycle_id: UUID, position: int) -> ReviewPack:
    """The pack as known at `position`, its bytes kept before anything names them: one that no review names is harmless. Raises
    NotFound where the cycle was not there yet.
    """
    made = await review_pack.pack(source, cycle_id, position)
    await _keep(source, made.digest, made, "when frozen")
    return made


async def unkept(source: Source) -> Sequence[FrozenPack]:
    """The packs that reviews name and nobody kept, of positions that the read models know."""
    rows = await fetch(source, UNKEPT, [await reached(source, NEEDED)])
    return [FrozenPack(*row) for row in rows]


async def keep_later(source: Source, named: FrozenPack) -> None:
    """As today's code computes it; a review at a position without its cycle has no pack."""
    with suppress(NotFound):
        made = await review_pack.pack(source, named.cycle_id, named.position)
        await _keep(source, named.digest, made, "later")


async def _keep(source: Source, digest: str, made: ReviewPack, computed: Computed) -> None:
    await fetch(source, KEEP, [digest, FORMAT, made.data, computed])
