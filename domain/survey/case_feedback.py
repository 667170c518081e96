"""Domain room: what a customer says of a solved service case, whoever heard it, is an answer to a survey that is built in (`case-feedback`): what
follows of a low score is the same for both.
"""

from __future__ import annotations

from domain.case.case import Case
from domain.case.decisions import close_with
from domain.engine.command import decides
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import NAMESPACE, id_within
from domain.survey.answer import SurveyAnswer
from domain.survey.answering import came_by, give, scored
from domain.survey.commands import NoteFeedback
from domain.survey.survey import CASE_FEEDBACK, survey_in_force


@decides(NoteFeedback)
def note_feedback(case: Case, command: NoteFeedback, work: UnitOfWork) -> None:
    """One answer to each solution: a case that was reopened may have another. It counts as the case's own."""
    if close_with(case, command.score, command.text) and case.solved is not None:
        survey = survey_in_force(CASE_FEEDBACK, work)
        answer = work.new(SurveyAnswer, id_within(NAMESPACE, f"case-feedback:{case.id}:{case.solved.arming}"))
        replies = tuple(scored(survey, command.text, csat=command.score))
        give(answer, case, survey, replies, work, case_id=case.id, came_by=came_by(work))
