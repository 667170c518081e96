"""api: leads — captured, allocated to a rep, converted into a deal or discarded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict

from api import auth
from api.answers import DONE, MADE
from api.auth import LEADERS, may_write
from api.bodies import Envelope, NextStep, next_step
from api.fields import Code, Day, LongText, Money, Name, NeededText, ShortText, money
from api.writing import Act
from domain import lead as d

router = auth.router("/leads", tags=["leads"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]


class CaptureLead(Envelope):
    """`source` names the channel or campaign that it came from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Wang Wei", "interest": "MES for 40 seats", "source": "trade fair Shanghai"}
            ]
        }
    )

    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    interest: LongText = ""
    source: ShortText = ""
    customer_id: UUID | None = None
    lead_id: UUID | None = None


class AllocateLead(Envelope):
    """`to` is the rep. The receipt says that it was done by hand; the envelope's `reason` says why."""

    to: UUID


class ConvertLead(Envelope):
    title: Name
    deal_id: UUID | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = None
    amount: Money | None = None
    expected_close: Day | None = None
    process: Code = "default"
    policy: Code = "default"
    next_step: NextStep | None = None


class DiscardLead(Envelope):
    why: NeededText


@router.post("", operation_id="captureLead", summary="Capture a lead", status_code=201, responses=MADE)
async def capture(body: CaptureLead, act: Writer) -> Response:
    lead_id = act.new_id("lead", body.lead_id)
    command = d.CaptureLead(
        lead_id=lead_id,
        name=body.name,
        mail=body.mail,
        phone=body.phone,
        interest=body.interest,
        source=body.source,
        customer_id=body.customer_id,
    )
    return await act(command, body, status=201, location=f"/leads/{lead_id}")


@router.post(
    "/{lead_id}/allocate", operation_id="allocateLead", summary="Allocate a lead to a rep", responses=DONE
)
async def allocate(lead_id: UUID, body: AllocateLead, act: Leader) -> Response:
    """The lead has an owner and the owner's allocations count it, in one commit."""
    return await act(d.AllocateLead(lead_id=lead_id, to=body.to), body)


@router.post(
    "/{lead_id}/convert",
    operation_id="convertLead",
    summary="Convert a lead into a deal",
    status_code=201,
    responses=MADE,
)
async def convert(lead_id: UUID, body: ConvertLead, act: Writer) -> Response:
    """The deal is its owner's, with a promise."""
    deal_id = act.new_id("deal", body.deal_id)
    command = d.ConvertLead(
        lead_id=lead_id,
        deal_id=deal_id,
        title=body.title,
        customer_id=body.customer_id,
        product_id=body.product_id,
        amount=money(body.amount),
        expected_close=body.expected_close,
        process=body.process,
        policy=body.policy,
        next_step=next_step(body.next_step),
    )
    return await act(command, body, status=201, location=f"/deals/{deal_id}")


@router.post("/{lead_id}/discard", operation_id="discardLead", summary="Discard a lead", responses=DONE)
async def discard(lead_id: UUID, body: DiscardLead, act: Writer) -> Response:
    return await act(d.DiscardLead(lead_id=lead_id, why=body.why), body)
