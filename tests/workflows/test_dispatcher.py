"""The dispatcher goes on from its position, whatever dies; and of several, one works."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.service import RPCError, RPCStatusCode

import workflows.engine.follower
from domain.deal.commands import RearmPromise
from domain.engine.context import Actor, Channel
from domain.engine.recorded import Recorded
from domain.policy.policies import PublishPolicy
from domain.time.duration import Duration
from runtime.servers import EmbeddedPostgres, EmbeddedTemporal
from runtime.temporal import connect_temporal
from tests.workflows.world import Running, World, hours_policy, until, world
from workflows.engine.delivery import Deliverer, News
from workflows.engine.dispatcher import LOCK, Underway
from workflows.engine.follower import rest
from workflows.engine.queues import BULK, LIVE, QUEUE_NAMES, Queue
from workflows.engine.store import WorkflowStore
from workflows.news import news_of
from workflows.worker_setup import make_dispatcher

WORKING = """SELECT count(*) FILTER (WHERE granted) FROM pg_locks JOIN pg_database d ON d.oid = database
              WHERE locktype = 'advisory' AND objid = %s AND d.datname = current_database()"""


@pytest.mark.parametrize("turns", range(6))
async def test_who_rests_ends_when_told_to_even_as_news_come(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told so many turns of the loop after it was woken: either it has gone on already, or it is cancelled."""
    monkeypatch.setattr(workflows.engine.follower, "BREATH", 0)
    wake = asyncio.Event()
    resting = asyncio.create_task(rest(wake))
    for _ in range(10):  # asleep by now
        await asyncio.sleep(0)
    wake.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    if resting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await resting
    assert resting.done()


async def positions(store: WorkflowStore) -> list[int]:
    return [await store.position(lane) for lane in QUEUE_NAMES]


@pytest.fixture
def temporal_of_my_own(scratch: Path) -> Iterator[EmbeddedTemporal]:
    with EmbeddedTemporal(scratch / "temporal") as server:
        yield server


@pytest.fixture
async def fragile(database_url: str, temporal_of_my_own: EmbeddedTemporal) -> AsyncIterator[World]:
    client = await connect_temporal(temporal_of_my_own.address)
    async with world(database_url, client, patience=timedelta(seconds=1)) as made:
        yield made


@pytest.mark.breaks
async def test_when_temporal_is_away_it_waits_at_its_position_and_loses_nothing(
    fragile: World, temporal_of_my_own: EmbeddedTemporal
) -> None:
    first = await fragile.open_deal()
    before = await positions(fragile.store)
    temporal_of_my_own.kill()
    deals = [uuid4() for _ in range(5)]
    for deal in deals:
        await fragile.office.run(fragile.office.opening(deal), now=datetime.now(UTC))

    await until(lambda: fails(fragile))
    assert (await positions(fragile.store))[0] < await fragile.office.ledger.head()
    assert await positions(fragile.store) >= before

    temporal_of_my_own.start()
    await fragile.delivered()
    for deal in (first, *deals):
        assert (await fragile.state(deal)).promise_id == (await fragile.promise(deal)).promise_id


async def fails(world: World) -> bool:
    rows = await world.office.rows("SELECT error FROM app.follower_positions WHERE error IS NOT NULL")
    return bool(rows)


@pytest.mark.breaks
async def test_when_the_database_is_away_it_comes_back_to_its_position(
    scratch: Path, temporal_of_my_own: EmbeddedTemporal
) -> None:
    with EmbeddedPostgres(scratch / "postgres") as postgres:
        client = await connect_temporal(temporal_of_my_own.address)
        async with world(postgres.url, client) as fragile:
            await fragile.open_deal()
            await asyncio.to_thread(postgres.kill)
            await asyncio.to_thread(postgres.start)
            deal = uuid4()
            await until(lambda: answers(fragile, deal))
            await fragile.delivered()
            assert (await fragile.state(deal)).promise_id == (await fragile.promise(deal)).promise_id


async def answers(world: World, deal_id: UUID) -> bool:
    """Whether the deal can be opened; connections of before the fall are still in the pool."""
    with contextlib.suppress(Exception):
        await world.office.run(world.office.opening(deal_id), now=datetime.now(UTC), key=str(deal_id))
        return True
    return False


