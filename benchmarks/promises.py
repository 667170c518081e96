"""benchmarks: promises that fall due — the worker as it is served, and beside it one that runs a trivial workflow: sleep, end.

Both run in processes of their own on the same Temporal server, with the same pollers.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil
import uvloop
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.lives import Lives
from domain.deal.commands import OpenDeal
from domain.engine.command import Call
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from domain.engine.values import NextStep
from domain.policy.follow_up import FollowUpPolicy
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from runtime.database import Pool
from runtime.settings import Settings
from runtime.temporal import connect_temporal
from worker import play
from workflows.worker_setup import FOR_ANYBODY, POLLS

TRIVIAL = "trivial"
PAGE = 500
BUSY = 12
"""Starts in flight, as many as the follower has."""
POLICY = FollowUpPolicy(
    name="bench",
    version=1,
    calendar=BusinessCalendar.around_the_clock("UTC"),
    due_after=Duration(9, "days"),
    remind_before=Duration(0, "hours"),
)
"""Nothing is said before the due time, and nothing soon after."""
SPOKEN = """
    SELECT count(*), max(recorded_at) FROM ledger.events
     WHERE topic = 'promise.missed' AND occurred_at >= %s"""


def serve_worker(url: str, temporal: str, home: str) -> None:
    """The roles of a worker; the read models are not asked by what a bench does."""
    os.environ["TEMPORAL_ADDRESS"] = temporal
    settings = Settings(url, url, data_dir=Path(home), log_level="ERROR", task_queue="bench")
    uvloop.run(play(settings, ["workflows", "follower"]))


@workflow.defn(name=TRIVIAL, sandboxed=False)
class Trivial:
    @workflow.run
    async def run(self, until: datetime) -> None:
        await workflow.sleep(max(timedelta(0), until - workflow.now()))


def serve_trivial(temporal: str) -> None:
    uvloop.run(_serve_trivial(temporal))


async def _serve_trivial(temporal: str) -> None:
    await Worker(
        await connect_temporal(temporal),
        task_queue=TRIVIAL,
        workflows=[Trivial],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_poller_behavior=POLLS,
        nonsticky_to_sticky_poll_ratio=FOR_ANYBODY,
    ).run()


# --- ours ----------------------------------------------------------------------------------------


async def open_promises(handler: CommandHandler, lives: Lives, count: int, due_at: datetime) -> list[UUID]:
    """Deals as an import brings them, each with a promise for that instant."""
    opened: list[OpenDeal] = [_opening(lives, due_at) for _ in range(count)]
    context = Context(now=datetime.now(UTC), actor=Actor("user", "bench"), channel=Channel.IMPORT)
    for n in range(0, count, PAGE):
        for answer in await handler.execute_many(
            [Call(command, context) for command in opened[n : n + PAGE]]
        ):
            if isinstance(answer, DomainError):
                raise answer
    return [command.deal_id for command in opened]


def _opening(lives: Lives, due_at: datetime) -> OpenDeal:
    return OpenDeal(
        deal_id=lives.new_id(),
        title="Forty boilers",
        owner_id=lives.random.choice(lives.reps),
        policy=POLICY.name,
        next_step=NextStep("send the drawings", due_at),
    )


async def spoken(pool: Pool, due_at: datetime, count: int) -> float:
    """Seconds from `due_at` until the ledger holds the last of so many missed promises."""
    found: list[tuple[int, datetime]] = []

    async def all_of_them() -> bool:
        async with pool.connection() as connection:
            found[:] = await (await connection.execute(SPOKEN, [due_at])).fetchall()
        return found[0][0] >= count

    await until(all_of_them)
    return (found[0][1] - due_at).total_seconds()


# --- the peer ------------------------------------------------------------------------------------


async def start_trivial(client: Client, count: int, due_at: datetime) -> None:
    async def one(n: int) -> None:
        await client.start_workflow(
            TRIVIAL, due_at, id=f"{_named(due_at)}{n}", task_queue=TRIVIAL, result_type=type(None)
        )

    await abreast([lambda n=n: one(n) for n in range(count)])  # type: ignore[misc]


async def ended(client: Client, due_at: datetime, count: int) -> float:
    """Seconds from `due_at` until the last of them ended."""
    query = f"WorkflowId STARTS_WITH '{_named(due_at)}' AND ExecutionStatus = 'Completed'"

    async def all_of_them() -> bool:
        return (await client.count_workflows(query)).count >= count

    await until(all_of_them)
    times = [found.close_time async for found in client.list_workflows(query) if found.close_time]
    return (max(times) - due_at).total_seconds()


def _named(due_at: datetime) -> str:
    return f"{TRIVIAL}-{due_at.timestamp():.6f}-"


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks ten times a second, which costs the servers nothing that counts."""
    while not await condition():  # noqa: ASYNC110 - nothing announces it
        await asyncio.sleep(0.1)


async def abreast(work: Sequence[Callable[[], Awaitable[None]]]) -> None:
    waiting = iter(work)

    async def one_after_another() -> None:
        for act in waiting:
            await act()

    await asyncio.gather(*(one_after_another() for _ in range(BUSY)))


# --- the machine ---------------------------------------------------------------------------------


def resident(*processes: int) -> int:
    """Bytes of memory that these and their children hold."""
    trees = [psutil.Process(id) for id in processes]
    return sum(p.memory_info().rss for tree in trees for p in [tree, *tree.children(recursive=True)])
