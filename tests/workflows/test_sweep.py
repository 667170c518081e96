"""No open deal without a live promise and a live timer: the sweep finds the exceptions and ends them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client, ScheduleActionStartWorkflow, WorkflowExecutionStatus

from domain.action_item.commands import OpenActionItem
from domain.deadlines import DEADLINES
from domain.deal.commands import LoseDeal
from domain.deal.facts import DealOpened
from domain.engine.command_handler import Decision
from domain.engine.context import Actor, Channel
from domain.engine.recorded import Meta, Pending
from domain.people.people import RepLeaves
from projections.cycle import kept_packs
from tests.workflows.test_action_items_and_adjustments import an_adjustment, an_item, next_kind
from tests.workflows.test_meetings import call
from tests.workflows.test_meetings import weekly as meetings_of
from tests.workflows.test_rollout_and_handover import handed_over, owners
from tests.workflows.turns import REVIEW, at, begin
from tests.workflows.world import MOMENT, World, until
from workflows.deal.messages import FollowUp, PromiseArmed
from workflows.engine.messages import DeadlineState, Moved, workflow_id
from workflows.people.messages import HandoverCount
from workflows.sweep import armings
from workflows.sweep.messages import Sweep, SweepReport
from workflows.sweep.runs import running
from workflows.sweep.workflow import SweepWorkflow
from workflows.worker_setup import schedule_sweep

CLOCKS_RUNNING = f"WorkflowType IN ({', '.join(map(repr, DEADLINES))}) AND ExecutionStatus = 'Running'"


async def sweep(world: World, timers: int) -> SweepReport:
    """Once the read models know everything, and the server lists so many running follow-ups."""

    async def listed() -> bool:
        return (await world.client.count_workflows(running("follow-up"))).count == timers

    await world.read()
    await until(listed)
    return await swept(world)


async def swept(world: World) -> SweepReport:
    """Whatever the server lists: others' tests run follow-ups there, too."""
    return await world.client.execute_workflow(
        SweepWorkflow.run, Sweep(), id=f"sweep-{uuid.uuid4()}", task_queue=world.deliverer.task_queue
    )


async def bare_deal(world: World) -> UUID:
    """Opened behind the back of the deal's own rules."""
    office, now = world.office, datetime.now(UTC)
    opening = office.opening()
    opened = DealOpened(
        title=opening.title,
        customer_id=None,
        owner_id=office.rep_id,
        team_id=office.team_id,
        process="default",
        process_version=1,
        stage="identify",
        policy="default",
    )
    meta = Meta(Actor("user", "u-1"), Channel.API, uuid.uuid4())
    pending = Pending(opening.deal_id, 1, opened, now, meta)
    await office.ledger.append(Decision(opening, None, meta, (pending,), (), {}, 1))
    await world.delivered()
    return opening.deal_id


async def test_where_all_is_well_it_changes_nothing(virtual: World) -> None:
    for _ in range(3):
        await virtual.open_deal()
    before = await virtual.office.ledger.head()

    assert await sweep(virtual, 3) == SweepReport(open_deals=3, timers=3)
    assert await virtual.office.ledger.head() == before


async def test_a_lost_timer_is_started_again(virtual: World) -> None:
    deal, other = await virtual.open_deal(), await virtual.open_deal()
    await virtual.looked(deal)
    armed = await virtual.state(deal)
    await virtual.follow_up(deal).terminate("lost, for the test")

    assert (await sweep(virtual, 1)).without_timer == 1
    await virtual.looked(deal)
    assert await virtual.state(deal) == armed
    assert await virtual.runs(other) == 1
    assert (await sweep(virtual, 2)).without_timer == 0


async def test_a_timer_left_over_from_a_closed_deal_is_ended(virtual: World) -> None:
    deal = await virtual.open_deal()
    await virtual.looked(deal)
    await virtual.unheard(LoseDeal(deal_id=deal, loss_reason="price"))
    assert await virtual.status(deal) is WorkflowExecutionStatus.RUNNING

    assert (await sweep(virtual, 1)).left_over == 1
    await virtual.ended(deal)


async def test_an_open_deal_without_a_promise_gets_one_and_its_timer(virtual: World) -> None:
    """Our commands cannot make such a deal; a release of tomorrow might."""
    deal = await bare_deal(virtual)

    assert (await sweep(virtual, 0)).without_promise == 1
    await virtual.delivered()
    assert await virtual.topics(deal, "promise.made") == ["promise.made"]
    assert (await virtual.state(deal)).deal_id == deal


async def test_deals_nobody_could_take_find_an_owner_once_somebody_is_there(virtual: World) -> None:
    office = virtual.office
    deal, item = await virtual.open_deal(), uuid.uuid4()
    promised = OpenActionItem(item_id=item, what="call ten", owner_id=office.rep_id, due_at=at(5, 1))
    await virtual.run(promised)
    await virtual.run(RepLeaves(rep_id=office.rep_id))
    assert await handed_over(virtual, office.rep_id) == HandoverCount(left=1)
    newcomer = await office.hire()

    assert (await sweep(virtual, 1)).ownerless == 1
    await handed_over(virtual, office.rep_id)
    assert await owners(virtual, [deal]) == {newcomer: 1}
    assert (await virtual.fact(item, "action-item.handed-over")).after == newcomer


