"""api: leads — listed, captured, allocated to a rep, converted into a deal or discarded."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.allowed import add_allowed
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Paging, ShortText, Truth
from api.engine.querying import query
from api.engine.reading import Look, sees
from api.engine.roles import Role
from api.engine.routes import add_acts
from api.lead.acts import ACTS
from domain.engine.errors import NotFound
from domain.lead import Lead
from projections import lead as leads
from projections.engine.paging import Page
from projections.lead import LeadFilter, LeadView

EXAMPLES = {
    "interest": "forty boilers",
    "mail": "wei@example.com",
    "phone": "+86 21 5550 0100",
    "source": "trade fair",
    "leads.name": "Wang Wei",
}
TAGS = {"leads": "Somebody who might buy, until it is a deal or nothing"}
router = auth.router("/leads", tags=[*TAGS])

WAITS_FOR = ("leads", "directory")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


class LeadFilters(Paging):
    """What to narrow the list down to."""

    status: Literal["open", "converted", "discarded"] | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    source: ShortText | None = None
    owned: Annotated[Truth | None, Field(description="false: only those that nobody has yet")] = None
    sort: Literal["captured_at", "-captured_at"] = "-captured_at"


add_acts(router, ACTS)
add_allowed(router, ACTS, Lead, "/leads")


@router.get("", operation_id="listLeads", summary="Leads, page by page", responses=shaped(Page[LeadView]))
async def list_leads(look: Reader, asked: Annotated[LeadFilters, Depends(query(LeadFilters))]) -> Response:
    """Those of your team, for a manager those that nobody has yet as well; auditors and admins see all."""
    if asked.team_id is not None:
        look.team(asked.team_id)
    narrowed = LeadFilter(
        status=asked.status,
        owner_id=asked.owner_id,
        team_id=asked.team_id,
        customer_id=asked.customer_id,
        source=asked.source,
        owned=asked.owned,
        seen_by=look.team_id,
        pool=look.user.role is not Role.REP,
    )
    return look.json(await leads.listing(look.source, narrowed, asked.sort, asked.cursor, asked.limit))


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
