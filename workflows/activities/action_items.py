"""Workflows room: what an action item's clock asks and says. Keys are `{item}:{arming}:{kind}`, so each is said once."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from temporalio import activity

from domain.action_item.action_item import ActionItem
from domain.action_item.commands import ActionItemTimer, EscalateActionItem, MissActionItem, RemindActionItem
from domain.deal.promises import Promise
from workflows.activities.desk import Cause, Desk
from workflows.activities.marks import in_order
from workflows.loop_messages import Due, Kind, Mark, Outlook, Said


class ActionItemActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def look_at_action_item(self, id: UUID) -> Outlook:
        position = await self._desk.ledger.last_position(id)
        item = await self._desk.load(ActionItem, id)
        if item.promise is None:
            return Outlook(position, over=True)
        return Outlook(position, marks=in_order(marks_of_item(item.promise)))

    @activity.defn
    async def speak_for_action_item(self, due: Due) -> Said:
        told = await self._desk.execute(command(due), due.mark.key, Cause(due.position, due.id, due.now))
        return Said(told.recorded, await self.look_at_action_item(due.id))


def command(due: Due) -> ActionItemTimer:
    item, mark = due.id, due.mark
    match mark.kind:
        case Kind.REMIND:
            return RemindActionItem(item_id=item, arming=mark.arming)
        case Kind.MISS:
            return MissActionItem(item_id=item, arming=mark.arming)
        case _:
            again = mark.kind is Kind.ESCALATE_AGAIN
            return EscalateActionItem(item_id=item, arming=mark.arming, again=again)


def marks_of_item(held: Promise) -> Iterator[Mark]:
    """What was not said yet; a reminder only until it is due."""
    if not held.reminded and not held.missed:
        yield _mark(held, Kind.REMIND)
    if not held.missed:
        yield _mark(held, Kind.MISS)
    if not held.escalated:
        yield _mark(held, Kind.ESCALATE)
    if not held.escalated_again:
        yield _mark(held, Kind.ESCALATE_AGAIN)


def _mark(held: Promise, kind: Kind) -> Mark:
    times = held.deadlines
    at = {
        Kind.REMIND: times.remind_at,
        Kind.MISS: times.due_at,
        Kind.ESCALATE: times.escalate_at,
        Kind.ESCALATE_AGAIN: times.reassign_at,
    }[kind]
    until = times.due_at if kind is Kind.REMIND else None
    return Mark(kind, at, f"{held.id}:{held.arming}:{kind}", held.arming, until)
