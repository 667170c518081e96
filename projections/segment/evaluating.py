"""Projections room: customers held against every published rule — who is in which segment, and when that may change by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.segment.rule import parse
from domain.segment.segment import Segment
from projections.engine.paging import Source, fetch
from projections.segment.asking import STANDS, Question
from projections.segment.given import given

HELD = """
SELECT w.customer_id, {next_turn}, {conditions}
  FROM unnest(%(ids)s::uuid[]) AS w(customer_id) LEFT JOIN read.customer_traits c USING (customer_id) {beside}"""
MEMBERS = "SELECT segment, customer_id FROM read.segment_stays WHERE left_position IS NULL AND customer_id = ANY(%s)"

IN_A_STATEMENT = 500
"""Conditions, values and turning times after which another statement is begun: PostgreSQL takes 1,664 columns, and a depth of its stack."""


class Held(NamedTuple):
    """`inside`: by customer the names of the segments whose rules hold. `next_turn`: by customer when one may turn; left out: none does by
    itself.
    """

    inside: dict[UUID, frozenset[str]]
    next_turn: dict[UUID, datetime]


async def held(source: Source, segments: Sequence[Segment], ids: Collection[UUID], now: datetime) -> Held:
    """As the read models have it. Whoever is no customer is in nothing."""
    inside: dict[UUID, frozenset[str]] = dict.fromkeys(ids, frozenset())
    next_turn: dict[UUID, datetime] = {}
    for question, conditions in _questions(segments):
        query = HELD.format(
            next_turn=question.next_turn, conditions=", ".join(conditions.values()), beside=question.beside
        )
        params = {**await given(source, question, now), "ids": list(ids)}
        for id, turn, *holding in await fetch(source, query, params, planned_anew=True):
            inside[id] |= {name for name, holds in zip(conditions, holding, strict=True) if holds}
            if turn is not None:
                next_turn[id] = min(turn, next_turn.get(id, turn))
    return Held(inside, next_turn)


def _questions(segments: Sequence[Segment]) -> Iterator[tuple[Question, dict[str, str]]]:
    """As many statements as it takes, with their conditions by segment."""
    question, conditions = Question(), dict[str, str]()
    for one in segments:
        if len(conditions) + len(question.params) + len(question.turns) >= IN_A_STATEMENT:
            yield question, conditions
            question, conditions = Question(), {}
        conditions[one.name] = f"COALESCE({STANDS} AND {question.ask(parse(one.rule))}, false)"
    if conditions:
        yield question, conditions


async def members(source: Source, ids: Collection[UUID]) -> Mapping[UUID, frozenset[str]]:
    """In which segments these customers are now, by what is recorded."""
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    rows: list[Any] = await fetch(source, MEMBERS, [list(ids)])
    for name, id in rows:
        found[id].add(name)
    return {id: frozenset(found[id]) for id in ids}
