"""Projections room: what is open and whose it is, as the activities of workflows ask.

The shape is that of `LoadReader` in the workflows' ports; this room does not know that one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.people.owed import Loads, Owed
from projections.engine.positions import LIVE
from projections.engine.status import REACHED, reached
from runtime.database import Pool

NEEDED = [
    *("deal_board", "rep_load", "cycle_board", "action_items"),
    *("adjustments", "meetings", "meeting_schedules", "target_tree", "leads"),
]
OPEN_DEALS = "(SELECT COALESCE(sum(open_deals), 0)::int8 FROM read.rep_load_sum WHERE owner_id = r.rep_id)"
TEAM_LOADS = f"SELECT COALESCE(({REACHED}), 0), r.rep_id, {OPEN_DEALS} FROM read.rep_load r WHERE r.team_id = %s AND r.active"
ITEMS = "EXISTS (SELECT FROM read.action_items i WHERE i.owner_id = r.rep_id AND i.outcome = 'open')"
ELSEWHERE = """EXISTS (
    SELECT FROM read.deal_board d WHERE d.owner_id = r.rep_id AND d.status = 'open' AND d.team_id <> r.team_id)"""
GONE = f"""
    SELECT r.rep_id FROM read.rep_load r
     WHERE CASE WHEN r.active THEN {ELSEWHERE} ELSE {OPEN_DEALS} > 0 OR {ITEMS} END ORDER BY r.rep_id"""
OPEN = """
    SELECT deal_id FROM read.deal_board WHERE status = 'open' AND (%(after)s::uuid IS NULL OR deal_id > %(after)s)
       AND {} ORDER BY deal_id LIMIT %(limit)s"""


GOING_ON = """
    SELECT {id} FROM read.{table} WHERE {open} AND (%(after)s::uuid IS NULL OR {id} > %(after)s)
     ORDER BY {id} LIMIT %(limit)s"""
LOOPS = {
    "cycle": ("cycle_id", "cycle_board", "phase NOT IN ('closed', 'cancelled')"),
    "action-item": ("item_id", "action_items", "outcome = 'open'"),
    "adjustment": ("adjustment_id", "adjustments", "status <> 'decided'"),
    "meeting-schedule": ("schedule_id", "meeting_schedules", "status = 'running'"),
    "meeting": ("meeting_id", "meetings", "NOT over"),
}


_OWES = "body::jsonb->'waits' @> jsonb_build_array(jsonb_build_object('of', %(person)s::text))"
OWED = {
    "cycles": f"""
        SELECT cycle_id FROM read.cycle_board WHERE phase NOT IN ('closed', 'cancelled')
           AND (%(person)s IN (owner_id, manager_id, (body::jsonb->>'above_id')::uuid) OR {_OWES}) ORDER BY 1""",
    "meetings": f"""
        SELECT meeting_id FROM read.meetings WHERE NOT over AND (chair_id = %(person)s OR {_OWES}) ORDER BY 1""",
    "items": """
        SELECT item_id FROM read.action_items WHERE outcome = 'open' AND owner_id = %(person)s ORDER BY 1""",
    "adjustments": """
        SELECT adjustment_id FROM read.adjustments WHERE status <> 'decided' AND owner_id = %(person)s ORDER BY 1""",
    "schedules": """
        SELECT schedule_id FROM read.meeting_schedules WHERE status = 'running'
           AND body::jsonb->'plan'->>'chair_id' = %(person)s::text ORDER BY 1""",
    "targets": """
        SELECT target_id FROM read.target_tree WHERE status <> 'withdrawn' AND owner_id = %(person)s ORDER BY 1""",
    "leads": "SELECT lead_id FROM read.leads WHERE status = 'open' AND owner_id = %(person)s ORDER BY 1",
}


class LoadReads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reached(self) -> int:
        return await reached(self._pool, NEEDED)

    async def team_loads(self, team_id: UUID) -> Loads:
        rows = await self._rows(TEAM_LOADS, [LIVE, ["rep_load"], team_id])
        return Loads(rows[0][0] if rows else 0, {rep_id: count for _, rep_id, count in rows})

    async def open_deals(self, after: UUID | None, limit: int) -> list[UUID]:
        return await self._deals("true", after=after, limit=limit)

    async def open_deals_of(self, rep_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        return await self._deals("owner_id = %(rep_id)s", rep_id=rep_id, after=after, limit=limit)

    async def open_deals_following(self, policy: str, after: UUID | None, limit: int) -> list[UUID]:
        return await self._deals("policy = %(policy)s", policy=policy, after=after, limit=limit)

    async def deals_without_promise(self, after: UUID | None, limit: int) -> list[UUID]:
        return await self._deals("promise_id IS NULL", after=after, limit=limit)

    async def untold(self, due_before: datetime, limit: int) -> list[UUID]:
        return await self._deals(
            "due_at < %(due)s AND missed_at IS NULL", after=None, due=due_before, limit=limit
        )

    async def going_on(self, subject: str, after: UUID | None, limit: int) -> list[UUID]:
        id, table, open = LOOPS[subject]
        query = GOING_ON.format(id=id, table=table, open=open)
        return [found for (found,) in await self._rows(query, {"after": after, "limit": limit})]

    async def owed_by(self, person_id: UUID) -> Owed:
        found = {name: await self._rows(query, {"person": person_id}) for name, query in OWED.items()}
        return Owed(**{name: tuple(id for (id,) in rows) for name, rows in found.items()})

    async def gone_with_deals(self) -> list[UUID]:
        return [rep_id for (rep_id,) in await self._rows(GONE, [])]

    async def _deals(self, condition: str, **params: Any) -> list[UUID]:
        return [deal_id for (deal_id,) in await self._rows(OPEN.format(condition), params)]

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()
