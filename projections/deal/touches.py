"""Projections room: the touches of a deal, the newest first, each as it was last corrected. Read from the deal's history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.deal.facts import ActivityCorrected, ActivityLogged
from domain.engine.facts import PersonName
from domain.engine.values import Activity
from projections.engine.paging import Source, fetch
from projections.people import directory
from runtime.codec import decode_fact, is_known


class Touch(msgspec.Struct):
    """`at` is when it happened; the names are of its rep and contact (personal data)."""

    activity_id: UUID
    at: datetime
    activity: Activity
    rep_name: PersonName | None = None
    contact_name: PersonName | None = None


STANDS = """NOT EXISTS (
    SELECT FROM read.deal_history u WHERE u.deal_id = h.deal_id AND u.version > h.version AND u.topic = 'deal.import-undone'
       AND (u.data->>'since')::int <= h.version)"""
"""Of a row `h` of the history: no import was undone that it is a part of."""
LOGGED = """
SELECT topic, schema_version, data::text, occurred_at FROM read.deal_history h
 WHERE deal_id = %s AND topic = %s AND {stands} ORDER BY version DESC LIMIT %s
""".replace("{stands}", STANDS)
CORRECTED = """
SELECT topic, schema_version, data::text, occurred_at FROM read.deal_history h
 WHERE deal_id = %s AND topic = %s AND data->>'activity_id' = ANY(%s) AND {stands} ORDER BY version
""".replace("{stands}", STANDS)


async def newest(source: Source, deal_id: UUID, limit: int) -> list[Touch]:
    """Those that were logged last. What a newer release logged is left out."""
    logged = _facts(await fetch(source, LOGGED, [deal_id, ActivityLogged.TOPIC, limit]))
    found = {fact.activity_id: Touch(fact.activity_id, at, fact.activity) for fact, at in logged}
    given = [deal_id, ActivityCorrected.TOPIC, list(map(str, found))]
    for fact, _ in _facts(await fetch(source, CORRECTED, given) if found else ()):
        found[fact.activity_id].activity = fact.after
    people = {id for one in found.values() for id in (one.activity.rep_id, one.activity.contact_id) if id}
    names = await directory.names(source, people)
    for one in found.values():
        one.rep_name, one.contact_name = (
            names.get(id) if id else None for id in (one.activity.rep_id, one.activity.contact_id)
        )
    return list(found.values())


def _facts(rows: Sequence[Any]) -> list[tuple[Any, datetime]]:
    return [
        (decode_fact(topic, schema, data), at) for topic, schema, data, at in rows if is_known(topic, schema)
    ]
