"""cli: what is done to targets — proposed, agreed to, divided, revised, spread anew, moved, handed over, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import USAGE, AsUser, Json, Reason, context, example, execute, fail, ledger, receipt, run
from cli.loop import DAYS, By, Why, number, period_of, scope_of
from cli.targets import WHICH, Id, app

if TYPE_CHECKING:
    from domain.door import Receipt
    from domain.target.commands import Child
    from domain.target.target import Target
    from runtime.ledger import Ledger

__all__ = ["app"]
FromDay = Annotated[
    datetime | None,
    typer.Option("--from", formats=DAYS, help="The first day it holds.", show_default="today"),
]
Parts = Annotated[
    list[str] | None,
    typer.Option(
        "--part",
        metavar="PART",
        help="SCOPE@PERIOD, and after = its weight or number: rep:ID@2027-03=2. Once for each part.",
    ),
]
Basis = Annotated[str, typer.Option("--basis", help="Where the weights came from.")]


class Method(StrEnum):
    EQUAL = "equal"
    WEIGHTED = "weighted"
    SEASONAL = "seasonal"
    MANUAL = "manual"


class Kind(StrEnum):
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    TEAM = "team"
    REP = "rep"


@app.command(
    epilog=example(
        "salesloop target propose --metric revenue-won --number 1200000 --unit money --currency CNY --period 2027-Q1 "
        f"--scope company --owner {WHICH} --achievable '1.1 million last quarter' --relevant 'a third of the plan'"
    )
)
def propose(
    *,
    metric: Annotated[str, typer.Option("--metric")] = "",
    number_: Annotated[str | None, typer.Option("--number", metavar="NUMBER")] = None,
    unit: Annotated[str, typer.Option("--unit", help="money, count, ratio or days.")] = "",
    currency: Annotated[str, typer.Option("--currency")] = "",
    period: Annotated[str | None, typer.Option("--period", metavar="PERIOD")] = None,
    scope: Annotated[str | None, typer.Option("--scope", metavar="SCOPE")] = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    achievable: Annotated[str, typer.Option("--achievable", help="Why it can be reached.")] = "",
    relevant: Annotated[str, typer.Option("--relevant", help="Why it matters.")] = "",
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Propose a target. What is left out is named in the refusal, all of it at once."""
    said: dict[str, Any] = {"metric": metric, "unit": unit, "currency": currency, "owner_id": owner}
    said |= {"achievable": achievable, "relevant": relevant, "number": number(number_) if number_ else None}
    said |= {"scope": scope_of(scope) if scope else None}
    receipt(run(_propose(said, period, user, reason)), json)


async def _propose(said: dict[str, Any], period: str | None, user: str, reason: str | None) -> Receipt:
    from domain.door import Door
    from domain.target.commands import ProposeTarget

    async with ledger() as opened:
        when = await period_of(opened, period) if period else None
        return await Door(opened).execute(ProposeTarget(**said, period=when), context(user, reason))


@app.command(epilog=example(f"salesloop target agree {WHICH} --by {WHICH}"))
def agree(target: Id, *, by: By, user: AsUser = "cli", json: Json = False) -> None:
    """Its owner agrees to the number it has now."""
    from domain.target.commands import AgreeTarget

    receipt(run(execute(AgreeTarget(target_id=target, agreed_by=by), user)), json)


# --- whole and parts -------------------------------------------------------------------------------------------------


