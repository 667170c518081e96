"""Projections room: whose a customer is — the teams and reps who have, or had, a deal or a lead with it.

No table of its own: the deals and the leads say it. A customer that nobody has a deal or a lead with is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

import msgspec

from projections.customer import merged
from projections.engine.paging import Source, fetch

MODULES = ("known", "listed", "merged", "timeline", "duplicates")
NEEDED = ("deal_board", "leads", "merged")
"""The read models that have to know of a deal or lead before its customer is known to be the team's."""
HELD = """
SELECT customer_id, owner_id, team_id FROM read.deal_board WHERE customer_id = ANY(%(ids)s)
 UNION
SELECT customer_id, owner_id, team_id FROM read.leads WHERE customer_id = ANY(%(ids)s) AND team_id IS NOT NULL
"""
OF_DEALS = "SELECT FROM read.deal_board t WHERE t.customer_id = {id}"
OF_LEADS = "SELECT FROM read.leads t WHERE t.customer_id = {id} AND t.team_id IS NOT NULL"
THEIRS = " AND t.team_id = %(seen_by)s"


def _one_has(things: str, more: str = "") -> str:
    """In SQL, of a row of the directory: there is one of these of the customer, or of a record that was merged into it."""
    own = things.format(id="directory.id")
    of_merged = f"SELECT FROM read.merged m WHERE m.survivor_id = directory.id AND m.until IS NULL AND EXISTS ({things.format(id='m.customer_id')}{more})"
    return f"EXISTS ({own}{more}) OR EXISTS ({of_merged})"


SEEN = f"""(
    {_one_has(OF_DEALS, THEIRS)}
 OR {_one_has(OF_LEADS, THEIRS)}
 OR NOT ({_one_has(OF_DEALS)}
      OR {_one_has(OF_LEADS)})
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
    """By whom each of these customers is held, and each that one of these ids stands for; nobody's are there, too."""
    survivors = await merged.standing(source, ids)
    wanted = {*ids, *survivors.values()}
    members = await merged.members(source, {survivors.get(id, id) for id in wanted})
    rows = await fetch(source, HELD, {"ids": list({*wanted, *members})})
    by_customer: defaultdict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
    for customer, owner, team in rows:
        by_customer[members.get(customer, customer)].append((owner, team))
    return {id: _held(by_customer[survivors.get(id, id)]) for id in wanted}


async def unseen(source: Source, ids: Collection[UUID], seen_by: UUID | None) -> set[UUID]:
    """Of these customers those of other teams than `seen_by` only; of None, who sees all, there are none."""
    if seen_by is None or not ids:
        return set()
    whose = await held(source, ids)
    return {id for id in ids if not whose[id].by_nobody and seen_by not in whose[id].teams}


def _held(rows: Collection[tuple[UUID | None, UUID]]) -> Held:
    return Held(
        frozenset(team for _, team in rows), frozenset(owner for owner, _ in rows if owner is not None)
    )
