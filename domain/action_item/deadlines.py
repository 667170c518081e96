"""Domain room: when an action item's owner is reminded and told that it is missed, and its manager, twice."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain.action_item.action_item import ActionItem, ActionItemEnded
from domain.action_item.commands import ActionItemTimer, EscalateActionItem, MissActionItem, RemindActionItem
from domain.engine.deadlines import DeadlineRules, Near
from domain.time.commitment import DueStep, Kind


def steps(item: ActionItem, _near: Near) -> Iterator[DueStep]:
    if item.commitment is not None:
        yield from item.commitment.due_steps(item.id, *Kind)


def command(item_id: UUID, due: DueStep) -> ActionItemTimer:
    match due.kind:
        case Kind.REMIND:
            return RemindActionItem(item_id=item_id, arming=due.arming)
        case Kind.MISS:
            return MissActionItem(item_id=item_id, arming=due.arming)
        case _:
            again = due.kind == Kind.ESCALATE_AGAIN
            return EscalateActionItem(item_id=item_id, arming=due.arming, again=again)


RULES = DeadlineRules(
    "action-item",
    ActionItem,
    goes_on=lambda item: item.commitment is not None,
    steps=steps,
    command=command,
    ends=(ActionItemEnded,),
)
DEADLINES = (RULES,)
