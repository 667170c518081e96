"""Projections room: what the follower of surveys, and the timers of silence, ask the read models."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domain.figures.reads import LastTouch
from domain.survey.survey import Survey
from projections.cycle.known_at import position_at
from projections.engine.paging import fetch
from projections.engine.positions import reached
from projections.engine.stands_for import SAME
from projections.survey.answers import PublishedSurveys
from runtime.database import Pool

RECORDED = "SELECT DISTINCT stream_id FROM ledger.events WHERE stream_id = ANY(%s)"
LAST = f"""
    SELECT d.last_activity_at, d.deal_id, d.owner_id FROM read.deal_board d
     WHERE d.{SAME} AND d.last_activity_at IS NOT NULL ORDER BY 1 DESC, 2 LIMIT 1"""


class LastTouches:
    """When a customer was heard of last, in any of their deals, whichever of its records they are of."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def last(self, customer_id: UUID) -> LastTouch | None:
        rows = await fetch(self._pool, LAST, {"customer_id": customer_id})
        return LastTouch(*rows[0]) if rows else None


class SurveyReads:
    """Implements `workflows.ports.Happened`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def published(self, position: int) -> dict[UUID, Survey] | None:
        """Every survey as it was published up to that position; None while the read model has not come to it."""
        if await reached(self._pool, [PublishedSurveys.name]) < position:
            return None
        found = await PublishedSurveys.at(self._pool, await PublishedSurveys.ids(self._pool), position)
        return {id: seen.survey for id, seen in found.items()}

    async def position_at(self, at: datetime) -> int:
        return await position_at(self._pool, at)

    async def recorded(self, ids: Collection[UUID]) -> set[UUID]:
        return {id for (id,) in await fetch(self._pool, RECORDED, [list(ids)])} if ids else set()
