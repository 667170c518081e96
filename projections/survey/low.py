"""Projections room: the low answers that a review is told of, as known at a position."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.figures.scope import Scope, ScopeKind
from projections.engine.paging import Source, fetch
from projections.survey.answers import SurveyAnswers, SurveyAnswerSeen

LOOKED_BACK = timedelta(days=400)
MOST = 200
WHOSE = {ScopeKind.COMPANY: "true", ScopeKind.TEAM: "team_id = %(id)s", ScopeKind.REP: "owner_id = %(id)s"}
LOW = """
SELECT answer_id FROM read.survey_answers
 WHERE low AND answered_at >= %(since)s AND answered_at < %(ends)s AND {whose} ORDER BY answered_at DESC, answer_id LIMIT %(most)s"""


async def answered_low(
    source: Source, scope: Scope, begins: datetime, ends: datetime, position: int
) -> list[SurveyAnswerSeen]:
    """Those between the two instants, and earlier ones whose loop was open at the position."""
    asked: dict[str, Any] = {"id": scope.id, "since": begins - LOOKED_BACK, "ends": ends, "most": MOST}
    ids = [id for (id,) in await fetch(source, LOW.replace("{whose}", WHOSE[scope.kind]), asked)]
    known = (await SurveyAnswers.at(source, ids, position)).values()
    return [one for one in known if one.answered_at >= begins or one.outcome is None]
