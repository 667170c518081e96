"""The dispatcher delivers at least once. Whatever is delivered again, late or out of order changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from domain.deal.commands import LoseDeal, ReopenDeal
from domain.time.duration import Duration
from tests.workflows.world import World, hours_policy, until
from workflows.deal.messages import DealClosed, FollowUp, Step

SHORT = hours_policy(
    name="short",
    due_after=Duration(1, "seconds"),
    remind_before=Duration(1, "seconds"),
    escalate_after=Duration(1, "hours"),
    reassign_after=Duration(2, "hours"),
)


async def test_the_same_delivery_twice_sets_one_timer(real: World) -> None:
    await real.publish(SHORT)
    deal = await real.open_deal(policy="short")
    (armed,) = await real.news(deal)
    await real.deliverer.send(armed)
    await real.waits_for(deal, Step.ESCALATE)
    await real.deliverer.send(armed)

    state = await real.state(deal)
    assert (state.seen, state.next_step) == (armed.position, Step.ESCALATE)
    await real.told_of_its_miss(deal)
    assert await real.runs(deal) == 1


async def test_older_news_after_newer_is_no_news(real: World) -> None:
    deal = await real.open_deal()
    (first,) = await real.news(deal)
    await real.touch(deal, datetime.now(UTC))
    newest = (await real.news(deal))[-1]

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
    await real.waits_for(missed, Step.ESCALATE)
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
    (armed, _) = await real.news(deal)
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

    await real.deliverer.send((await real.news(deal))[0])

    await real.looked(deal)
    state = await real.state(deal)
    assert state.seen == (await real.news(deal))[-1].position
    assert state.promise_id == (await real.promise(deal)).promise_id


async def test_a_timer_that_fires_after_the_deal_moved_on_is_silence_and_finds_out(real: World) -> None:
    """Should news ever get lost: the command handler does not hear the old arming, and the workflow asks why."""
    await real.publish(SHORT)
    closed, touched = await moved_on_unheard(real)

    await real.ended(closed)
    assert "promise.missed" not in await real.topics(closed)
    newest = (await real.news(touched))[-1]

    async def found_out() -> bool:
        return (await real.state(touched)).seen == newest.position

    await until(found_out)
    (missed,) = await real.spoken(touched, "promise.missed")
    assert missed.meta.caused_by == newest.position


async def moved_on_unheard(world: World) -> tuple[UUID, UUID]:
    """A deal that was closed and one that was touched before their promises fell due."""
    lead = timedelta(seconds=1.5)
    while True:
        due_at = datetime.now(UTC) + lead
        closed, touched = [await world.open_deal(policy="short", due_at=due_at) for _ in range(2)]
        for deal in (closed, touched):
            await world.looked(deal)
        await world.unheard(LoseDeal(deal_id=closed, loss_reason="price"))
        await world.unheard(world.a_touch(touched))
        if datetime.now(UTC) < due_at:
            return closed, touched
        lead *= 2


async def test_the_high_water_mark_outlives_continue_as_new(real: World) -> None:
    deal = await real.open_deal()
    (first,) = await real.news(deal)
    await real.restart(FollowUp(deal, history_limit=30))
    for _ in range(12):
        await real.touch(deal, datetime.now(UTC))
    newest = (await real.news(deal))[-1]

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
    await real.restart(FollowUp(deal, history_limit=30))
    (first,) = await real.news(deal)

    async def renewed() -> bool:
        await real.deliverer.send(first)
        return await real.runs(deal) > 2

    await until(renewed)
    assert (await real.state(deal)).seen == first.position
