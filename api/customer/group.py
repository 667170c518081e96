"""api: a customer with the companies that belong to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.reading import Look
from projections.customer import NEEDED
from projections.customer import group as groups
from projections.customer.group import CompanyGroup

router = auth.router(tags=["customers"])
Reader = Annotated[Look, Depends(may_read(waits_for=(*groups.WAITS_FOR, *NEEDED)))]


@router.get(
    "/customers/{customer_id}/group",
    operation_id="readCustomerGroup",
    summary="A customer with the companies below it: open deals and what was won",
    responses=shaped(CompanyGroup),
)
async def group(customer_id: UUID, look: Reader) -> Response:
    """Each with its own, and all together. Deals of other teams do not count, and their customers are not named; auditors and admins see all. 1,000 companies at most."""
    survivor = await must_see_customer(look, customer_id)
    return look.json(await groups.group(look.source, survivor, look.team_id))
