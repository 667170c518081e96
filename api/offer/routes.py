"""api: to whom an offer was made, and who has taken it up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Filed
from api.engine.querying import query
from api.engine.reading import Look
from domain.engine.errors import NotFound
from projections.offer import PublishedOffers, Uptake, uptake

router = auth.router(tags=["offers"])


class UptakeQuery(Filed):
    team_id: UUID | None = None


@router.get(
    "/offers/{offer_id}/uptake",
    operation_id="readOfferUptake",
    summary="To whom an offer was made, and who has taken it up",
    responses=shaped(Uptake, filed=True),
)
async def read_uptake(
    offer_id: UUID,
    look: Annotated[
        Look, Depends(may_read(waits_for=("offers", "revisits", "contributions", "merged", "directory")))
    ],
    given: Annotated[UptakeQuery, Depends(query(UptakeQuery))],
) -> Response:
    """Taken up is what was bought from the day of the offer to its last, of its product where it names one. The first 200 customers are told."""
    offer = await PublishedOffers.get(look.services.pool, offer_id)
    if offer is None:
        raise NotFound(f"no offer has the id {offer_id}", kind="offer", id=str(offer_id))
    return look.json(await uptake(look.services.pool, offer, look.team(given.team_id)))
