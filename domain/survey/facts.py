"""Domain room: what happens to invitations to a survey, and to its answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.engine.facts import Fact, PersonText, fact
from domain.engine.values import PromiseOutcome
from domain.survey.survey import SurveyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutSurvey(Fact):
    """What counts in figures says for whom: who owned what the customer is asked about."""

    survey: str
    customer_id: UUID
    product_id: UUID | None
    owner_id: UUID
    team_id: UUID | None


@fact("survey-invitation.made")
class InvitationMade(AboutSurvey):
    """`on` is what it is sent on. `contact_id` None: nobody can be asked, and it is withheld in the same commit."""

    survey_version: int
    on: SurveyEvent
    contact_id: UUID | None
    deal_id: UUID | None
    case_id: UUID | None
    made_at: datetime
    send_at: datetime


@fact("survey-invitation.sent")
class InvitationSent(AboutSurvey):
    """The mail was taken. The link in it counts until `expires_at`."""

    at: datetime
    expires_at: datetime


@fact("survey-invitation.withheld")
class InvitationWithheld(Fact):
    """It is not sent; `reason` is a code: no-contact, no-mail, do-not-mail, asked-lately, declined, or why the address takes nothing."""

    reason: str


@fact("survey-invitation.answered")
class InvitationAnswered(AboutSurvey):
    """It counts for the day on which it was sent."""

    answer_id: UUID
    sent_at: datetime


@fact("survey-invitation.expired")
class InvitationExpired(AboutSurvey):
    """Nobody answered in time. It counts for the day on which it was sent."""

    sent_at: datetime


@fact("survey-contact.asked")
class ContactAsked(Fact):
    """`at` is when the mail goes out."""

    invitation_id: UUID
    survey: str
    at: datetime


@fact("survey-contact.not-asked")
class ContactNotAsked(Fact):
    """The invitation was withheld before it was sent."""

    invitation_id: UUID


@fact("survey-contact.declined")
class ContactDeclined(Fact):
    """No more surveys, said by the link in the mail of an invitation when no record that it was of had the contact any more; `on` is the
    company's day.
    """

    invitation_id: UUID
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenReply:
    """What was said to one question: a score, a choice by its key, or a text."""

    question: str
    score: int | None = None
    choice: str = ""
    text: PersonText = ""


@fact("survey-answer.given")
class SurveyAnswerGiven(AboutSurvey):
    """`came_by` is link, entered or imported. `nps` and `csat` are the scores that count; `on_case`: that of the service case has been
    noted with it, and counts there. A `low` one is told to `told` and has the action item `item_id`, where one was opened.
    """

    survey_version: int
    contact_id: UUID | None
    deal_id: UUID | None
    case_id: UUID | None
    invitation_id: UUID | None
    came_by: str
    answered_at: datetime
    replies: tuple[GivenReply, ...]
    nps: int | None
    csat: int | None
    low: bool
    on_case: bool = False
    item_id: UUID | None = None
    told: tuple[UUID, ...] = ()


@fact("survey-answer.loop-closed")
class LoopClosed(AboutSurvey):
    """What the low score led to has ended. `minutes` of business time passed from the answer until it was done; None: it was not."""

    item_id: UUID
    outcome: PromiseOutcome
    done_at: datetime | None
    minutes: int | None
