"""Projections room: what concerns a merge — who has to do with its records, when each was merged and by whom, and what was made since."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.customer.facts import CustomerMerged
from domain.engine.facts import FreeText
from projections.engine.paging import Source, fetch

Kind = Literal["deal", "lead", "case"]
MOST = 1_000
CONCERNED = """
SELECT owner_id FROM read.deal_board WHERE customer_id = ANY(%(ids)s) AND status = 'open'
 UNION SELECT owner_id FROM read.leads WHERE customer_id = ANY(%(ids)s) AND status = 'open' AND owner_id IS NOT NULL
 UNION SELECT owner_id FROM read.cases WHERE customer_id = ANY(%(ids)s) AND status <> 'closed'
 ORDER BY 1 LIMIT %(most)s
"""
MERGED = """
SELECT DISTINCT ON (stream_id) stream_id, position, recorded_at, meta->'actor'->>'id', meta->>'reason' FROM ledger.events
 WHERE stream_id = ANY(%(ids)s) AND topic = %(topic)s ORDER BY stream_id, version DESC
"""
NAMED_SINCE = """
  CROSS JOIN LATERAL (SELECT e.occurred_at, e.position FROM ledger.events e WHERE e.stream_id = d.{id} AND e.position > %(position)s
     AND (e.version = 1 OR e.topic = '{kind}.customer-corrected'
          OR (e.topic = 'lead.corrected' AND e.data->'before'->>'customer_id' IS DISTINCT FROM e.data->'after'->>'customer_id'))
   ORDER BY e.version DESC LIMIT 1) e
 WHERE d.customer_id = %(survivor)s"""
MADE_SINCE = """
SELECT kind, id, title, occurred_at FROM (
  SELECT 'deal' AS kind, d.deal_id AS id, d.title, d.team_id, e.* FROM read.deal_board d {deals}
   UNION ALL
  SELECT 'lead', d.lead_id, d.name, d.team_id, e.* FROM read.leads d {leads}
   UNION ALL
  SELECT 'case', d.case_id, d.body::jsonb->>'title', d.team_id, e.* FROM read.cases d {cases}) made
 WHERE team_id = %(seen_by)s OR %(seen_by)s::uuid IS NULL
 ORDER BY position LIMIT %(most)s
""".format(
    deals=NAMED_SINCE.format(id="deal_id", kind="deal"),
    leads=NAMED_SINCE.format(id="lead_id", kind="lead"),
    cases=NAMED_SINCE.format(id="case_id", kind="case"),
)
WAITS_FOR = ("deal_board", "leads", "cases", "merged")


class Merge(msgspec.Struct):
    """When a record was merged, by which account, and why, where that was said."""

    position: int
    at: datetime
    by: str
    reason: FreeText | None


class MadeSince(msgspec.Struct):
    """A deal, lead or service case that was made for the customer since, or given to it."""

    kind: Kind
    id: UUID
    title: FreeText
    at: datetime


async def concerned(source: Source, ids: Collection[UUID]) -> list[UUID]:
    """Who has an open deal, lead or service case of one of these records."""
    return [id for (id,) in await fetch(source, CONCERNED, {"ids": list(ids), "most": MOST})]


async def merges(source: Source, ids: Collection[UUID]) -> dict[UUID, Merge]:
    """Of these records, the last time that each was merged."""
    rows = await fetch(source, MERGED, {"ids": list(ids), "topic": CustomerMerged.TOPIC})
    return {id: Merge(*row) for id, *row in rows}


async def made_since(
    source: Source, survivor: UUID, position: int, seen_by: UUID | None = None
) -> list[MadeSince]:
    """What names the survivor since a position; `seen_by` is a team: only what is of it."""
    asked = {"survivor": survivor, "position": position, "seen_by": seen_by, "most": MOST}
    return [MadeSince(*row) for row in await fetch(source, MADE_SINCE, asked)]
