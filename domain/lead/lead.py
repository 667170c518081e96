"""Domain room: a lead's state, and who may see and change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.custom_field.holding import becoming
from domain.engine.aggregate import OwnedAggregate, becomes, when
from domain.engine.command import answers, attributes
from domain.engine.context import Reach
from domain.engine.errors import Refused
from domain.lead import facts as f

OPEN, CONVERTED, DISCARDED = "open", "converted", "discarded"


class Lead(OwnedAggregate):
    KIND = "lead"
    FIELDS_SET = f.LeadFieldsSet
    UNDONE = f.LeadImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status = "none"
        self.details = f.LeadDetails(name="")
        self.owner_id: UUID | None = None
        self.team_id: UUID | None = None
        self.deal_id: UUID | None = None
        self.why = ""
        self.custom: CustomValues = {}
        self.captured_at: datetime | None = None
        self.imported: f.LeadImportNoted | None = None

    def begin(self, at: datetime | None) -> None:
        self.captured_at = at

    def shown(self) -> f.ShownLead:
        details = self.details
        return f.ShownLead(
            name=details.name,
            company=details.company,
            status=self.status,
            owner_id=self.owner_id,
            qualified_by=details.qualified_by,
            deal_id=self.deal_id,
            why=self.why,
        )

    def within(self, reach: Reach) -> bool:
        """A lead that nobody has yet is for leaders to see, of whatever team: they allocate it."""
        if self.team_id is None:
            return reach.rep_id is None
        return super().within(reach)

    def makeable(self, reach: Reach) -> bool:
        """Whoever meets somebody captures the lead, for leaders to allocate."""
        return True

    @property
    def customer_id(self) -> UUID | None:
        return self.details.customer_id

    def correct_customer(self, customer_id: UUID) -> None:
        if customer_id != self.customer_id:
            self.record(
                f.LeadCorrected(before=self.details, after=replace(self.details, customer_id=customer_id))
            )

    def must_be_open(self) -> None:
        if self.status != OPEN:
            raise Refused(f"the lead is {self.status}", status=self.status)

    @when(f.LeadCaptured)
    def _captured(self, fact: f.LeadCaptured) -> None:
        self.status = OPEN
        self.details = f.LeadDetails(
            name=fact.name,
            mail=fact.mail,
            phone=fact.phone,
            interest=fact.interest,
            source=fact.source,
            origin=fact.origin,
            company=fact.company,
            customer_id=fact.customer_id,
            qualified_by=fact.qualified_by,
            do_not_mail=fact.do_not_mail,
            do_not_call=fact.do_not_call,
        )

    _fields_set = becoming(f.LeadFieldsSet)
    _corrected = becomes(f.LeadCorrected, "details")

    @when(f.LeadImportNoted)
    def _noted(self, fact: f.LeadImportNoted) -> None:
        self.imported = fact

    @when(f.LeadAllocated)
    def _allocated(self, fact: f.LeadAllocated) -> None:
        self.owner_id, self.team_id = fact.after, fact.team_id

    @when(f.LeadConverted)
    def _converted(self, fact: f.LeadConverted) -> None:
        self.status, self.deal_id = CONVERTED, fact.deal_id

    @when(f.LeadDiscarded)
    def _discarded(self, fact: f.LeadDiscarded) -> None:
        self.status, self.why = DISCARDED, fact.why

    @when(f.LeadReopened)
    def _reopened(self, _fact: f.LeadReopened) -> None:
        self.status, self.deal_id, self.why = OPEN, None, ""


answer_of = answers(Lead)(attributes("lead_id", "status", "owner_id", "deal_id"))
