"""api: the replayable change feed — every recorded event in order, from any position."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import Field, StringConstraints

from api.engine import auth
from api.engine.answers import FeedAnswer, answers, shaped
from api.engine.auth import may_read
from api.engine.errors import invalid
from api.engine.fields import MAX_PAGE, PLAIN, WHOLE, Day, Paging
from api.engine.querying import query
from api.engine.reading import MAX_POSITION, Look
from api.engine.roles import OVERSEERS
from domain.engine.context import Channel
from projections import event_search
from projections.engine.paging import Page
from projections.event_search import EventSearch, FoundEvent

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


class EventFilters(Paging):
    """What to look for. Days are the company's, of recording, both included."""

    topic: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z-]+(\.[a-z-]+)?$",
            description="a kind of event, or what several begin with: deal.stage-moved, deal",
        ),
    ] = None
    stream_id: Annotated[UUID | None, Field(description="the record it is of, such as a deal's id")] = None
    who: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN)] | None,
        Field(description="the id of who did it: a login, a service or a workflow"),
    ] = None
    channel: Annotated[Channel | None, Field(description="through which door")] = None
    since: Day | None = None
    until: Day | None = None
    lang: Annotated[Literal["en", "zh"], Field(description="of the sentences")] = "en"


@router.get(
    "/events/search",
    operation_id="searchEvents",
    summary="Events of the whole ledger, the newest first",
    responses=shaped(Page[FoundEvent]),
)
async def search_events(
    look: Annotated[Look, Depends(may_read(*OVERSEERS, waits_for=("directory",)))],
    asked: Annotated[EventFilters, Depends(query(EventFilters))],
) -> Response:
    """By kind, record, person, door and days; told in words where there are any, and otherwise by the topic."""
    narrowed = EventSearch(**{name: getattr(asked, name) for name in EventSearch.__struct_fields__})
    found = await event_search.search(look.services.pool, narrowed, asked.lang, asked.cursor, asked.limit)
    return look.json(found)
