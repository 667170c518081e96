"""Projections room: pairs of customers that are likely one, among all that there are.

Keys are gone through in their order, the surest kinds first; who shares one is compared with whom else does. A pair is told where its first
key is, so that it comes once. A key that many share says little of any of them, and is passed over.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

from domain.customer.likely import Evidence
from projections.customer import unseen
from projections.customer.duplicates import KNOWN_BY, KnownBy
from projections.customer.matching.scoring import Likeness, Traits, likeness
from projections.customer.merged import ITSELF
from projections.customer.told_apart import ToldApart, told_apart
from projections.engine.paging import Page, Source, fetch, opened, sealed

MOST_OF_A_KEY = 30
GROUPS = 200
"""Keys that are looked at for one page, which may have fewer pairs than it could."""
LONGEST_KEY = 2_000
SHARED = """
SELECT key, array_agg(customer_id) FROM read.customer_keys WHERE key > %(after)s
 GROUP BY key HAVING count(*) BETWEEN 2 AND %(most)s ORDER BY key LIMIT %(groups)s
"""
COUNTING = """
SELECT key FROM read.customer_keys WHERE key = ANY(%(keys)s) GROUP BY key HAVING count(*) <= %(most)s ORDER BY key
"""
"""The database says in which order: it may sort otherwise than Python."""
ROWS = f"""
SELECT {", ".join(KNOWN_BY.names)} FROM read.customer_known_by k
 WHERE customer_id = ANY(%(ids)s) AND {ITSELF.format(id="k.customer_id")}
"""
"""Without merged records: those are one with another already."""
KeyText = Annotated[str, msgspec.Meta(max_length=LONGEST_KEY, pattern="^[^\x00]*$")]


class DuplicatePair(msgspec.Struct, frozen=True):
    """Two customers that are likely one, how likely, in per cent, and by what."""

    customer_id: UUID
    customer_name: str
    country: str
    other_id: UUID
    other_name: str
    other_country: str
    score: int
    evidence: tuple[Evidence, ...]


class _Pair(NamedTuple):
    one: KnownBy
    other: KnownBy
    like: Likeness
    key: str


async def pairs(
    source: Source, least: int, cursor: str | None = None, limit: int = 50, *, seen_by: UUID | None = None
) -> Page[DuplicatePair]:
    """Those of at least this score that nobody told apart, both of whom the team `seen_by` may see. A page goes on until a key is done: it may
    have some more than `limit`, and fewer where little is found. Raises Invalid for a cursor of another list.
    """
    after = opened(cursor, KeyText) if cursor else ""
    groups = await _groups(source, after)
    found: list[_Pair] = []
    for key, of_key in await _pairs(source, groups, least, seen_by):
        found += of_key
        if len(found) >= limit:
            more = key != groups[-1][0] or len(groups) == GROUPS
            return _page(found, key if more else None)
    return _page(found, groups[-1][0] if len(groups) == GROUPS else None)


def _page(found: Sequence[_Pair], after: str | None) -> Page[DuplicatePair]:
    return Page([_told(pair) for pair in found], sealed(after) if after is not None else None)


async def _groups(source: Source, after: str) -> Sequence[tuple[str, list[UUID]]]:
    given = {"after": after, "most": MOST_OF_A_KEY, "groups": GROUPS}
    groups: list[tuple[str, list[UUID]]] = await fetch(source, SHARED, given)
    return groups


async def _pairs(
    source: Source, groups: Sequence[tuple[str, list[UUID]]], least: int, seen_by: UUID | None
) -> list[tuple[str, list[_Pair]]]:
    """By key, in the order of the keys."""
    ids = {id for _, of_key in groups for id in of_key}
    ids -= await unseen(source, ids, seen_by)
    rows = {row[0]: KnownBy(*row) for row in await fetch(source, ROWS, {"ids": list(ids)})}
    apart = await told_apart(source, rows)
    likely = await asyncio.to_thread(
        _likely_of, groups, rows, apart, least
    )  # thousands are compared now and then
    order = await _order_of(source, likely)
    by_key = defaultdict[str, list[_Pair]](list)
    for pair in likely:
        counted = _shared(pair) & order.keys()  # none, where others came to share them all meanwhile
        if min(counted, key=order.__getitem__, default=None) == pair.key:
            by_key[pair.key].append(pair)
    return [(key, sorted(of_key, key=_likeliest_first)) for key, of_key in by_key.items()]


def _likely_of(
    groups: Sequence[tuple[str, list[UUID]]], rows: Mapping[UUID, KnownBy], apart: ToldApart, least: int
) -> list[_Pair]:
    traits = {id: row.traits for id, row in rows.items()}
    return [
        pair
        for key, of_key in groups
        for pair in _likely(key, [rows[id] for id in sorted(of_key) if id in rows], traits, apart, least)
    ]


def _likely(
    key: str, rows: Sequence[KnownBy], traits: Mapping[UUID, Traits], apart: ToldApart, least: int
) -> Iterator[_Pair]:
    for one, other in combinations(rows, 2):
        if apart(one.customer_id, other.customer_id):
            continue
        like = likeness(traits[one.customer_id], traits[other.customer_id])
        if like.score >= least:
            yield _Pair(one, other, like, key)


def _shared(pair: _Pair) -> set[str]:
    return set(pair.one.keys.split()) & set(pair.other.keys.split())


async def _order_of(source: Source, found: Iterable[_Pair]) -> dict[str, int]:
    """Of the keys that the pairs share those that count, each with its place."""
    keys = {key for pair in found for key in _shared(pair)}
    rows = await fetch(source, COUNTING, {"keys": list(keys), "most": MOST_OF_A_KEY}) if keys else []
    return {key: n for n, (key,) in enumerate(rows)}


def _likeliest_first(pair: _Pair) -> tuple[int, UUID, UUID]:
    return -pair.like.score, pair.one.customer_id, pair.other.customer_id


def _told(pair: _Pair) -> DuplicatePair:
    one, other = pair.one, pair.other
    return DuplicatePair(
        *(one.customer_id, one.name, one.country),
        *(other.customer_id, other.name, other.country),
        pair.like.score,
        pair.like.evidence,
    )
