"""Domain room: whether a survey is sent, to whom, and when it has expired."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from domain.case.case import Case
from domain.customer.consents import WithdrawConsent
from domain.customer.customer import Customer, customer_of, is_same
from domain.customer.facts import Purpose
from domain.cycle.policies import company_day
from domain.deal.deal import Deal
from domain.engine.command import answers, attributes, decide, decides, handles
from domain.engine.errors import AlreadyExists, Forbidden, NotFound, Refused
from domain.engine.unit_of_work import Json, UnitOfWork
from domain.people.people import team_of
from domain.survey import commands as c
from domain.survey import facts as f
from domain.survey.invitation import InvitationStatus, SurveyContact, SurveyInvitation
from domain.survey.survey import Survey, survey_in_force

NO_CONTACT, NO_MAIL, DO_NOT_MAIL = "no-contact", "no-mail", "do-not-mail"
ASKED_LATELY, DECLINED = "asked-lately", "declined"
LINK_IN_MAIL = "survey-link"
DAY = timedelta(days=1)

answer_of = answers(SurveyInvitation)(
    attributes("invitation_id", "status", "reason", "survey", "contact_id", "expires_at")
)


class About(NamedTuple):
    """Whose figures it counts in."""

    owner_id: UUID
    team_id: UUID | None
    product_id: UUID | None


def about(command: c.InviteToSurvey | c.RecordSurveyAnswer | c.ImportSurveyAnswer, work: UnitOfWork) -> About:
    """Who has the case, else the deal, that it is about; else whoever the command names. Raises Refused for another customer's."""
    case_id = getattr(command, "case_id", None)
    deal = work.get(Deal, command.deal_id) if command.deal_id is not None else None
    if (
        deal is not None
        and deal.customer_id is not None
        and not is_same(deal.customer_id, command.customer_id, work)
    ):
        raise Refused("this deal is another customer's", deal_id=str(deal.id))
    if case_id is not None:
        case = work.get(Case, case_id)
        if not is_same(case.customer_id, command.customer_id, work):
            raise Refused("this case is another customer's", case_id=str(case.id))
        return About(case.owner_id, case.team_id, case.product_id)
    if deal is not None:
        return About(deal.owner_id, deal.team_id, deal.product_id)
    reach = work.context.reach
    if reach is not None and reach.rep_id not in (None, command.owner_id):
        raise Forbidden("you say this for yourself only", field="owner_id")
    near = reach.team_id if reach is not None else None
    return About(command.owner_id, team_of(command.owner_id, near, work), None)


def must_be_contact(contact_id: UUID | None, customer: Customer) -> None:
    """Raises NotFound."""
    if contact_id is not None and contact_id not in customer.contacts:
        message = f"contact_id: no contact has the id {contact_id}"
        raise NotFound(message, kind="contact", id=str(contact_id), field="contact_id")


@handles(c.InviteToSurvey)
def invite_to_survey(command: c.InviteToSurvey, work: UnitOfWork) -> Json:
    invitation = work.find(SurveyInvitation, command.invitation_id)
    if invitation.exists:
        same = is_same(invitation.customer_id, command.customer_id, work)
        if invitation.survey != command.survey or not same:
            raise AlreadyExists("this id belongs to another invitation", id=str(command.invitation_id))
        return answer_of(invitation)
    survey = survey_in_force(command.survey, work)
    if not survey.active:
        raise Refused("this survey is not sent any more", survey=survey.name)
    customer = work.get(Customer, command.customer_id)
    must_be_contact(command.contact_id, customer)
    contact_id, reason = _chosen(survey, customer, command.contact_id, work)
    now, whose = work.context.now, about(command, work)
    made = f.InvitationMade.filled(
        command,
        **whose._asdict(),
        survey_version=survey.version,
        contact_id=contact_id,
        made_at=now,
        send_at=now + survey.send_after_days * DAY,
    )
    invitation.record(made)
    if contact_id is None:
        invitation.record(f.InvitationWithheld(reason=reason))
    else:
        asked = work.find(SurveyContact, SurveyContact.stream_of(contact_id))
        asked.record(f.ContactAsked(invitation_id=invitation.id, survey=survey.name, at=made.send_at))
    return answer_of(invitation)


