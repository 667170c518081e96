"""api: the segments that a customer is in, and was."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Response

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.reading import Look
from projections.customer import NEEDED
from projections.segment import reading
from projections.segment.reading import Stay

router = auth.router(tags=["segments"])
Reader = Annotated[Look, Depends(may_read(waits_for=(*reading.WAITS_FOR, *NEEDED)))]


class CustomerSegments(msgspec.Struct):
    """The segments that a customer is in, then those that it was in; the newest first."""

    stays: list[Stay]


@router.get(
    "/customers/{customer_id}/segments",
    operation_id="listCustomerSegments",
    summary="The segments a customer is in",
    responses=shaped(CustomerSegments),
)
async def segments(customer_id: UUID, look: Reader) -> Response:
    """Those it is in now first, then those it was in. Of a merged record those of the customer that it stands for."""
    survivor = await must_see_customer(look, customer_id)
    return look.json(CustomerSegments(await reading.stays(look.services.pool, survivor)))
