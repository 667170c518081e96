"""api: the replayable change feed — every recorded event in order, from any position."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.envelopes import BATCH, Format, enveloped
from api.engine.errors import invalid
from api.engine.feed_answers import LAST_EVENT_ID, feed_answers
from api.engine.feeding import seen
from api.engine.fields import MAX_PAGE, PLAIN, WHOLE, Day, Paging
from api.engine.following import Form
from api.engine.packing import Gzip, Plain
from api.engine.querying import query
from api.engine.reading import MAX_POSITION, Look
from api.engine.received import header, takes_gzip
from api.engine.roles import OVERSEERS
from api.engine.streams import Streams
from domain.engine import reading
from domain.engine.context import Channel
from projections import event_search
from projections.engine.paging import Page
from projections.event_search import EventSearch, FoundEvent

PATHS = ("events",)
EXAMPLES = {
    "head": 90211,
    "next": 90211,
    "topic": "deal.opened",
    "more": False,
}
TAGS = {"feed": "The replayable change feed"}
router = auth.router(tags=[*TAGS])


@router.get(
    "/events",
    operation_id="readEvents",
    summary="Events after a position",
    responses=feed_answers(),
    openapi_extra={"parameters": [LAST_EVENT_ID]},
)
async def read_events(
    look: Annotated[Look, Depends(may_read())],
    after: Annotated[int, Query(ge=0, le=MAX_POSITION, description="the last position you have"), WHOLE] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="of a page"), WHOLE] = 100,
    format: Annotated[Format, Query(description="the envelope: our own, or CloudEvents 1.0")] = "json",
) -> Response:
    """In order and without gaps, also what this release cannot read (`known` false). Reps and managers get the events of the deals that
    they may see.

    A page: ask again with `after` = the answer's `next` (of CloudEvents, the header `Salesloop-Next`) while there is `more`
    (`Salesloop-More`); keep it for later. With `Accept: text/event-stream`: a stream, from there on for ever; whoever lost it comes again with
    `Last-Event-ID`."""
    streamed = "text/event-stream" in (header(look.request, "Accept") or "")
    resumed = _resumed(look, after)
    after = resumed if streamed else after
    if after and after > (head := await look.services.ledger.head()):
        raise invalid("query.after", f"is beyond the last position, {head}")
    if streamed:
        return _stream(look, after, Form(format, Gzip if takes_gzip(look.request) else Plain))
    found = await seen(look.services, look.user, after, limit)
    events = b"[" + b",".join(enveloped(row, format) for row in found.rows) + b"]"
    if format == "cloudevents":
        more = {"Salesloop-Next": str(found.upto), "Salesloop-More": "true" if found.more else "false"}
        return Response(events, 200, {"Cache-Control": "private, no-cache", **more}, media_type=BATCH)
    return look.answer(
        b'{"events":%s,"next":%d,"more":%s}' % (events, found.upto, b"true" if found.more else b"false")
    )


def _resumed(look: Look, after: int) -> int:
    """What a client that comes again says that it has goes before what its address says. Raises Problem."""
    given = header(look.request, "Last-Event-ID")
    if not given:
        return after
    try:
        read = reading.whole(given)
    except ValueError:
        read = -1
    if not 0 <= read <= MAX_POSITION:
        raise invalid("header.Last-Event-ID", "must be a position: the id of the last event that you have")
    return read


def _stream(look: Look, after: int, form: Form) -> Response:
    state, most = look.request.app.state, look.services.settings.bounds.streams_per_key
    streams: Streams = state.streams
    key = look.user.key_id
    streams.check(key, most, f"a key may have {most} streams open at once: close some")

    async def told() -> AsyncIterator[bytes]:
        with streams.holding(key):
            async for message in state.feed.read(look.user, after, form):
                yield message

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept-Encoding"}
    if encoding := form.stream.encoding:
        headers["Content-Encoding"] = encoding
    return StreamingResponse(told(), 200, headers, media_type="text/event-stream")


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
    found = await event_search.search(look.source, narrowed, asked.lang, asked.cursor, asked.limit)
    await _name_accounts(look, found.items)
    return look.json(found)


async def _name_accounts(look: Look, events: Sequence[FoundEvent]) -> None:
    """Who is no rep has a name in their account alone; whoever searches the whole ledger may read it."""
    unnamed = [one for one in events if one.who_kind == "user" and one.who_name is None]
    names = await look.services.accounts.names({one.who for one in unnamed})
    for one in unnamed:
        one.who_name = names.get(one.who)
