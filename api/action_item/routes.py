"""api: action items — what somebody is to do by a time, and how it ended."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from api.action_item.acts import ACTS
from api.engine import auth
from api.engine.errors import invalid
from api.engine.fields import Instant
from api.engine.reads import add_reads
from api.engine.routes import Given, add_acts
from api.engine.scopes import Filters, person
from api.engine.writing import Writer
from projections.action_item import ActionItems

TAGS = {"action items": "What somebody is to do by a time"}
router = auth.router("/action-items", tags=[*TAGS])


class ItemFilters(Filters):
    """What to narrow the list down to."""

    MODEL = ActionItems
    owner_id: UUID | None = None
    manager_id: UUID | None = None
    cycle_id: UUID | None = None
    outcome: Literal["open", "kept", "late", "broken", "excused"] | None = None
    due_before: Instant | None = None
    sort: Literal["due_at", "-due_at"] = "due_at"


async def _owner(writer: Writer, _: Any, given: Given) -> None:
    """Whoever asks, where nobody is named."""
    given["owner_id"] = given["owner_id"] or await person(writer)
    if given["owner_id"] is None:
        raise invalid("owner_id", "name who is to do it")


add_acts(router, ACTS, {"openActionItem": _owner})


add_reads(
    router,
    ItemFilters,
    "ActionItem",
    path="/action-items",
    many="Action items, page by page",
    more="What is due first comes first. Those of your team; auditors and admins see all.",
    one="One action item",
)
