"""api: what the feed answers, for OpenAPI — a page in our own envelope or in that of CloudEvents, or a stream."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.engine.answers import EventAnswer, answers
from api.engine.envelopes import BATCH
from api.engine.reading import MAX_POSITION
from domain.engine.context import Channel

LAST_EVENT_ID = {
    "in": "header",
    "name": "Last-Event-ID",
    "required": False,
    "schema": {"type": "integer", "minimum": 0, "maximum": MAX_POSITION},
    "description": "Of a stream that is taken up again: the id of the last event that came. It goes before `after`.",
}


class FeedAnswer(BaseModel):
    events: list[EventAnswer]
    next: Annotated[int, Field(description="the position to ask after next time")]
    more: Annotated[
        bool, Field(description="whether there is more by now, though there may be no event here")
    ]


class CloudEventAnswer(BaseModel):
    """An event in the JSON format of CloudEvents 1.0; `time` is when it was recorded, `subject` the stream."""

    specversion: Literal["1.0"]
    id: UUID
    source: str
    type: str
    subject: UUID
    time: datetime
    datacontenttype: Literal["application/json"]
    position: str
    streamversion: int
    schemaversion: int
    occurredat: datetime
    known: bool
    actorkind: str
    actorid: str
    channel: Channel
    correlationid: UUID
    causedby: str | None = None
    data: dict[str, Any]


def feed_answers() -> dict[int | str, dict[str, Any]]:
    page, one = answers(FeedAnswer), answers(CloudEventAnswer)
    content = page[200]["content"]
    listed = {"type": "array", "items": one[200]["content"]["application/json"]["schema"]}
    content[BATCH] = {"schema": listed}
    content["text/event-stream"] = {"schema": {"type": "string"}}
    page[200]["headers"] = {
        name: {"schema": {"type": "string"}, "description": f"`{of}` of the page, beside CloudEvents"}
        for name, of in (("Salesloop-Next", "next"), ("Salesloop-More", "more"))
    }
    return page
