"""api: what came before a low answer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from annotated_types import Ge, Le
from fastapi import Depends, Response

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import seen
from api.survey.acts import TAGS
from projections.survey.answers import SurveyAnswers
from projections.survey.before import Before, before

EXAMPLES = {"surveys.name": "after-a-win", "NewSurvey.name": "after-a-win", "BeforeAnswer.kind": "promise"}
WAITS_FOR = (*SurveyAnswers.needed(), "deal_history", "deal_board", "cases")
router = auth.router("/survey-answers", tags=[*TAGS])


class BeforeOptions(Strict):
    days: Annotated[int, Ge(1), Le(3_650)] = 90


class WhatCameBefore(msgspec.Struct):
    """The newest first."""

    items: list[Before]


@router.get(
    "/{answer_id}/before",
    operation_id="readBeforeSurveyAnswer",
    summary="What came before an answer",
    responses=shaped(WhatCameBefore),
)
async def read_before(
    answer_id: UUID,
    look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))],
    asked: Annotated[BeforeOptions, Depends(query(BeforeOptions))],
) -> Response:
    """Promises to the customer that were missed, late or broken within so many days before, and service cases that came or were open then."""
    answer = seen(look, await SurveyAnswers.get(look.services.pool, answer_id), "survey answer", answer_id)
    found = await before(look.services.pool, answer, asked.days, look.team_id)
    return look.json(WhatCameBefore(found))
