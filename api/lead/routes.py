"""api: leads — listed, captured, allocated to a rep, converted into a deal or discarded."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from api.custom_field.values import CUSTOM, CustomFilter, add_custom, declared
from api.customer.duplicates import of_new_lead
from api.engine import auth
from api.engine.allowed import add_allowed
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Instant, Paging, ShortText, Strict, Truth
from api.engine.querying import query
from api.engine.reading import Look, sees
from api.engine.roles import Role
from api.engine.routes import add_acts
from api.lead.acts import ACTS
from domain.custom_field.declaration import RecordKind
from domain.engine.errors import NotFound
from domain.lead.lead import Lead
from projections import lead as leads
from projections.custom_field import condition_of
from projections.engine.paging import Page
from projections.lead import LeadFilter, LeadView, Origins

EXAMPLES = {
    "interest": "forty boilers",
    "mail": "wei@example.com",
    "phone": "+86 21 5550 0100",
    "source": "trade fair",
    "origin": "web form",
    "company": "Garnet Controls",
    "leads.name": "Wang Wei",
}
TAGS = {"leads": "Somebody who might buy, until it is a deal or nothing"}
router = auth.router("/leads", tags=[*TAGS])

WAITS_FOR = ("leads", "directory", CUSTOM)
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


class LeadFilters(Paging):
    """What to narrow the list down to."""

    status: Literal["open", "converted", "discarded"] | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    source: ShortText | None = None
    origin: ShortText | None = None
    qualified_by: UUID | None = None
    captured_from: Instant | None = None
    captured_before: Instant | None = None
    owned: Annotated[Truth | None, Field(description="false: only those that nobody has yet")] = None
    custom: CustomFilter = None
    sort: Literal["captured_at", "-captured_at"] = "-captured_at"


class OriginFilters(Strict):
    """Which leads to count, and by what."""

    by: Literal["origin", "source", "qualified_by", "owner"] = "origin"
    team_id: UUID | None = None
    owner_id: UUID | None = None
    captured_from: Instant | None = None
    captured_before: Instant | None = None


add_acts(router, ACTS, {"captureLead": of_new_lead})
add_allowed(router, ACTS, Lead, "/leads")


@router.get("", operation_id="listLeads", summary="Leads, page by page", responses=shaped(Page[LeadView]))
async def list_leads(look: Reader, asked: Annotated[LeadFilters, Depends(query(LeadFilters))]) -> Response:
    """Those of your team, for a manager those that nobody has yet as well; auditors and admins see all."""
    fields = await declared(look, RecordKind.LEAD)
    narrowed = _narrowed(look, asked)
    custom = condition_of(asked.custom, fields) if asked.custom is not None else None
    found = await leads.listing(look.source, narrowed, asked.sort, asked.cursor, asked.limit, custom=custom)
    await add_custom(look, found.items, fields, "lead_id")
    return look.json(found)


def _narrowed(look: Look, asked: LeadFilters | OriginFilters) -> LeadFilter:
    if asked.team_id is not None:
        look.team(asked.team_id)
    said = {
        name: getattr(asked, name)
        for name in LeadFilter.__struct_fields__
        if name in type(asked).model_fields
    }
    return LeadFilter(**said, seen_by=look.team_id, pool=look.user.role is not Role.REP)


@router.get(
    "/origins",
    operation_id="countLeadsByOrigin",
    summary="Leads and what became of them, by where they came from",
    responses=shaped(Origins),
)
async def origins(look: Reader, asked: Annotated[OriginFilters, Depends(query(OriginFilters))]) -> Response:
    """Of the same leads as the list; the most first, 500 at most. `conversion` is the share of those that are over."""
    return look.json(await leads.origins(look.services.pool, _narrowed(look, asked), asked.by))


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
    await add_custom(look, [found], await declared(look, RecordKind.LEAD), "lead_id")
    return look.json(found, found.version)
