"""Domain room: what people are told of answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.engine.notices import NoticeRule, Titled, told
from domain.survey.answer import SurveyAnswer
from domain.survey.facts import SurveyAnswerGiven


def _low(answer: SurveyAnswer, fact: SurveyAnswerGiven) -> bool:
    return fact.low and answer.closed is None


def _score(_answer: SurveyAnswer, fact: SurveyAnswerGiven) -> Mapping[str, Any]:
    score = f"{fact.nps}/10" if fact.nps is not None else f"{fact.csat}/5"
    return {"survey": Titled(fact.survey, fact.customer_id), "score": score}


NOTICES = (
    NoticeRule(
        name="survey-answer.low",
        called="low scores of customers",
        says="A low score, {score}, in the survey {survey}",
        about=SurveyAnswer,
        facts=(SurveyAnswerGiven,),
        to=told,
        still=_low,
        places=_score,
    ),
)
