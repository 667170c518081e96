"""benchmarks, rows: notices — what it costs to decide who is told of many promises that are missed within a minute, and to hand it over.

Ours is the follower: facts read, decided, rows kept with the position, each receiver's workflow woken. The peer is the least that keeping the
same rows can be: one INSERT … SELECT into the same table. Both count processor time, that of our process and of PostgreSQL; what the Temporal
server spends on the workflows that are started is a figure of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil
import psycopg

from benchmarks import history
from benchmarks.bench import Bench, undisturbed
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from domain.deal.facts import PromiseMissed
from runtime.database import open_pool
from runtime.ledger import Ledger
from runtime.notices.deciding import FOLLOWER, NoticeStore
from runtime.temporal import connect_temporal
from workflows.engine.delivery import Deliverer
from workflows.notification.follower import NoticeFollower

COST, RATE, TEMPORAL = "processor ms per 1,000", "notices/s", "Temporal's ms per 1,000"
PEER = "one INSERT … SELECT"
LEAST = 1e-3
"""Seconds: below it, work is not seen."""
REPS = 100
PEOPLE = """
    INSERT INTO app.accounts (id, login, name, email, role, rep_id, timezone, created_by)
    SELECT gen_random_uuid(), 'rep-' || n, 'Rep ' || n, 'rep-' || n || '@example.org', 'rep',
           ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'Asia/Shanghai', 'bench' FROM generate_series(1, %(reps)s) n"""
MISSED = """
    INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
    SELECT n, gen_random_uuid(), 1, %(topic)s, %(schema)s,
           json_build_object('promise_id', gen_random_uuid(), 'arming', 1, 'due_at', at,
                             'told', ('00000000-0000-0000-0000-' || lpad((1 + n %% %(reps)s)::text, 12, '0'))::uuid),
           json_build_object('actor', json_build_object('kind', 'workflow', 'id', 'follow-up', 'run', 'r'), 'channel', 'workflow',
                             'correlation_id', gen_random_uuid(), 'reason', NULL, 'caused_by', NULL),
           gen_random_uuid(), at, at
      FROM (SELECT n, now() - interval '1 minute' + n * interval '1 minute' / %(many)s AS at FROM generate_series(1, %(many)s) n) due"""
COPIED = "CREATE TABLE public.decided AS SELECT * FROM app.notices"
EMPTY = "TRUNCATE app.notices"
ANEW = "UPDATE app.follower_positions SET position = 0 WHERE name = %s"
SAME = "INSERT INTO app.notices SELECT * FROM public.decided"


def cpu_of(*pids: int) -> float:
    """Seconds that these and their children have worked."""
    trees = [psutil.Process(pid) for pid in pids]
    times = [one.cpu_times() for tree in trees for one in [tree, *tree.children(recursive=True)]]
    return sum(float(one.user + one.system) for one in times)


@dataclass(frozen=True)
class Counted(Deliverer):
    """The real one; says when so many were woken."""

    left: list[int] = field(default_factory=lambda: [REPS])
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, *given: object, **options: object) -> None:
        await super().start(*given, **options)  # type: ignore[arg-type]
        self.left[0] -= 1
        if self.left[0] <= 0:
            self.done.set()


@dataclass(frozen=True)
class Meter:
    """`postgres` and `temporal` are their first processes."""

    postgres: int
    temporal: int
    many: int

    def start(self) -> tuple[float, float, float, float]:
        return cpu_of(self.postgres), time.process_time(), cpu_of(self.temporal), time.perf_counter()

    def figures(self, since: tuple[float, float, float, float]) -> dict[str, float]:
        database, own, temporal, clock = (now - then for now, then in zip(self.start(), since, strict=True))
        each = 1e6 / self.many
        return {
            COST: max(database + own, LEAST) * each,
            RATE: self.many / clock,
            TEMPORAL: max(temporal, LEAST) * each,
        }


@asynccontextmanager
async def deciding(bench: Bench) -> AsyncIterator[Contest]:
    many, reps = bench.size.of(tiny=200, quick=10_000, full=10_000), REPS
    temporal = await asyncio.to_thread(lambda: bench.temporal)
    assert bench.postgres.pid is not None
    assert temporal.pid is not None
    meter = Meter(bench.postgres.pid, temporal.pid, many)
    client = await connect_temporal(temporal.address)
    async with bench.database(tables=history.TABLES) as url:
        given = {"reps": reps, "many": many, "topic": PromiseMissed.TOPIC, "schema": PromiseMissed.SCHEMA}
        with psycopg.connect(url, autocommit=True) as operator:
            for statement in (PEOPLE, MISSED):
                operator.execute(statement, given)
            operator.execute("ANALYZE")

            async def decide() -> Figures:
                operator.execute(EMPTY)
                operator.execute(ANEW, [FOLLOWER])
                await bench.settled()
                pool = await open_pool(url, min_size=1, max_size=4)
                ledger = Ledger(pool)
                told = Counted(client, "bench-notices", left=[min(reps, many)])
                stop = asyncio.Event()
                with undisturbed():
                    since = meter.start()
                    following = asyncio.create_task(
                        NoticeFollower(url, NoticeStore(pool, ledger.load), told).run(stop)
                    )
                    await told.done.wait()
                    figures = meter.figures(since)
                stop.set()
                await following
                await ledger.aclose()
                await pool.close()
                return figures

            async def insert() -> Figures:
                operator.execute(EMPTY)
                await bench.settled()
                with undisturbed():
                    since = meter.start()
                    await asyncio.to_thread(operator.execute, SAME)
                    figures = meter.figures(since)
                return {name: figures[name] for name in (COST, RATE)}

            await decide()
            operator.execute(COPIED)
            note = f"{many:,} promises of {reps} people missed within a minute; each is told by mail"
            yield Contest({OURS: decide, PEER: insert}, [note])


ROWS = (
    Row(
        "notices",
        "deciding who is told, and waking their workflows",
        (Aim(COST, PEER, at_most=5),),
        deciding,
    ),
)
