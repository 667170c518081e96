"""benchmarks: many customers in the read models, a worker that holds them against segments' rules, and somebody who writes meanwhile.

Customers, deals and purchases are put into the tables of the read models themselves: what is measured is the asking, and what follows of it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import psycopg
import uvloop

from domain.deal.commands import LogActivity
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.values import Activity, ActivityKind
from runtime.ledger import open_ledger
from runtime.settings import Settings
from worker import play

RATE, WARM = 20, 20
"""Commands a second of who writes, and those before it counts."""
DEALS, BOUGHT = 3, 2
"""Deals of a customer, and how many of them were won at most."""
CUSTOMERS = """
    INSERT INTO read.customer_traits
    SELECT (jsonb_populate_record(one.t, jsonb_build_object(
              'customer_id', md5('c' || n)::uuid, 'sector', (ARRAY['machinery', 'retail', 'media', 'banking'])[1 + n %% 4],
              'country', (ARRAY['CN', 'SG', 'DE', 'FR', 'US'])[1 + n %% 5], 'employees', n %% 900))).*
      FROM (SELECT t FROM read.customer_traits t LIMIT 1) one, generate_series(1, %(many)s) n"""
BOARD = """
    INSERT INTO read.deal_board
    SELECT (jsonb_populate_record(one.t, jsonb_build_object(
              'deal_id', md5('d' || n || ':' || d)::uuid, 'customer_id', md5('c' || n)::uuid,
              'last_activity_at', now() - make_interval(hours => 24 * ((n * 7 + d * 31) %% 120) + 12)))).*
      FROM (SELECT t FROM read.deal_board t WHERE customer_id IS NOT NULL LIMIT 1) one, generate_series(1, %(many)s) n,
           generate_series(1, %(deals)s) d"""
PURCHASES = """
    INSERT INTO read.purchases (deal_id, position, customer_id, rep_id, team_id, day, amount, currency)
    SELECT md5('d' || n || ':' || d)::uuid, 1, md5('c' || n)::uuid, t.owner_id, t.team_id, current_date - (n * 3 + d * 40) %% 700, 1000, 'CNY'
      FROM (SELECT * FROM read.deal_board LIMIT 1) t, generate_series(1, %(many)s) n, generate_series(1, %(bought)s) d WHERE (n + d) %% 3 > 0"""
CHECKS = """
    INSERT INTO app.segment_checks (customer_id, shard)
    SELECT id, get_byte(uuid_send(id), 15) & 15 FROM (SELECT md5('c' || n)::uuid AS id FROM generate_series(1, %(many)s) n) c"""
TABLES = ("read.customer_traits", "read.deal_board", "read.purchases", "app.segment_checks")
WAITING = """
    SELECT COALESCE((SELECT position FROM app.follower_positions WHERE name = 'segments'), 0) < %(position)s
        OR EXISTS (SELECT FROM generate_series(0, 15) s
                    WHERE EXISTS (SELECT FROM app.segment_checks c WHERE c.shard = s AND c.due_at <= %(at)s))"""


def serve(url: str, temporal: str, home: str) -> None:
    """Every role of a worker."""
    os.environ["TEMPORAL_ADDRESS"] = temporal
    settings = Settings(url, url, data_dir=Path(home), log_level="ERROR", task_queue="bench-segments")
    uvloop.run(play(settings, ["workflows", "follower", "projections"]))


def fill(url: str, many: int) -> None:
    """That many customers, like the first that the read models know."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for statement in (CUSTOMERS, BOARD, PURCHASES, CHECKS):
            connection.execute(statement, {"many": many, "deals": DEALS, "bought": BOUGHT})
        for table in TABLES:
            connection.execute(f"VACUUM ANALYZE {table}".encode())


async def held(connection: psycopg.AsyncConnection[object], position: int, at: datetime) -> None:
    """Returns once nobody is left who was due by what was recorded there, at that time."""
    while True:
        cursor = await connection.execute(WAITING, {"position": position, "at": at})
        row = await cursor.fetchone()
        assert isinstance(row, tuple)
        if not row[0]:
            return
        await asyncio.sleep(0.1)


def write(url: str, deals: Sequence[UUID], begun: Path, end: Path) -> float:
    """The median milliseconds of a command of one caller, who logs RATE touches a second from when `begun` is there until `end` is. In a
    process of its own.
    """
    return asyncio.run(_write(url, deals, begun, end))


async def _write(url: str, deals: Sequence[UUID], begun: Path, end: Path) -> float:
    took: list[float] = []
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        handler, turn = CommandHandler(ledger), itertools.cycle(deals)
        for deal_id in itertools.islice(turn, WARM):
            await _touch(handler, deal_id)
        begun.touch()  # noqa: ASYNC240 - it has a process of its own
        while not end.exists() or not took:  # noqa: ASYNC240
            started = time.perf_counter()
            await _touch(handler, next(turn))
            took.append(time.perf_counter() - started)
            await asyncio.sleep(max(0.0, 1 / RATE - took[-1]))
    return 1_000 * median(took)


async def _touch(handler: CommandHandler, deal_id: UUID) -> None:
    context = Context(now=datetime.now(UTC), actor=Actor("user", "bench"), channel=Channel.API)
    command = LogActivity(deal_id=deal_id, activity_id=uuid4(), activity=Activity(kind=ActivityKind.CALL))
    await handler.execute(command, context)
