"""Projections room, engine: of rows that name a record which may have been merged into another, which one it stands for now.

A read model keeps the id that was recorded. Which record that stands for is said by the table `read.merged` alone, so lists of every
kind are narrowed down, and shown, alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from projections.engine.paging import Source, fetch

COLUMN = "customer_id"
"""The column that names such a record, in whatever table."""
LAST = 2**62
"""The position of whoever asks for what stands now."""
SAME = """customer_id = ANY (ARRAY(
   WITH one AS (SELECT COALESCE((SELECT survivor_id FROM read.merged WHERE customer_id = %(customer_id)s AND until IS NULL),
                                %(customer_id)s) AS id)
   SELECT id FROM one
    UNION ALL SELECT m.customer_id FROM read.merged m JOIN one ON m.survivor_id = one.id WHERE m.until IS NULL))"""
"""Of rows with a customer's id: it stands for the same customer as `%(customer_id)s` does."""
STANDING = """
SELECT customer_id, survivor_id FROM read.merged
 WHERE customer_id = ANY(%(ids)s) AND since <= %(known)s AND (until IS NULL OR until > %(known)s)
"""


async def standing(source: Source, ids: Collection[UUID], known: int = LAST) -> dict[UUID, UUID]:
    """Of these ids those that stand for another customer, and for which; as known at a position, or now."""
    return dict(await fetch(source, STANDING, {"ids": list(ids), "known": known})) if ids else {}


async def complete(source: Source, items: Sequence[Any]) -> None:
    """Put into views with a `customer_id` the customer that it stands for now."""
    found = await standing(source, {one.customer_id for one in items if one.customer_id is not None})
    for one in items:
        one.customer_id = found.get(one.customer_id, one.customer_id)
