"""Projections room: what is open and whose it is, as the activities of workflows ask.

The shape is that of `LoadReader` in the workflows' ports; this room does not know that one. Read models say themselves what
of theirs is open and who owes it (`Projection.open_where`, `owed_by`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.allocation.least_loaded import Loads
from domain.people.owed import Owed
from domain.revisit.needs import QuietCustomer
from projections.engine.catalog import ALL
from projections.engine.positions import LIVE, REACHED, reached
from projections.engine.projection import Projection
from projections.ports import revisits
from runtime.database import Pool

OPEN = {model.kind: model for model in ALL if model.open_where}
"""The read models that know what goes on, by the kind of their streams."""
NEEDED = ["rep_load", *(model.name for model in OPEN.values())]
GOING_ON = """
    SELECT {id} FROM read.{table} WHERE {open} AND (%(after)s::uuid IS NULL OR {id} > %(after)s) AND {only}
     ORDER BY {id} LIMIT %(limit)s"""
OWED = "SELECT {id} FROM read.{table} WHERE {open} AND {owed} ORDER BY 1"
OPEN_DEALS = "(SELECT COALESCE(sum(open_deals), 0)::int8 FROM read.rep_load_sum WHERE owner_id = r.rep_id)"
TEAM_LOADS = f"SELECT COALESCE(({REACHED}), 0), r.rep_id, {OPEN_DEALS} FROM read.rep_load r WHERE r.team_id = %s AND r.active"
ELSEWHERE = """EXISTS (
    SELECT FROM read.deal_board d WHERE d.owner_id = r.rep_id AND d.status = 'open' AND d.team_id <> r.team_id)"""
STAYED = [
    f"EXISTS (SELECT FROM read.{m.tables[0].name} WHERE {m.open_where} AND {m.must_not_stay_with} = r.rep_id)"
    for m in ALL
    if m.must_not_stay_with
]
GONE = f"""
    SELECT r.rep_id FROM read.rep_load r
     WHERE CASE WHEN r.active THEN {ELSEWHERE} ELSE {" OR ".join([f"{OPEN_DEALS} > 0", *STAYED])} END ORDER BY r.rep_id"""


def _about(model: type[Projection]) -> dict[str, str]:
    table = model.tables[0]
    return {"id": table.key[0], "table": table.name, "open": model.open_where}


class LoadReads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reached(self) -> int:
        return await reached(self._pool, NEEDED)

    async def team_loads(self, team_id: UUID) -> Loads:
        rows = await self._rows(TEAM_LOADS, [LIVE, ["rep_load"], team_id])
        return Loads(rows[0][0] if rows else 0, {rep_id: count for _, rep_id, count in rows})

    async def open_deals(self, after: UUID | None, limit: int) -> list[UUID]:
        return await self._open("deal", after, limit)

    async def open_deals_of(self, rep_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        return await self._open("deal", after, limit, "owner_id = %(rep_id)s", rep_id=rep_id)

    async def open_deals_following(self, policy: str, after: UUID | None, limit: int) -> list[UUID]:
        return await self._open("deal", after, limit, "policy = %(policy)s", policy=policy)

    async def deals_without_promise(self, after: UUID | None, limit: int) -> list[UUID]:
        return await self._open("deal", after, limit, "promise_id IS NULL")

    async def untold(self, due_before: datetime, limit: int) -> list[UUID]:
        return await self._open("deal", None, limit, "due_at < %(due)s AND missed_at IS NULL", due=due_before)

    async def going_on(self, subject: str, now: datetime, after: UUID | None, limit: int) -> list[UUID]:
        return await self._open(subject, after, limit, OPEN[subject].awake_where, now=now)

    async def quiet_customers(self, after: UUID | None, limit: int) -> Sequence[QuietCustomer]:
        return await revisits.quiet_customers(self._pool, after, limit)

    async def owed_by(self, person_id: UUID) -> Owed:
        return {kind: await self._owed(model, person_id) for kind, model in OPEN.items() if model.owed_by}

    async def gone_with_deals(self) -> list[UUID]:
        return [rep_id for (rep_id,) in await self._rows(GONE, [])]

    async def _open(
        self, kind: str, after: UUID | None, limit: int, only: LiteralString = "true", **params: Any
    ) -> list[UUID]:
        """In the order of their ids."""
        query = GOING_ON.format(**_about(OPEN[kind]), only=only)
        return [id for (id,) in await self._rows(query, {"after": after, "limit": limit, **params})]

    async def _owed(self, model: type[Projection], person_id: UUID) -> tuple[UUID, ...]:
        query = OWED.format(**_about(model), owed=model.owed_by)
        return tuple(id for (id,) in await self._rows(query, {"person": person_id}))

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()
