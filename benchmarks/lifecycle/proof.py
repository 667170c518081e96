"""benchmarks, lifecycle: what is shown — the year is written through the command handler and followed month by month; then every table is
asked for at random days and positions, and held against the raw events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from benchmarks.lifecycle import raw_events
from benchmarks.lifecycle.raw_events import Lives, Purchase, RawEvents
from benchmarks.lifecycle.year import DAY, DAYS, FIRST, WHY, Step, TakeBack, Year
from domain.engine.command import Call
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from domain.import_undo import UndoImport
from domain.lifecycle.policy import LifecyclePolicy
from domain.lifecycle.tables import Transition
from projections.engine import positions
from projections.engine.catalog import ALL
from projections.engine.projection import Projection
from projections.lifecycle import asking, tables
from projections.lifecycle.asking import Asked, asked, policy_at
from runtime.database import Pool, connect, open_pool
from runtime.ledger import Ledger, open_ledger

AT_ONCE = 500
STRIDE = 5_000
SOME = 100
"""Customers that are looked at one by one, each time."""
MODELS = (*asking.WAITS_FOR, "directory")
RECORDED = """
SELECT min(version) FILTER (WHERE meta->>'correlation_id' = %(job)s), max(version) FROM ledger.events WHERE stream_id = %(id)s
"""
Said = Callable[[str], None]


# -- writing and following ------------------------------------------------------------------------


@dataclass
class Writer:
    """Gives the steps of each day together; the time is that day's noon."""

    url: str
    ledger: Ledger

    def __post_init__(self) -> None:
        self._handler = CommandHandler(self.ledger)

    async def write(self, year: Year, say: Said) -> int:
        """How many commands were given; raises the first refusal. The read models follow after every month."""
        for command in year.office():
            await self._give([Step(FIRST - DAY, year.team_id, command)])
        steps = year.steps()
        async with await connect(self.url) as connection:
            followed = [model() for model in ALL if model.name in MODELS]
            for month, some in groupby(steps, key=lambda step: step.day.replace(day=1)):
                for _, of_day in groupby(some, key=lambda step: step.day):
                    for turn in _turns(list(of_day)):
                        await self._give(turn)
                head = await follow(connection, followed)
                say(f"{month:%Y-%m}: {head:,} events")
        return len(steps)

    async def _give(self, steps: Sequence[Step]) -> None:
        for n in range(0, len(steps), AT_ONCE):
            calls = [await self._call(step) for step in steps[n : n + AT_ONCE]]
            for answer in await self._handler.execute_many(calls):
                if isinstance(answer, DomainError):
                    raise answer

    async def _call(self, step: Step) -> Call:
        about: dict[str, Any] = {} if step.job_id is None else {"correlation_id": step.job_id}
        context = Context(
            now=datetime.combine(step.day, time(12), UTC),
            actor=Actor("user", "prover"),
            channel=Channel.API if step.job_id is None else Channel.IMPORT,
            reason=WHY,
            **about,
        )
        act = await self._undoing(step.act) if isinstance(step.act, TakeBack) else step.act
        return Call(act, context)

    async def _undoing(self, one: TakeBack) -> UndoImport:
        async with self.ledger.pool.connection() as connection:
            found = await connection.execute(RECORDED, {"job": str(one.job_id), "id": one.id})
            row = await found.fetchone()
        assert row is not None
        return UndoImport(kind=one.kind, id=one.id, job_id=one.job_id, since=row[0], version=row[1])


