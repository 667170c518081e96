"""Projections room: whom a customer is likely to be. Candidates share a key with it (`duplicates.py`), and are compared here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import msgspec

from domain.customer.likely import MOST_LIKELY, Evidence
from projections.customer.duplicates import KNOWN_BY, KnownBy
from projections.customer.matching.blocking import keys
from projections.customer.matching.scoring import Traits, likeness
from projections.customer.merged import standing
from projections.customer.told_apart import told_apart
from projections.engine.paging import Source, fetch

MOST_OF_A_KEY = 60
"""What more customers share says little of any of them; so many are looked at."""
LEAST = 40
"""In per cent: what is less likely is not found."""
FOUND = f"""
SELECT f.n, {", ".join(f"t.{name}" for name in KNOWN_BY.names)}
  FROM (SELECT DISTINCT a.n, k.customer_id
          FROM unnest(%(numbers)s::int[], %(keys)s::text[]) a (n, key)
         CROSS JOIN LATERAL (SELECT customer_id FROM read.customer_keys k WHERE k.key = a.key
                              ORDER BY customer_id LIMIT %(most)s) k) f
  JOIN read.customer_known_by t USING (customer_id)
"""

NAMES = "SELECT customer_id, name FROM read.customer_known_by WHERE customer_id = ANY(%(ids)s)"


class Found(msgspec.Struct, frozen=True):
    """A customer, how likely it is the one, in per cent, and by what."""

    customer_id: UUID
    name: str
    score: int
    evidence: tuple[Evidence, ...]


async def likely(source: Source, asked: Traits, besides: UUID | None = None) -> list[Found]:
    """The likeliest first, ten at most; `besides` is not looked for, nor who was told apart from it. A merged record leads to the customer that it stands for."""
    return (await likely_each(source, [(asked, besides)]))[0]


async def likely_each(source: Source, asked: Sequence[tuple[Traits, UUID | None]]) -> list[list[Found]]:
    """The same for several, in one query."""
    wanted = [(n, key) for n, (traits, _) in enumerate(asked) for key in keys(traits)]
    given = {"numbers": [n for n, _ in wanted], "keys": [key for _, key in wanted], "most": MOST_OF_A_KEY}
    rows = defaultdict[int, list[KnownBy]](list)
    for n, *values in await fetch(source, FOUND, given):
        rows[n].append(KnownBy(*values))
    apart = await told_apart(
        source, {id for n, (_, besides) in enumerate(asked) for id in _of_whom(besides, rows[n])}
    )
    found = []
    for n, (traits, besides) in enumerate(asked):
        others = [row for row in rows[n] if besides is None or not apart(besides, row.customer_id)]
        found.append(compared(traits, besides, others))
    return await _standing(source, found, [besides for _, besides in asked])


def _of_whom(besides: UUID | None, rows: Collection[KnownBy]) -> Collection[UUID]:
    """Whose being told apart matters: nobody's where there is only one."""
    return {besides, *(row.customer_id for row in rows)} if besides is not None and rows else ()


async def _standing(
    source: Source, found: Sequence[list[Found]], besides: Sequence[UUID | None]
) -> list[list[Found]]:
    """Each customer once, by the likeliest of its records."""
    stands_for = await standing(source, {one.customer_id for of_one in found for one in of_one})
    names = await fetch(source, NAMES, {"ids": list(stands_for.values())}) if stands_for else []
    named = dict(names)
    told = []
    for of_one, besides_it in zip(found, besides, strict=True):
        best: dict[UUID, Found] = {}
        for one in of_one:
            id = stands_for.get(one.customer_id, one.customer_id)
            if id != besides_it:
                best.setdefault(id, Found(id, named.get(id, one.name), one.score, one.evidence))
        told.append(list(best.values()))
    return told


def compared(asked: Traits, besides: UUID | None, rows: Iterable[KnownBy]) -> list[Found]:
    """`besides` itself is none."""
    found = (_found(asked, row) for row in rows if row.customer_id != besides)
    likely = sorted(
        (one for one in found if one.score >= LEAST), key=lambda one: (-one.score, one.customer_id)
    )
    return likely[:MOST_LIKELY]


def _found(asked: Traits, row: KnownBy) -> Found:
    like = likeness(asked, row.traits)
    return Found(row.customer_id, row.name, like.score, like.evidence)
