"""Projections room: whom it concerns what happened in a stretch of the ledger. It asks the ledger itself: no read model can be behind.

A deal concerns whoever ever had it or promised something about it, and their teams, then and now: who gave it away sees it go, too.
"""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

import msgspec

from projections.engine.paging import Source, fetch

MOST = 2_000
"""Events of a stretch that are looked at; a longer one concerns everybody."""
DEALS, PEOPLE = ("deal.", "promise."), ("rep.hired", "rep.moved", "rep.left", "team.")
"""How the topics begin."""
HAPPENED: LiteralString = """
SELECT stream_id, topic, COALESCE(data->'activity'->>'rep_id', data->'after'->>'rep_id') AS done_by, data->'before'->>'rep_id' AS not_by
  FROM (SELECT stream_id, topic, CASE WHEN topic LIKE 'deal.activity-%%' THEN data END AS data
          FROM ledger.events WHERE position > %(low)s AND position <= %(high)s ORDER BY position LIMIT %(most)s) e
"""
# OFFSET 0: each deal's own events by its index, however many the planner expects.
HELD: LiteralString = """
SELECT e.* FROM (SELECT DISTINCT stream_id FROM happened) d CROSS JOIN LATERAL (
  SELECT topic, COALESCE(data->>'owner_id', data->>'after') AS person, data->>'before' AS before,
         COALESCE(data->>'team_id', data->>'team_after') AS team, data->>'team_before' AS team_before
    FROM ledger.events WHERE stream_id = d.stream_id
     AND topic IN ('deal.opened', 'promise.made', 'deal.owner-changed', 'promise.handed-over') OFFSET 0) e
"""
# Of who did something their own team as well: figures count it there.
BETWEEN = f"""
WITH happened AS MATERIALIZED ({HAPPENED}), held AS MATERIALIZED ({HELD}),
     people AS MATERIALIZED (SELECT person AS id FROM held UNION SELECT before FROM held
                             UNION SELECT done_by FROM happened UNION SELECT not_by FROM happened)
SELECT (SELECT count(*) FROM happened),
       ARRAY(SELECT DISTINCT topic FROM happened),
       (SELECT count(DISTINCT stream_id) FROM happened) - (SELECT count(*) FROM held WHERE topic = 'deal.opened'),
       ARRAY(SELECT id::uuid FROM people WHERE id IS NOT NULL),
       ARRAY(SELECT team::uuid FROM held WHERE team IS NOT NULL
             UNION SELECT team_before::uuid FROM held WHERE team_before IS NOT NULL
             UNION SELECT d.parent_id FROM people JOIN read.directory d ON d.id = people.id::uuid WHERE d.parent_id IS NOT NULL)
"""


class ShownDeals(msgspec.Struct, frozen=True):
    """Whose deals a page shows: those of these people, and of a team."""

    people: frozenset[UUID] = frozenset()
    team_id: UUID | None = None


class Concerned(msgspec.Struct, frozen=True):
    """Whose pages show what happened: of these people, and of these teams. `everybody`: anyone's may. `people_moved`: who is in
    which team may be another than before.
    """

    people: frozenset[UUID] = frozenset()
    teams: frozenset[UUID] = frozenset()
    everybody: bool = False
    people_moved: bool = False

    def is_on(self, shown: ShownDeals | None) -> bool:
        """Whether a page may show it. None: one that shows more than some people's deals."""
        if self.everybody or shown is None:
            return True
        return shown.team_id in self.teams or not self.people.isdisjoint(shown.people)


EVERYBODY = Concerned(everybody=True, people_moved=True)


async def between(source: Source, low: int, high: int) -> Concerned:
    """Whom the events after `low` up to `high` concern. What is of no deal, or of a deal that was never opened, concerns everybody."""
    ((events, topics, unopened, people, teams),) = await fetch(
        source, BETWEEN, {"low": low, "high": high, "most": MOST + 1}
    )
    if events > MOST:
        return EVERYBODY
    if unopened or not all(topic.startswith(DEALS) for topic in topics):
        return Concerned(everybody=True, people_moved=any(topic.startswith(PEOPLE) for topic in topics))
    return Concerned(frozenset(people), frozenset(teams))
