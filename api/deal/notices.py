"""api: who was told of what happened with a deal — to whom, when, by which channel, and what became of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Paging
from api.engine.querying import query
from api.engine.reading import Look, sees
from api.engine.sent_notices import SentNotice, found
from domain.engine.errors import NotFound
from projections.deal import board as deal_board
from projections.engine.paging import Page

TAGS: dict[str, str] = {}
router = auth.router("/deals", tags=["deals"])
Reader = Annotated[Look, Depends(may_read(waits_for=("deal_board", "directory")))]


@router.get(
    "/{deal_id}/notices",
    operation_id="readDealNotices",
    summary="Who was told of what happened with a deal",
    responses=shaped(Page[SentNotice]),
)
async def read_notices(
    deal_id: UUID, look: Reader, asked: Annotated[Paging, Depends(query(Paging))]
) -> Response:
    """Of the newest events first. For whoever sees the deal."""
    deal = await deal_board.get(look.services.pool, deal_id)
    if deal is None or not sees(look, deal.team_id, deal.owner_id):
        raise NotFound(f"no deal has the id {deal_id}", kind="deal", id=str(deal_id))
    return look.json(await found(look.services.pool, asked.cursor, asked.limit, deal_id=deal_id))
