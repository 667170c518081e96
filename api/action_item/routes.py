"""api: action items — what somebody is to do by a time, and how it ended."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field

from api.engine import auth
from api.engine.answers import DONE, MADE, shaped
from api.engine.auth import LEADERS, may_read, may_write
from api.engine.bodies import Envelope
from api.engine.errors import invalid
from api.engine.fields import Code, Instant, LongText, NeededText
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import Filters, listed, person, seen
from api.engine.writing import Act
from domain.action_item import commands as d
from projections.action_item import ActionItems, ItemSeen
from projections.engine.paging import Page

router = auth.router("/action-items", tags=["action items"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]
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


class OpenItem(Envelope):
    """Whoever manages the owner's team is told when it is late, unless a manager is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "what": "call every customer that was silent for 30 days",
                    "owner_id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11",
                    "due_at": "2027-01-15T18:00:00+08:00",
                }
            ]
        }
    )

    what: NeededText
    due_at: Instant
    owner_id: Annotated[UUID | None, Field(description="Left out: whoever asks.")] = None
    manager_id: UUID | None = None
    policy: Code = "default"
    cycle_id: UUID | None = None
    decision_id: UUID | None = None
    item_id: UUID | None = None


class Wording(Envelope):
    what: NeededText


class NewDue(Envelope):
    due_at: Instant


class ItemHandOver(Envelope):
    to: UUID
    manager_id: UUID | None = None


class Finished(Envelope):
    """When it was done earlier than now, `occurred_at` says so."""

    note: LongText = ""


class NotDone(Envelope):
    why: NeededText


@router.post(
    "", operation_id="openActionItem", summary="Open an action item", status_code=201, responses=MADE
)
async def open_item(body: OpenItem, act: Writer) -> Response:
    """Followed up like a promise: reminded, missed, escalated."""
    owner_id = body.owner_id or await person(act)
    if owner_id is None:
        raise invalid("owner_id", "name who is to do it")
    item_id = act.new_id("action-item", body.item_id)
    command = d.OpenActionItem(
        item_id=item_id,
        what=body.what,
        owner_id=owner_id,
        due_at=body.due_at,
        manager_id=body.manager_id,
        policy=body.policy,
        cycle_id=body.cycle_id,
        decision_id=body.decision_id,
    )
    return await act(command, body, status=201, location=f"/action-items/{item_id}")


@router.post("/{item_id}/wording", operation_id="rewordActionItem", summary="Reword it", responses=DONE)
async def reword(item_id: UUID, body: Wording, act: Leader) -> Response:
    return await act(d.RewordActionItem(item_id=item_id, what=body.what), body)


@router.post("/{item_id}/due", operation_id="moveActionItem", summary="Set another due time", responses=DONE)
async def move(item_id: UUID, body: NewDue, act: Leader) -> Response:
    """What was overdue stays so: it can end late, but no longer be kept."""
    return await act(d.MoveActionItem(item_id=item_id, due_at=body.due_at), body)


@router.post(
    "/{item_id}/handover", operation_id="handOverActionItem", summary="Name another owner", responses=DONE
)
async def hand_over(item_id: UUID, body: ItemHandOver, act: Leader) -> Response:
    command = d.HandOverActionItem(item_id=item_id, to=body.to, manager_id=body.manager_id)
    return await act(command, body)


@router.post("/{item_id}/finish", operation_id="finishActionItem", summary="It is done", responses=DONE)
async def finish(item_id: UUID, body: Finished, act: Writer) -> Response:
    return await act(d.FinishActionItem(item_id=item_id, note=body.note), body)


@router.post(
    "/{item_id}/excuse", operation_id="excuseActionItem", summary="It need not be done", responses=DONE
)
async def excuse(item_id: UUID, body: NotDone, act: Leader) -> Response:
    return await act(d.ExcuseActionItem(item_id=item_id, why=body.why), body)


@router.post(
    "/{item_id}/break", operation_id="breakActionItem", summary="It will not be done", responses=DONE
)
async def break_item(item_id: UUID, body: NotDone, act: Writer) -> Response:
    return await act(d.BreakActionItem(item_id=item_id, why=body.why), body)


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
