"""No open deal without a live promise and a live timer: the sweep finds the exceptions and ends them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from domain.action_item_decisions import OpenActionItem
from domain.context import Actor, Channel
from domain.deal.commands import LoseDeal
from domain.deal.facts import DealOpened
from domain.door import Decision
from domain.people import RepLeaves
from domain.recorded import Meta, Pending
from tests.workflows.test_action_items_and_adjustments import an_adjustment, an_item, next_kind
from tests.workflows.test_meetings import call
from tests.workflows.test_meetings import weekly as meetings_of
from tests.workflows.test_rollout_and_handover import handed_over, owners
from tests.workflows.turns import at, begin
from tests.workflows.world import World, until
from workflows.activities.sweeps import RUNNING
from workflows.loop_messages import Subject, clock_id
from workflows.messages import HandoverCount, Sweep, SweepReport
from workflows.sweep import SweepWorkflow

CLOCKS_RUNNING = (
    f"WorkflowType IN ({', '.join(repr(str(s)) for s in Subject)}) AND ExecutionStatus = 'Running'"
)


async def sweep(world: World, timers: int) -> SweepReport:
    """Once the read models know everything, and the server lists so many running follow-ups."""

    async def listed() -> bool:
        return (await world.client.count_workflows(RUNNING)).count == timers

    await world.read()
    await until(listed)
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


async def test_whatever_goes_on_in_the_loop_without_a_clock_gets_one(virtual: World) -> None:
    turn = await begin(virtual)
    item, (adjustment, *_) = await an_item(virtual), await an_adjustment(virtual)
    await turn.open(metrics=())
    await turn.seen()
    weekly = await meetings_of(virtual)
    await call(weekly, 6)
    assert (await sweep(virtual, 3)).without_clock == 0
    ids = [
        *((Subject.CYCLE, turn.id()), (Subject.ACTION_ITEM, item), (Subject.ADJUSTMENT, adjustment)),
        *((Subject.MEETING_SCHEDULE, weekly.schedule_id), (Subject.MEETING, weekly.meeting(1))),
    ]
    for subject, id in ids:
        await virtual.client.get_workflow_handle(clock_id(subject, id)).terminate("lost, for the test")

    async def unlisted() -> bool:
        return (await virtual.client.count_workflows(CLOCKS_RUNNING)).count == 0

    await until(unlisted)
    report = await sweep(virtual, 3)
    assert (report.loops, report.without_clock) == (5, 5)
    for subject, id in ids:
        assert await next_kind(virtual, subject, id) is not None
    assert (await sweep(virtual, 3)).without_clock == 0


async def test_its_report_is_kept(virtual: World) -> None:
    await virtual.open_deal()
    await sweep(virtual, 1)
    rows = await virtual.office.rows("SELECT open_deals, timers, without_timer FROM app.sweeps")
    assert rows == [(1, 1, 0)]