async def test_a_pack_that_was_frozen_by_its_digest_alone_is_kept_as_computed_later(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim(40)
    await turn.open()
    await turn.move(REVIEW + MOMENT)
    digest, pool = (await turn.cycle()).pack_digest, virtual.office.ledger.pool
    assert await kept_packs.kept(pool, digest) is None

    await sweep(virtual, 1)
    kept = await kept_packs.kept(pool, digest)
    assert kept is not None
    assert kept.computed == "later"
    await sweep(virtual, 1)
    assert await kept_packs.kept(pool, digest) == kept


async def test_whatever_goes_on_in_the_loop_without_a_clock_gets_one(virtual: World) -> None:
    turn = await begin(virtual)
    item, (adjustment, *_) = await an_item(virtual), await an_adjustment(virtual)
    await turn.open(metrics=())
    await turn.seen()
    weekly = await meetings_of(virtual)
    await call(weekly, 6)
    assert (await sweep(virtual, 3)).without_clock == 0
    ids = [
        *(("cycle", turn.id()), ("action-item", item), ("adjustment", adjustment)),
        *(("meeting-schedule", weekly.schedule_id), ("meeting", weekly.meeting(1))),
    ]
    for subject, id in ids:
        await virtual.client.get_workflow_handle(workflow_id(subject, id)).terminate("lost, for the test")

    async def unlisted() -> bool:
        return (await virtual.client.count_workflows(CLOCKS_RUNNING)).count == 0

    await until(unlisted)
    report = await sweep(virtual, 3)
    assert (report.loops, report.without_clock) == (5, 5)
    for subject, id in ids:
        assert await next_kind(virtual, subject, id) is not None
    assert (await sweep(virtual, 3)).without_clock == 0


class TestArmedOtherwiseThanTheLedgerSays:
    """As after a restore of the ledger, or of Temporal, alone."""

    async def test_a_run_ahead_of_the_ledger_is_started_anew_with_the_ledger_s_promise(
        self, virtual: World
    ) -> None:
        deal = await virtual.open_deal()
        await virtual.looked(deal)
        true = await virtual.state(deal)
        lost = PromiseArmed(10_000, deal, uuid.uuid4(), 7, (await virtual.promised(deal)).deadlines)
        await virtual.restart(FollowUp(deal, seen=10_000, armed=lost, in_place=True))
        assert (await virtual.state(deal)).promise_id == lost.promise_id

        assert (await sweep(virtual, 1)).wrongly_armed == 1
        await virtual.looked(deal)
        assert await virtual.state(deal) == true
        assert (await sweep(virtual, 1)).wrongly_armed == 0

    async def test_a_run_that_lost_news_hears_it_again(self, virtual: World) -> None:
        deal = await virtual.open_deal()
        await virtual.looked(deal)
        before = await virtual.state(deal)
        await virtual.unheard(virtual.a_touch(deal))
        assert await virtual.state(deal) == before

        assert (await sweep(virtual, 1)).wrongly_armed == 1
        after = await virtual.state(deal)
        assert (after.promise_id, after.arming) == ((await virtual.promise(deal)).promise_id, 1)
        assert after.seen > before.seen
        assert await virtual.runs(deal) == 1

    async def test_a_promise_missed_and_untold_is_told_whatever_else_is_compared(
        self, virtual: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The run waits for the promise of another history, which is due later."""
        monkeypatch.setattr(armings, "SOME", 0)
        earlier, later = await virtual.open_deal(), await virtual.open_deal()
        await virtual.looked(earlier)
        await virtual.stop_following()
        deal = virtual.office.opening()
        await virtual.office.run(deal, now=datetime.now(UTC) - timedelta(days=30))
        head = await virtual.office.ledger.head()
        await virtual.office.rows("UPDATE app.follower_positions SET position = %s RETURNING 1", head)
        armed = await virtual.promised(later)
        lost = PromiseArmed(10_000, deal.deal_id, uuid.uuid4(), 7, armed.deadlines)
        await virtual.started(FollowUp(deal.deal_id, seen=10_000, armed=lost, in_place=True))
        virtual.follow()

        assert (await sweep(virtual, 3)).wrongly_armed == 1
        await virtual.spoken(deal.deal_id, "promise.missed")

    async def test_a_clock_ahead_of_the_ledger_is_started_anew(self, virtual: World) -> None:
        item = await an_item(virtual)
        handle = virtual.client.get_workflow_handle(workflow_id("action-item", item))
        await next_kind(virtual, "action-item", item)
        await handle.signal("moved", Moved(10_000, "action-item", item))
        await until(lambda: _seen(handle, 10_000))

        assert (await sweep(virtual, 0)).wrongly_armed == 1
        assert await next_kind(virtual, "action-item", item) is not None
        assert (await sweep(virtual, 0)).wrongly_armed == 0


async def _seen(handle: Any, position: int) -> bool:
    return bool((await handle.query("state", result_type=DeadlineState)).seen >= position)


async def test_the_sweep_s_schedule_follows_the_settings(temporal_client: Client) -> None:
    """Who changes the task queue does not leave the sweep on the old one, where nobody works."""
    for queue, minutes in (("before", 15), ("after", 10)):
        await schedule_sweep(temporal_client, queue, timedelta(minutes=minutes))
    handle = temporal_client.get_schedule_handle("sweep")
    schedule = (await handle.describe()).schedule
    await handle.delete()
    assert isinstance(schedule.action, ScheduleActionStartWorkflow)
    assert schedule.action.task_queue == "after"
    assert [found.every for found in schedule.spec.intervals] == [timedelta(minutes=10)]


async def test_its_report_is_kept(virtual: World) -> None:
    await virtual.open_deal()
    await sweep(virtual, 1)
    rows = await virtual.office.rows("SELECT open_deals, timers, without_timer FROM app.sweeps")
    assert rows == [(1, 1, 0)]
