"""Projections room: of the ids that are told to a team those of records that it does not see — customers, and their deals, leads and cases."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from projections.customer import unseen
from projections.engine.paging import Source, fetch

THEIRS = "SELECT {id} FROM read.{table} WHERE {id} = ANY(%(ids)s) AND team_id IS DISTINCT FROM %(seen_by)s"
LONG = 36
"""Characters of an id."""


async def beyond(source: Source, ids: Collection[UUID], seen_by: UUID | None) -> set[UUID]:
    """Those that the team `seen_by` does not see; of None, who sees all, there are none. An id of another kind is not among them."""
    if seen_by is None or not ids:
        return set()
    theirs = await fetch(source, _theirs(), {"ids": list(ids), "seen_by": seen_by})
    return {id for (id,) in theirs} | await unseen(source, ids, seen_by)


@cache
def _theirs() -> str:
    from projections.engine.catalog import ALL  # it imports this module

    models = [model for model in ALL if "customer" in model.shown_on]
    return " UNION ALL ".join(
        THEIRS.format(id=model.tables[0].key[0], table=model.tables[0].name) for model in models
    )


def ids_in(facts: Collection[str]) -> set[UUID]:
    """In facts as they are stored, whatever they are the ids of."""
    return {id for data in facts for id in _ids(msgspec.json.decode(data))}


def _ids(value: Any) -> Iterator[UUID]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _ids(one)
    elif isinstance(value, str) and len(value) == LONG:
        try:
            yield UUID(value)
        except ValueError:
            return
