"""News of a cycle may come twice, late, out of order or not at all, and the worker may be down when a time comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecutionStatus

from domain.cycle import commands as c
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import CyclePolicy
from domain.engine.fields import LATEST
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from domain.time.periods import Period, PeriodKind, named_period, period_of
from tests.workflows.turns import EARLY, MAY, POLICY, Turn, at, begin
from tests.workflows.world import MOMENT, World, until
from workflows.engine.messages import Moved, Run
from workflows.news import news_of

QUICK = CyclePolicy(
    name="quick",
    calendar=BusinessCalendar.around_the_clock("UTC"),
    remind_before=Duration(1, "seconds"),
    escalate_after=Duration(1, "hours"),
)


async def opened(world: World) -> Turn:
    turn = await begin(world)
    await turn.aim()
    await turn.open()
    await turn.seen()
    return turn


async def test_what_is_delivered_again_or_late_changes_nothing(virtual: World) -> None:
    turn = await opened(virtual)
    await turn.move(at(4, 8))
    before, spoken = await turn.state(), await turn.activities()
    head = await virtual.office.ledger.head()

    await virtual.deliver_again()
    await virtual.deliverer.send(Moved(1, "cycle", turn.id(), over=True))

    assert await turn.state() == before
    assert await turn.activities() == spoken
    assert await virtual.office.ledger.head() == head


async def test_a_clock_is_not_told_what_it_said_itself(virtual: World) -> None:
    turn = await opened(virtual)
    await turn.move(at(4, 8))

    facts = await turn.facts()
    told = [fact.meta.actor.kind for fact in facts if news_of(fact) is not None]
    assert set(told) == {"user"}
    assert (await turn.state()).seen == facts[-1].position


async def test_an_old_delivery_for_a_cycle_that_is_over_ends_at_once(virtual: World) -> None:
    turn = await opened(virtual)
    (first, *_) = await turn.facts()
    await turn.run(c.CancelCycle(cycle_id=turn.id(), why="a mistake"), EARLY)
    await turn.clock().result()
    await virtual.deliverer.send(Moved(first.position, "cycle", turn.id()))

    assert (await turn.clock().result())["seen"] == (await turn.facts())[-1].position
    assert await turn.status() is WorkflowExecutionStatus.COMPLETED


async def test_news_that_got_lost_is_found_out_when_the_next_time_comes(virtual: World) -> None:
    turn = await opened(virtual)
    await virtual.unheard(c.AgreeTargets(cycle_id=turn.id(), agreed_by=turn.rep_id))
    await turn.move(at(4, 1))

    assert await turn.said("reminded", "escalated") == []
    assert [topic for topic, _, _ in await turn.said("execution")] == ["execution-started"]
    assert (await turn.target()).status == "agreed"


async def test_a_long_history_continues_as_new_and_nothing_is_lost(virtual: World) -> None:
    turn = await opened(virtual)
    await turn.restart(Run(turn.id(), history_limit=20))

    async def renewed() -> bool:
        await virtual.deliverer.send(Moved(1, "cycle", turn.id()))
        runs = await virtual.client.count_workflows(f"WorkflowId = '{turn.workflow_id()}'")
        return runs.count > 2

    await until(renewed)
    await turn.seen()
    await turn.move(at(4, 1) + MOMENT)
    assert [step for _, step, _ in await turn.said("reminded", "escalated")] == ["agree", "agree"]
    assert await turn.status() is WorkflowExecutionStatus.RUNNING
    assert not (await turn.cycle(MAY)).exists


async def begun_and_left(world: World) -> tuple[Turn, Period, datetime]:
    """A cycle that waits for an agreement until a time that comes after the worker has stopped."""
    begun, seconds = await begin(world), 2
    while True:
        turn = replace(begun, rep_id=await world.office.hire())
        policy = replace(QUICK, name=f"quick-{seconds}", agree_within=Duration(seconds, "seconds"))
        now = datetime.now(UTC)
        period = period_of(PeriodKind.MONTH, now.date())
        await turn.run(PublishCyclePolicy(policy=policy), now)
        await turn.aim(period=period, now=now)
        opened_at = datetime.now(UTC)
        await turn.open(opened_at, period, policy=policy.name)
        await world.stop_working()
        due = policy.agree_within.after(opened_at, policy.calendar)
        if datetime.now(UTC) < due - timedelta(seconds=1):
            return turn, period, due
        world.work()
        seconds *= 2


async def test_a_time_that_came_while_the_worker_was_down_is_made_up_for(real: World) -> None:
    turn, period, due = await begun_and_left(real)

    async def is_past() -> bool:
        return datetime.now(UTC) > due

    await until(is_past)
    assert await turn.said("execution", period=period) == []
    real.work()

    async def has_started() -> bool:
        return bool(await turn.facts("execution", period=period))

    await until(has_started)
    assert await turn.said("reminded", "escalated", period=period) == []


async def test_what_is_refused_is_said_again_a_day_later_and_not_at_once(virtual: World) -> None:
    """After the last month that there can be no other one is opened."""
    turn = await begin(virtual)
    last = named_period(f"{LATEST - 1}-12")
    opens_at = POLICY.opens_at(last.next())
    await turn.aim(period=last, now=opens_at - timedelta(days=10))
    await turn.open(opens_at - timedelta(days=10), last)
    await turn.seen(last)
    await turn.move(opens_at - MOMENT, last)
    before = await turn.activities(last)

    await turn.move(opens_at + timedelta(days=1) - MOMENT, last)
    assert await turn.activities(last) == before + 1
    await turn.move(opens_at + timedelta(days=1) + MOMENT, last)
    assert await turn.activities(last) == before + 2
    assert not (await turn.cycle(last.next())).exists
