"""cli: what the demonstration's cycle left — the review pack, the next target with its reasoning, and the month that runs with its pace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from cli.engine.common import zone
from cli.engine.event_output import EventOutput
from cli.engine.names import names
from cli.watch import caught_up

if TYPE_CHECKING:
    from cli.demo.turn import Turn
    from projections.cycle.board import CycleSeen
    from projections.cycle.pack_view import Beside, PackSeen
    from runtime.ledger import Ledger

WEEK, DAY = timedelta(days=7), timedelta(days=1)
SECTIONS = ("targets", "funnel", "promises", "stalled", "longest")
"""Of the pack, that are shown whole; a brought-in pipeline was entered late by nature."""
LONGEST = 3
"""Deals that have stalled."""


async def show_target(opened: Ledger, id: UUID, output: EventOutput) -> None:
    from cli.views import loop as loop_views
    from projections.target import tree as target_tree

    await caught_up(opened, output, ["target_tree", "directory"])
    target = await target_tree.TargetTree.get(opened.pool, id)
    assert target is not None
    known = await names(opened.pool, [target.owner_id])
    output.note("\na target, and why it is achievable (salesloop target show)")
    output.view("target", lambda: loop_views.show_target(target, known), target=target)


async def show_cycle(opened: Ledger, turn: Turn, output: EventOutput) -> None:
    from projections.cycle import board as cycle_board

    reviewed = await cycle_board.CycleBoard.get(opened.pool, turn.cycle(turn.reviewed))
    following = await cycle_board.CycleBoard.get(opened.pool, turn.cycle(turn.following))
    assert reviewed is not None
    assert following is not None
    await _pack(opened, reviewed, output)
    await _proposal(opened, reviewed, output)
    await _running(opened, turn, following, output)


async def _pack(opened: Ledger, reviewed: CycleSeen, output: EventOutput) -> None:
    from cli.views.packs import show_pack
    from projections.cycle import pack_view

    pack = await pack_view.get(opened.pool, reviewed)
    known = await names(opened.pool, [pack.scope.id, *pack_view.about(pack)])
    output.note("\nthe review pack, and beside it what is known now")
    output.view("review-pack", lambda: show_pack(_shortened(pack), known, None), pack=pack)
    left_out = len(pack.lines) - len(_shortened(pack).lines)
    output.note(f"… and {left_out} more lines: salesloop cycle pack company@{pack.period}")


def _shortened(pack: PackSeen) -> PackSeen:
    import msgspec

    return msgspec.structs.replace(pack, lines=list(_telling(pack.lines)))


def _telling(lines: Iterable[Beside]) -> Iterator[Beside]:
    longest: dict[str, None] = {}
    for line in lines:
        if line.section == "longest":
            longest.setdefault(line.about)
        if line.section in SECTIONS and (line.section != "longest" or len(longest) <= LONGEST):
            yield line


async def _proposal(opened: Ledger, reviewed: CycleSeen, output: EventOutput) -> None:
    from cli.views.loop import show_proposal

    known = await names(opened.pool, [reviewed.scope.id])
    output.note("\nthe next target, and why (salesloop cycle proposal)")
    output.view("next-target", lambda: show_proposal(reviewed, known), targets=reviewed.proposal)


async def _running(opened: Ledger, turn: Turn, following: CycleSeen, output: EventOutput) -> None:
    """At the end of each of its weeks so far, and on the last day that is known."""
    from cli.cycle import people
    from cli.views.loop import show_cycle as show
    from domain.cycle.in_force import InForce
    from projections.target import attainment

    weeks = (turn.following.start + n * WEEK - DAY for n in range(1, 5))
    days = [*(day for day in weeks if day < turn.day), turn.day]
    policy = await attainment.policy_of(opened.pool, following.policy, following.policy_version)
    pace = await attainment.series(
        opened.pool, turn.target(turn.following), days, policies=InForce.only(policy)
    )
    known = await names(opened.pool, people(following))
    at = policy.calendar.timezone
    output.note("\nthe month that runs, what it waits for, and its pace (salesloop cycle show)")
    output.view("running", lambda: show(following, pace, known, zone(at)), cycle=following, pace=pace)
