"""Domain room: the lead — somebody who might buy, from the first word until it is a deal or nothing.

Facts: a lead was captured; it was allocated to a rep, with a receipt saying how; it was converted into a deal, or
discarded. Whoever is allocated a lead has it counted on their own stream, in the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.allocation.receipt import BY_HAND, AllocationReceipt, lifted_from_first
from domain.deal.commands import OpenDeal, not_ahead
from domain.deal.decisions import open_deal
from domain.engine.aggregate import OwnedAggregate, when
from domain.engine.command import Command, answers, attributes, decides, handles
from domain.engine.context import Context, Reach
from domain.engine.errors import FieldError, Refused
from domain.engine.facts import Fact, FreeText, PersonName, PersonText, fact, upcast
from domain.engine.fields import Code, LongText, Name, NeededText, ShortText
from domain.engine.notices import NoticeRule, after
from domain.engine.references import CustomerId, ProductId, TeamMateId
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money, NextStep
from domain.people.handover import (
    RULE,
    RULE_OF_MOVES,
    HandoverRules,
    Left,
    Moved,
    Saying,
    along,
)
from domain.people.people import Rep, RepAllocated

Json = dict[str, Any]


@fact("lead.captured")
class LeadCaptured(Fact):
    """`source` names the channel or campaign it came from."""

    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    interest: FreeText = ""
    source: str = ""
    customer_id: UUID | None = None


@fact("lead.allocated", version=2)
class LeadAllocated(Fact):
    before: UUID | None
    after: UUID
    team_id: UUID
    receipt: AllocationReceipt


@upcast("lead.allocated", from_version=1)
def _receipt_has_a_format(data: Json) -> Json:
    return {**data, "receipt": lifted_from_first(data["receipt"])}


@fact("lead.converted")
class LeadConverted(Fact):
    deal_id: UUID


@fact("lead.discarded")
class LeadDiscarded(Fact):
    why: FreeText


class Lead(OwnedAggregate):
    KIND = "lead"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status = "none"
        self.captured: LeadCaptured | None = None
        self.owner_id: UUID | None = None
        self.team_id: UUID | None = None
        self.deal_id: UUID | None = None
        self.why = ""

    def within(self, reach: Reach) -> bool:
        """A lead that nobody has yet is for leaders to see, of whatever team: they allocate it."""
        if self.team_id is None:
            return reach.rep_id is None
        return super().within(reach)

    def makeable(self, reach: Reach) -> bool:
        """Whoever meets somebody captures the lead, for leaders to allocate."""
        return True

    def must_be_open(self) -> None:
        if self.status != "open":
            raise Refused(f"the lead is {self.status}", status=self.status)

    @when(LeadCaptured)
    def _captured(self, fact: LeadCaptured) -> None:
        self.status, self.captured = "open", fact

    @when(LeadAllocated)
    def _allocated(self, fact: LeadAllocated) -> None:
        self.owner_id, self.team_id = fact.after, fact.team_id

    @when(LeadConverted)
    def _converted(self, fact: LeadConverted) -> None:
        self.status, self.deal_id = "converted", fact.deal_id

    @when(LeadDiscarded)
    def _discarded(self, fact: LeadDiscarded) -> None:
        self.status, self.why = "discarded", fact.why


class LeadCommand(Command, about=Lead):
    lead_id: UUID


class CaptureLead(LeadCommand):
    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    interest: LongText = ""
    source: ShortText = ""
    customer_id: CustomerId | None = None


class AllocateLead(LeadCommand):
    """Give the lead to a rep, or to another one; to an owner who changed teams it moves the lead there. A rule gives
    nothing to a rep on leave; a person may.
    """

    to: TeamMateId
    receipt: AllocationReceipt = BY_HAND

    def known_by(self) -> Any:
        """By hand: the receipt had no format once."""
        if self.receipt != BY_HAND:
            return self
        parts = ("rule", "rule_version", "candidates")
        return {**vars(self), "receipt": {part: getattr(BY_HAND, part) for part in parts}}

    def wrong(self) -> Iterator[FieldError]:
        return self.receipt.not_over(self.to)


class ConvertLead(LeadCommand):
    """Open a deal for the lead's owner; from then on the lead rests."""

    deal_id: UUID
    title: Name
    customer_id: CustomerId | None = None
    product_id: ProductId | None = None
    amount: Money | None = None
    expected_close: date | None = None
    process: Code = "default"
    policy: Code = "default"
    next_step: NextStep | None = None

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        return not_ahead(self.next_step, context)


