"""Projections room: which customers were told apart, whichever of the records of the two it was said of."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from projections.customer import merged
from projections.engine.paging import Source, fetch

SAID = f"""
SELECT {merged.WHOSE.format(id="k.customer_id")}, COALESCE(o.survivor_id, a.id)
  FROM read.customer_known_by k {merged.JOIN.format(id="k.customer_id")}
 CROSS JOIN LATERAL unnest(string_to_array(k.apart, ' ')::uuid[]) a (id)
  LEFT JOIN read.merged o ON o.customer_id = a.id AND o.until IS NULL
 WHERE k.apart <> '' AND k.customer_id = ANY (ARRAY(
       SELECT unnest(%(ids)s::uuid[]) UNION ALL
       SELECT r.customer_id FROM read.merged r WHERE r.survivor_id = ANY(%(ids)s) AND r.until IS NULL))
"""


class ToldApart:
    """Of some customers, or records of them."""

    def __init__(self, stands_for: dict[UUID, UUID], pairs: Collection[tuple[UUID, UUID]]) -> None:
        self._stands_for = stands_for
        self._pairs = frozenset(map(frozenset, pairs))

    def __call__(self, one: UUID, other: UUID) -> bool:
        """Whether somebody said of the two that they are different."""
        if not self._pairs:
            return False
        return frozenset(self._stands_for.get(id, id) for id in (one, other)) in self._pairs


async def told_apart(source: Source, ids: Collection[UUID]) -> ToldApart:
    stands_for = await merged.standing(source, ids)
    survivors = {stands_for.get(id, id) for id in ids}
    said = await fetch(source, SAID, {"ids": list(survivors)}) if ids else []
    return ToldApart(stands_for, [pair for pair in said if pair[0] != pair[1]])