@app.command(epilog=example(f"salesloop target decompose {WHICH} --into month --method seasonal"))
def decompose(
    target: Id,
    *,
    into: Annotated[Kind | None, typer.Option("--into", help="All of these. Instead of each --part.")] = None,
    part: Parts = None,
    method: Annotated[
        Method,
        typer.Option(
            "--method",
            help="With --into, weighted is by the days of each period, and seasonal by what the same days of the three years "
            "before brought. With each --part, its weight or number counts.",
        ),
    ] = Method.EQUAL,
    basis: Basis = "",
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Divide it; the parts sum to it exactly."""
    if bool(into) == bool(part):
        fail("name either --into or each --part", USAGE)
    receipt(run(_decompose(target, into, part or [], method, basis, user, reason)), json)


async def _decompose(
    target: UUID,
    into: Kind | None,
    parts: Sequence[str],
    method: Method,
    basis: str,
    user: str,
    reason: str | None,
) -> Receipt:
    from domain.door import Door
    from domain.shares import Method as Shared
    from domain.target.commands import DecomposeTarget
    from projections.parts import Into, division

    async with ledger() as opened:
        shared = Shared(method.value)
        if into:
            held = await _held(opened, target)
            command = await division(opened.pool, held, Into(into.value), shared, basis)
        else:
            children = await _children(opened, parts, method)
            command = DecomposeTarget(target_id=target, method=shared, children=children, basis=basis)
        return await Door(opened).execute(command, context(user, reason))


async def _held(opened: Ledger, target: UUID) -> Target:
    from domain.target.target import Target

    held = (await opened.load({target: Target}))[target]
    if not isinstance(held, Target) or not held.exists:
        fail(f"no target has the id {target}")
    return held


async def _children(opened: Ledger, parts: Sequence[str], method: Method) -> tuple[Child, ...]:
    return tuple([await _child(opened, part, method) for part in parts])


async def _child(opened: Ledger, part: str, method: Method) -> Child:
    from domain.target.commands import Child

    which, _, share = part.partition("=")
    scope, at, period = which.rpartition("@")
    if not at:
        fail(f"{part!r} is no part: write SCOPE@PERIOD or SCOPE@PERIOD=SHARE", USAGE)
    given = number(share) if share else None
    says: dict[str, Any] = {"number" if method is Method.MANUAL else "weight": given}
    return Child(scope=scope_of(scope), period=await period_of(opened, period), **says)


@app.command(epilog=example(f"salesloop target respread {WHICH} --why 'the plant opens in May'"))
def respread(
    target: Id,
    *,
    why: Why,
    part: Parts = None,
    method: Annotated[Method, typer.Option("--method")] = Method.WEIGHTED,
    number_: Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="Of the whole.")] = None,
    from_day: FromDay = None,
    basis: Basis = "",
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Divide what is left anew. Without parts, the present ones stay in proportion."""
    more = {"number": number(number_) if number_ else None, "from_day": from_day and from_day.date()}
    receipt(run(_respread(target, why, part or [], method, more | {"basis": basis}, user)), json)


async def _respread(
    target: UUID, why: str, parts: Sequence[str], method: Method, more: dict[str, Any], user: str
) -> Receipt:
    from domain.door import Door
    from domain.shares import Method as Shared
    from domain.target.commands import RespreadTarget

    async with ledger() as opened:
        children = await _children(opened, parts, method)
        command = RespreadTarget(
            target_id=target, why=why, method=Shared(method.value), children=children, **more
        )
        return await Door(opened).execute(command, context(user))


# --- its course ------------------------------------------------------------------------------------------------------


@app.command(epilog=example(f"salesloop target revise {WHICH} 1500000 --why 'a colleague left'"))
def revise(
    target: Id,
    to: Annotated[str, typer.Argument(metavar="NUMBER")],
    *,
    why: Why,
    from_day: FromDay = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Another number from a day on; what is past is judged by the number it had."""
    from domain.target.commands import ReviseTarget

    day = from_day.date() if from_day else None
    command = ReviseTarget(target_id=target, number=number(to), why=why, from_day=day)
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop target move {WHICH} --parent {WHICH} --why 'she changed teams'"))
def move(
    target: Id,
    *,
    parent: Annotated[UUID, typer.Option("--parent", help="The target it is a part of from now.")],
    why: Why,
    from_day: FromDay = None,
    stays: Annotated[
        str | None, typer.Option("--stays", metavar="NUMBER", help="What counts where it was.")
    ] = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """What it still has to bring counts for another parent."""
    from domain.target.commands import MoveTarget

    command = MoveTarget(
        target_id=target,
        parent_id=parent,
        why=why,
        from_day=from_day.date() if from_day else None,
        stays=number(stays) if stays else None,
    )
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop target handover {WHICH} --to {WHICH}"))
def handover(
    target: Id,
    *,
    to: Annotated[UUID, typer.Option("--to", help="A person's id.")],
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Somebody else owns it from now."""
    from domain.target.commands import HandOverTarget

    receipt(run(execute(HandOverTarget(target_id=target, owner_id=to), user)), json)


@app.command(epilog=example(f"salesloop target withdraw {WHICH} --why 'reorganised'"))
def withdraw(target: Id, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """It no longer holds, nor do its parts."""
    from domain.target.commands import WithdrawTarget

    receipt(run(execute(WithdrawTarget(target_id=target, why=why), user)), json)
