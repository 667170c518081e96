"""api: the replayable change feed — every recorded event in order, from any position."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Response

from api.engine import auth
from api.engine.answers import FeedAnswer, answers
from api.engine.auth import may_read
from api.engine.errors import invalid
from api.engine.fields import MAX_PAGE, WHOLE
from api.engine.reading import MAX_POSITION, Look
from api.engine.roles import OVERSEERS

PATHS = ("events",)
EXAMPLES = {
    "head": 90211,
    "next": 90211,
    "topic": "deal.opened",
}
TAGS = {"feed": "The replayable change feed"}
router = auth.router(tags=[*TAGS])


@router.get(
    "/events",
    operation_id="readEvents",
    summary="Events after a position",
    responses=answers(FeedAnswer),
)
async def read_events(
    look: Annotated[Look, Depends(may_read(*OVERSEERS))],
    after: Annotated[int, Query(ge=0, le=MAX_POSITION, description="the last position you have"), WHOLE] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE), WHOLE] = 100,
) -> Response:
    """In order and without gaps, also what this release cannot read (`known` false).

    Ask again with `after` = the answer's `next` until `events` is empty; keep `next` for later."""
    found = await look.services.ledger.feed(after, limit)
    if not found and after > (head := await look.services.ledger.head()):
        raise invalid("query.after", f"is beyond the last position, {head}")
    return look.json({"events": found, "next": found[-1].position if found else after})
