"""Projections room: what the follower of surveys asks the read models."""

from __future__ import annotations

from uuid import UUID

from domain.survey.survey import Survey
from projections.engine.positions import reached
from projections.survey.answers import PublishedSurveys
from runtime.database import Pool


class SurveyReads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def published(self, position: int) -> dict[UUID, Survey] | None:
        """Every survey as it was published up to that position; None while the read model has not come to it."""
        if await reached(self._pool, [PublishedSurveys.name]) < position:
            return None
        found = await PublishedSurveys.at(self._pool, await PublishedSurveys.ids(self._pool), position)
        return {id: seen.survey for id, seen in found.items()}
