"""cli: what people do in a cycle — open it, agree, assess, decide, give feedback, appeal, and change its course."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from cli.common import AsUser, Json, Reason, context, example, execute, ledger, receipt, run
from cli.cycles import app
from cli.loop import (
    By,
    CycleArgument,
    PeriodOption,
    ScopeOption,
    Why,
    checked,
    cycle_of,
    instant,
    number,
    scope_of,
)

if TYPE_CHECKING:
    from domain.cycle.facts import StatedChange
    from domain.door import Receipt

Said = Annotated[str, typer.Argument(metavar="TEXT")]
Owner = Annotated[UUID | None, typer.Option("--owner", help="A person's id.")]
Manager = Annotated[UUID | None, typer.Option("--manager", help="A person's id.")]
Above = Annotated[UUID | None, typer.Option("--above", help="Who is told where the manager is late.")]
__all__ = ["app"]
EXAMPLE = "company@2027-Q1"
WHO = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"


def _act(cycle: str, made: Callable[[UUID], Any], user: str, *, json: bool) -> None:
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

    _act(cycle, lambda id: IncludeTarget(cycle_id=id, target_id=target), user, json=json)


@app.command(epilog=example(f"salesloop cycle agree {EXAMPLE} --by {WHO}"))
def agree(cycle: CycleArgument, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The owner agrees to every target of the cycle."""
    from domain.cycle.commands import AgreeTargets

    _act(cycle, lambda id: AgreeTargets(cycle_id=id, agreed_by=by), user, json=json)


# --- review ----------------------------------------------------------------------------------------------------------


@app.command("self-assess", epilog=example(f"salesloop cycle self-assess {EXAMPLE} 'two slipped' --by {WHO}"))
def self_assess(
    cycle: CycleArgument, text: Said, *, by: By, user: AsUser = "cli", json: Json = False
) -> None:
    """The owner's own assessment."""
    from domain.cycle.commands import AssessSelf

    _act(cycle, lambda id: AssessSelf(cycle_id=id, assessed_by=by, text=text), user, json=json)


