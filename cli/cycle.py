"""cli: cycles — the board, one cycle and what it waits for, its review's pack, the next target and why. What can be done is in
`api/cycle/acts.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.language import language
from cli.engine.options import (
    CompanyZone,
    CycleArgument,
    KnownAt,
    company_zone,
    cycle_policies,
    today,
)
from cli.engine.shown import Shown, add_list
from cli.views.rules import show_cycle_policy

if TYPE_CHECKING:
    from cli.engine.backend import Backend
    from projections.cycle.board import CycleSeen

app = group(
    "cycle",
    "Cycles: the board, one cycle and what it waits for, its pack, and everything people do in it.",
    acts="api.cycle.acts",
)


STEPS = "propose|agree|self-assess|assess|decide|give-feedback|acknowledge|decide-appeal|hold"
"""What a cycle waits for."""


def people(cycle: CycleSeen) -> Iterable[UUID | None]:
    """Whose names a cycle is shown with."""
    yield from (cycle.scope.id, cycle.owner_id, cycle.manager_id, cycle.above_id)
    yield from (owed.of for owed in cycle.waits)


add_list(
    app,
    Shown(
        path="/cycles",
        model="projections.cycle.board:CycleBoard",
        view="cli.views.loop:show_board",
        options=f"phase=target|execute|review|feedback|next|closed|cancelled scope period period_kind=year|quarter|month|week on "
        f"owner manager team of waits_for={STEPS} due_before behind sort=waits_until|starts",
        help="The board: what is due first comes first.",
        example="salesloop cycle list --phase execute --behind",
        names=people,
        clock="company",
    ),
)


# --- one cycle -------------------------------------------------------------------------------------------------------


async def _seen(at: Backend, given: str) -> CycleSeen:
    from cli.engine.kinds import read
    from cli.engine.reads import one
    from projections.cycle.board import CycleBoard, CycleSeen

    id = await read(at, "cycle", given, "CYCLE")
    found: CycleSeen = await at.read(f"/cycles/{id}", CycleSeen, None, one(CycleBoard.get, "cycle", id))
    return found


@app.command(epilog=example("salesloop cycle show company@2027-Q1"))
def show(cycle: CycleArgument, *, json: Json = False, tz: CompanyZone = None) -> None:
    """Where it stands, what it waits for, from whom, until when, and how its targets stand today."""
    found, lines, known, company = run(_show(cycle))
    if json:
        as_json({"cycle": found, "attainment": lines})
        return
    from cli.views.loop import show_cycle

    show_cycle(found, lines, known, zone(tz or company))


async def _show(given: str) -> tuple[Any, list[Any], dict[UUID, str], str]:
    """Its targets as they stand today, or stood on its last day."""
    from cli.engine.failure import fail

    async with backend() as at:
        found = await _seen(at, given)
        versions = await cycle_policies(at, found.policy)
        policy = next((one for one in versions if one.version == found.policy_version), None) or fail(
            f"the cycle policy {found.policy!r} has no version {found.policy_version}"
        )
        day = min(date.fromisoformat(await today(at)), found.period.end)
        lines = [line for target in found.targets for line in await _on(at, target, day, policy)]
        return found, lines, await at.names(people(found)), policy.calendar.timezone


async def _on(at: Backend, target: UUID, day: Any, policy: Any) -> list[Any]:
    from domain.cycle.in_force import InForce
    from projections.target import attainment

    async def direct(source: Any, _: Any) -> Any:
        series = await attainment.series(source, target, [day], policies=InForce.only(policy))
        return {"days": series}

    shape = dict[str, list[attainment.Attainment]]
    found = await at.read(f"/targets/{target}/attainment", shape, {"since": day, "until": day}, direct)
    return list(found["days"])


@app.command(epilog=example("salesloop cycle said rep:0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11@2027-03"))
def said(cycle: CycleArgument, *, json: Json = False, tz: CompanyZone = None) -> None:
    """What people said in the course of it: assessments, decisions, feedback, comments, appeals."""
    found, known, company = run(_said(cycle))
    if json:
        as_json(found.said)
        return
    from cli.views.loop import show_said

    show_said(found, known, zone(tz or company))


async def _said(given: str) -> tuple[CycleSeen, dict[UUID, str], str]:
    async with backend() as at:
        found = await _seen(at, given)
        return found, await at.names([one.by for one in found.said]), await company_zone(at)


@app.command(epilog=example("salesloop cycle pack company@2027-Q1 --changed"))
def pack(
    cycle: CycleArgument,
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is known differently now.")] = False,
    known_at: KnownAt = None,
    json: Json = False,
    tz: CompanyZone = None,
) -> None:
    """The review's pack as it was frozen, and beside each number what is known now."""
    found, known, company = run(_pack(cycle, known_at))
    if json:
        as_json(found)
        return
    from cli.views.packs import show_pack

    show_pack(found, known, zone(tz or company), language(), changed=changed)


async def _pack(given: str, known_at: str | None) -> tuple[Any, dict[UUID, str], str]:
    from projections.cycle import pack_view

    async with backend() as at:
        cycle = await _seen(at, given)
        path = f"/cycles/{cycle.cycle_id}/pack"
        found = await at.read(path, pack_view.PackSeen, {"known_at": known_at})
        known = await at.names([found.scope.id, *pack_view.about(found)])
        return found, known, await company_zone(at)


@app.command(epilog=example("salesloop cycle proposal company@2027-Q1 --lang zh"))
def proposal(cycle: CycleArgument, *, json: Json = False) -> None:
    """What was proposed for the next period, step by step."""
    found, known = run(_proposal(cycle))
    if json:
        as_json(found.next_proposed)
        return
    from cli.views.loop import show_proposal

    show_proposal(found, known, language())


async def _proposal(given: str) -> tuple[CycleSeen, dict[UUID, str]]:
    async with backend() as at:
        found = await _seen(at, given)
        return found, await at.names([found.scope.id])


@app.command(epilog=example("salesloop cycle policy default"))
def policy(name: Annotated[str, typer.Argument()] = "default", *, json: Json = False) -> None:
    """All versions of a cycle policy."""
    versions = run(_policy(name))
    if json:
        as_json(versions)
    else:
        show_cycle_policy(name, versions)


async def _policy(name: str) -> Any:
    async with backend() as at:
        return await cycle_policies(at, name)
