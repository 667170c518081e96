"""Domain room: what becomes of an answer — each reply judged by its question, the score on its service case, and an action item of a low one.

The action item is opened in the commit of the answer, under an id that follows from the answer's: there is exactly one. That it has ended is
noted with the answer by a follower of the ledger (`workflows/survey/follower.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.action_item.action_item import ActionItem
from domain.action_item.commands import OpenActionItem, open_item
from domain.case.case import Case
from domain.case.decisions import close_with
from domain.customer.customer import Customer, is_same
from domain.engine.command import answers, attributes, decide, decides, handles
from domain.engine.context import Channel
from domain.engine.errors import AlreadyExists, FieldError, Invalid, Refused
from domain.engine.unit_of_work import Json, UnitOfWork
from domain.engine.values import NAMESPACE, PromiseOutcome, id_within
from domain.people.people import Rep, managers_over
from domain.policy.policies import follow_up_policy
from domain.survey import commands as c
from domain.survey import facts as f
from domain.survey.answer import SurveyAnswer
from domain.survey.invitation import SurveyInvitation
from domain.survey.inviting import about, has_expired, must_be_contact
from domain.survey.survey import Counts, QuestionKind, Survey, SurveyQuestion, survey_in_force

LINK, ENTERED, IMPORTED = "link", "entered", "imported"
MINUTE = timedelta(minutes=1)

answer_of = answers(SurveyAnswer)(attributes("answer_id", "owner_id", "low"))


# --- an answer by the link in a mail ---------------------------------------------------------------------------------


@handles(c.AnswerSurvey)
def answer_survey(command: c.AnswerSurvey, work: UnitOfWork) -> Json:
    invitation = work.get(SurveyInvitation, command.invitation_id)
    must_be_answerable(invitation, work)
    survey = survey_in_force(invitation.survey, work, invitation.survey_version)
    answer = work.new(SurveyAnswer, command.answer_id)
    replies = given(survey, command.replies)
    give(answer, invitation, survey, replies, work, invitation_id=invitation.id, came_by=LINK)
    if invitation.sent_at is None:  # the mail was taken, and whoever noted it was slower than its reader
        decide(c.NoteInvitationSent(invitation_id=invitation.id, at=work.context.now), work)
    sent_at = invitation.sent_at
    invitation.record(f.InvitationAnswered.filled(invitation, answer_id=answer.id, sent_at=sent_at))
    return answer_of(answer)


def must_be_answerable(invitation: SurveyInvitation, work: UnitOfWork) -> None:
    """Raises Refused."""
    if invitation.answer_id is not None:
        raise Refused("this survey was answered already")
    if not invitation.is_open or has_expired(invitation, work):
        raise Refused("this survey has expired")


# --- one that somebody heard, or another system has ------------------------------------------------------------------


@handles(c.RecordSurveyAnswer)
def record_survey_answer(command: c.RecordSurveyAnswer, work: UnitOfWork) -> Json:
    survey = survey_in_force(command.survey, work)
    return _record(command, survey, given(survey, command.replies), work)


@handles(c.ImportSurveyAnswer)
def import_survey_answer(command: c.ImportSurveyAnswer, work: UnitOfWork) -> Json:
    survey = survey_in_force(command.survey, work)
    replies = tuple(scored(survey, command.text, nps=command.nps, csat=command.csat))
    return _record(command, survey, replies, work)


def scored(survey: Survey, said: str, **scores: int | None) -> Iterator[f.GivenReply]:
    """To the questions that count for these, and to the first that takes a text. Raises Invalid where the survey has none for a score."""
    for name, score in scores.items():
        question = survey.counting(Counts(name))
        if score is not None:
            if question is None:
                raise Invalid([FieldError(name, "is asked by no question of this survey")])
            yield f.GivenReply(question=question.key, score=score)
    texts = [one for one in survey.questions if one.kind == QuestionKind.TEXT]
    if said:
        yield f.GivenReply(question=texts[0].key if texts else "text", text=said)


def _record(
    command: c.RecordSurveyAnswer | c.ImportSurveyAnswer,
    survey: Survey,
    replies: Sequence[f.GivenReply],
    work: UnitOfWork,
) -> Json:
    """The same id with the same replies again is silence."""
    answer = work.find(SurveyAnswer, command.answer_id)
    if answer.given is not None:
        same = is_same(answer.given.customer_id, command.customer_id, work)
        if answer.given.replies != tuple(replies) or not same:
            raise AlreadyExists("this id belongs to another answer", id=str(command.answer_id))
        return answer_of(answer)
    if not replies:
        raise Invalid([FieldError("replies", "say what was answered")])
    must_be_contact(getattr(command, "contact_id", None), work.get(Customer, command.customer_id))
    give(answer, command, survey, replies, work, **about(command, work)._asdict(), came_by=came_by(work))
    return answer_of(answer)


def came_by(work: UnitOfWork) -> str:
    """What nobody's link brought."""
    return IMPORTED if work.context.channel is Channel.IMPORT else ENTERED


