"""Customers come into segments and go: by what happens to them, by time alone, by a changed rule; through kills and lost news."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.segment.membership import SegmentMembershipChanged, membership_stream, shard_of
from domain.segment.segment import PublishSegment, Segment
from projections.segment import reading
from tests.workflows.world import Running, World, until
from workflows.segment.follower import SegmentFollower
from workflows.segment.messages import segments_id, wake

DAY = timedelta(days=1)


class Segmenting:
    """A world with the follower of segments."""

    def __init__(self, world: World) -> None:
        self.world = world
        assert world.context is not None
        self.checks: Any = world.context.segments.checks
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
        found: datetime | None = rows[0][0]
        return found

    async def settled(self) -> None:
        """Everything that stands in the ledger is heard of, and nobody is due now."""

        async def done() -> bool:
            head = await self.checks.head()
            late = await self.checks.late(datetime.now(UTC))
            return bool(await self.checks.position() >= head and not late)

        await until(done)

    async def waits(self, customer_id: UUID) -> bool:
        """It was looked at, and is due later."""
        due = await self.due(customer_id)
        return due is not None and due > datetime.now(UTC)

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
    known, other = (
        await some.customer(),
        await some.customer(now=datetime.now(UTC) - 60 * DAY + timedelta(minutes=5)),
    )
    await some.world.read()
    await some.checks.decide(0, await some.checks.head())
    await wake(virtual.deliverer, shard_of(known))
    await until(lambda: some.waits(known))
    turns = await some.due(known)
    assert turns is not None
    await virtual.move(some.id_of(known), turns - timedelta(minutes=1))
    assert await some.changes(known) == []
    await virtual.move(some.id_of(known), turns + timedelta(minutes=1))
    ((_, _, at),) = await some.told(known, "in")
    assert at == turns
    assert await some.changes(other) == []
