"""Domain room: who gets an action item when its owner leaves or moves, or its team has another manager."""

from __future__ import annotations

from collections.abc import Iterator

from domain.action_item.action_item import ActionItem
from domain.action_item.commands import HandOverActionItem
from domain.people.handover import HandoverRules, Left, Moved, Replaced, Saying, along


def on_left(item: ActionItem, left: Left) -> Iterator[Saying]:
    """The least loaded of the team, or else its manager."""
    heir = left.choice.rep_id or left.manager_id
    if item.owner_id == left.rep_id and heir not in (None, item.owner_id):
        assert heir is not None
        yield HandOverActionItem(item_id=item.id, to=heir), f"{item.id}:handover"


def on_moved(item: ActionItem, moved: Moved) -> Iterator[Saying]:
    if item.owner_id == moved.rep.id:
        yield HandOverActionItem(item_id=item.id, to=moved.rep.id), along(item, moved)


def on_replaced(item: ActionItem, replaced: Replaced) -> Iterator[Saying]:
    if item.team_id == replaced.team_id:
        yield HandOverActionItem(item_id=item.id, to=replaced.after), f"{item.id}:handover"


HANDOVERS = (
    HandoverRules(
        name="action-item",
        aggregate=ActionItem,
        goes_on=lambda item: item.commitment is not None,
        left=on_left,
        moved=on_moved,
        replaced=on_replaced,
        shared=True,
        counted=True,
    ),
)
