"""cli: what is done to scorecards — defined, opened, scored by people, closed from the events, appealed against."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID, uuid4

import typer

from cli.common import (
    USAGE,
    AsUser,
    Json,
    Reason,
    context,
    example,
    execute,
    fail,
    ledger,
    receipt,
    run,
    settings,
)
from cli.loop import By, PeriodOption, ScopeOption, Why, checked, number, period_of, scope_of
from cli.scorecards import WHICH, Id, app

if TYPE_CHECKING:
    from domain.door import Receipt

__all__ = ["app"]
PATIENCE = 20.0


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"


@app.command(epilog=example("salesloop scorecard define ./field-sales.json"))
def define(
    file: Annotated[
        Path,
        typer.Argument(help="JSON, as POST /scorecard-definitions takes it.", exists=True, dir_okay=False),
    ],
    *,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Publish a scorecard's measures, their next version; the weights sum to 100 %."""
    from api.routers.scorecards_acts import DefineScorecard as Body
    from domain.scorecard.definition import DefineScorecard, Definition

    body = checked(Body, file.read_bytes())
    measures = tuple(measure.value() for measure in body.measures)
    command = DefineScorecard(definition=Definition(name=body.name, measures=measures))
    receipt(run(execute(command, user, reason or body.reason)), json)


@app.command(
    "open",
    epilog=example(
        f"salesloop scorecard open field-sales --scope rep:{WHICH} --period 2027-Q1 --owner {WHICH} --currency CNY"
    ),
)
def open_(
    definition: Annotated[str, typer.Argument()],
    *,
    scope: ScopeOption,
    period: PeriodOption,
    owner: Annotated[UUID, typer.Option("--owner", help="A person's id.")],
    manager: Annotated[UUID | None, typer.Option("--manager", help="A person's id.")] = None,
    currency: Annotated[str, typer.Option("--currency", help="Of its measures of money.")] = "",
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Open the scorecard of a scope and period."""
    given = {"definition": definition, "owner_id": owner, "manager_id": manager, "currency": currency}
    receipt(run(_open(scope, period, given, user, reason)), json)


async def _open(scope: str, period: str, given: dict[str, Any], user: str, reason: str | None) -> Receipt:
    from domain.door import Door
    from domain.scorecard.decisions import OpenScorecard

    async with ledger() as opened:
        command = OpenScorecard(scope=scope_of(scope), period=await period_of(opened, period), **given)
        return await Door(opened).execute(command, context(user, reason))


@app.command(epilog=example(f"salesloop scorecard score {WHICH} --role manager --by {WHICH} 'team play=90'"))
def score(
    scorecard: Id,
    scores: Annotated[list[str], typer.Argument(metavar="MEASURE=SCORE", help="0 to 100.")],
    *,
    by: By,
    role: Annotated[Role, typer.Option("--role", help="The manager's scores count.")] = Role.MANAGER,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Score what people score."""
    from domain.scorecard.decisions import ScoreScorecard

    given = tuple(_score(text) for text in scores)
    said: Literal["owner", "manager"] = "owner" if role is Role.OWNER else "manager"
    receipt(
        run(execute(ScoreScorecard(scorecard_id=scorecard, role=said, scored_by=by, scores=given), user)),
        json,
    )


def _score(text: str) -> Any:
    from domain.scorecard.scorecard import Score

    measure, _, given = text.rpartition("=")
    if not measure:
        fail(f"{text!r} is no score: write MEASURE=SCORE", USAGE)
    return Score(measure=measure.strip(), score=number(given))


@app.command(epilog=example(f"salesloop scorecard close {WHICH}"))
def close(scorecard: Id, *, user: AsUser = "cli", reason: Reason = None, json: Json = False) -> None:
    """Close it with the figures as known now. Later facts, also late ones, do not change it."""
    receipt(run(_close(scorecard, user, reason)), json)


async def _close(id: UUID, user: str, reason: str | None) -> Receipt:
    from domain.door import Door
    from domain.scorecard.decisions import CloseScorecard
    from projections import scorecards

    async with ledger() as opened:
        position = await opened.head()
        await _follow(position)
        known_at, figures = await scorecards.to_close(opened.pool, id, position)
        command = CloseScorecard(scorecard_id=id, position=known_at, figures=figures)
        return await Door(opened).execute(command, context(user, reason))


async def _follow(position: int) -> None:
    """Wait until the figures are known at `position`."""
    from projections.wait import NotReached, Waiter

    async with Waiter(settings().database_url) as waiter:
        try:
            await waiter.until("contributions", position, PATIENCE)
        except NotReached as behind:
            fail(f"{behind}: see salesloop projections status")


@app.command(epilog=example(f"salesloop scorecard comment {WHICH} 'the fair cost a week' --by {WHICH}"))
def comment(
    scorecard: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    *,
    by: By,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Say something about it."""
    from domain.scorecard.decisions import CommentOnScorecard

    command = CommentOnScorecard(scorecard_id=scorecard, comment_id=uuid4(), author_id=by, text=text)
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop scorecard appeal {WHICH} --why 'the Acme deal counts' --by {WHICH}"))
def appeal(scorecard: Id, *, why: Why, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """It is reopened, and the original kept."""
    from domain.scorecard.decisions import AppealScorecard

    command = AppealScorecard(scorecard_id=scorecard, appealed_by=by, why=why)
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop scorecard handover {WHICH} --manager {WHICH} --why 'parental leave'"))
def handover(
    scorecard: Id,
    *,
    why: Why,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    manager: Annotated[UUID | None, typer.Option("--manager", help="A person's id.")] = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Others own an open one, or score and close it."""
    from domain.scorecard.decisions import HandOverScorecard

    command = HandOverScorecard(scorecard_id=scorecard, why=why, owner_id=owner, manager_id=manager)
    receipt(run(execute(command, user)), json)
