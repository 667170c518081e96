"""cli: what the demonstration's cycle left — the target, the review pack, the next target with its reasoning, and its pace."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cli.common import console, table
from cli.loop import figure
from cli.telling import Teller

if TYPE_CHECKING:
    from cli.demo_cycle import Turn
    from projections.attainment import Attainment
    from runtime.ledger import Ledger

WEEK = timedelta(days=7)


async def show_cycle(opened: Ledger, turn: Turn, teller: Teller) -> None:
    await _pack(opened, turn, teller)
    await _next(opened, turn, teller)
    await _pace(opened, turn, teller)


async def _pack(opened: Ledger, turn: Turn, teller: Teller) -> None:
    from projections import review_pack
    from projections.cycle_board import CycleBoard

    seen = await CycleBoard.get(opened.pool, turn.cycle(turn.reviewed))
    assert seen is not None
    assert seen.review is not None
    pack = await review_pack.pack(opened.pool, seen.cycle_id, seen.review.position)
    teller.view("review-pack", lambda: console().print(str(pack.content)[:300]), **pack.content)


async def _next(opened: Ledger, turn: Turn, teller: Teller) -> None:
    from domain.proposal import NEXT_TARGET_WORDS
    from domain.reasoning import told
    from projections.cycle_board import CycleBoard

    seen = await CycleBoard.get(opened.pool, turn.cycle(turn.reviewed))
    for proposed in seen.proposal if seen else ():
        number = figure(proposed.number, proposed.currency)
        why = "\n".join(f"  {sentence}" for sentence in told(proposed.reasons, NEXT_TARGET_WORDS, "en"))
        teller.event(
            "next-target",
            f"\nthe target proposed for {turn.following}: {proposed.metric} {number}\n{why}",
            target=proposed,
        )


async def _pace(opened: Ledger, turn: Turn, teller: Teller) -> None:
    """Of the month that runs: at the end of each of its weeks, and on the last day that is known."""
    from projections import attainment

    first = turn.following.start
    weeks = [first + n * WEEK - timedelta(days=1) for n in range(1, 5)]
    days = [*(day for day in weeks if day < turn.day), turn.day]
    found = await attainment.series(
        opened.pool,
        turn.target(turn.following),
        days,
        policy=await attainment.policy_of(opened.pool, "demonstration"),
    )
    teller.view("pace", lambda: _show_pace(turn, found), days=found)


def _show_pace(turn: Turn, found: list[Attainment]) -> None:
    rows = [
        (
            one.day,
            figure(one.number, one.currency),
            figure(one.actual),
            figure(one.expected),
            f"{one.elapsed:.0%}",
            one.status,
        )
        for one in found
    ]
    table(
        ("day", "target", "came", "expected by then", "of the month", "pace"),
        rows,
        title=f"the pace of {turn.following}",
    )