def _chosen(
    survey: Survey, customer: Customer, named: UUID | None, work: UnitOfWork
) -> tuple[UUID | None, str]:
    """Who is asked; nobody, and why not the first who could have been."""
    reasons, asked = [], (named,) if named is not None else tuple(customer.contacts)
    work.want(*((SurveyContact, SurveyContact.stream_of(id)) for id in asked))
    for id in asked:
        asked_before = work.look(SurveyContact, SurveyContact.stream_of(id))
        reason = not_to_ask(customer, id, asked_before) or _not_now(survey, asked_before, work)
        if not reason:
            return id, ""
        reasons.append(reason)
    return None, min(reasons, key=ORDER.index, default=NO_CONTACT)


ORDER = (ASKED_LATELY, DECLINED, DO_NOT_MAIL, NO_MAIL, NO_CONTACT)
"""Of several reasons the one that is told: how near it was."""


def not_to_ask(customer: Customer, contact_id: UUID, asked_before: SurveyContact) -> str:
    """Why a contact cannot be written to; empty: they can. What they refused counts until they consent to it on that day or later."""
    contact = customer.contacts.get(contact_id)
    if contact is None:
        return NO_CONTACT
    consent = customer.consents.get((contact_id, Purpose.SURVEY))
    if consent is not None and not consent.given:
        return DECLINED
    refused_on, agreed_on = asked_before.declined_on, consent.on if consent is not None else None
    if refused_on is not None and (agreed_on is None or agreed_on < refused_on):
        return DECLINED
    if not contact.mail:
        return NO_MAIL
    return DO_NOT_MAIL if contact.do_not_mail else ""


def _not_now(survey: Survey, asked_before: SurveyContact, work: UnitOfWork) -> str:
    """From one mail to the next, whichever is sent first: one that was made may wait for its day."""
    sent_at, quiet = work.context.now + survey.send_after_days * DAY, survey.quiet_days * DAY
    times = asked_before.asked.values()
    return ASKED_LATELY if any(abs(sent_at - at) < quiet for at in times) else ""


@decides(c.NoteInvitationSent)
def note_invitation_sent(
    invitation: SurveyInvitation, command: c.NoteInvitationSent, work: UnitOfWork
) -> None:
    if invitation.status == InvitationStatus.WAITING:
        survey = survey_in_force(invitation.survey, work, invitation.survey_version)
        expires_at = command.at + survey.open_days * DAY
        invitation.record(f.InvitationSent.filled(invitation, at=command.at, expires_at=expires_at))


@decides(c.WithholdInvitation)
def withhold_invitation(
    invitation: SurveyInvitation, command: c.WithholdInvitation, work: UnitOfWork
) -> None:
    """Who was not written to was not asked."""
    if invitation.status == InvitationStatus.WAITING:
        invitation.record(f.InvitationWithheld(reason=command.reason))
        assert invitation.contact_id is not None
        asked = work.find(SurveyContact, SurveyContact.stream_of(invitation.contact_id))
        if invitation.id in asked.asked:
            asked.record(f.ContactNotAsked(invitation_id=invitation.id))


@decides(c.ExpireInvitation)
def expire_invitation(invitation: SurveyInvitation, _command: c.ExpireInvitation, work: UnitOfWork) -> None:
    if invitation.status == InvitationStatus.SENT and has_expired(invitation, work):
        invitation.record(f.InvitationExpired.filled(invitation))


def has_expired(invitation: SurveyInvitation, work: UnitOfWork) -> bool:
    return invitation.expires_at is not None and work.context.now >= invitation.expires_at


@decides(c.DeclineSurveys)
def decline_surveys(invitation: SurveyInvitation, _command: c.DeclineSurveys, work: UnitOfWork) -> None:
    """They withdraw their consent to be asked: it is with the customer's other consents, and may be given again. Where the customer has the
    contact no more, as after an unmerge, it stands with the contact itself, whoever has them.
    """
    customer, contact_id = customer_of(invitation.customer_id, work), invitation.contact_id
    if contact_id is None:
        return
    if contact_id in customer.contacts:
        withdrawn = WithdrawConsent(
            customer_id=customer.id, contact_id=contact_id, purpose=Purpose.SURVEY, source=LINK_IN_MAIL
        )
        decide(withdrawn, work)
        return
    today = company_day(work, work.context.now)
    asked = work.find(SurveyContact, SurveyContact.stream_of(contact_id))
    if asked.declined_on is None or asked.declined_on < today:
        asked.record(f.ContactDeclined(invitation_id=invitation.id, on=today))
