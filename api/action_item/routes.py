"""api: action items — what somebody is to do by a time, and how it ended."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response

from api.action_item.acts import ACTS
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.errors import invalid
from api.engine.fields import Instant
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.routes import Given, add_acts
from api.engine.scopes import Filters, listed, person, seen
from api.engine.writing import Act
from projections.action_item import ActionItems, ItemSeen
from projections.engine.paging import Page

router = auth.router("/action-items", tags=["action items"])


WAITS_FOR = ("action_items",)


class ItemFilters(Filters):
    """What to narrow the list down to."""

    MODEL = ActionItems
    owner_id: UUID | None = None
    manager_id: UUID | None = None
    cycle_id: UUID | None = None
    outcome: Literal["open", "kept", "late", "broken", "excused"] | None = None
    due_before: Instant | None = None
    sort: Literal["due_at", "-due_at"] = "due_at"


async def _owner(act: Act, _: Any, given: Given) -> None:
    """Whoever asks, where nobody is named."""
    given["owner_id"] = given["owner_id"] or await person(act)
    if given["owner_id"] is None:
        raise invalid("owner_id", "name who is to do it")


add_acts(router, ACTS, {"openActionItem": _owner})


@router.get(
    "", operation_id="listActionItems", summary="Action items, page by page", responses=shaped(Page[ItemSeen])
)
async def list_items(
    look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))],
    asked: Annotated[ItemFilters, Depends(query(ItemFilters))],
) -> Response:
    """What is due first comes first. Those of your team; auditors and admins see all."""
    return await listed(look, asked)


@router.get(
    "/{item_id}",
    operation_id="readActionItem",
    summary="One action item",
    responses=shaped(ItemSeen, tagged=True),
)
async def read_item(
    item_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))]
) -> Response:
    found = seen(look, await ActionItems.get(look.services.pool, item_id), "action item", item_id)
    return look.json(found, found.version)
