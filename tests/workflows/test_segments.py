"""Customers come into segments and go: by what happens to them, by time alone, by a changed rule; through kills and lost news."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.lifecycle.policy import LifecyclePolicy, PublishLifecyclePolicy
from domain.people.people import FormTeam
from domain.segment.membership import (
    RecordMembership,
    SegmentMembershipChanged,
    Turned,
    membership_stream,
    shard_of,
)
from domain.segment.segment import PublishSegment, Segment
from projections.segment import reading
from runtime.segments.checks import SegmentChecks
from tests.workflows.test_sweep import swept
from tests.workflows.test_worker import Start, migrated, queue, start
from tests.workflows.world import Running, World, joining, until
from workflows.segment.activities import _said as said_in_key
from workflows.segment.follower import SegmentFollower
from workflows.segment.messages import segments_id, wake

DAY = timedelta(days=1)
__all__ = ["queue", "start"]


class Segmenting:
    """A world with the follower of segments."""

    def __init__(self, world: World, checks: Any = None) -> None:
        self.world = world
        self.checks: Any = checks or (world.context and world.context.segments.checks)
        self.follower: Running | None = None

    def follow(self) -> None:
        follower = SegmentFollower(self.world.office.url, self.checks, self.world.deliverer)
        self.follower = Running(follower.run)

    async def stop_following(self) -> None:
        if self.follower is not None:
            await self.follower.stop()
            self.follower = None

    async def publish(self, rule: str, name: str = "some", **given: Any) -> None:
        segment = Segment(name=name, rule=rule, label=name.title())
        await self.world.office.run(PublishSegment(segment=segment), **({"now": datetime.now(UTC)} | given))

    async def customer(self, sector: str = "retail", customer_id: UUID | None = None, **given: Any) -> UUID:
        id = customer_id or uuid4()
        command = RegisterCustomer(customer_id=id, profile=Profile(name="Acme", sector=sector))
        await self.world.office.run(command, **({"now": datetime.now(UTC)} | given))
        return id

    async def changes(self, customer_id: UUID, name: str = "some") -> list[tuple[str, int, datetime]]:
        """In or out, the rule's version, and when."""
        stream = membership_stream(name, shard_of(customer_id))
        found = []
        for recorded in await self.world.office.ledger.stream(stream):
            fact = recorded.fact
            assert isinstance(fact, SegmentMembershipChanged)
            if customer_id in fact.entered:
                found.append(("in", fact.segment_version, recorded.occurred_at))
            if customer_id in fact.left:
                found.append(("out", fact.segment_version, recorded.occurred_at))
        return found

    async def told(
        self, customer_id: UUID, *expected: str, name: str = "some"
    ) -> list[tuple[str, int, datetime]]:
        """Wait until that is what became of the customer."""

        async def is_so() -> bool:
            return [what for what, *_ in await self.changes(customer_id, name)] == list(expected)

        await until(is_so)
        return await self.changes(customer_id, name)

    async def due(self, customer_id: UUID) -> datetime | None:
        rows = await self.world.office.rows(
            "SELECT due_at FROM app.segment_checks WHERE customer_id = %s", customer_id
        )
        found: datetime | None = rows[0][0] if rows else None
        return found

    async def settled(self) -> None:
        """Everything that stands in the ledger is heard of, where somebody follows, and nobody is due now."""

        async def done() -> bool:
            head = await self.checks.head()
            late = await self.checks.late(datetime.now(UTC))
            heard = self.follower is None or await self.checks.position() >= head
            return bool(heard and not late)

        await until(done)

    async def waits(self, customer_id: UUID) -> bool:
        """It was looked at, and is due later."""
        due = await self.due(customer_id)
        return due is not None and due > datetime.now(UTC)

    async def ended(self, customer_id: UUID) -> bool:
        """Its shard's workflow was woken, found nobody due, and is over."""
        try:
            found = await self.world.client.get_workflow_handle(self.id_of(customer_id)).describe()
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is WorkflowExecutionStatus.COMPLETED

    async def idle(self, customer_id: UUID) -> bool:
        """Nobody is at work for its shard: the workflow waits for its timer."""
        found = await self.world.client.get_workflow_handle(self.id_of(customer_id)).describe()
        raw = found.raw_description
        return not raw.pending_activities and not raw.HasField("pending_workflow_task")

    def id_of(self, customer_id: UUID) -> str:
        return segments_id(shard_of(customer_id), self.world.deliverer.task_queue)