def _turns(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Each subject once in a turn, its steps in their order."""
    left = list(steps)
    while left:
        seen: set[UUID] = set()
        turn: list[Step] = []
        later: list[Step] = []
        for step in left:
            (later if step.subject in seen else turn).append(step)
            seen.add(step.subject)
        yield turn
        left = later


async def follow(connection: AsyncConnection[Any], models: Sequence[Projection]) -> int:
    """As a worker that is a month behind does it. Gives the ledger's head."""
    head = await positions.head(connection)
    for model in models:
        held = await positions.place(connection, model.name)
        while held.position < head:
            upto = min(head, held.position + STRIDE)
            held = await positions.step(connection, model, held, upto, "live")
    return head


# -- comparing ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Times:
    """True on the end of the day `on`, known at a position; transitions are from the day `since`. `now`: that is the ledger's end, and
    asked for as what is known now.
    """

    since: date
    on: date
    known: int
    now: bool

    @property
    def position(self) -> int | None:
        return None if self.now else self.known


def times(seed: int, many: int, head: int) -> Iterator[Times]:
    """Random ones; each day as known at a random position, and as known at the end."""
    chance = Random(seed)
    for _ in range(many):
        on = FIRST + chance.randrange(20, DAYS + 200) * DAY
        since = on - chance.randrange(1, 200) * DAY
        yield Times(since, on, chance.randrange(head // 10, head), now=False)
        yield Times(since, on, head, now=True)


async def differences(pool: Pool, events: RawEvents, at: Times) -> list[str]:
    """What a table says otherwise than the raw events."""
    lives = events.lives(at.on, at.known)
    policies = events.policy(at.since, at.known), events.policy(at.on, at.known)
    on = await asked(pool, at.on, at.position, None)
    since = await asked(pool, at.since, at.position, None)
    policy, earlier = await policy_at(pool, "default", on), await policy_at(pool, "default", since)
    found = {
        "stages": (_stages(await tables.stages(pool, on, policy)), raw_events.stages(lives, policies[1])),
        "transitions": (
            _moves(await tables.transitions(pool, on, at.since, (earlier, policy))),
            raw_events.transitions(lives, at.since, *policies),
        ),
        "cohorts": (
            [(one.month, one.customers, one.bought, one.again) for one in await tables.cohorts(pool, on, 12)],
            raw_events.cohorts(lives),
        ),
        "churn": (
            [
                (one.month, one.active, one.lost, one.won_back, one.new, one.rate)
                for one in await tables.churn(pool, on, policy, 12)
            ],
            raw_events.churn(lives, policies[1]),
        ),
        "customers": await _some_customers(pool, lives, on, policy, policies[1]),
    }
    return [f"{name} on {at}: {one} and not {other}" for name, (one, other) in found.items() if one != other]


def _stages(found: Sequence[tables.StageValue]) -> dict[str, Any]:
    return {str(one.stage): (one.customers, one.purchases, one.revenue) for one in found}


def _moves(found: Sequence[Transition]) -> dict[tuple[str, str], int]:
    return {(str(one.before), str(one.after)): one.customers for one in found}


async def _some_customers(
    pool: Pool, lives: Lives, on: Asked, policy: LifecyclePolicy, told: raw_events.Json
) -> tuple[list[Any], list[Any]]:
    """Every n-th, each with the stage, its first day, purchases and revenue."""
    ids = sorted(lives.bought)
    chosen = ids[:: max(1, len(ids) // SOME)]
    found = [await tables.life(pool, UUID(id), on, policy) for id in chosen]
    ours = [
        (
            str(one.customer_id),
            (str(one.stage), one.since),
            [(p.day, p.amount, p.currency, str(p.deal_id)) for p in one.purchases],
            one.revenue,
        )
        for one in found
    ]
    return ours, [_told(id, lives.bought[id], lives.on, told) for id in chosen]


def _told(id: str, bought: Sequence[Purchase], on: date, policy: raw_events.Json) -> Any:
    revenue: dict[str, Any] = {}
    raw_events.add(revenue, bought)
    standing = raw_events.stage([one.day for one in bought], on, policy)
    return id, standing, [(one.day, one.amount, one.currency, one.deal) for one in bought], revenue


# -- both -----------------------------------------------------------------------------------------


async def prove(url: str, seed: int, customers: int, many: int, say: Said = print) -> list[str]:
    """Of a migrated database with an empty ledger: the differences found at so many random days, each on both clocks."""
    async with open_ledger(url, min_size=1, max_size=4) as ledger:
        given = await Writer(url, ledger).write(Year(seed, customers), say)
        head = await ledger.head()
    say(f"{customers:,} customers, {given:,} commands, {head:,} events")
    events = RawEvents.read(url)
    pool = await open_pool(url, min_size=1, max_size=2)
    found: list[str] = []
    try:
        for at in times(seed, many, head):
            wrong = await differences(pool, events, at)
            say(f"on {at.on}, as known at {at.known:,}: {'equal' if not wrong else f'{len(wrong)} differ'}")
            found += wrong
    finally:
        await pool.close()
    return found
