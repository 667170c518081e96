"""Projections room: what came before a low answer — promises to the customer that were missed or not kept, and service cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.case.case import Status
from domain.engine.facts import FreeText
from projections.case import Cases
from projections.engine.paging import Source, fetch
from projections.engine.stands_for import SAME
from projections.survey.answers import SurveyAnswerSeen

MOST = 20
OPEN_THEN = (Status.OPEN, Status.WAITING)
PROMISES = f"""
SELECT 'promise', h.deal_id, h.occurred_at, COALESCE(m.what, ''), COALESCE(h.data->>'outcome', 'missed'), b.title
  FROM read.deal_board b JOIN read.deal_history h ON h.deal_id = b.deal_id
  LEFT JOIN LATERAL (SELECT p.data->>'what' AS what FROM read.deal_history p
                      WHERE p.deal_id = h.deal_id AND p.topic = 'promise.made' AND p.data->>'promise_id' = h.data->>'promise_id'
                      LIMIT 1) m ON true
 WHERE b.{SAME} AND h.occurred_at > %(since)s AND h.occurred_at <= %(until)s
   AND (h.topic = 'promise.missed' OR (h.topic = 'promise.ended' AND h.data->>'outcome' IN ('late', 'broken')))
   AND (%(team)s::uuid IS NULL OR b.team_id = %(team)s)
 ORDER BY h.occurred_at DESC LIMIT %(most)s"""
CASES = f"""
SELECT c.case_id FROM read.cases c
 WHERE c.{SAME} AND c.made_at <= %(until)s AND (%(team)s::uuid IS NULL OR c.team_id = %(team)s)
 ORDER BY c.made_at DESC LIMIT %(most)s"""


class Before(msgspec.Struct):
    """`kind` is promise or case, and `id` the deal's or the case's; `became`: of a promise missed, late or broken, of a case how it was then."""

    kind: str
    id: UUID
    at: datetime
    what: FreeText
    became: str
    of: FreeText


async def before(source: Source, answer: SurveyAnswerSeen, days: int, team_id: UUID | None) -> list[Before]:
    """Within so many days, the newest first; of one team alone where one is named."""
    asked: dict[str, Any] = {
        "customer_id": answer.customer_id,
        "since": answer.answered_at - timedelta(days=days),
        "until": answer.answered_at,
        "team": team_id,
        "most": MOST,
    }
    promises = [Before(*row) for row in await fetch(source, PROMISES, asked)]
    ids = [id for (id,) in await fetch(source, CASES, asked)]
    known = (await Cases.at(source, ids, answer.position)).values()
    cases = [
        Before("case", one.case_id, one.made_at, one.title, one.status, "")
        for one in known
        if one.made_at > asked["since"] or one.status in OPEN_THEN
    ]
    return sorted((*promises, *cases), key=lambda one: one.at, reverse=True)
