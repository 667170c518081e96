"""The follower delivers at least once. Whatever is delivered again, late or out of order changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from domain.deal.commands import LoseDeal, ReopenDeal
from domain.policy import Duration
from tests.workflows.world import World, hours_policy, until
from workflows.delivery import news_of
from workflows.messages import DealClosed, FollowUp, PromiseArmed

SHORT = hours_policy(
    name="short",
    due_after=Duration(1, "seconds"),
    remind_before=Duration(1, "seconds"),
    escalate_after=Duration(1, "hours"),
    reassign_after=Duration(2, "hours"),
)


async def news(world: World, deal_id: UUID) -> list[PromiseArmed | DealClosed]:
    """Everything the follower has to tell about the deal, oldest first."""
    found = [news_of(fact) for fact in await world.facts(deal_id)]
    return [n for n in found if isinstance(n, PromiseArmed | DealClosed)]


async def test_the_same_delivery_twice_sets_one_timer(real: World) -> None:
    await real.publish(SHORT)
    deal = await real.open_deal(policy="short")
    (armed,) = await news(real, deal)
    await real.deliverer.send(armed)
    await real.spoken(deal, "promise.missed")
    await real.deliverer.send(armed)

    state = await real.state(deal)
    assert (state.seen, state.next_step) == (armed.position, "escalate")
    assert await real.topics(deal, "promise.reminded", "promise.missed") == [
        "promise.reminded",
        "promise.missed",
    ]
    assert await real.runs(deal) == 1


async def test_older_news_after_newer_is_no_news(real: World) -> None:
    deal = await real.open_deal()
    (first,) = await news(real, deal)
    await real.touch(deal, datetime.now(UTC))
    newest = (await news(real, deal))[-1]

    await real.deliverer.send(first)
    await real.deliverer.send(DealClosed(first.position, deal))

    state = await real.state(deal)
    assert state.seen == newest.position
    assert state.due_at == (await real.promise(deal)).deadlines.due_at


async def test_everything_once_more_records_nothing_and_revives_nothing(real: World) -> None:
    await real.publish(SHORT)
    live, missed = await real.open_deal(), await real.open_deal(policy="short")
    lost = await real.open_deal()
    await real.run(LoseDeal(deal_id=lost, loss_reason="price"))
    await real.ended(lost)
    await real.spoken(missed, "promise.missed")
    before, states = await real.office.ledger.head(), [await real.state(d) for d in (live, missed)]

    await real.deliver_again()

    assert [await real.state(d) for d in (live, missed)] == states
    assert await real.office.ledger.head() == before
    assert await real.status(lost) is WorkflowExecutionStatus.COMPLETED


async def test_an_old_delivery_to_a_closed_deal_opens_a_run_that_ends_at_once(real: World) -> None:
    await real.publish(SHORT)
    deal = await real.open_deal(policy="short")
    await real.run(LoseDeal(deal_id=deal, loss_reason="price"))
    await real.ended(deal)
    (armed, _) = await news(real, deal)
    before = await real.office.ledger.head()

    await real.deliverer.send(armed)
    await real.ended(deal)

    assert await real.work_done(deal) == 1
    assert await real.office.ledger.head() == before


async def test_an_old_delivery_to_a_reopened_deal_sets_todays_timer(real: World) -> None:
    """The run that an old delivery opens asks the ledger, and finds the promise made since."""
    deal = await real.open_deal()
    await real.run(LoseDeal(deal_id=deal, loss_reason="price"))
    await real.ended(deal)
    await real.unheard(ReopenDeal(deal_id=deal, stage="identify"))

    await real.deliverer.send((await news(real, deal))[0])

    state = await real.state(deal)
    assert state.seen == (await news(real, deal))[-1].position
    assert state.promise_id == (await real.promise(deal)).promise_id


async def test_a_timer_that_fires_after_the_deal_moved_on_is_silence(real: World) -> None:
    await real.publish(SHORT)
    deal = await real.open_deal(policy="short", due_at=datetime.now(UTC) + timedelta(seconds=1.5))
    assert (await real.state(deal)).deal_id == deal
    await real.unheard(LoseDeal(deal_id=deal, loss_reason="price"))
    before = await real.office.ledger.head()

    async def fired() -> bool:
        return (await real.state(deal)).next_step == "escalate"

    await until(fired)
    assert await real.office.ledger.head() == before
    assert "promise.missed" not in await real.topics(deal)


async def test_the_high_water_mark_outlives_continue_as_new(real: World) -> None:
    deal = await real.open_deal()
    await real.follow_up(deal).terminate("to start it with a short history")
    (first,) = await news(real, deal)
    await real.client.start_workflow(
        "follow-up",
        FollowUp(deal, history_limit=30),
        id=f"follow-up-{deal}",
        task_queue=real.deliverer.task_queue,
    )
    for _ in range(12):
        await real.touch(deal, datetime.now(UTC))
    newest = (await news(real, deal))[-1]

    async def renewed() -> bool:
        return await real.runs(deal) > 2

    await until(renewed)
    await real.deliverer.send(first)
    await real.deliverer.send(DealClosed(first.position, deal))

    state = await real.state(deal)
    assert (state.seen, state.promise_id) == (newest.position, (await real.promise(deal)).promise_id)
    assert await real.status(deal) is WorkflowExecutionStatus.RUNNING


async def test_repeats_alone_make_a_history_grow_and_it_is_renewed(real: World) -> None:
    deal = await real.open_deal()
    await real.follow_up(deal).terminate("to start it with a short history")
    await real.client.start_workflow(
        "follow-up",
        FollowUp(deal, history_limit=30),
        id=f"follow-up-{deal}",
        task_queue=real.deliverer.task_queue,
    )
    (first,) = await news(real, deal)

    async def renewed() -> bool:
        await real.deliverer.send(first)
        return await real.runs(deal) > 2

    await until(renewed)
    assert (await real.state(deal)).seen == first.position
