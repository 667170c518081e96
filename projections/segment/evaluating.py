"""Projections room: customers held against every published rule — who is in which segment, and when that may change by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.segment.rule import parse
from domain.segment.segment import Segment
from projections.engine.paging import Source, fetch
from projections.segment.asking import STANDS, Question

HELD = """
SELECT w.customer_id, {next_turn}, {conditions}
  FROM unnest(%(ids)s::uuid[]) AS w(customer_id) LEFT JOIN read.customer_traits c USING (customer_id) {beside}"""
MEMBERS = "SELECT segment, customer_id FROM read.segment_stays WHERE left_position IS NULL AND customer_id = ANY(%s)"


class Held(NamedTuple):
    """`inside`: by customer the names of the segments whose rules hold. `next_turn`: by customer when one may turn; left out: none does by
    itself.
    """

    inside: dict[UUID, frozenset[str]]
    next_turn: dict[UUID, datetime]


async def held(source: Source, segments: Sequence[Segment], ids: Collection[UUID], now: datetime) -> Held:
    """As the read models have it. Whoever is no customer is in nothing."""
    question = Question()
    conditions = [f"COALESCE({STANDS} AND {question.ask(parse(one.rule))}, false)" for one in segments]
    query = HELD.format(
        next_turn=question.next_turn, conditions=", ".join(conditions) or "true", beside=question.beside
    )
    params = {**question.params, "now": now, "ids": list(ids)}
    rows = await fetch(source, query, params, planned_anew=True)
    names = [one.name for one in segments]
    return Held(
        {
            id: frozenset(name for name, holds in zip(names, holding, strict=False) if holds)
            for id, _, *holding in rows
        },
        {id: turn for id, turn, *_ in rows if turn is not None},
    )


async def members(source: Source, ids: Collection[UUID]) -> Mapping[UUID, frozenset[str]]:
    """In which segments these customers are now, by what is recorded."""
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    rows: list[Any] = await fetch(source, MEMBERS, [list(ids)])
    for name, id in rows:
        found[id].add(name)
    return {id: frozenset(found[id]) for id in ids}
