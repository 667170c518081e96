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

STANDS = (
    "NOT EXISTS (SELECT FROM ledger.events u WHERE u.stream_id = e.stream_id AND u.version > e.version"
    " AND u.topic = split_part(e.topic, '.', 1) || '.import-undone' AND (u.data->>'since')::int <= e.version)"
)
"""Of an event `e`: no import was undone that it is a part of."""
LOGGED = f"""
SELECT e.stream_id, (e.data->>'activity_id')::uuid, e.occurred_at + make_interval(mins => coalesce(done.minutes, 0))
  FROM ledger.events e
  LEFT JOIN LATERAL (SELECT (c.data->'after'->>'duration_minutes')::int AS minutes FROM ledger.events c
                      WHERE c.stream_id = e.stream_id AND c.topic = 'deal.activity-corrected'
                        AND c.data->>'activity_id' = e.data->>'activity_id' ORDER BY c.version DESC LIMIT 1) done
         ON e.data->'activity'->>'outcome' = 'started'
 WHERE e.stream_id = ANY(%s) AND e.topic = 'deal.activity-logged' AND e.meta->>'channel' = 'import'
   AND {STANDS} AND (e.data->'activity'->>'outcome' IS DISTINCT FROM 'started' OR done.minutes IS NOT NULL)
"""
"""What was begun and is not done says nothing of whose the case is."""
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
    told = {id for past in row.activities for id in (past.activity_id, past.begun_id)}
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
