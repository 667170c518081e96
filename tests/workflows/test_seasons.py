"""A target divided by season from history, and a cycle whose check-ins expect what that season usually brings by then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.cycle import facts as f
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.figures.pace import Pace
from domain.figures.shares import Method
from domain.target.target import Target
from domain.time.periods import named_period
from projections.engine.wait import Waiter
from projections.ports.loop import LoopReads
from projections.target.parts import Into, division
from tests.workflows.turns import APRIL, EARLY, JUNE, MAY, REVIEW, Turn, at, begin
from tests.workflows.world import MOMENT, World

SECOND = named_period("2031-Q2")
BEFORE = ((4, 2, 6), (4, 24, 2), (5, 14, 8), (6, 11, 16))
"""Calls of the year before: month, day and how many. April's come early."""


def noon(month: int, day: int) -> datetime:
    return datetime(2030, month, day, 4, tzinfo=UTC)


async def with_history(world: World) -> Turn:
    turn = await begin(world)
    old = replace(turn, deal_id=await world.open_deal(noon(3, 20)))
    for month, day, calls in BEFORE:
        await old.call(calls, noon(month, day))
    await world.read()
    return turn


async def divided(turn: Turn) -> None:
    """The quarter's 64, into its months by season."""
    await turn.aim(64, SECOND)
    quarter = await turn.target(SECOND)
    assert isinstance(quarter, Target)
    pool = turn.world.office.ledger.pool
    await turn.run(await division(pool, quarter, Into.MONTH, Method.SEASONAL), EARLY)


async def test_the_season_divides_the_target_and_sets_its_pace(virtual: World) -> None:
    turn = await with_history(virtual)
    await divided(turn)
    numbers = [(await turn.target(month)).number for month in (APRIL, MAY, JUNE)]
    assert numbers == [16, 16, 32]

    seasonal = replace(DEFAULT_CYCLE_POLICY, name="seasonal", pace=Pace.SEASONAL)
    await turn.run(PublishCyclePolicy(policy=seasonal), EARLY)
    office = virtual.office
    async with Waiter(office.url) as waiter:
        await virtual.stop_working()
        assert virtual.context is not None
        reads: Any = LoopReads(office.ledger.pool, waiter)
        virtual.context = replace(virtual.context, figures=reads)
        virtual.work()
        await turn.open(policy="seasonal")
        await turn.agree(EARLY)
        await turn.move(at(4, 2))
        await turn.call(11, at(4, 2))
        await turn.move(REVIEW - MOMENT)
        checked = [r.fact for r in await turn.facts("checked-in")]
        lines = [
            (fact.on, fact.lines[0].expected, fact.lines[0].actual, fact.lines[0].step)
            for fact in checked
            if isinstance(fact, f.CheckedIn)
        ]
        await virtual.stop_working()
    # Three quarters of last April's calls came in its first week, the others in its fourth.
    assert lines == [
        (date(2031, 4, 6), Decimal(12), Decimal(11), 0),
        (date(2031, 4, 13), Decimal(12), Decimal(11), 0),
        (date(2031, 4, 20), Decimal(12), Decimal(11), 0),
        (date(2031, 4, 27), Decimal(16), Decimal(11), 3),
    ]
