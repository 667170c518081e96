"""benchmarks: the peer — the stock `eventsourcing` application from its wheel, on a database of its own.

Its aggregate and events are written the way the library's tutorial writes them, with a deal's fields. Runs in a
process of its own, because the library is synchronous and brings threads.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

THREADS = 8
FASTEST = 4_000
"""Events a second that the stock application does not reach: so many aggregates are prepared."""


class StockDeal(Aggregate):
    """A deal with the size of ours: about 260 bytes of JSON an event."""

    @event("Opened")
    def __init__(  # noqa: PLR0917 - the library passes an event's fields by name
        self,
        title: str,
        customer_id: UUID,
        owner_id: UUID,
        team_id: UUID,
        process: str,
        stage: str,
        amount: Decimal,
        currency: str,
        due_at: datetime,
    ) -> None:
        self.title = title
        self.customer_id = customer_id
        self.owner_id = owner_id
        self.team_id = team_id
        self.process = process
        self.stage = stage
        self.amount = amount
        self.currency = currency
        self.due_at = due_at
        self.touches = 0

    @event("Touched")
    def touch(self, rep_id: UUID, kind: str, outcome: str, summary: str, next_due_at: datetime) -> None:
        self.touches += 1
        self.due_at = next_due_at


def environment(url: str) -> dict[str, str]:
    """The library's own settings; one connection a thread, no other option touched."""
    parts = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": Path(str(parts["passfile"]))
        .read_text(encoding="ascii")
        .strip()
        .rpartition(":")[2],
        "POSTGRES_POOL_SIZE": str(THREADS),
    }


def new_deal(random: Random) -> StockDeal:
    return StockDeal(
        title=f"{random.randrange(90)} pumps for Ningbo",
        customer_id=uuid4(),
        owner_id=uuid4(),
        team_id=uuid4(),
        process="default",
        stage="identify",
        amount=Decimal(random.randrange(5_000, 900_000)),
        currency="CNY",
        due_at=datetime.now(UTC) + timedelta(days=3),
    )


def save(url: str, seed: int, seconds: float, threads: int = THREADS) -> float:
    """Events a second: each thread saves new aggregates with one event each, made before the clock starts."""
    app = Application[UUID](env=environment(url))
    random = Random(seed)
    waiting = [new_deal(random) for _ in range(int(FASTEST * seconds))]

    def keep_saving() -> int:
        end, saved = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            app.save(waiting.pop())
            saved += 1
        return saved

    with ThreadPoolExecutor(threads) as pool:
        counts = [f.result() for f in [pool.submit(keep_saving) for _ in range(threads)]]
    app.close()
    return sum(counts) / seconds


def save_alone(url: str, seed: int, times: int) -> float:
    """The median milliseconds of one save by a caller alone."""
    app = Application[UUID](env=environment(url))
    random = Random(seed)
    took = []
    for _ in range(times):
        deal = new_deal(random)
        started = time.perf_counter()
        app.save(deal)
        took.append(time.perf_counter() - started)
    app.close()
    return 1_000 * median(took)
