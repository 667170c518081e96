"""The light switch: which roles this process plays. It may import every room; nobody imports it.

`python -m worker --role workflows --role follower` plays both until SIGTERM or SIGINT. A role whose database or Temporal is not there yet
says so, waits and tries again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import psycopg
import uvloop
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from temporalio.client import Client
from temporalio.worker import Worker

from domain.engine.command_handler import CommandHandler
from projections.engine import catalog
from projections.engine.run import run_projections
from projections.engine.wait import Waiter
from projections.ports.loads import LoadReads
from projections.ports.loop import LoopReads
from projections.ports.revisits import RevisitReads
from projections.ports.segments import SegmentEvaluation
from projections.ports.surveys import LastTouches, SurveyReads
from projections.ports.webhooks import webhook_sending
from runtime import database
from runtime.backoff import Backoff
from runtime.channels import channels
from runtime.database import Pool, open_pool
from runtime.ending import Ending, cancelled
from runtime.health import beat, unreachable
from runtime.ledger import Ledger, open_ledger
from runtime.logging import configure
from runtime.notices.deciding import NoticeStore
from runtime.notices.sending import NoticeSender
from runtime.payloads import prepare
from runtime.schema import NewerSchema, migrate
from runtime.segments.checks import SegmentChecks
from runtime.settings import NotConfigured, Settings
from runtime.snapshots import Snapshots
from runtime.stream_reader import StreamReader
from runtime.surveys.links import LinkKey
from runtime.surveys.mailing import SurveyMails
from runtime.temporal import connect_temporal
from runtime.webhooks.store import WebhookStore
from workflows.engine.delivery import Deliverer
from workflows.engine.queues import QUEUE_NAMES
from workflows.engine.store import WorkflowStore
from workflows.ports import RoomContext
from workflows.revisit.follower import RevisitFollower, RevisitReactions
from workflows.survey.follower import SurveyFollower
from workflows.survey.reactions import SurveyReactions
from workflows.webhook.ports import WebhookContext
from workflows.webhook.waker import Waker
from workflows.worker_setup import (
    make_dispatcher,
    make_notice_follower,
    make_segment_follower,
    make_webhook_worker,
    make_worker,
    message_types,
    schedule_sweep,
    webhook_queue,
)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
RECOVERED = 5.0  # a role that works this long after a failure counts as well again
SETTLED = 60.0  # a role that worked this long starts with the first pause again

log = logging.getLogger("worker")


# --- roles -------------------------------------------------------------------------------------------


async def play_workflows(settings: Settings, stop: asyncio.Event) -> None:
    """Runs workflows and their activities. Returns when told to stop and what was begun is finished."""
    client = await connect_temporal()
    async with open_ledger(settings.database_url) as ledger, Waiter(settings.database_url) as waiter:
        store = WorkflowStore(ledger.pool, QUEUE_NAMES)
        deliverer = Deliverer(client, settings.task_queue)
        through = channels(settings)
        context = RoomContext(
            CommandHandler(ledger),
            LoadReads(ledger.pool),
            store,
            LoopReads(ledger.pool, waiter),
            NoticeSender(ledger.pool, ledger.load, through),
            SegmentEvaluation(ledger.pool),
            SurveyMails(LinkKey(ledger.pool), through["mail"], settings.outgoing),
            LastTouches(ledger.pool),
            SurveyReads(ledger.pool),
        )
        prepare(message_types())
        await schedule_sweep(client, settings.task_queue)
        sending = WebhookContext(context, webhook_sending(ledger, settings.webhooks))
        try:
            await run_workers(
                stop,
                make_worker(context, deliverer),
                make_webhook_worker(sending, client, settings.task_queue),
            )
        finally:
            await asyncio.gather(*(channel.close() for channel in through.values()))


async def run_workers(stop: asyncio.Event, *workers: Worker) -> None:
    """Until told to stop, or until one ends before its time: then the others are ended, too."""
    running = [asyncio.create_task(worker.run()) for worker in workers]
    await first_of(*running, asyncio.create_task(stop.wait()))
    ending = [one.shutdown() for one, run in zip(workers, running, strict=True) if not run.done()]
    await asyncio.gather(*ending)
    await asyncio.gather(*running)


async def play_follower(settings: Settings, stop: asyncio.Event) -> None:
    """Tells workflows what happened, and decides who is told of it. Its pool does not wait for the disk: a position that is lost is delivered again."""
    client = await connect_temporal()
    pool = await open_pool(without_waiting_for_disk(settings.database_url), min_size=1, max_size=6)
    snapshots = Snapshots(pool)
    try:
        async with open_ledger(settings.database_url, min_size=1, max_size=3) as ledger:
            await follow(settings, stop, client, pool, snapshots, ledger)
    finally:
        await snapshots.settled()
        await pool.close()


async def follow(
    settings: Settings, stop: asyncio.Event, client: Client, pool: Pool, snapshots: Snapshots, ledger: Ledger
) -> None:
    """`ledger` is for those that give commands."""
    store = WorkflowStore(pool, QUEUE_NAMES)
    log.info("follower: everything up to position %d is delivered", await store.delivered())
    deliverer = Deliverer(client, settings.task_queue)
    woken = Deliverer(client, webhook_queue(settings.task_queue))
    notices = NoticeStore(pool, StreamReader(pool, snapshots).read)
    handler = CommandHandler(ledger)
    reactions = SurveyReactions(handler, SurveyReads(pool))
    revisits = RevisitReactions(handler, RevisitReads(pool))
    followers = (
        make_dispatcher(settings.database_url, store, deliverer),
        make_notice_follower(settings.database_url, notices, deliverer),
        make_segment_follower(settings.database_url, SegmentChecks(pool), deliverer),
        SurveyFollower(settings.database_url, store, reactions),
        RevisitFollower(settings.database_url, store, revisits),
        Waker(settings.database_url, woken, WebhookStore(pool).to_wake),
    )
    async with asyncio.TaskGroup() as group:
        for follower in followers:
            group.create_task(follower.run(stop))


async def play_projections(settings: Settings, stop: asyncio.Event) -> None:
    await run_projections(settings.database_url, stop=stop)


Role = Callable[[Settings, asyncio.Event], Awaitable[None]]
ROLES: Mapping[str, Role] = {
    "workflows": play_workflows,
    "follower": play_follower,
    "projections": play_projections,
}


async def first_of(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def without_waiting_for_disk(url: str) -> str:
    given = str(conninfo_to_dict(url).get("options") or "")
    return make_conninfo(url, options=f"{given} -c synchronous_commit=off".strip())


# --- playing them ------------------------------------------------------------------------------------


async def play(settings: Settings, names: Sequence[str]) -> None:
    """Play the roles until SIGTERM or SIGINT, and not for long after it."""
    stop, ending = asyncio.Event(), Ending(settings.bounds.end_seconds)

    def told(number: int) -> None:
        ending.told(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told, number)
    ailing: dict[str, str] = {}

    async def ask(name: str) -> str | None:
        return ailing.get(name) or await unreachable(settings.database_url)

    beats = [asyncio.create_task(beat(settings.data_dir, name, partial(ask, name))) for name in names]
    await asyncio.gather(*(keep_playing(name, settings, stop, ailing) for name in names))
    await cancelled(*beats)


async def keep_playing(name: str, settings: Settings, stop: asyncio.Event, ailing: dict[str, str]) -> None:
    """Play one role, and again whenever it ends before its time. What it ended by is what ails it until it has worked
    for a while again.
    """
    backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE, SETTLED)
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        since = loop.time()
        try:
            log.info("%s: starting", name)
            recovered = loop.call_later(RECOVERED, ailing.pop, name, None)
            await ROLES[name](settings, stop)
        except Exception as failure:
            ailing[name] = explain(failure)
            pause = backoff.pause(loop.time() - since)
            log.warning(
                "%s: %s; trying again in %.1f s", name, ailing[name], pause, exc_info=unforeseen(failure)
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
        finally:
            recovered.cancel()
    log.info("%s: stopped", name)


def unforeseen(failure: Exception) -> bool:
    return not isinstance(failure, psycopg.Error | RuntimeError | OSError)


def explain(failure: Exception) -> str:
    if isinstance(failure, psycopg.Error):
        return database.explain(failure)
    return str(failure) if isinstance(failure, database.NotUsable) else f"{type(failure).__name__}: {failure}"


# --- the command line --------------------------------------------------------------------------------


def migrate_all(settings: Settings) -> None:
    """Everything in the database, made or brought up to date."""
    migrate(settings.admin_database_url, catalog.statements())
    log.info("the database is up to date")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="worker", description="Plays roles until it is told to stop.")
    parser.add_argument(
        "--role",
        action="append",
        choices=[*ROLES, "migrate"],
        help="may be given several times; without it: all but migrate, which ends when the database is ready",
    )
    parser.add_argument("--json", action="store_true", help="log to stdout, one JSON object a line")
    given = parser.parse_args(arguments)
    chosen = list(dict.fromkeys(given.role or ROLES))
    try:
        settings = Settings.from_env()
    except NotConfigured as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    configure(settings.log_level, json_lines=given.json or None, to=sys.stdout if given.json else None)
    if "migrate" in chosen:
        try:
            migrate_all(settings)
        except NewerSchema as newer:
            sys.stderr.write(f"{newer}\n")
            return 1
    if playing := [name for name in chosen if name != "migrate"]:
        uvloop.run(play(settings, playing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
