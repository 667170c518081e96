"""Domain room: who gets an action item when its owner leaves or moves, or its team has another manager."""

from __future__ import annotations

from domain.action_item.action_item import ActionItem
from domain.action_item.commands import HandOverActionItem
from domain.people.handover import passed_on

HANDOVERS = (
    passed_on(
        "action-item",
        ActionItem,
        lambda id, to: HandOverActionItem(item_id=id, to=to),
        goes_on=lambda item: item.commitment is not None,
        counted=True,
    ),
)
