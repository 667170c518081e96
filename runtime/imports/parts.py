"""Runtime room, file import: a case that is known, of which a reject file holds a part only.

What a case makes of its deal (whose it is, when it began, which work belongs together) is judged on all of its events. Where
others landed before, because the log did not say then that this one is of their case, the part would be judged alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.deal.commands import ImportDeal
from runtime.database import Pool
from runtime.imports.plan import Planned
from runtime.imports.results import Reason

LOGGED = (
    "SELECT stream_id, (data->>'activity_id')::uuid FROM ledger.events WHERE stream_id = ANY(%s)"
    " AND topic = 'deal.activity-logged' AND meta->>'channel' = 'import'"
    " AND data->'activity'->>'outcome' IS DISTINCT FROM 'started'"
)
"""What was begun and not done may have been done since: then it is told as something else."""


async def lacking_events(pool: Pool, planned: Sequence[Planned]) -> dict[int, Reason]:
    """The places of those that come by a reject file and lack events that their case had in the ledger."""
    came = {n: row for n, p in enumerate(planned) if (row := _case_again(p)) is not None}
    if not came:
        return {}
    async with pool.connection() as connection:
        logged = await (await connection.execute(LOGGED, [[row.deal_id for row in came.values()]])).fetchall()
    known: dict[UUID, set[UUID]] = {}
    for deal, activity in logged:
        known.setdefault(deal, set()).add(activity)
    return {
        n: _lacking(row)
        for n, row in came.items()
        if not known.get(row.deal_id, set()) <= {past.activity_id for past in row.activities}
    }


def _case_again(planned: Planned) -> ImportDeal | None:
    row = planned.commands[-1] if planned.commands and not planned.reasons else None
    again = any(row.first is not None for row in planned.rows)
    return row if again and isinstance(row, ImportDeal) and row.activities else None


def _lacking(row: ImportDeal) -> Reason:
    return Reason(
        "",
        "",
        f"case {row.reference!r} is known with other events, and is judged with all of them: put it right in the whole log,"
        " and import that",
    )
