"""tests: the workflow of an endpoint — woken by what is recorded, through retries, kills and restarts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from domain.webhook import WebhookSwitchedOff
from runtime.webhooks.rounds import SCHEDULE
from runtime.webhooks.store import ToWake
from tests.conftest import END_SECONDS, PATIENCE
from tests.webhooks import receiver as r
from tests.webhooks.post import Post
from tests.webhooks.receiver import Message
from tests.webhooks.sending import Sent, sending
from tests.workflows.world import Running, until
from workflows.engine.delivery import Deliverer
from workflows.webhook.activities import WebhookActivities
from workflows.webhook.messages import SwitchingOff
from workflows.webhook.waker import Waker

ROOT = Path(__file__).parents[2]
MOMENT = timedelta(seconds=1)


@pytest.fixture
async def real(post: Post, temporal_client: Client) -> AsyncIterator[Sent]:
    async with sending(post, temporal_client) as made:
        yield made


@pytest.fixture
async def virtual(post: Post, temporal_timeskipping: WorkflowEnvironment) -> AsyncIterator[Sent]:
    async with sending(post, temporal_timeskipping.client, temporal_timeskipping) as made:
        yield made


def holds(*positions: int) -> Callable[[list[Message]], bool]:
    return lambda got: {message.event["position"] for message in got} >= set(positions)


def so_many(most: int) -> Callable[[list[Message]], bool]:
    return lambda got: len(got) >= most


async def everything(post: Post, after: int) -> None:
    """Wait until all of it has come."""
    await post.receiver.until(holds(*range(after + 1, await post.office.ledger.head() + 1)))


async def switched_off(post: Post, id: UUID) -> list[WebhookSwitchedOff]:
    """Wait until the ledger says so; all that it says of it."""

    async def said() -> bool:
        return bool((await post.shown(id))["state"] == "switched-off")

    await until(said)
    facts = [recorded.fact for recorded in await post.office.ledger.stream(id)]
    return [fact for fact in facts if isinstance(fact, WebhookSwitchedOff)]


async def test_what_is_recorded_is_sent(real: Sent) -> None:
    post = real.post
    _, secret = await post.make()
    after = await post.office.ledger.head()
    for _ in range(3):
        await post.touch(await post.deal(), 2)
    await everything(post, after)
    assert all(message.verified(secret) for message in post.receiver.got)


async def test_nothing_personal_and_no_secret_is_in_a_workflow_s_history(real: Sent) -> None:
    post = real.post
    id, secret = await post.make(personal=True)
    await post.touch(await post.deal(), summary="he told me of his daughter")
    await everything(post, 2)
    text = (await real.workflow(id).fetch_history()).to_json()
    for hidden in (secret, "daughter", post.receiver.url, "Forty boilers"):
        assert hidden not in text
    assert json.loads(text)["events"]


async def test_an_endpoint_that_asked_for_nothing_of_it_is_not_woken(real: Sent) -> None:
    post = real.post
    quiet, _ = await post.make(topics=("cycle",))
    heard, _ = await post.make(topics=("deal.opened",))
    await post.deal()
    await post.receiver.until(len)

    async def passed_over() -> bool:
        return bool((await post.shown(quiet))["behind"] == 0)

    await until(passed_over)
    assert await real.status(quiet) is None
    assert await real.status(heard) is WorkflowExecutionStatus.RUNNING


async def test_what_came_while_nobody_woke_anybody_is_sent_afterwards(real: Sent) -> None:
    post = real.post
    await real.stop_waking()
    await post.make()
    await post.deal()
    real.wake()
    await everything(post, 2)


async def test_a_look_that_breaks_is_taken_again(real: Sent) -> None:
    """Whatever it broke on, it ends nothing else that follows the ledger."""
    await real.stop_waking()
    looks, looked = 0, asyncio.Event()

    async def to_wake() -> list[ToWake]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ValueError("a mistake")
        looked.set()
        return []

    waking = Running(Waker(real.post.office.url, Deliverer(real.client, real.queue), to_wake).run)
    await asyncio.wait_for(looked.wait(), PATIENCE)
    await waking.stop()


async def test_a_workflow_that_somebody_ended_is_started_again(real: Sent) -> None:
    post = real.post
    id, _ = await post.make()
    await post.deal()
    await everything(post, 2)
    await real.workflow(id).terminate("by hand")
    await post.deal()
    await everything(post, 2)


async def test_retries_wait_on_the_server_for_hours_and_days(virtual: Sent) -> None:
    post = virtual.post
    id, _ = await post.make()
    post.receiver.answer = r.status(500)
    await post.deal()
    for number, pause in enumerate(SCHEDULE, start=1):
        await post.receiver.until(so_many(number))
        await virtual.pass_by(id, pause + MOMENT)
    [fact] = await switched_off(post, id)
    assert (fact.reason, fact.status, fact.owner, fact.account_id) == ("failing", 500, "cli", None)
    assert len(post.receiver.got) == len(SCHEDULE) + 1
    assert len({message.id for message in post.receiver.got}) == 1

    post.receiver.answer = r.status(200)
    await post.endpoints.resume(id, "u-1")
    await everything(post, 2)


async def test_one_that_is_gone_is_switched_off_at_once_and_each_time_it_is_said(real: Sent) -> None:
    post = real.post
    id, _ = await post.make()
    post.receiver.answer = r.status(410)
    await post.deal()
    assert [fact.reason for fact in await switched_off(post, id)] == ["gone"]
    await post.endpoints.resume(id, "u-1")
    facts = await switched_off(post, id)
    while len(facts) < 2:
        facts = await switched_off(post, id)
    assert [fact.generation for fact in facts] == [1, 2]


async def test_one_that_was_set_going_since_is_not_switched_off(real: Sent) -> None:
    post = real.post
    id, _ = await post.make()
    await post.endpoints.resume(id, "u-1")
    activities, off = WebhookActivities(real.context), SwitchingOff(id, post.now, "failing", generation=1)
    await ActivityEnvironment().run(activities.switch_off_webhook, off)
    assert (await post.shown(id))["state"] == "active"
    await ActivityEnvironment().run(activities.switch_off_webhook, replace(off, generation=2))
    assert [fact.generation for fact in await switched_off(post, id)] == [2]


async def test_a_worker_that_ends_in_the_middle_is_taken_over_from(real: Sent) -> None:
    post = real.post
    await post.make()
    hanging = asyncio.Event()
    yes = r.status(204)

    async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
        if len(post.receiver.got) == 5:
            hanging.set()
            await asyncio.Event().wait()
        await yes(message, writer)

    post.receiver.answer = answer
    for _ in range(6):
        await post.deal()
    await hanging.wait()
    await real.stop_working()
    real.work()
    await everything(post, 2)


@pytest.fixture
def start(
    database_url: str, temporal_client: Client, tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """A worker as a process of its own that sends, and wakes who has something to send."""
    started: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_client.service_client.config.target_host,
        "SALESLOOP_DATA": str(tmp_path),
        "SALESLOOP_TASK_QUEUE": f"tests-{uuid.uuid4()}",
        "SALESLOOP_END_SECONDS": END_SECONDS,
        "SALESLOOP_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }

    def begin() -> subprocess.Popen[bytes]:
        roles = ["--role", "workflows", "--role", "follower"]
        log = (tmp_path / "worker.log").open("ab")
        started.append(
            subprocess.Popen([sys.executable, "-m", "worker", *roles], env=environment, cwd=ROOT, stderr=log)
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


async def test_killed_again_and_again_it_loses_nothing_and_keeps_the_order(
    post: Post, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    _, secret = await post.make()
    after = await post.office.ledger.head()
    deals = [await post.deal() for _ in range(5)]
    for _ in range(3):
        before = len(post.receiver.got)
        process = start()
        for deal in deals:
            await post.touch(deal, 5)
        await post.receiver.until(so_many(before + 4))
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    start()
    await everything(post, after)
    first: dict[str, list[int]] = defaultdict(list)
    ids: dict[int, set[str]] = defaultdict(set)
    for message in post.receiver.got:
        assert message.verified(secret)
        position = message.event["position"]
        if position not in ids:
            first[message.event["stream_id"]].append(position)
        ids[position].add(message.id)
    assert all(positions == sorted(positions) for positions in first.values())
    assert all(len(found) == 1 for found in ids.values())
