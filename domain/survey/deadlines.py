"""Domain room: when an invitation is sent, and when it has expired unanswered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import Contact
from domain.engine.command import Command
from domain.engine.deadlines import DeadlineRules, Near
from domain.engine.reasoning import Language
from domain.figures.reads import Reads
from domain.survey import commands as c
from domain.survey import facts as f
from domain.survey.invitation import InvitationStatus, SurveyContact, SurveyInvitation
from domain.survey.inviting import not_to_ask
from domain.survey.survey import Surveys
from domain.time.commitment import DueStep

SEND, EXPIRE = "send", "expire"
CHINESE, OF_OTHERS = re.compile("[\u4e00-\u9fff]"), re.compile("[\u3040-\u30ff\uac00-\ud7af]")
"""Letters of Chinese, which names in Japanese and Korean have beside their own."""
ELSEWHERE = frozenset(
    ["jp", "kr", "japan", "korea", "日本", "日本国", "韩国", "韓国", "韓國", "大韩民国", "대한민국"]
)
"""Where names in such letters alone are no Chinese."""


def steps(invitation: SurveyInvitation, _near: Near) -> Iterator[DueStep]:
    if invitation.status == InvitationStatus.WAITING and invitation.made is not None:
        yield DueStep(SEND, invitation.made.send_at, f"{invitation.id}:{SEND}")
    elif invitation.status == InvitationStatus.SENT and invitation.expires_at is not None:
        yield DueStep(EXPIRE, invitation.expires_at, f"{invitation.id}:{EXPIRE}")


def command(invitation_id: UUID, _due: DueStep) -> Command:
    return c.ExpireInvitation(invitation_id=invitation_id)


async def send(invitation: SurveyInvitation, _due: DueStep, now: datetime, reads: Reads) -> Command:
    """The mail goes out before it is noted that it did: one that is sent again has the same id, by which mail programs know it. Whatever
    the contact has said meanwhile is kept.
    """
    id, contact_id = invitation.id, invitation.contact_id
    assert contact_id is not None
    customer = await reads.load(Customer, invitation.customer_id)
    while customer.stands_for is not None:
        customer = await reads.load(Customer, customer.stands_for)
    contact = customer.contacts.get(contact_id)
    asked_before = await reads.load(SurveyContact, SurveyContact.stream_of(contact_id))
    reason = not_to_ask(customer, contact_id, asked_before)
    if not reason and contact is not None:
        published = await reads.load(Surveys, Surveys.stream_of(invitation.survey))
        survey = published.at(invitation.survey_version)
        reason = await reads.surveys.send(id, contact, survey, language_of(contact, customer), now)
    if reason:
        return c.WithholdInvitation(invitation_id=id, reason=reason)
    return c.NoteInvitationSent(invitation_id=id, at=now)


def language_of(contact: Contact, customer: Customer) -> Language:
    """Nobody has said which one the contact reads: Chinese where they or the customer are written in Chinese."""
    names = contact.name + customer.profile.name
    reads = CHINESE.search(names) and not OF_OTHERS.search(names)
    return "zh" if reads and customer.profile.country.strip().casefold() not in ELSEWHERE else "en"


RULES = DeadlineRules(
    "survey-invitation",
    SurveyInvitation,
    goes_on=lambda invitation: invitation.is_open,
    steps=steps,
    command=command,
    computed={SEND: send},
    ends=(f.InvitationAnswered, f.InvitationExpired, f.InvitationWithheld),
)
DEADLINES = (RULES,)
