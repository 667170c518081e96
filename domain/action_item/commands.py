"""Domain room: what may be asked of an action item, and what that decides. Its story is in `action_item.py`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.action_item.action_item import ActionItem, ActionItemHandedOver, ActionItemOpened
from domain.cycle.cycle import Cycle
from domain.engine.command import Command, answers, decides, handles
from domain.engine.errors import AlreadyExists, FieldError, Invalid, NotFound
from domain.engine.fields import Code, LongText, NeededText
from domain.engine.references import CycleId, DecisionId, PersonId
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import PromiseOutcome
from domain.people.people import Team, team_of
from domain.policy.policies import follow_up_policy

Json = dict[str, Any]


class ActionItemCommand(Command, about=ActionItem):
    item_id: UUID


class OpenActionItem(ActionItemCommand):
    """Somebody is to do something by a time. Whoever manages the owner's team is told when it is late, unless a manager
    is named. The same id again is silence.
    """

    what: NeededText
    owner_id: PersonId
    due_at: datetime
    manager_id: PersonId | None = None
    policy: Code = "default"
    cycle_id: CycleId | None = None
    decision_id: DecisionId | None = None


class RewordActionItem(ActionItemCommand):
    what: NeededText


class MoveActionItem(ActionItemCommand):
    """Another due time. What was overdue stays so: it can end late, but no longer be kept."""

    due_at: datetime


class HandOverActionItem(ActionItemCommand):
    to: PersonId
    manager_id: PersonId | None = None


class FinishActionItem(ActionItemCommand):
    """It is done; kept or late by when it was (the context's `occurred_at`, where it is entered later)."""

    note: LongText = ""


class ExcuseActionItem(ActionItemCommand):
    """It need not be done; why."""

    why: NeededText


class BreakActionItem(ActionItemCommand):
    """It will not be done; why."""

    why: NeededText


class ActionItemTimer(ActionItemCommand):
    """A timer speaks. It names the arming it was set for; too late is silence."""

    arming: int


class RemindActionItem(ActionItemTimer):
    pass


class MissActionItem(ActionItemTimer):
    pass


class EscalateActionItem(ActionItemTimer):
    """Tell the manager, where that is somebody else; `again` at the time when a deal's promise would be reassigned: nobody else can do
    this.
    """

    again: bool = False


@answers(ActionItem)
def answer_of(item: ActionItem) -> Json:
    """What every command about an action item answers."""
    held = item.commitment
    return {
        "item_id": str(item.id),
        "owner_id": str(item.owner_id),
        "due_at": held.deadlines.due_at.isoformat() if held else None,
        "outcome": item.ended.outcome if item.ended else None,
    }


def _check_due(due_at: datetime, now: datetime) -> None:
    """Raises Invalid."""
    if due_at <= now:
        raise Invalid([FieldError("due_at", "is past")])


@handles(OpenActionItem)
def open_action_item(command: OpenActionItem, work: UnitOfWork) -> Json:
    return open_item(command, work)


def open_item(command: OpenActionItem, work: UnitOfWork, answer_id: UUID | None = None) -> Json:
    """`answer_id`: the low answer of a customer that it follows."""
    now = work.context.now
    _check_due(command.due_at, now)
    item = work.find(ActionItem, command.item_id)
    if item.opened is not None:
        _must_be_the_same(item.opened, command)
        return answer_of(item)
    _check_decision(command, work)
    policy, reach = follow_up_policy(command.policy, work), work.context.reach
    near = reach.team_id if reach is not None else None
    item.record(
        ActionItemOpened(
            what=command.what,
            owner_id=command.owner_id,
            manager_id=command.manager_id,
            team_id=team_of(command.owner_id, near, work),
            deadlines=policy.deadlines(command.due_at.astimezone(UTC), now),
            policy=policy.name,
            policy_version=policy.version,
            made_at=now,
            cycle_id=command.cycle_id,
            decision_id=command.decision_id,
            answer_id=answer_id,
        )
    )
    return answer_of(item)


def _check_decision(command: OpenActionItem, work: UnitOfWork) -> None:
    """A decision is known by the cycle it was asked for in. Raises NotFound."""
    if command.decision_id is None:
        return
    asked = work.get(Cycle, command.cycle_id).decisions if command.cycle_id is not None else {}
    if command.decision_id not in asked:
        words = "decision_id: no such decision was asked for in the cycle that is named"
        raise NotFound(words, kind="decision", id=str(command.decision_id), field="decision_id")


def _must_be_the_same(opened: ActionItemOpened, command: OpenActionItem) -> None:
    held = (opened.what, opened.owner_id, opened.deadlines.due_at)
    if held != (command.what, command.owner_id, command.due_at):
        raise AlreadyExists("this id belongs to another action item", id=str(command.item_id))


@decides(RewordActionItem)
def reword_action_item(item: ActionItem, command: RewordActionItem, _work: UnitOfWork) -> None:
    item.reword(command.what)


@handles(MoveActionItem)
def move_action_item(command: MoveActionItem, work: UnitOfWork) -> Json:
    now = work.context.now
    _check_due(command.due_at, now)
    item = work.get(ActionItem, command.item_id)
    item.move(command.due_at.astimezone(UTC), follow_up_policy(item.policy, work), now)
    return answer_of(item)


@decides(HandOverActionItem)
def hand_over_action_item(item: ActionItem, command: HandOverActionItem, work: UnitOfWork) -> None:
    item.must_be_live()
    manager_id, team_id = command.manager_id or item.manager_id, team_of(command.to, item.team_id, work)
    if (command.to, manager_id, team_id) != (item.owner_id, item.manager_id, item.team_id):
        after = ActionItemHandedOver(
            before=item.owner_id, after=command.to, manager_id=manager_id, team_id=team_id
        )
        item.record(after)


@decides(FinishActionItem)
def finish_action_item(item: ActionItem, command: FinishActionItem, work: UnitOfWork) -> None:
    done_at = work.context.happened_at
    outcome = item.commitment.outcome_at(done_at) if item.commitment is not None else PromiseOutcome.KEPT
    item.end(outcome, command.note, done_at)


@decides(ExcuseActionItem)
def excuse_action_item(item: ActionItem, command: ExcuseActionItem, _work: UnitOfWork) -> None:
    item.end(PromiseOutcome.EXCUSED, command.why)


@decides(BreakActionItem)
def break_action_item(item: ActionItem, command: BreakActionItem, _work: UnitOfWork) -> None:
    item.end(PromiseOutcome.BROKEN, command.why)


@decides(RemindActionItem)
def remind_action_item(item: ActionItem, command: RemindActionItem, _work: UnitOfWork) -> None:
    held = item.live(command.arming)
    if held is not None:
        item.remind(held)


@decides(MissActionItem)
def miss_action_item(item: ActionItem, command: MissActionItem, _work: UnitOfWork) -> None:
    held = item.live(command.arming)
    if held is not None:
        item.miss(held)


@decides(EscalateActionItem)
def escalate_action_item(item: ActionItem, command: EscalateActionItem, work: UnitOfWork) -> None:
    held = item.live(command.arming)
    if held is not None:
        manager_id = item.manager_id
        if manager_id is None and item.team_id is not None:
            manager_id = work.find(Team, item.team_id).manager_id
        item.escalate(held, manager_id if manager_id != item.owner_id else None, again=command.again)