async def test_a_ledger_that_ends_before_its_position_is_told_and_nothing_is_passed_over(real: World) -> None:
    """As after a restore of an earlier backup."""
    await real.open_deal()
    await real.delivered()
    await real.stop_following()
    head = await real.office.ledger.head()
    for lane in await positions_by_lane(real):
        await real.store.save_position(lane, head + 3)
    again = Running(make_dispatcher(real.office.url, real.store, real.deliverer).run)
    await until(lambda: fails(real))
    [(told,)] = await real.office.rows(
        "SELECT DISTINCT split_part(error, ': ', 1) FROM app.follower_positions WHERE error IS NOT NULL"
    )
    assert told == "LedgerBehind"
    await again.stop()


async def positions_by_lane(world: World) -> list[str]:
    return [name for (name,) in await world.office.rows("SELECT name FROM app.follower_positions")]


@dataclass(frozen=True)
class Slow(Deliverer):
    """The real one, behind a server that answers too late every eighth time."""

    sent: list[News] = field(default_factory=list)

    async def send(self, news: News, queue: Queue = LIVE) -> None:
        self.sent.append(news)
        if len(self.sent) % 8 == 0:
            raise RPCError("too late", RPCStatusCode.DEADLINE_EXCEEDED, b"")
        await super().send(news, queue)