class DiscardLead(LeadCommand):
    why: NeededText


answer_of = answers(Lead)(attributes("lead_id", "status", "owner_id", "deal_id"))


@handles(CaptureLead)
def capture_lead(command: CaptureLead, work: UnitOfWork) -> Json:
    lead = work.new(Lead, command.lead_id)
    lead.record(
        LeadCaptured(
            name=command.name,
            mail=command.mail,
            phone=command.phone,
            interest=command.interest,
            source=command.source,
            customer_id=command.customer_id,
        )
    )
    return answer_of(lead)


@decides(AllocateLead)
def allocate_lead(lead: Lead, command: AllocateLead, work: UnitOfWork) -> None:
    """Two streams, one commit: the lead has an owner and the owner's allocations count it."""
    rep = work.get(Rep, command.to, guard=True)
    lead.must_be_open()
    team_id, before = rep.team_id or rep.id, lead.owner_id
    if (before, lead.team_id) == (rep.id, team_id):
        return
    rep.must_be_active()
    if work.context.actor.kind != "user" and before != rep.id:
        rep.must_be_here(work.context.now)
    lead.record(LeadAllocated(before=lead.owner_id, after=rep.id, team_id=team_id, receipt=command.receipt))
    if before != rep.id:
        rep.record(RepAllocated(subject="lead", subject_id=lead.id, receipt=command.receipt))


@handles(ConvertLead)
def convert_lead(command: ConvertLead, work: UnitOfWork) -> Json:
    """Two streams, one commit: the deal is opened, with its promise, and the lead says which one it became."""
    lead = work.get(Lead, command.lead_id)
    if lead.deal_id == command.deal_id:
        return answer_of(lead)
    lead.must_be_open()
    if lead.owner_id is None or lead.captured is None:
        raise Refused("the lead belongs to nobody yet: allocate it first")
    opening = OpenDeal(
        deal_id=command.deal_id,
        title=command.title,
        owner_id=lead.owner_id,
        customer_id=command.customer_id or lead.captured.customer_id,
        product_id=command.product_id,
        amount=command.amount,
        expected_close=command.expected_close,
        process=command.process,
        policy=command.policy,
        next_step=command.next_step,
    )
    opened = open_deal(opening, work)
    lead.record(LeadConverted(deal_id=command.deal_id))
    return {**opened, **answer_of(lead)}


@decides(DiscardLead)
def discard_lead(lead: Lead, command: DiscardLead, _work: UnitOfWork) -> None:
    if (lead.status, lead.why) == ("discarded", command.why):
        return
    lead.must_be_open()
    lead.record(LeadDiscarded(why=command.why))


# -- handing over --------------------------------------------------------------------------------


def on_left(lead: Lead, left: Left) -> Iterator[Saying]:
    """To the least loaded of the team; where nobody else is there it stays, for its manager to allocate."""
    if left.choice.rep_id is not None:
        receipt = replace(left.choice.receipt, rule=RULE)
        yield AllocateLead(lead_id=lead.id, to=left.choice.rep_id, receipt=receipt), f"{lead.id}:handover"


def on_moved(lead: Lead, moved: Moved) -> Iterator[Saying]:
    if lead.owner_id == moved.rep.id:
        receipt = AllocationReceipt(rule=RULE_OF_MOVES)
        yield AllocateLead(lead_id=lead.id, to=moved.rep.id, receipt=receipt), along(lead, moved)


HANDOVERS = (
    HandoverRules(
        name="lead",
        aggregate=Lead,
        goes_on=lambda lead: lead.status == "open",
        left=on_left,
        moved=on_moved,
        shared=True,
    ),
)

# -- who is told ---------------------------------------------------------------------------------

NOTICES = (
    NoticeRule(
        name="lead.given",
        called="leads that are given to you",
        says="The lead {name} is yours now",
        about=Lead,
        facts=(LeadAllocated,),
        to=after,
        still=lambda lead, fact: lead.status == "open" and lead.owner_id == fact.after,
        places=lambda lead, _fact: {"name": lead.captured.name},
    ),
)