@pytest.fixture
async def some(real: World) -> AsyncIterator[Segmenting]:
    made = Segmenting(real)
    made.follow()
    yield made
    await made.stop_following()


async def test_news_of_a_customer_turns_it_and_a_changed_rule_turns_all(some: Segmenting) -> None:
    retail, media = await some.customer(), await some.customer("media")
    await some.publish("sector == 'retail'")
    ((_, version, at),) = await some.told(retail, "in")
    assert version == 1
    await some.settled()
    assert await some.changes(media) == []

    await some.customer("media", retail)
    await some.told(retail, "in", "out")
    await some.publish("sector == 'media'")
    assert [version for _, version, _ in await some.told(retail, "in", "out", "in")] == [1, 1, 2]
    await some.told(media, "in")
    later = await some.customer("media")
    await some.told(later, "in")

    await some.world.read()
    pool = some.world.office.ledger.pool
    now = await reading.members(pool, "some", datetime.now(UTC))
    assert {one.customer_id for one in now.items} == {retail, media, later}
    assert [one.customer_id for one in (await reading.members(pool, "some", at)).items] == [retail]


async def test_a_rule_about_time_turns_by_itself(virtual: World) -> None:
    some = Segmenting(virtual)
    await some.publish("days_known >= 60")
    known = await some.customer()
    elsewhere = next(id for id in iter(uuid4, None) if shard_of(id) != shard_of(known))
    nearly = datetime.now(UTC) - 60 * DAY + timedelta(minutes=5)
    other = await some.customer(customer_id=elsewhere, now=nearly)
    await some.world.read()
    await some.checks.decide(0, await some.checks.head())
    await wake(virtual.deliverer, shard_of(known))
    await until(lambda: some.waits(known))
    turns = await some.due(known)
    assert turns is not None
    await some.publish("sector == 'retail'", "other")
    await virtual.read()
    await some.checks.decide(await some.checks.position(), await some.checks.head())
    await wake(virtual.deliverer, shard_of(known))
    await some.told(known, "in", name="other")
    await until(lambda: some.waits(known))
    assert await some.due(known) == turns, "of the other rule it is remembered when it may turn"
    await virtual.move(some.id_of(known), turns - timedelta(minutes=1))
    assert await some.changes(known) == []
    await virtual.move(some.id_of(known), turns + timedelta(minutes=1))
    ((_, _, at),) = await some.told(known, "in")
    assert at == turns
    assert await some.changes(other) == []


async def test_what_is_heard_or_looked_at_twice_is_recorded_once(some: Segmenting) -> None:
    known = await some.customer()
    await some.publish("sector == 'retail'")
    await some.told(known, "in")
    await some.settled()
    await some.stop_following()
    before = await some.world.office.ledger.head()
    await some.checks.decide(0, before)
    assert await some.due(known) is not None
    await wake(some.world.deliverer, shard_of(known))
    await some.settled()
    assert await some.world.office.ledger.head() == before


async def test_who_is_killed_before_it_is_noted_looks_again(some: Segmenting) -> None:
    """Recorded, and the customer still due: as a worker leaves it that is killed in between."""
    await some.publish("sector == 'retail'")
    await some.settled()
    await some.stop_following()
    known = await some.customer()
    await some.world.read()
    await some.checks.decide(await some.checks.position(), await some.checks.head())
    shard = shard_of(known)
    due = await some.checks.due(shard, datetime.now(UTC), 10)
    assert some.world.context is not None
    commands, _ = await some.world.context.segments.evaluate(shard, due, datetime.now(UTC))
    for command in commands:
        await some.world.office.run(command, now=datetime.now(UTC))
    await wake(some.world.deliverer, shard)
    await some.settled()
    assert [what for what, *_ in await some.changes(known)] == ["in"]


