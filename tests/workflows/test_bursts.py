"""Many promises at once: those of a file wait on the server, a backlog is spoken for in order of lateness, and new work goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import mean
from uuid import UUID, uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import PollerBehaviorSimpleMaximum

from domain.deal.commands import LoseDeal
from domain.engine.context import Channel
from domain.engine.values import NextStep
from tests.workflows.test_deliveries import SHORT
from tests.workflows.world import World, until
from workflows.engine.queues import BULK, LIVE, Queue

NINE_DAYS = timedelta(days=9)
BURST = 150
"""More than a worker takes at once, so that a backlog stands before it."""
ASLEEP = ["EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"]


async def imported(world: World) -> UUID:
    return await world.open_deal(due_at=datetime.now(UTC) + NINE_DAYS, channel=Channel.IMPORT)


async def kinds(world: World, deal: UUID) -> list[str]:
    history = await world.follow_up(deal).fetch_history()
    return [EventType.Name(event.event_type) for event in history.events]


async def test_a_promise_from_a_file_keeps_no_worker_busy_until_its_time_comes(real: World) -> None:
    deal = await imported(real)

    assert await kinds(real, deal) == ASLEEP
    assert await real.status(deal) is WorkflowExecutionStatus.RUNNING


async def test_a_touch_wakes_it_with_the_new_promise(real: World) -> None:
    deal = await imported(real)
    await real.touch(deal, datetime.now(UTC))

    await real.looked(deal)
    assert (await real.state(deal)).promise_id == (await real.promise(deal)).promise_id
    assert await real.runs(deal) == 1


async def test_closing_the_deal_ends_it_while_it_sleeps(real: World) -> None:
    deal = await imported(real)
    await real.run(LoseDeal(deal_id=deal, loss_reason="price"))

    await real.ended(deal)
    assert await real.runs(deal) == 1


async def test_asleep_it_speaks_when_its_time_comes(real: World) -> None:
    await real.publish(SHORT)
    await real.stop_following()
    deal = await asleep(real, timedelta(seconds=5))

    (missed,) = await real.spoken(deal, "promise.missed")
    await real.told_of_its_miss(deal)
    assert missed.occurred_at >= (await real.promise(deal)).deadlines.due_at


async def asleep(world: World, lead: timedelta) -> UUID:
    """A deal whose follow-up is seen to sleep before anything of its promise is due."""
    while True:
        due = datetime.now(UTC) + lead
        (deal,) = await given(world, [due], BULK)
        seen = await kinds(world, deal)
        if datetime.now(UTC) < due - timedelta(seconds=1):
            assert seen == ASLEEP
            return deal
        lead *= 2


async def test_a_backlog_is_spoken_for_by_lateness_and_new_work_does_not_stand_behind_it(real: World) -> None:
    await real.publish(SHORT)
    await real.stop_following()
    await real.stop_working()
    burst, last = await a_burst(real, timedelta(seconds=4))
    await until(lambda: past(last))
    new = await given(real, [datetime.now(UTC)] * 5, LIVE)

    real.work()

    told = [await missed_at(real, deal) for deal in burst]
    assert max([await missed_at(real, deal) for deal in new]) < sorted(told)[BURST // 2]
    third = BURST // 3
    assert mean(told[:third]) < mean(told[third:-third]) < mean(told[-third:])


async def test_polls_that_wait_for_new_runs_leave_the_places_to_those_that_fall_due(real: World) -> None:
    """An open poll holds a place until it is answered, and nobody may answer it for a minute."""
    assert real.worker is not None
    settings = real.worker.config()
    polls, places = settings["workflow_task_poller_behavior"], settings["max_concurrent_workflow_tasks"]

    assert isinstance(polls, PollerBehaviorSimpleMaximum)
    assert places is not None
    assert polls.maximum * settings["nonsticky_to_sticky_poll_ratio"] <= places / 4
    assert polls.maximum <= places / 2


async def a_burst(world: World, lead: timedelta) -> tuple[list[UUID], datetime]:
    """Promises due one after the other within three seconds, delivered the last one first; and when all are due."""
    while True:
        first = datetime.now(UTC) + lead
        due = [first + timedelta(milliseconds=20 * n) for n in range(BURST)]
        burst = await given(world, due[::-1], BULK)
        if datetime.now(UTC) < first:
            return burst[::-1], due[-1]
        lead *= 2


async def given(world: World, due: Sequence[datetime], lane: Queue) -> list[UUID]:
    """Deals with promises due then, opened a little before. Their news goes by hand through that lane."""
    return await asyncio.gather(*(one(world, due_at, lane) for due_at in due))


async def one(world: World, due_at: datetime, lane: Queue) -> UUID:
    deal, step = uuid4(), NextStep("send the drawings", due_at)
    opening = replace(world.office.opening(deal), policy="short", next_step=step)
    await world.office.run(opening, now=due_at - timedelta(minutes=1))
    (news,) = await world.news(deal)
    await world.deliverer.send(news, lane)
    return deal


async def missed_at(world: World, deal: UUID) -> int:
    """The position of its miss."""
    (missed,) = await world.spoken(deal, "promise.missed")
    return missed.position


async def past(instant: datetime) -> bool:
    return datetime.now(UTC) > instant
