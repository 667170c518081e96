"""The clocks of action items and adjustments over weeks, in virtual time."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from domain.action_item.commands import FinishActionItem, MoveActionItem, OpenActionItem
from domain.adjustment.adjustment import AdjustmentEscalated, AdjustmentMeasured, BaselineFrozen, Outcome
from domain.adjustment.commands import DecideAdjustment, StartAdjustment
from domain.deal.commands import LogActivity
from domain.engine.values import Activity, ActivityKind
from domain.figures.scope import rep
from domain.time.commitment import Kind
from domain.time.periods import Window
from tests.workflows.turns import CALLS, HEAD, MANAGER, at, begin
from tests.workflows.world import MOMENT, World, asked, hours_policy, times, until
from workflows.engine.deadline_workflow import DeadlineWorkflow
from workflows.engine.messages import workflow_id

START = datetime(2031, 1, 8, 2, 0, tzinfo=UTC)


async def move(world: World, subject: str, id: UUID, instant: datetime) -> None:
    """Move its clock; everything due until then has been said."""
    handle = world.client.get_workflow_handle(workflow_id(subject, id))
    await world.move(handle.id, instant)

    async def has_said_all() -> bool:
        next_at = (await asked(handle, DeadlineWorkflow.state)).next_at
        return next_at is None or next_at > instant

    await until(has_said_all)
    await world.delivered()


async def next_kind(world: World, subject: str, id: UUID) -> str | None:
    """Of the next mark, once the clock knows what is recorded."""
    handle = world.client.get_workflow_handle(workflow_id(subject, id))
    newest = (await world.facts(id))[-1].position

    async def has_seen() -> bool:
        return bool((await asked(handle, DeadlineWorkflow.state)).seen >= newest)

    await until(has_seen)
    kind: str | None = (await asked(handle, DeadlineWorkflow.state)).next_kind
    return kind


async def ended(world: World, subject: str, id: UUID) -> bool:
    handle = world.client.get_workflow_handle(workflow_id(subject, id))
    await handle.result()
    return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


# -- action items --------------------------------------------------------------------------------


async def an_item(world: World) -> UUID:
    await world.publish(hours_policy())
    item, due = uuid.uuid4(), START + timedelta(hours=48)
    opening = OpenActionItem(
        item_id=item,
        what="visit the three largest customers",
        owner_id=world.office.rep_id,
        due_at=due,
        manager_id=MANAGER,
        policy="hours",
    )
    await world.run(opening, now=START)
    return item


async def test_an_action_item_is_reminded_missed_and_escalated_twice(virtual: World) -> None:
    item = await an_item(virtual)
    await move(virtual, "action-item", item, START + timedelta(hours=48 + 72) + MOMENT)

    told = await virtual.facts(item, "action-item")
    due = START + timedelta(hours=48)
    assert list(zip([f.fact.TOPIC for f in told], times(told), strict=True)) == [
        ("action-item.opened", START),
        ("action-item.reminded", due - timedelta(hours=4)),
        ("action-item.missed", due),
        ("action-item.escalated", due + timedelta(hours=24)),
        ("action-item.escalated", due + timedelta(hours=72)),
    ]
    assert await next_kind(virtual, "action-item", item) is None

    await virtual.run(FinishActionItem(item_id=item), now=START + timedelta(days=6))
    assert await ended(virtual, "action-item", item)


async def test_an_action_item_that_is_moved_gets_its_times_anew(virtual: World) -> None:
    item = await an_item(virtual)
    await move(virtual, "action-item", item, START + timedelta(hours=47))
    moved = MoveActionItem(item_id=item, due_at=START + timedelta(hours=96))
    await virtual.run(moved, now=START + timedelta(hours=47))
    assert await next_kind(virtual, "action-item", item) == Kind.REMIND

    await move(virtual, "action-item", item, START + timedelta(hours=96) + MOMENT)
    told = await virtual.facts(item, "action-item.reminded", "action-item.missed")
    assert times(told) == [START + timedelta(hours=n) for n in (44, 92, 96)]


# -- adjustments ---------------------------------------------------------------------------------


async def log_calls(world: World, deal_id: UUID, rep_id: UUID, many: int, now: datetime) -> None:
    for _ in range(many):
        call = Activity(kind=ActivityKind.CALL, outcome="reached", rep_id=rep_id)
        await world.run(LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=call), now=now)


async def an_adjustment(world: World) -> tuple[UUID, UUID, UUID]:
    """Of the first rep from the first to the thirtieth of April; and the nearest other one."""
    turn = await begin(world)
    near, far = await world.office.hire(), await world.office.hire()
    for rep_id, calls in ((turn.rep_id, 4), (near, 3), (far, 0)):
        await log_calls(world, turn.deal_id, rep_id, calls, at(3, 20))
    id = uuid.uuid4()
    given: dict[str, Any] = {
        "hypothesis": "a call list in the morning doubles the calls",
        "scope": rep(turn.rep_id),
        "metric": CALLS,
        "baseline": Window(date(2031, 3, 1), date(2031, 3, 30)),
        "starts": date(2031, 4, 1),
        "horizon": date(2031, 4, 30),
        "owner_id": MANAGER,
        "above_id": HEAD,
    }
    await world.run(StartAdjustment(adjustment_id=id, **given), now=at(3, 28))
    return id, turn.deal_id, near


async def test_an_adjustment_is_frozen_measured_and_asked_for_until_it_is_decided(virtual: World) -> None:
    id, deal, near = await an_adjustment(virtual)
    adjusted = virtual.office.rep_id
    await move(virtual, "adjustment", id, at(4, 2))
    frozen = await virtual.fact(id, "adjustment.baseline-frozen")
    assert isinstance(frozen, BaselineFrozen)
    assert frozen.adjusted.before == Decimal(4)
    first, *_ = frozen.controls
    assert (first.scope, first.before) == (rep(near), Decimal(3))
    await log_calls(virtual, deal, adjusted, 10, at(4, 10))
    await log_calls(virtual, deal, near, 5, at(4, 10))

    await move(virtual, "adjustment", id, at(5, 30))
    measured = await virtual.fact(id, "adjustment.measured")
    assert isinstance(measured, AdjustmentMeasured)
    # 10 after 4 is 6 more; the two who are compared changed by 2 and by 0: 1 on the mean.
    assert (measured.adjusted.after, measured.effect) == (Decimal(10), Decimal(5))
    assert await virtual.topics(id, "adjustment.reminded") == ["adjustment.reminded"]
    escalated = await virtual.fact(id, "adjustment.escalated")
    assert isinstance(escalated, AdjustmentEscalated)
    assert escalated.told == HEAD

    decided = DecideAdjustment(
        adjustment_id=id, outcome=Outcome.KEEP, decided_by=MANAGER, why="it brought five calls"
    )
    await virtual.run(decided, now=at(5, 30))
    assert await ended(virtual, "adjustment", id)
    assert (await virtual.fact(id, "adjustment.decided")).effect == Decimal(5)
