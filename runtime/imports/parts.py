"""Runtime room, file import: a case that is known, of which a file holds a part only.

What a case makes of its deal (whose it is, when it began, which work belongs together) is judged on all of its events. So a later
part adds its work, and the deal stays with whoever all events say. A part in a reject file was taken out of its case, because
the log did not say then that it is of it: that is put right in the log.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.deal.commands import ImportDeal
from runtime.database import Pool
from runtime.imports.plan import Planned
from runtime.imports.results import Reason

LOGGED = (
    "SELECT stream_id, (data->>'activity_id')::uuid, occurred_at FROM ledger.events WHERE stream_id = ANY(%s)"
    " AND topic = 'deal.activity-logged' AND meta->>'channel' = 'import'"
    " AND data->'activity'->>'outcome' IS DISTINCT FROM 'started'"
)
"""What was begun and not done may have been done since: then it is told as something else."""
OWNER = "owner"


async def judged_whole(
    pool: Pool, planned: Sequence[Planned], places: Collection[int], known: Collection[UUID], owner: str
) -> list[Planned]:
    """Those at the places that are of known cases as they are beside the events that their file does not tell. `owner` is
    first or last.
    """
    rows = [_case(p, known) if n in places else None for n, p in enumerate(planned)]
    ids = [row.deal_id for row in rows if row is not None]
    if not ids:
        return list(planned)
    async with pool.connection() as connection:
        logged = await (await connection.execute(LOGGED, [ids])).fetchall()
    held: dict[UUID, dict[UUID, datetime]] = {}
    for deal, activity, at in logged:
        held.setdefault(deal, {})[activity] = at
    return [p if row is None else _judged(p, row, held, owner) for p, row in zip(planned, rows, strict=True)]


def _case(planned: Planned, known: Collection[UUID]) -> ImportDeal | None:
    row = planned.commands[-1] if planned.commands and not planned.reasons else None
    return row if isinstance(row, ImportDeal) and row.activities and row.deal_id in known else None


def _judged(planned: Planned, row: ImportDeal, held: dict[UUID, dict[UUID, datetime]], owner: str) -> Planned:
    told = {past.activity_id for past in row.activities}
    others = [at for id, at in held.get(row.deal_id, {}).items() if id not in told]
    if not others:
        return planned
    if any(part.first is not None for part in planned.rows):
        return replace(planned, reasons=(_lacking(row),))
    own = [past.at for past in row.activities]
    stays = max(others) > max(own) if owner == "last" else min(others) < min(own)
    return replace(planned, commands=(replace(row, assumed=row.assumed | {OWNER}),)) if stays else planned


def _lacking(row: ImportDeal) -> Reason:
    return Reason(
        "",
        "",
        f"case {row.reference!r} is known with other events, and is judged with all of them: put it right in the whole log,"
        " and import that",
    )
