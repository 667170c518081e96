"""cli: what people say in a cycle's review and feedback — assess, decide, agree on feedback, comment, appeal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid4

import typer

from cli.common import AsUser, Json, example
from cli.cycle_course import EXAMPLE, WHO, act, app
from cli.loop import By, CycleArgument, Why, instant, number

if TYPE_CHECKING:
    from domain.cycle.facts import StatedChange

__all__ = ["app"]
Said = Annotated[str, typer.Argument(metavar="TEXT")]


# --- review ----------------------------------------------------------------------------------------------------------


@app.command("self-assess", epilog=example(f"salesloop cycle self-assess {EXAMPLE} 'two slipped' --by {WHO}"))
def self_assess(
    cycle: CycleArgument, text: Said, *, by: By, user: AsUser = "cli", json: Json = False
) -> None:
    """The owner's own assessment."""
    from domain.cycle.commands import AssessSelf

    act(cycle, lambda id: AssessSelf(cycle_id=id, assessed_by=by, text=text), user, json=json)


@app.command(epilog=example(f"salesloop cycle assess {EXAMPLE} 'good pipeline, late offers' --by {WHO}"))
def assess(cycle: CycleArgument, text: Said, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The manager's assessment, after the owner's own or when that is overdue."""
    from domain.cycle.commands import AssessCycle

    act(cycle, lambda id: AssessCycle(cycle_id=id, assessed_by=by, text=text), user, json=json)


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
    act(
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
    act(
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

    act(cycle, lambda id: HandOverDecision(cycle_id=id, decision_id=decision, to=to), user, json=json)


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
    act(
        cycle,
        lambda id: GiveFeedback(cycle_id=id, given_by=by, text=text, action_items=items),
        user,
        json=json,
    )


@app.command(epilog=example(f"salesloop cycle acknowledge {EXAMPLE} --by {WHO}"))
def acknowledge(cycle: CycleArgument, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The owner has read the feedback."""
    from domain.cycle.commands import AcknowledgeFeedback

    act(cycle, lambda id: AcknowledgeFeedback(cycle_id=id, acknowledged_by=by), user, json=json)


@app.command(epilog=example(f"salesloop cycle comment {EXAMPLE} 'the fair cost a week' --by {WHO}"))
def comment(cycle: CycleArgument, text: Said, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """Say something about it."""
    from domain.cycle.commands import CommentOnCycle

    made = uuid4()
    act(
        cycle,
        lambda id: CommentOnCycle(cycle_id=id, comment_id=made, author_id=by, text=text),
        user,
        json=json,
    )


@app.command(epilog=example(f"salesloop cycle appeal {EXAMPLE} --why 'the Acme deal counts' --by {WHO}"))
def appeal(cycle: CycleArgument, *, why: Why, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """The owner does not accept the outcome. A closed scorecard is reopened; its first result is kept."""
    from domain.cycle.commands import AppealCycle

    act(cycle, lambda id: AppealCycle(cycle_id=id, appealed_by=by, why=why), user, json=json)


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

    act(cycle, lambda id: DecideAppeal(cycle_id=id, decided_by=by, upheld=upheld, why=why), user, json=json)
