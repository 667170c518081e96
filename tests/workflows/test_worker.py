"""The worker as a process of its own: killed, told to stop, started before what it needs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from temporalio.client import Client

import worker
from domain.policy.policies import PublishPolicy
from domain.time.duration import Duration
from runtime.health import ails
from runtime.settings import Settings
from tests.conftest import END_SECONDS, PATIENCE
from tests.workflows.test_deliveries import SHORT
from tests.workflows.world import World, joining, until
from worker import migrate_all

Start = Callable[..., subprocess.Popen[bytes]]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def queue() -> str:
    return f"tests-{uuid.uuid4()}"


@pytest.fixture
def start(database_url: str, temporal_client: Client, queue: str, tmp_path: Path) -> Iterator[Start]:
    """`start("workflows", "follower")`: that worker, on this test's database, task queue and Temporal."""
    started: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_client.service_client.config.target_host,
        "SALESLOOP_DATA": str(tmp_path),
        "SALESLOOP_TASK_QUEUE": queue,
        "SALESLOOP_END_SECONDS": END_SECONDS,
    }

    def begin(*roles: str) -> subprocess.Popen[bytes]:
        chosen = [part for role in roles for part in ("--role", role)]
        log = (tmp_path / "worker.log").open("ab")
        started.append(
            subprocess.Popen([sys.executable, "-m", "worker", *chosen], env=environment, cwd=ROOT, stderr=log)
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def migrated(url: str) -> None:
    migrate_all(Settings(database_url=url, admin_database_url=url))


@pytest.mark.breaks
async def test_killed_over_a_deadline_it_speaks_late_and_once(
    database_url: str, temporal_client: Client, queue: str, start: Start, tmp_path: Path
) -> None:
    migrated(database_url)
    async with joining(database_url, temporal_client, queue) as world:
        deal, due = await reminded_and_killed(world, start, tmp_path)
        await until(lambda: past(due + timedelta(seconds=0.5)))
        assert await world.topics(deal, "promise.missed") == []

        start("workflows")

        (missed,) = await world.spoken(deal, "promise.missed")
        assert missed.occurred_at > due
        assert await world.topics(deal, "promise.reminded") == ["promise.reminded"]


async def reminded_and_killed(world: World, start: Start, directory: Path) -> tuple[UUID, datetime]:
    """A deal whose worker was killed between its reminder and its due time; again with more time where that was too short."""
    seconds = 6
    while True:
        policy = replace(SHORT, name=f"short-{seconds}", remind_before=Duration(seconds - 1, "seconds"))
        await world.office.run(PublishPolicy(policy=policy), now=datetime.now(UTC))
        process = start("workflows", "follower")
        await until(lambda: logged(directory, "this dispatcher works"))
        now = datetime.now(UTC)
        due = now + timedelta(seconds=seconds)
        deal = await world.open_deal(now, due_at=due, policy=policy.name)
        await world.spoken(deal, "promise.", times=2)
        process.kill()
        process.wait()
        if datetime.now(UTC) < due:
            return deal, due
        seconds *= 2


async def past(instant: datetime) -> bool:
    return datetime.now(UTC) > instant


async def test_told_to_stop_it_ends_well(database_url: str, start: Start, tmp_path: Path) -> None:
    migrated(database_url)
    process = start("workflows", "follower", "projections")

    async def beating() -> bool:
        now = datetime.now(UTC).timestamp()
        return all(ails(tmp_path, role, now) is None for role in ("workflows", "follower", "projections"))

    await until(beating)
    await until(lambda: logged(tmp_path, "this dispatcher works"))
    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE) == 0, (tmp_path / "worker.log").read_text()


async def test_started_before_the_database_is_migrated_it_says_so_waits_and_works(
    database_url: str, start: Start, tmp_path: Path
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA app, ledger, read CASCADE")
    process = start("follower")
    await until(lambda: logged(tmp_path, "run `salesloop migrate`"))
    assert process.poll() is None

    migrated(database_url)
    await until(lambda: logged(tmp_path, "this dispatcher works"))


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    ended = subprocess.run(
        [sys.executable, "-m", "worker"],
        env=environment | {"SALESLOOP_DATA": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "DATABASE_URL is not set" in ended.stderr


async def logged(directory: Path, words: str) -> bool:
    return words in (directory / "worker.log").read_text()


@pytest.mark.parametrize(("settled", "growth"), [(0.0, 1), (PATIENCE, 2)], ids=["long", "short"])
async def test_a_role_that_worked_for_long_is_played_again_after_the_first_pause(
    settled: float, growth: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, failures = asyncio.Event(), 0

    async def failing(_settings: Settings, _stop: asyncio.Event) -> None:
        nonlocal failures
        failures += 1
        if failures == 4:
            stop.set()
        raise OSError("the network is away")

    monkeypatch.setattr(worker, "ROLES", {"failing": failing})
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(worker, "SETTLED", settled)
    caplog.set_level(logging.WARNING, "worker")
    await worker.keep_playing("failing", Settings(database_url="", admin_database_url=""), stop, {})
    pauses = [record.args[2] for record in caplog.records if isinstance(record.args, tuple)]
    assert pauses == [0.001 * growth**n for n in range(4)]
