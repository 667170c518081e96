"""Projections room: whose a customer is — the teams and reps who have, or had, a deal or a lead with it.

No table of its own: the deals and the leads say it. A customer that nobody has a deal or a lead with is nobody's.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from projections.engine.paging import Source, fetch

MODULES = ("known", "listed", "timeline")
NEEDED = ("deal_board", "leads")
"""The read models that have to know of a deal or lead before its customer is known to be the team's."""
HELD = """
SELECT customer_id, owner_id, team_id FROM read.deal_board WHERE customer_id = ANY(%(ids)s)
 UNION
SELECT customer_id, owner_id, team_id FROM read.leads WHERE customer_id = ANY(%(ids)s) AND team_id IS NOT NULL
"""
SEEN = """(
    EXISTS (SELECT FROM read.deal_board d WHERE d.customer_id = directory.id AND d.team_id = %(seen_by)s)
 OR EXISTS (SELECT FROM read.leads l WHERE l.customer_id = directory.id AND l.team_id = %(seen_by)s)
 OR NOT (EXISTS (SELECT FROM read.deal_board d WHERE d.customer_id = directory.id)
      OR EXISTS (SELECT FROM read.leads l WHERE l.customer_id = directory.id AND l.team_id IS NOT NULL))
)"""
"""Of a row of the directory: whether the team `seen_by` may see this customer."""


class Held(msgspec.Struct, frozen=True):
    """Who has a deal or lead with a customer."""

    teams: frozenset[UUID] = frozenset()
    owners: frozenset[UUID] = frozenset()

    @property
    def by_nobody(self) -> bool:
        return not self.teams


async def held(source: Source, ids: Collection[UUID]) -> dict[UUID, Held]:
    """By whom each of these customers is held; nobody's are there, too."""
    rows = await fetch(source, HELD, {"ids": list(ids)})
    return {
        id: Held(
            frozenset(team for customer, _, team in rows if customer == id),
            frozenset(owner for customer, owner, _ in rows if customer == id and owner is not None),
        )
        for id in ids
    }
