"""api: the replayable change feed — every recorded event in order, from any position."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query, Response

from api import auth
from api.answers import FeedAnswer, answers
from api.auth import OVERSEERS, may_read
from api.errors import invalid
from api.fields import MAX_PAGE, Whole
from api.reading import MAX_POSITION, Look
from domain.facts import Fact
from domain.recorded import Meta, Recorded

router = auth.router(tags=["feed"])

encode = msgspec.json.Encoder(decimal_format="string").encode


class Event(msgspec.Struct):
    """One event, as the feed tells it."""

    position: int
    event_id: Any
    stream_id: Any
    version: int
    topic: str
    schema_version: int
    data: Fact
    meta: Meta
    occurred_at: Any
    recorded_at: Any


@router.get(
    "/events",
    operation_id="readEvents",
    summary="Events after a position",
    responses=answers(FeedAnswer),
)
async def read_events(
    look: Annotated[Look, Depends(may_read(*OVERSEERS))],
    after: Annotated[Whole, Query(ge=0, le=MAX_POSITION, description="the last position you have")] = 0,
    limit: Annotated[Whole, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Response:
    """In order and without gaps. Ask again with `after` = the answer's `next` until `events` is empty; keep `next` for later."""
    found = await look.desk.ledger.read(after, limit)
    if not found and after > (head := await look.desk.ledger.head()):
        raise invalid("query.after", f"is beyond the last position, {head}")
    last = found[-1].position if found else after
    return look.answer(encode({"events": [_event(r) for r in found], "next": last}))


def _event(recorded: Recorded) -> Event:
    return Event(
        position=recorded.position,
        event_id=recorded.event_id,
        stream_id=recorded.originator_id,
        version=recorded.originator_version,
        topic=recorded.fact.TOPIC,
        schema_version=recorded.schema_version,
        data=recorded.fact,
        meta=recorded.meta,
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
    )
