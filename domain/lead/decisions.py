"""Domain room: what is decided about leads. Whoever is allocated one has it counted on their own stream, in the same commit."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from domain.customer.customer import customer_of
from domain.customer.duplicates import answered, told_of
from domain.deal.commands import OpenDeal
from domain.deal.decisions import open_deal
from domain.engine.command import decides, handles
from domain.engine.errors import Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.lead.commands import AllocateLead, CaptureLead, ConvertLead, CorrectLead, DiscardLead
from domain.lead.facts import (
    LeadAllocated,
    LeadCaptured,
    LeadConverted,
    LeadCorrected,
    LeadDetails,
    LeadDiscarded,
)
from domain.lead.lead import Lead, answer_of
from domain.people.people import Rep, RepAllocated

Json = dict[str, Any]


@handles(CaptureLead)
def capture_lead(command: CaptureLead, work: UnitOfWork) -> Json:
    lead = work.new(Lead, command.lead_id)
    lead.record(LeadCaptured.filled(command))
    likely = told_of(command.likely, work, command.looked)
    return answer_of(lead) | answered(likely, command.looked)


@decides(CorrectLead)
def correct_lead(lead: Lead, command: CorrectLead, _work: UnitOfWork) -> None:
    said = {f.name: getattr(command, f.name) for f in fields(LeadDetails)}
    after = replace(lead.details, **{name: value for name, value in said.items() if value is not None})
    if after != lead.details:
        lead.record(LeadCorrected(before=lead.details, after=after))


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
    if lead.owner_id is None:
        raise Refused("the lead belongs to nobody yet: allocate it first")
    known = lead.customer_id and customer_of(lead.customer_id, work).id
    opening = OpenDeal(
        deal_id=command.deal_id,
        title=command.title,
        owner_id=lead.owner_id,
        customer_id=command.customer_id or known,
        product_id=command.product_id,
        amount=command.amount,
        expected_close=command.expected_close,
        process=command.process,
        policy=command.policy,
        next_step=command.next_step,
        custom=command.custom,
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
