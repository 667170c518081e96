"""Domain room: what may be asked of surveys, their invitations and answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Le, Len, MaxLen

from domain.case.case import Case
from domain.case.commands import CaseId
from domain.engine.command import Command
from domain.engine.context import Context
from domain.engine.errors import FieldError
from domain.engine.facts import FreeText
from domain.engine.fields import FLAT, PLAIN, Code, LongText, NameOf
from domain.engine.references import ContactId, CustomerId, DealId, Named, PersonId, Refers
from domain.engine.unit_of_work import Stream, UnitOfWork
from domain.engine.versions import Publish
from domain.policy.policies import follow_up_policy
from domain.survey.answer import SurveyAnswer
from domain.survey.invitation import SurveyInvitation
from domain.survey.survey import CASE_FEEDBACK, Survey, SurveyEvent, Surveys

LONGEST_REPLY = 2_000
ReplyText = Annotated[FreeText, MaxLen(LONGEST_REPLY), PLAIN]


SurveyName = Annotated[Code, NameOf("survey")]


class PublishSurvey(Publish, of=Surveys):
    """Invitations that were made keep the version that they were made with."""

    survey: Annotated[Survey, FLAT]

    def check_ledger(self, work: UnitOfWork) -> None:
        """A low answer is acted on by its follow-up policy: that must not fail then."""
        follow_up_policy(self.survey.policy, work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is said to a question: a score as a number, a choice by its key, or a text."""

    question: Code
    answer: ReplyText


Replies = Annotated[tuple[Reply, ...], Len(1, 20)]


class InvitationCommand(Command, about=SurveyInvitation):
    invitation_id: UUID


class InviteToSurvey(InvitationCommand):
    """Ask a contact of the customer: the one that is named, or else the first who may be asked. Where nobody may, that is noted. The same id
    again is silence.
    """

    survey: SurveyName
    customer_id: CustomerId
    owner_id: PersonId
    contact_id: ContactId | None = None
    deal_id: DealId | None = None
    case_id: CaseId | None = None
    on: SurveyEvent = SurveyEvent.BY_HAND

    def rules(self) -> Iterable[Stream]:
        return ((Surveys, Surveys.stream_of(self.survey)),)


class NoteInvitationSent(InvitationCommand):
    at: datetime


class WithholdInvitation(InvitationCommand):
    reason: Code


class ExpireInvitation(InvitationCommand):
    pass


class DeclineSurveys(InvitationCommand):
    """Whoever has the link is asked no more, by no survey."""


class AnswerCommand(Command, about=SurveyAnswer):
    answer_id: UUID


class AnswerSurvey(AnswerCommand):
    """By the link in a mail: once, and until it expires."""

    invitation_id: Annotated[UUID, Refers("survey invitation")]
    replies: Replies


class RecordSurveyAnswer(AnswerCommand):
    """What a customer said on a call or a visit."""

    survey: SurveyName
    customer_id: CustomerId
    owner_id: PersonId
    replies: Replies
    contact_id: ContactId | None = None
    deal_id: DealId | None = None
    case_id: CaseId | None = None

    def rules(self) -> Iterable[Stream]:
        return ((Surveys, Surveys.stream_of(self.survey)),)


class ImportSurveyAnswer(AnswerCommand):
    """One that another system has; scores and text go to those questions of the survey that count, and to its first
    text. `at` is when it was given.
    """

    survey: SurveyName
    customer_id: CustomerId
    owner_id: PersonId
    at: datetime
    nps: Annotated[int, Ge(0), Le(10)] | None = None
    csat: Annotated[int, Ge(1), Le(5)] | None = None
    text: ReplyText = ""
    deal_id: DealId | None = None

    def named(self) -> tuple[Named, ...]:
        """What a file names is settled before its rows."""
        return ()

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        if self.at > context.now:
            yield FieldError("at", "is in the future")

    def rules(self) -> Iterable[Stream]:
        return ((Surveys, Surveys.stream_of(self.survey)),)


class NoteFeedback(Command, about=Case):
    """What the customer says of a solved case: 1 (badly) to 5 (well). That closes it, and is an answer to the survey of all cases."""

    case_id: UUID
    score: Annotated[int, Ge(1), Le(5)]
    text: LongText = ""

    def rules(self) -> Iterable[Stream]:
        return ((Surveys, Surveys.stream_of(CASE_FEEDBACK)),)


class CloseLoop(AnswerCommand):
    """The action item of a low score has ended."""
