"""As known when: a day of the company or an instant is the last position that was recorded by then."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg import AsyncConnection

from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicyPublished
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.errors import Invalid
from projections.cycle.known_at import position_at
from runtime.codec import encode

META = '{"actor": {"kind": "user", "id": "ops"}, "channel": "api", "correlation_id": "6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11"}'
RECORD = """
INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
VALUES (%s, %s, 1, %s, 1, %s, %s, %s, %s, %s)
"""
TICK = timedelta(microseconds=1)
EVENING = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)


async def recorded(connection: AsyncConnection, at: list[datetime], zone: str = "UTC") -> None:
    """One fact at each of these times; the first says which zone the company is in."""
    calendar = replace(DEFAULT_CYCLE_POLICY.calendar, timezone=zone)
    policy = encode(CyclePolicyPublished(policy=replace(DEFAULT_CYCLE_POLICY, calendar=calendar))).decode()
    for position, when in enumerate(at, 1):
        stream, topic, data = (uuid.uuid4(), "team.archived", "{}")
        if position == 1:
            stream, topic, data = (COMPANY, CyclePolicyPublished.TOPIC, policy)
        await connection.execute(RECORD, [position, stream, topic, data, META, uuid.uuid4(), when, when])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 33])
async def test_an_instant_is_the_last_position_recorded_by_then(database_url: str, count: int) -> None:
    """Several of one instant, as of one commit, come together."""
    times = sorted(EVENING + timedelta(hours=n // 3) for n in range(count))
    async with await AsyncConnection.connect(database_url) as connection:
        assert await position_at(connection, EVENING) == 0, "nothing is recorded yet"
        await recorded(connection, times)
        for when in {at + off for at in times for off in (-TICK, timedelta(), TICK)}:
            assert await position_at(connection, when) == sum(at <= when for at in times)


@pytest.mark.parametrize(
    ("zone", "known"),
    [("UTC", 2), ("Asia/Shanghai", 1), ("America/Los_Angeles", 3)],
)
async def test_a_day_ends_where_the_company_is(database_url: str, zone: str, known: int) -> None:
    shanghai, utc, angeles = (datetime(2026, 3, 31, hour, tzinfo=UTC) for hour in (10, 20, 23))
    times = [shanghai, utc, angeles + timedelta(hours=3), angeles + timedelta(hours=9)]
    async with await AsyncConnection.connect(database_url) as connection:
        await recorded(connection, times, zone)
        assert await position_at(connection, date(2026, 3, 31)) == known
        assert await position_at(connection, date(2026, 3, 29)) == 0
        assert await position_at(connection, date(2026, 4, 2)) == 4


async def test_a_time_to_come_is_refused_and_today_is_the_newest(database_url: str) -> None:
    now = datetime.now(UTC)
    async with await AsyncConnection.connect(database_url) as connection:
        await recorded(connection, [now - timedelta(days=3), now])
        assert await position_at(connection, now.date()) == 2
        assert await position_at(connection, 1) == 1
        for when in (now + timedelta(hours=1), now.date() + timedelta(days=2)):
            with pytest.raises(Invalid, match="known_at"):
                await position_at(connection, when)
        with pytest.raises(Invalid, match="known_at"):
            await position_at(connection, -1)
