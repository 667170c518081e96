"""api: notices of everybody, for those who look after the system — which failed, which wait."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Depends, Response
from pydantic import Field, StringConstraints

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Paging
from api.engine.notice_settings import Channel, FailingAddress
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import OVERSEERS
from api.engine.sent_notices import SentNotice, State, found
from api.engine.users import USER_PATTERN
from projections.engine.paging import Page

PATHS = ("notices",)
TAGS = {"notices": "What people were told of"}
EXAMPLES = {
    "SentNoticeAnswer.kind": "promise.missed",
    "SentNoticeAnswer.channel": "mail",
    "SentNoticeAnswer.to": "li.wei",
    "SentNoticeAnswer.state": "sent",
    "SentNoticeAnswer.reason": None,
    "SentNoticeAnswer.detail": "",
    "SentNoticeAnswer.why": "missed promises",
}
router = auth.router("/notices", tags=[*TAGS])


class NoticeFilters(Paging):
    state: State | None = None
    channel: Channel | None = None
    kind: Annotated[
        str | None,
        Field(pattern=r"^[a-z-]+(\.[a-z-]+)?$", description="promise.missed, or promise for all of them"),
    ] = None
    login: Annotated[
        Annotated[str, StringConstraints(pattern=USER_PATTERN)] | None, Field(description="whose they are")
    ] = None


class FailingView(msgspec.Struct):
    addresses: list[FailingAddress]


@router.get(
    "/failing",
    operation_id="listFailingAddresses",
    summary="Whose addresses take nothing any more",
    responses=shaped(FailingView),
)
async def list_failing(look: Annotated[Look, Depends(may_read(*OVERSEERS))]) -> Response:
    """Nothing more is sent there until it is another address, or restored. The addresses themselves are not told."""
    return look.json(FailingView(await look.services.notices.failing()))


@router.get(
    "", operation_id="listNotices", summary="Notices of everybody", responses=shaped(Page[SentNotice])
)
async def list_notices(
    look: Annotated[Look, Depends(may_read(*OVERSEERS))],
    asked: Annotated[NoticeFilters, Depends(query(NoticeFilters))],
) -> Response:
    """Of the newest events first. Those that failed tell which addresses take nothing."""
    narrowed = {name: getattr(asked, name) for name in ("state", "channel", "kind", "login")}
    return look.json(await found(look.services.pool, asked.cursor, asked.limit, **narrowed))
