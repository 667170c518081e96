"""cli: a cycle's course — open it, include a target, agree; pause, cancel, change its check-ins or its people."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import AsUser, Json, Reason, context, example, execute, ledger, receipt, run
from cli.cycles import app
from cli.loop import By, CycleArgument, PeriodOption, ScopeOption, Why, checked, cycle_of, scope_of

if TYPE_CHECKING:
    from domain.door import Receipt

__all__ = ["app"]
Owner = Annotated[UUID | None, typer.Option("--owner", help="A person's id.")]
Manager = Annotated[UUID | None, typer.Option("--manager", help="A person's id.")]
Above = Annotated[UUID | None, typer.Option("--above", help="Who is told where the manager is late.")]
EXAMPLE = "company@2027-Q1"
WHO = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"


def act(cycle: str, made: Callable[[UUID], Any], user: str, *, json: bool) -> None:
    """The command that is made for the cycle's id."""
    receipt(run(_acted(cycle, made, user)), json)


async def _acted(given: str, made: Callable[[UUID], Any], user: str) -> Receipt:
    from domain.door import Door

    async with ledger() as opened:
        return await Door(opened).execute(made(await cycle_of(opened, given)), context(user))


# --- target and execution --------------------------------------------------------------------------------------------


@app.command("open", epilog=example(f"salesloop cycle open --scope company --period 2027-Q1 --owner {WHO}"))
def open_(
    *,
    scope: ScopeOption,
    period: PeriodOption,
    owner: Annotated[UUID, typer.Option("--owner", help="A person's id.")],
    manager: Manager = None,
    above: Above = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", help="Whose target is part of it.")] = None,
    policy: Annotated[str, typer.Option("--policy")] = "default",
    cadence: Annotated[Cadence | None, typer.Option("--cadence", help="Of check-ins.")] = None,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Open the cycle of a scope and period. A workflow then drives it and opens the next by itself."""
    people = {"owner_id": owner, "manager_id": manager, "above_id": above}
    more = {"metrics": tuple(metric or ()), "policy": policy, "cadence": cadence and cadence.value}
    receipt(run(_open(scope, period, people | more, user, reason)), json)


async def _open(scope: str, period: str, given: dict[str, Any], user: str, reason: str | None) -> Receipt:
    from cli.loop import period_of
    from domain.cycle.commands import OpenCycle
    from domain.cycle.policy import Cadence as Kept
    from domain.door import Door

    given["cadence"] = Kept(given["cadence"]) if given["cadence"] else None
    async with ledger() as opened:
        command = OpenCycle(scope=scope_of(scope), period=await period_of(opened, period), **given)
        return await Door(opened).execute(command, context(user, reason))


@app.command(epilog=example(f"salesloop cycle include {EXAMPLE} {WHO}"))
def include(
    cycle: CycleArgument,
    target: Annotated[UUID, typer.Argument(metavar="TARGET", help="One for the same scope and period.")],
    *,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """A target becomes part of the cycle."""
    from domain.cycle.commands import IncludeTarget

    act(cycle, lambda id: IncludeTarget(cycle_id=id, target_id=target), user, json=json)


@app.command(epilog=example(f"salesloop cycle agree {EXAMPLE} --by {WHO}"))
def agree(cycle: CycleArgument, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The owner agrees to every target of the cycle."""
    from domain.cycle.commands import AgreeTargets

    act(cycle, lambda id: AgreeTargets(cycle_id=id, agreed_by=by), user, json=json)


# --- its course ------------------------------------------------------------------------------------------------------


@app.command(epilog=example(f"salesloop cycle pause {EXAMPLE} --why 'a strike'"))
def pause(cycle: CycleArgument, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """Nobody is reminded and nothing goes on until it is resumed."""
    from domain.cycle.commands import PauseCycle

    act(cycle, lambda id: PauseCycle(cycle_id=id, why=why), user, json=json)


@app.command(epilog=example(f"salesloop cycle resume {EXAMPLE}"))
def resume(cycle: CycleArgument, *, user: AsUser = "cli", json: Json = False) -> None:
    """What was owed, and every other time of the cycle, is put off by the business time of the pause."""
    from domain.cycle.commands import ResumeCycle

    act(cycle, lambda id: ResumeCycle(cycle_id=id), user, json=json)


@app.command(epilog=example(f"salesloop cycle cancel {EXAMPLE} --why 'teams were merged'"))
def cancel(cycle: CycleArgument, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """It ends here. It may be opened anew."""
    from domain.cycle.commands import CancelCycle

    act(cycle, lambda id: CancelCycle(cycle_id=id, why=why), user, json=json)


@app.command(epilog=example(f"salesloop cycle cadence {EXAMPLE} monthly"))
def cadence(
    cycle: CycleArgument,
    to: Annotated[Cadence, typer.Argument()],
    *,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """How often it is checked in, from now."""
    from domain.cycle.commands import ChangeCadence
    from domain.cycle.policy import Cadence as Kept

    act(cycle, lambda id: ChangeCadence(cycle_id=id, cadence=Kept(to.value)), user, json=json)


@app.command(epilog=example(f"salesloop cycle handover {EXAMPLE} --manager {WHO} --why 'parental leave'"))
def handover(
    cycle: CycleArgument,
    *,
    why: Why,
    owner: Owner = None,
    manager: Manager = None,
    above: Above = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Others take the parts that are named. With its owner the cycle's targets change hands."""
    from domain.cycle.commands import HandOverCycle

    named = {"owner_id": owner, "manager_id": manager, "above_id": above}
    act(cycle, lambda id: HandOverCycle(cycle_id=id, why=why, **named), user, json=json)


@app.command(epilog=example("salesloop cycle publish ./sprint.json --reason 'the new year'"))
def publish(
    file: Annotated[
        Path, typer.Argument(help="JSON, as POST /cycle-policies takes it.", exists=True, dir_okay=False)
    ],
    *,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Publish a cycle policy's next version, for cycles opened from now."""
    from api.routers.cycle_policies import NewCyclePolicy
    from domain.cycle.policies import PublishCyclePolicy

    body = checked(NewCyclePolicy, file.read_bytes())
    receipt(run(execute(PublishCyclePolicy(policy=body.value()), user, reason or body.reason)), json)