@app.command(epilog=example(f"salesloop cycle assess {EXAMPLE} 'good pipeline, late offers' --by {WHO}"))
def assess(cycle: CycleArgument, text: Said, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The manager's assessment, after the owner's own or when that is overdue."""
    from domain.cycle.commands import AssessCycle

    _act(cycle, lambda id: AssessCycle(cycle_id=id, assessed_by=by, text=text), user, json=json)


@app.command(epilog=example(f"salesloop cycle ask {EXAMPLE} 'more demos?' --of {WHO} --due 2027-04-09T17:00"))
def ask(
    cycle: CycleArgument,
    question: Annotated[str, typer.Argument()],
    *,
    of: Annotated[UUID, typer.Option("--of", help="Who decides.")],
    due: Annotated[datetime, typer.Option("--due", help="By when, in your time zone.")],
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Ask for a decision."""
    from domain.cycle.commands import AskDecision

    due_at, decision = instant(due), uuid4()
    _act(
        cycle,
        lambda id: AskDecision(cycle_id=id, decision_id=decision, question=question, of=of, due_at=due_at),
        user,
        json=json,
    )


@app.command(epilog=example(f"salesloop cycle decide {EXAMPLE} {WHO} 'yes, two a week' --by {WHO}"))
def decide(
    cycle: CycleArgument,
    decision: Annotated[UUID, typer.Argument(metavar="DECISION", help="Its id, as cycle said shows it.")],
    choice: Annotated[str, typer.Argument()],
    *,
    by: By,
    change: Annotated[
        str | None,
        typer.Option(metavar="METRIC=N", help="Does this to the next target: deals-won=-2, revenue-won=5%."),
    ] = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Take a decision that was asked for."""
    from domain.cycle.commands import TakeDecision

    stated = _change(change) if change else None
    _act(
        cycle,
        lambda id: TakeDecision(cycle_id=id, decision_id=decision, taken_by=by, choice=choice, change=stated),
        user,
        json=json,
    )


def _change(text: str) -> StatedChange:
    from domain.cycle.facts import StatedChange

    metric, _, given = text.partition("=")
    share = given.endswith("%")
    stated = number(given.removesuffix("%"))
    return StatedChange(metric=metric, number=stated / 100 if share else stated, as_share=share)


@app.command("ask-another", epilog=example(f"salesloop cycle ask-another {EXAMPLE} {WHO} --to {WHO}"))
def ask_another(
    cycle: CycleArgument,
    decision: Annotated[UUID, typer.Argument(metavar="DECISION", help="Its id, as cycle said shows it.")],
    *,
    to: Annotated[UUID, typer.Option("--to", help="Who decides from now.")],
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Another one is to take the decision, until the same time."""
    from domain.cycle.commands import HandOverDecision

    _act(cycle, lambda id: HandOverDecision(cycle_id=id, decision_id=decision, to=to), user, json=json)


# --- feedback --------------------------------------------------------------------------------------------------------


@app.command(epilog=example(f"salesloop cycle feedback {EXAMPLE} 'offers within two days' --by {WHO}"))
def feedback(
    cycle: CycleArgument,
    text: Said,
    *,
    by: By,
    item: Annotated[list[UUID] | None, typer.Option("--item", help="An action item's id.")] = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """The feedback that owner and manager agreed on, with its action items."""
    from domain.cycle.commands import GiveFeedback

    items = tuple(item or ())
    _act(
        cycle,
        lambda id: GiveFeedback(cycle_id=id, given_by=by, text=text, action_items=items),
        user,
        json=json,
    )


@app.command(epilog=example(f"salesloop cycle acknowledge {EXAMPLE} --by {WHO}"))
def acknowledge(cycle: CycleArgument, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The owner has read the feedback."""
    from domain.cycle.commands import AcknowledgeFeedback

    _act(cycle, lambda id: AcknowledgeFeedback(cycle_id=id, acknowledged_by=by), user, json=json)


@app.command(epilog=example(f"salesloop cycle comment {EXAMPLE} 'the fair cost a week' --by {WHO}"))
def comment(cycle: CycleArgument, text: Said, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """Say something about it."""
    from domain.cycle.commands import CommentOnCycle

    made = uuid4()
    _act(
        cycle,
        lambda id: CommentOnCycle(cycle_id=id, comment_id=made, author_id=by, text=text),
        user,
        json=json,
    )


@app.command(epilog=example(f"salesloop cycle appeal {EXAMPLE} --why 'the Acme deal counts' --by {WHO}"))
def appeal(cycle: CycleArgument, *, why: Why, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The owner does not accept the outcome. A closed scorecard is reopened; its first result is kept."""
    from domain.cycle.commands import AppealCycle

    _act(cycle, lambda id: AppealCycle(cycle_id=id, appealed_by=by, why=why), user, json=json)


@app.command(
    "decide-appeal",
    epilog=example(f"salesloop cycle decide-appeal {EXAMPLE} --turn-down --why 'signed in May' --by {WHO}"),
)
def decide_appeal(
    cycle: CycleArgument,
    *,
    upheld: Annotated[bool, typer.Option("--uphold/--turn-down")],
    why: Why,
    by: By,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Uphold an appeal, or turn it down."""
    from domain.cycle.commands import DecideAppeal

    _act(cycle, lambda id: DecideAppeal(cycle_id=id, decided_by=by, upheld=upheld, why=why), user, json=json)


# --- its course ------------------------------------------------------------------------------------------------------


@app.command(epilog=example(f"salesloop cycle pause {EXAMPLE} --why 'a strike'"))
def pause(cycle: CycleArgument, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """Nobody is reminded and nothing goes on until it is resumed."""
    from domain.cycle.commands import PauseCycle

    _act(cycle, lambda id: PauseCycle(cycle_id=id, why=why), user, json=json)


@app.command(epilog=example(f"salesloop cycle resume {EXAMPLE}"))
def resume(cycle: CycleArgument, *, user: AsUser = "cli", json: Json = False) -> None:
    """What was owed is put off by the time of the pause."""
    from domain.cycle.commands import ResumeCycle

    _act(cycle, lambda id: ResumeCycle(cycle_id=id), user, json=json)


@app.command(epilog=example(f"salesloop cycle cancel {EXAMPLE} --why 'teams were merged'"))
def cancel(cycle: CycleArgument, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """It ends here. It may be opened anew."""
    from domain.cycle.commands import CancelCycle

    _act(cycle, lambda id: CancelCycle(cycle_id=id, why=why), user, json=json)


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

    _act(cycle, lambda id: ChangeCadence(cycle_id=id, cadence=Kept(to.value)), user, json=json)


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
    _act(cycle, lambda id: HandOverCycle(cycle_id=id, why=why, **named), user, json=json)


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
