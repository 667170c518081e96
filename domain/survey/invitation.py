"""Domain room: the invitation to answer a survey, from what it is sent on until it is answered or has expired; and whom was asked when.

Everybody who is asked has a stream of their own, which each invitation writes to: of two that come at once, whatever their survey, one
decides again and finds that the contact was just asked.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.engine.aggregate import Aggregate, OwnedAggregate, when
from domain.engine.context import Reach
from domain.engine.values import NAMESPACE, id_within
from domain.survey import facts as f


class InvitationStatus(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    WITHHELD = "withheld"
    ANSWERED = "answered"
    EXPIRED = "expired"


LONGEST_QUIET = timedelta(days=3_650)
OPEN = (InvitationStatus.WAITING, InvitationStatus.SENT)


class SurveyInvitation(OwnedAggregate):
    KIND: ClassVar[str] = "survey invitation"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.made: f.InvitationMade | None = None
        self.status = InvitationStatus.WAITING
        self.survey = ""
        self.survey_version = 0
        self.customer_id: UUID = id
        self.owner_id: UUID = id
        self.team_id: UUID | None = None
        self.contact_id: UUID | None = None
        self.deal_id: UUID | None = None
        self.case_id: UUID | None = None
        self.product_id: UUID | None = None
        self.sent_at: datetime | None = None
        self.expires_at: datetime | None = None
        self.answer_id: UUID | None = None
        self.reason = ""

    @property
    def is_open(self) -> bool:
        return self.exists and self.status in OPEN

    def makeable(self, reach: Reach) -> bool:
        """Whoever the customer reaches asks, for whom of the team it may be."""
        return self.within(reach)

    @when(f.InvitationMade)
    def _made(self, fact: f.InvitationMade) -> None:
        self.adopt(fact)
        self.made = fact

    @when(f.InvitationSent)
    def _sent(self, fact: f.InvitationSent) -> None:
        self.status, self.sent_at, self.expires_at = InvitationStatus.SENT, fact.at, fact.expires_at

    @when(f.InvitationWithheld)
    def _withheld(self, fact: f.InvitationWithheld) -> None:
        self.status, self.reason = InvitationStatus.WITHHELD, fact.reason

    @when(f.InvitationAnswered)
    def _answered(self, fact: f.InvitationAnswered) -> None:
        self.status, self.answer_id = InvitationStatus.ANSWERED, fact.answer_id

    @when(f.InvitationExpired)
    def _expired(self, fact: f.InvitationExpired) -> None:
        self.status = InvitationStatus.EXPIRED


class SurveyContact(Aggregate):
    """When a contact was sent an invitation, or is to be. Those that no survey's quiet time reaches any more are forgotten. `declined_on` is the
    day on which they refused surveys where no customer's file could take it down.
    """

    KIND: ClassVar[str] = "survey contact"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.asked: dict[UUID, datetime] = {}
        self.declined_on: date | None = None

    @classmethod
    def stream_of(cls, contact_id: UUID) -> UUID:
        return id_within(NAMESPACE, f"survey-contact:{contact_id}")

    @when(f.ContactAsked)
    def _asked(self, fact: f.ContactAsked) -> None:
        held = {id: at for id, at in self.asked.items() if fact.at - at < LONGEST_QUIET}
        self.asked = held | {fact.invitation_id: fact.at}

    @when(f.ContactNotAsked)
    def _not_asked(self, fact: f.ContactNotAsked) -> None:
        self.asked = {id: at for id, at in self.asked.items() if id != fact.invitation_id}

    @when(f.ContactDeclined)
    def _declined(self, fact: f.ContactDeclined) -> None:
        self.declined_on = fact.on
