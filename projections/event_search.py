"""Projections room: the whole ledger searched, newest first — by kind of event, record, person, door and days.

It asks the ledger itself. A search goes back in stretches, so that what happens often is found in the newest of them; for what is rare the
index `events_search` tells which parts of a stretch cannot hold it (a block-range index of Bloom filters: writing an event costs it next
to nothing, and it stays small).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Annotated, Any, LiteralString
from uuid import UUID

import msgspec

from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import FACTS
from projections.cycle.known_at import position_at
from projections.deal import history
from projections.deal.events import DealEvent, Stored, rendered_rows
from projections.engine.paging import Page, Params, Source, fetch, in_order, limit_of, opened, sealed

NEWEST, LATER = 20_000, 500_000
DAY = timedelta(days=1)
COLUMNS: LiteralString = (
    "version, position, topic, schema_version, data::text, meta::text, occurred_at, recorded_at, stream_id"
)
CONDITIONS: dict[str, LiteralString] = {
    "topics": "topic = ANY(%(topics)s)",
    "channel": "meta->>'channel' = %(channel)s",
    "who": "meta->'actor'->>'id' = %(who)s",
}
AMONG = """
SELECT {columns} FROM ledger.events WHERE position > %(low)s AND position <= %(high)s AND {where} ORDER BY position DESC LIMIT %(limit)s
"""
# All of a long stretch are found before they are put in order, and "+ 0" is what the index has: else its positions would be read one by one.
FAR = """
WITH found AS MATERIALIZED (SELECT position FROM ledger.events WHERE position + 0 > %(low)s AND position + 0 <= %(high)s AND {where}),
     newest AS (SELECT position FROM found ORDER BY position DESC LIMIT %(limit)s)
SELECT {columns} FROM newest JOIN ledger.events USING (position) ORDER BY position DESC
"""
OF_STREAM = """
SELECT {columns} FROM ledger.events
 WHERE stream_id = %(stream_id)s AND position + 0 > %(low)s AND position + 0 <= %(high)s AND {where} ORDER BY version DESC LIMIT %(limit)s
"""
HEAD = "SELECT COALESCE(max(position), 0) FROM ledger.events"


class EventSearch(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `topic` is one, or what several begin with before the dot; `who` the actor's id; days are the
    company's, of recording, both included.
    """

    topic: str | None = None
    stream_id: UUID | None = None
    who: str | None = None
    channel: str | None = None
    since: date | None = None
    until: date | None = None


class FoundEvent(history.InOneLanguage):
    """An event with the record it is of; `sentence` is its topic where no read model says it in words. `who_name` is a rep's
    name, or that of an account.
    """

    stream_id: UUID


class Place(msgspec.Struct, array_like=True):
    """Where a page ended."""

    before: Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


async def search(
    source: Source, asked: EventSearch, language: str, cursor: str | None = None, limit: int = 50
) -> Page[FoundEvent]:
    """A page of what is found, told in the language. Raises Invalid for a topic that there is not, days in no order or still to
    come, and a foreign cursor.
    """
    low, high = await _between(source, asked)
    if cursor is not None:
        high = min(high, opened(cursor, Place).before - 1)
    rows = await _found(source, asked, low, high, limit_of(limit) + 1)
    told = await rendered_rows(source, [Stored(*row[:8]) for row in rows[:limit]], (language,))
    items = [_with_stream(event, row[8], language) for event, row in zip(told, rows, strict=False)]
    return Page(items, sealed(Place(items[-1].position)) if len(rows) > limit else None)


def _with_stream(event: DealEvent, stream_id: UUID, language: str) -> FoundEvent:
    given = {name: getattr(event, name) for name in DealEvent.__struct_fields__}
    return FoundEvent(**given | {"sentence": event.sentence[language], "stream_id": stream_id})


async def _between(source: Source, asked: EventSearch) -> tuple[int, int]:
    """After which position, and up to which."""
    in_order(asked.since, asked.until, "until", "since")
    low = await _end(source, "since", asked.since - DAY) if asked.since else 0
    if asked.until:
        return low, await _end(source, "until", asked.until)
    ((head,),) = await fetch(source, HEAD, [])
    return low, head


async def _end(source: Source, field: str, day: date) -> int:
    try:
        return await position_at(source, day)
    except Invalid:
        raise Invalid([FieldError(field, "is still to come: nothing is recorded then yet")]) from None


async def _found(source: Source, asked: EventSearch, low: int, high: int, wanted: int) -> list[Any]:
    params: Params = {"topics": _topics(asked.topic), "channel": asked.channel, "who": asked.who}
    where = " AND ".join(text for name, text in CONDITIONS.items() if params[name] is not None) or "true"
    params |= {"stream_id": asked.stream_id, "low": low}
    if asked.stream_id is not None or where == "true":
        query = AMONG if asked.stream_id is None else OF_STREAM
        return await _rows(source, query, where, params | {"high": high, "limit": wanted})
    found: list[Any] = []
    size = NEWEST
    while high > low and len(found) < wanted:
        beginning = max(low, high - size)
        query = AMONG if size == NEWEST else FAR
        stretch = params | {"low": beginning, "high": high, "limit": wanted - len(found)}
        found += await _rows(source, query, where, stretch)
        high, size = beginning, LATER
    return found


async def _rows(source: Source, query: str, where: str, params: Params) -> list[Any]:
    return await fetch(source, query.format(columns=COLUMNS, where=where), params, planned_anew=True)


def _topics(asked: str | None) -> Collection[str] | None:
    if asked is None:
        return None
    found = [topic for topic in FACTS if topic == asked or topic.startswith(f"{asked}.")]
    if not found:
        raise Invalid([FieldError("topic", f"there are no events of the kind {asked!r}")])
    return found