async def test_when_temporal_answers_too_late_it_goes_on_from_what_has_arrived(
    real: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Forty deals: nothing is passed over, and little is sent again. Begun anew each time, the eighth would be the last."""
    await real.delivered()
    await real.stop_following()
    deals = [uuid4() for _ in range(40)]
    for deal in deals:
        await real.office.run(real.office.opening(deal), now=datetime.now(UTC))
    lane = replace(LIVE, in_flight=2, window=5_000)
    slow = Slow(real.deliverer.client, real.deliverer.task_queue, real.deliverer.patience)
    again = Running(make_dispatcher(real.office.url, real.store, slow, [lane, BULK]).run)
    await real.delivered()
    for deal in deals:
        assert (await real.state(deal)).promise_id == (await real.promise(deal)).promise_id
    await again.stop()
    assert len(slow.sent) < 2 * len(deals)
    assert set(pauses(caplog)) == {workflows.engine.follower.FIRST_PAUSE}, "something had arrived each time"


@dataclass(frozen=True)
class Busy(Deliverer):
    """The real one, behind a server that refuses each delivery a few times before it takes it."""

    status: RPCStatusCode = RPCStatusCode.RESOURCE_EXHAUSTED
    times: int = 3
    refused: Counter[int] = field(default_factory=Counter)

    async def send(self, news: News, queue: Queue = LIVE) -> None:
        if self.refused[news.position] < self.times:
            self.refused[news.position] += 1
            raise RPCError("busy", self.status, b"")
        await super().send(news, queue)


def pauses(caplog: pytest.LogCaptureFixture) -> list[object]:
    """Before the dispatcher began anew."""
    told = [r for r in caplog.records if r.name == workflows.engine.follower.__name__ and "goes on" in r.msg]
    return [record.args[0] for record in told if isinstance(record.args, tuple)]


async def test_a_server_that_is_busy_for_a_moment_is_asked_again_in_place(
    real: World, caplog: pytest.LogCaptureFixture
) -> None:
    await real.delivered()
    await real.stop_following()
    busy = Busy(real.deliverer.client, real.deliverer.task_queue, real.deliverer.patience)
    again = Running(make_dispatcher(real.office.url, real.store, busy).run)
    deal = await real.open_deal()
    assert (await real.state(deal)).promise_id == (await real.promise(deal)).promise_id
    await again.stop()
    assert set(busy.refused.values()) == {3}
    assert pauses(caplog) == []


async def test_after_a_success_the_first_pause_is_the_first_again(
    real: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each news is too late once: nothing arrives before it, and it itself arrives after the pause."""
    monkeypatch.setattr(workflows.engine.follower, "FIRST_PAUSE", 0.125)
    await real.delivered()
    await real.stop_following()
    late = Busy(
        real.deliverer.client,
        real.deliverer.task_queue,
        real.deliverer.patience,
        RPCStatusCode.DEADLINE_EXCEEDED,
        times=1,
    )
    again = Running(make_dispatcher(real.office.url, real.store, late).run)
    for hours in (50, 60, 70):
        await real.publish(hours_policy(due_after=Duration(hours, "hours")))
        await real.delivered()
    await again.stop()
    assert sum(late.refused.values()) == 3
    assert pauses(caplog) == [0.125] * 3


@dataclass(frozen=True)
class Told:
    position: int


class TestUnderway:
    @given(st.sets(st.integers(1, 200)), st.integers(1, 8), st.data())
    def test_what_is_not_reached_is_all_that_has_not_arrived(
        self, positions: set[int], hands: int, data: st.DataObject
    ) -> None:
        """Whatever the order in which news arrive, and wherever it ends."""
        underway = Underway([Told(at) for at in positions], 200)  # type: ignore[misc]
        in_hand: list[News] = []
        arrived: set[int] = set()
        for _ in range(data.draw(st.integers(0, 2 * len(positions)))):
            if len(in_hand) < hands and (news := underway.take()) is not None:
                in_hand.append(news)
            elif in_hand:
                news = in_hand.pop(data.draw(st.integers(0, len(in_hand) - 1)))
                underway.arrived(news)
                arrived.add(news.position)
        missing = positions - arrived
        assert underway.reached == min(missing, default=201) - 1


async def test_of_two_one_works_and_the_other_takes_over(real: World) -> None:
    other = Running(make_dispatcher(real.office.url, real.store, real.deliverer).run)
    await real.open_deal()
    assert await real.office.rows(WORKING, LOCK) == [(1,)]

    await real.stop_following()
    deal = await real.open_deal()

    assert (await real.state(deal)).deal_id == deal
    assert await real.office.rows(WORKING, LOCK) == [(1,)]
    await other.stop()


async def test_several_news_of_one_deal_arrive_as_the_last(real: World) -> None:
    await real.stop_following()
    deal = uuid4()
    await real.office.run(real.office.opening(deal), now=datetime.now(UTC))
    await real.office.run(PublishPolicy(policy=hours_policy()), now=datetime.now(UTC))
    for _ in range(3):
        await real.office.run(real.a_touch(deal), now=datetime.now(UTC))
    real.follow()
    await real.delivered()

    assert (await real.state(deal)).promise_id == (await real.promise(deal)).promise_id
    assert await real.signals(deal) == 1


async def test_what_people_do_does_not_stand_behind_an_import(real: World) -> None:
    await real.publish(hours_policy())
    imported, typed = await by(real, Channel.IMPORT), await by(real, Channel.API)
    soon = await by(real, Channel.IMPORT, timedelta(minutes=10))
    overdue = await by(real, Channel.IMPORT, timedelta(days=-30))

    assert [waits(f) for f in (imported, overdue, typed, soon)] == [True, True, False, False]
    assert (BULK.bulk, LIVE.bulk) == (True, False)


async def test_a_rollouts_timers_go_the_way_of_an_import(real: World) -> None:
    await real.publish(hours_policy())
    deal = await real.open_deal(policy="hours")
    await real.stop_following()
    changed = PublishPolicy(policy=hours_policy(due_after=Duration(99, "hours")))
    await real.office.run(changed, now=datetime.now(UTC))
    rollout = Actor("workflow", "policy-hours-v2")
    await real.office.run(RearmPromise(deal_id=deal), actor=rollout, now=datetime.now(UTC))

    (rearmed,) = await real.facts(deal, "promise.rearmed")
    assert waits(rearmed)


def waits(recorded: Recorded) -> bool:
    """Whether its news goes through the bulk queue."""
    news = news_of(recorded)
    assert news is not None
    return news.can_wait(recorded)


async def by(world: World, channel: Channel, due: timedelta = timedelta(days=9)) -> Recorded:
    """The promise of a deal that came through this channel, made some time before it is due."""
    due_at = datetime.now(UTC) + due
    deal = await world.open_deal(due_at - timedelta(days=10), due_at=due_at, channel=channel)
    return (await world.facts(deal, "promise.made"))[-1]
