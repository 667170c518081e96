"""Projections room: as of which day and as known when the lifecycle is asked for, by which policy, and the purchases that are true then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.engine.errors import NotFound
from domain.lifecycle.policy import LifecyclePolicies, LifecyclePolicy
from projections.customer import known, purchases
from projections.cycle import company
from projections.engine import streams
from projections.engine.paging import Source, fetch

WAITS_FOR = ("contributions", "known_customers", "merged")
"""The read models that the lifecycle is computed from."""
OF_TEAM = "(%(team)s::uuid IS NULL OR p.team_id = %(team)s)"
THEN = "m.since <= %(known)s AND (m.until IS NULL OR m.until > %(known)s)"
"""Of a row of merges: it was known then."""
WHOSE = "COALESCE(m.survivor_id, p.customer_id)"
"""Of a purchase: the customer that its record stood for, as known then."""
BOUGHT = f"""
  FROM read.purchases p LEFT JOIN read.merged m ON m.customer_id = p.customer_id AND {THEN}
 WHERE {purchases.true("p")} AND {OF_TEAM}"""
OF_CUSTOMER = f"""
SELECT p.day, p.amount, p.currency, p.deal_id, p.product_id {BOUGHT}
   AND p.customer_id = ANY (ARRAY(SELECT %(customer)s::uuid UNION ALL SELECT m.customer_id FROM read.merged m WHERE m.survivor_id = %(customer)s AND {THEN}))
 ORDER BY p.day, p.deal_id
"""
STANDS_FOR = f"SELECT m.survivor_id FROM read.merged m WHERE m.customer_id = %(customer)s AND {THEN}"
PROSPECTS = f"""
SELECT k.customer_id FROM read.known_customers k
 WHERE {known.TRUE} AND NOT EXISTS (SELECT FROM read.merged m WHERE m.customer_id = k.customer_id AND {THEN})
   AND NOT EXISTS (SELECT FROM read.purchases p WHERE p.customer_id = k.customer_id AND {purchases.true("p")})
   AND NOT EXISTS (SELECT FROM read.merged m JOIN read.purchases p ON p.customer_id = m.customer_id
                    WHERE m.survivor_id = k.customer_id AND {THEN} AND {purchases.true("p")})
"""


@dataclass(frozen=True)
class Asked:
    """True on a day, as known at a position (`streams.NOW`: now); of what was bought from one team, or from all (None). `ends` is the
    first instant that does not belong to the day any more.
    """

    on: date
    known: int
    team: UUID | None
    ends: datetime

    @property
    def params(self) -> dict[str, Any]:
        return {"on": self.on, "known": self.known, "team": self.team, "ends": self.ends}


async def asked(source: Source, on: date | None, position: int | None, team: UUID | None) -> Asked:
    """The company's day of today where none is named. Days begin where the company was, as known then."""
    days = await company.in_force(source, position)
    on = on or days.day(datetime.now().astimezone())
    return Asked(on, streams.NOW if position is None else position, team, days.begins(on + timedelta(days=1)))


async def policy_at(source: Source, name: str, at: Asked) -> LifecyclePolicy:
    """The version that was in force at the end of that day, as known then. Of a policy that was published only later, its first: so a
    draft can be looked at for any day. Raises NotFound.
    """
    id = LifecyclePolicies.stream_of(name)
    policies = LifecyclePolicies(id)
    for recorded in await streams.streams(source, [id], at.known):
        if recorded.occurred_at < at.ends or not policies.versions:
            policies.replay(recorded.fact, recorded.originator_version)
    if not policies.versions:
        raise NotFound(f"no lifecycle policy is called {name!r}", kind=policies.KIND, id=name)
    return policies.current


async def prospects(source: Source, at: Asked) -> int:
    """How many customers are known that have bought nothing; of one team there are none, since who has bought nothing is no team's."""
    if at.team is not None:
        return 0
    ((count,),) = await fetch(source, f"SELECT count(*) FROM ({PROSPECTS}) AS p", at.params)
    return int(count)