def give(
    answer: SurveyAnswer,
    about_what: object,
    survey: Survey,
    replies: Sequence[f.GivenReply],
    work: UnitOfWork,
    **more: Any,
) -> None:
    scores = {one.question: one.score for one in replies}
    nps, csat = (_score(survey, counts, scores) for counts in Counts)
    made: dict[str, Any] = {
        "invitation_id": None,
        "contact_id": getattr(about_what, "contact_id", None),
        "case_id": getattr(about_what, "case_id", None),
        "answered_at": getattr(about_what, "at", work.context.happened_at),
        "replies": tuple(replies),
        "nps": nps,
        "csat": csat,
        "low": survey.is_low(nps, csat),
        "survey": survey.name,
        "survey_version": survey.version,
    }
    fact = f.SurveyAnswerGiven.filled(about_what, **made | more)
    told = _followed_up(answer.id, fact, survey, work) if fact.low and fact.came_by != IMPORTED else {}
    noted = _note_on_case(fact, work)
    answer.record(f.SurveyAnswerGiven.filled(fact, on_case=noted, **told))


def _score(survey: Survey, counts: Counts, scores: dict[str, int | None]) -> int | None:
    question = survey.counting(counts)
    return scores.get(question.key) if question is not None else None


def _note_on_case(answer: f.SurveyAnswerGiven, work: UnitOfWork) -> bool:
    """Whether the solved case has its own feedback: this, where nobody has noted any; by the customer, or by whoever may change the case."""
    if answer.case_id is None or answer.csat is None:
        return False
    case, reach = work.get(Case, answer.case_id), work.context.reach
    if case.solved is None:
        return False
    if case.closed is not None and case.closed.score is not None:
        return True
    if reach is not None and not case.changeable(reach):
        return False
    text = next((one.text for one in answer.replies if one.text), "")
    close_with(case, answer.csat, text)
    return True


# --- a low score -----------------------------------------------------------------------------------------------------


def _followed_up(
    answer_id: UUID, answer: f.SurveyAnswerGiven, survey: Survey, work: UnitOfWork
) -> dict[str, Any]:
    """Opens the action item; the fields that say so."""
    managers = tuple(managers_over(answer.owner_id, answer.team_id, work))
    has_left = work.find(Rep, answer.owner_id).has_left
    owner = managers[0] if managers and (survey.to_manager or has_left) else answer.owner_id
    policy = follow_up_policy(survey.policy, work)
    item = OpenActionItem(
        item_id=id_within(NAMESPACE, f"survey-answer-item:{answer_id}"),
        what=_what(answer, survey),
        owner_id=owner,
        due_at=survey.act_within.after(work.context.now, policy.calendar),
        policy=survey.policy,
    )
    open_item(item, work, answer_id=answer_id)
    return {"item_id": item.item_id, "told": tuple(dict.fromkeys((owner, answer.owner_id, *managers)))}


def _what(answer: f.SurveyAnswerGiven, survey: Survey) -> str:
    """In both languages: nobody in particular writes it."""
    score = f"{answer.nps}/10" if answer.nps is not None else f"{answer.csat}/5"
    return f"{survey.en} · {survey.zh}: {score}"


@decides(c.CloseLoop)
def close_loop(answer: SurveyAnswer, _command: c.CloseLoop, work: UnitOfWork) -> None:
    """In business time of the policy that the action item was under."""
    if answer.given is None or answer.given.item_id is None or answer.closed is not None:
        return
    item = work.get(ActionItem, answer.given.item_id)
    if item.ended is None:
        return
    done_at, minutes = item.ended.done_at, None
    if item.ended.outcome in (PromiseOutcome.KEPT, PromiseOutcome.LATE) and done_at is not None:
        calendar = follow_up_policy(item.policy, work).calendar
        minutes = max(0, calendar.business_hours_between(answer.given.answered_at, done_at) // MINUTE)
    closed = f.LoopClosed.filled(
        answer.given, item_id=item.id, outcome=item.ended.outcome, done_at=done_at, minutes=minutes
    )
    answer.record(closed)


# --- replies ---------------------------------------------------------------------------------------------------------


def given(survey: Survey, replies: Iterable[c.Reply]) -> tuple[f.GivenReply, ...]:
    """Each as its question takes it, in the order of the questions; what is blank is left out. Raises Invalid, naming every question that
    something is wrong with.
    """
    said = {one.question: one.answer.strip() for one in replies}
    known = {one.key for one in survey.questions}
    errors = [
        FieldError(f"replies.{key}", "is no question of this survey") for key in said if key not in known
    ]
    found = []
    for question in survey.questions:
        text = said.get(question.key, "")
        reply = _reply(question, text) if text else None
        if text and reply is None:
            errors.append(FieldError(f"replies.{question.key}", _wanted(question)))
        elif question.needed and not text:
            errors.append(FieldError(f"replies.{question.key}", "must be answered"))
        elif reply is not None:
            found.append(reply)
    if not (found or errors):
        errors.append(FieldError("replies", "say what was answered"))
    if errors:
        raise Invalid(errors)
    return tuple(found)


def _reply(question: SurveyQuestion, text: str) -> f.GivenReply | None:
    """None: the question does not take it."""
    if question.kind == QuestionKind.TEXT:
        return f.GivenReply(question=question.key, text=text)
    if question.kind == QuestionKind.CHOICE:
        known = text in {choice.key for choice in question.choices}
        return f.GivenReply(question=question.key, choice=text) if known else None
    scores = {str(score): score for score in question.kind.scores}
    return f.GivenReply(question=question.key, score=scores[text]) if text in scores else None


def _wanted(question: SurveyQuestion) -> str:
    if question.kind == QuestionKind.CHOICE:
        return f"must be one of its choices: {', '.join(choice.key for choice in question.choices)}"
    scores = question.kind.scores
    return f"must be a whole number from {scores[0]} to {scores[-1]}"
