"""api: leads — listed, captured, allocated to a rep, converted into a deal or discarded."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field

from api.engine import auth
from api.engine.answers import DONE, MADE, shaped
from api.engine.auth import LEADERS, may_read, may_write
from api.engine.bodies import Envelope, NextStep, next_step
from api.engine.fields import Code, Day, LongText, Money, Name, NeededText, Paging, ShortText, Truth, money
from api.engine.querying import query
from api.engine.reading import Look, sees
from api.engine.users import Role
from api.engine.writing import Act
from domain import lead as d
from domain.engine.errors import NotFound
from projections import lead as leads
from projections.engine.paging import Page
from projections.lead import LeadFilter, LeadView

router = auth.router("/leads", tags=["leads"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]
WAITS_FOR = ("leads", "directory")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


class LeadFilters(Paging):
    """What to narrow the list down to."""

    status: Literal["open", "converted", "discarded"] | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    source: ShortText | None = None
    owned: Annotated[Truth | None, Field(description="false: only those that nobody has yet")] = None
    sort: Literal["captured_at", "-captured_at"] = "-captured_at"


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


@router.get("", operation_id="listLeads", summary="Leads, page by page", responses=shaped(Page[LeadView]))
async def list_leads(look: Reader, asked: Annotated[LeadFilters, Depends(query(LeadFilters))]) -> Response:
    """Those of your team, for a manager those that nobody has yet as well; auditors and admins see all."""
    if asked.team_id is not None:
        look.team(asked.team_id)
    narrowed = LeadFilter(
        status=asked.status,
        owner_id=asked.owner_id,
        team_id=asked.team_id,
        source=asked.source,
        owned=asked.owned,
        seen_by=look.team_id,
        pool=look.user.role is not Role.REP,
    )
    return look.json(await leads.listing(look.services.pool, narrowed, asked.sort, asked.cursor, asked.limit))


@router.get(
    "/{lead_id}", operation_id="readLead", summary="One lead", responses=shaped(LeadView, tagged=True)
)
async def read_lead(
    lead_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))]
) -> Response:
    found = await leads.get(look.services.pool, lead_id)
    pooled = found is not None and found.team_id is None and look.user.role is not Role.REP
    if found is None or not (pooled or sees(look, found.team_id, found.owner_id)):
        raise NotFound(f"no lead has the id {lead_id}", kind="lead", id=str(lead_id))
    return look.json(found, found.version)
