"""runtime: whose an endpoint is, and what they may see now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.people.people import Rep
from runtime.ledger import Ledger

SCOPED = ("rep", "manager")
WHOSE = """
SELECT COALESCE(k.user_id, a.login, w.created_by), COALESCE(k.role, a.role, 'admin'),
       CASE WHEN k.id IS NULL THEN a.rep_id ELSE k.rep_id END, CASE WHEN k.id IS NULL THEN a.team_id ELSE k.team_id END,
       w.account_id,
       CASE WHEN w.key_id IS NOT NULL THEN k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
            ELSE a.disabled_at IS NULL END
  FROM app.webhook_endpoints w
  LEFT JOIN app.api_keys k ON k.id = w.key_id
  LEFT JOIN app.accounts a ON a.id = w.account_id
 WHERE w.id = %s
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """`counts`: may still read. `team_id` of a rep is the team the rep is in now. Of who is neither key nor account, the operator's."""

    user_id: str
    role: str
    rep_id: UUID | None
    team_id: UUID | None
    account_id: UUID | None
    counts: bool

    @property
    def sees_team(self) -> UUID | None:
        """The one team whose deals they may read; None: every team's."""
        return self.team_id if self.role in SCOPED else None


async def owner_of(ledger: Ledger, endpoint_id: UUID) -> Owner | None:
    """As of now; None where there is no such endpoint."""
    async with ledger.pool.connection() as connection:
        row: Any = await (await connection.execute(WHOSE, [endpoint_id])).fetchone()
    if row is None:
        return None
    user_id, role, rep_id, team_id, account_id, counts = row
    if role == "rep" and counts:
        rep = (await ledger.load({rep_id: Rep}))[rep_id]
        counts = isinstance(rep, Rep) and rep.active and rep.team_id is not None
        team_id = rep.team_id if isinstance(rep, Rep) else None
    return Owner(user_id, role, rep_id, team_id, account_id, bool(counts))