async def test_everybody_is_due_by_a_published_rule_and_by_a_team_or_a_policy_that_rules_ask_for(
    some: Segmenting,
) -> None:
    known = await some.customer()
    await some.publish("team == 'East'")
    await some.settled()
    await some.stop_following()
    later = "UPDATE app.segment_checks SET news_at = 1000000 WHERE customer_id = %s RETURNING 1"
    await some.world.office.rows(later, known)
    for say in (
        some.publish("region == 'east' or lifecycle.stage == 'dormant'"),
        some.world.office.run(
            PublishLifecyclePolicy(policy=LifecyclePolicy(name="default", loyal_purchases=4))
        ),
        some.world.office.run(FormTeam(team_id=uuid4(), name="East")),
    ):
        await some.world.office.rows("UPDATE app.segment_checks SET due_at = NULL RETURNING 1")
        await say
        await some.checks.decide(await some.checks.position(), await some.checks.head())
        assert await some.due(known) is not None


def test_another_attempt_that_heard_more_has_a_key_of_its_own() -> None:
    """Else what was recorded before a kill would refuse what is true after it, for ever."""

    def command(**turned: Any) -> RecordMembership:
        at = Turned(datetime.now(UTC), **turned)
        return RecordMembership(membership_id=uuid4(), segment="s", segment_version=1, shard=0, turned=(at,))

    id = uuid4()
    assert said_in_key(command(inside=(id,))) != said_in_key(command(outside=(id,)))


async def test_the_sweep_finds_who_is_due_and_whom_nobody_looked_at(some: Segmenting) -> None:
    known = uuid4()
    await some.publish("sector == 'retail'")
    # A rule wakes every shard: whoever still looked would leave nobody late.
    await until(lambda: some.ended(known))
    await some.stop_following()
    await some.customer(customer_id=known)
    await some.checks.decide(await some.checks.position(), await some.checks.head())
    earlier = datetime.now(UTC) - timedelta(minutes=10)
    update = "UPDATE app.segment_checks SET due_at = %s WHERE customer_id = %s RETURNING 1"
    await some.world.office.rows(update, earlier, known)
    assert (await swept(some.world)).unchecked == 1
    ((_, _, at),) = await some.told(known, "in")
    assert at == earlier
    await some.settled()
    await some.customer("media", known)  # of which nobody is told
    assert (await swept(some.world)).unchecked == 0
    await some.told(known, "in", "out")


async def test_killed_over_the_day_it_turns_it_turns_late_and_once(
    database_url: str, temporal_client: Client, start: Start, queue: str, tmp_path: Path
) -> None:
    migrated(database_url)
    async with joining(database_url, temporal_client, queue) as world:
        some = Segmenting(world, SegmentChecks(world.office.ledger.pool))
        await some.publish("days_known >= 60")
        process = start("workflows", "follower", "projections")
        await until(lambda: heard(some))
        waiting = await who_wait(some)
        process.kill()
        process.wait()
        assert [await some.changes(customer) for customer in waiting] == [[]] * len(waiting)
        await until(lambda: past(max(waiting.values())))
        start("workflows")  # alone: their timers are what is left
        for customer, at in waiting.items():
            ((_, _, when),) = await some.told(customer, "in")
            assert timedelta(0) <= when - at < timedelta(seconds=1)


async def who_wait(some: Segmenting) -> dict[UUID, datetime]:
    """Customers whose time is soon to come, by when that is. How soon depends on how long it takes until somebody has looked: the
    first, whose time is far, tells it once the worker is warm. Others, with more time, where theirs came before.
    """
    seconds = 600.0
    while True:
        now = datetime.now(UTC)
        turns = [now + timedelta(seconds=seconds + n / 4) for n in range(3)]
        waiting = {await some.customer(now=now, occurred_at=at - 60 * DAY): at for at in turns}
        await until(lambda: all_looked_at(some, waiting))  # noqa: B023 - awaited at once
        for customer in waiting:
            await until(lambda: some.idle(customer))  # noqa: B023 - awaited at once
        took = (datetime.now(UTC) - now).total_seconds()
        if seconds < 600 and took < seconds - 0.5:
            return waiting
        seconds = 1 + 2 * took


async def heard(some: Segmenting) -> bool:
    return bool(await some.checks.position() >= await some.checks.head())


async def all_looked_at(some: Segmenting, waiting: dict[UUID, datetime]) -> bool:
    """Each is due when it turns, or has turned."""
    due = [await some.due(customer) == at for customer, at in waiting.items()]
    return all(due) or datetime.now(UTC) > max(waiting.values())


async def past(instant: datetime) -> bool:
    return datetime.now(UTC) > instant
