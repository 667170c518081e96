"""cli: deals — as they stand, and what can be done to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from cli.common import (
    USAGE,
    AsUser,
    Json,
    Limit,
    Reason,
    Zone,
    as_json,
    example,
    execute,
    fail,
    group,
    ledger,
    receipt,
    run,
    zone,
)
from cli.deal_views import show_deal, show_deals

if TYPE_CHECKING:
    from domain.door import Command, Receipt
    from domain.values import Money, NextStep
    from projections.deal_board import DealView
    from projections.paging import Page, Source

app = group("deals", "Deals: list, show, open, log a touch, move, win, lose.")

DealArgument = Annotated[
    str, typer.Argument(metavar="DEAL", help="Its reference as lists show it, or its id.")
]
NextOption = Annotated[str | None, typer.Option("--next", help="What is promised next.")]
DueOption = Annotated[datetime | None, typer.Option("--due", help="By when, in your time zone.")]
AmountOption = Annotated[str | None, typer.Option("--amount", metavar="AMOUNT", help="Such as '120000 CNY'.")]
DAYS = ["%Y-%m-%d"]


class Status(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Kind(StrEnum):
    CALL = "call"
    VISIT = "visit"
    MAIL = "mail"
    DEMONSTRATION = "demonstration"
    MEETING = "meeting"
    TASK = "task"


async def find(source: Source, given: str) -> DealView:
    """By id, by reference, or by the beginning of its id, where only one deal has it."""
    from projections import deal_board

    try:
        found = await deal_board.get(source, UUID(given))
    except ValueError:
        page = await deal_board.listing(source, deal_board.BoardFilter(reference=given), limit=2)
        if len(page.items) > 1:
            several = ", ".join(f"{deal.deal_id} ({deal.title})" for deal in page.items)
            fail(f"several deals have the reference {given!r}: name one by its id, such as {several}")
        found = page.items[0] if page.items else None
    if found is None:
        fail(f"no deal has the id or reference {given!r}")
    return found


# --- looking ---------------------------------------------------------------------------------------------------------


@app.command("list", epilog=example("salesloop deals list --status open --sort -amount --limit 20"))
def list_(
    *,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    stage: Annotated[str | None, typer.Option("--stage")] = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A rep's id.")] = None,
    team: Annotated[UUID | None, typer.Option("--team", help="A team's id.")] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Words of the title, or their beginnings.")
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            help="due_at, amount, last_activity_at, opened_at, expected_close; - before it: descending.",
        ),
    ] = "due_at",
    cursor: Annotated[str | None, typer.Option("--cursor", help="Where the page before ended.")] = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Deals, filtered and sorted."""
    narrowed = {"status": status, "stage": stage, "owner_id": owner, "team_id": team, "text": text}
    page = run(_list(narrowed, sort, cursor, limit))
    if json:
        as_json(page)
        return
    show_deals(page.items, zone(tz))
    if page.next_cursor:
        typer.echo(f"more: --cursor {page.next_cursor}")


async def _list(narrowed: dict[str, Any], sort: str, cursor: str | None, limit: int) -> Page[DealView]:
    from projections import deal_board

    async with ledger() as opened:
        return await deal_board.listing(opened.pool, deal_board.BoardFilter(**narrowed), sort, cursor, limit)


@app.command(epilog=example("salesloop deals show 1C1I7A6R"))
def show(deal: DealArgument, *, json: Json = False, tz: Zone = None) -> None:
    """One deal, everything about it."""
    found = run(_show(deal))
    if json:
        as_json(found)
        return
    show_deal(found, zone(tz))


async def _show(given: str) -> DealView:
    async with ledger() as opened:
        return await find(opened.pool, given)


# --- acting ----------------------------------------------------------------------------------------------------------


def amount_of(text: str | None) -> Money | None:
    """`120000 CNY`, with grouping commas or without."""
    from domain import reading
    from domain.values import Money

    if text is None:
        return None
    number, _, currency = text.strip().partition(" ")
    try:
        return Money(reading.grouped(number), reading.currency(currency.strip().upper()))
    except ValueError:
        fail(f"{text!r} is not an amount; write it as '120000 CNY'", USAGE)


def step_of(what: str | None, due: datetime | None) -> NextStep | None:
    from domain.values import NextStep

    if what is None and due is None:
        return None
    if what is None or due is None:
        fail("a next step needs both --next and --due", USAGE)
    return NextStep(what, due.astimezone())


@app.command(
    "open", epilog=example("salesloop deals open 'MES licences' --owner 5f0c… --amount '480000 CNY'")
)
def open_(
    title: Annotated[str, typer.Argument()],
    *,
    owner: Annotated[UUID, typer.Option("--owner", help="The rep's id: see salesloop reps.")],
    customer: Annotated[UUID | None, typer.Option("--customer", help="The customer's id.")] = None,
    amount: AmountOption = None,
    close: Annotated[datetime | None, typer.Option("--close", formats=DAYS, help="Expected close.")] = None,
    policy: Annotated[str, typer.Option("--policy")] = "default",
    what: NextOption = None,
    due: DueOption = None,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Open a deal. Without a next step, a promise is made by the policy's rule."""
    from domain.deal.commands import OpenDeal

    command = OpenDeal(
        deal_id=uuid4(),
        title=title,
        owner_id=owner,
        customer_id=customer,
        amount=amount_of(amount),
        expected_close=close.date() if close else None,
        policy=policy,
        next_step=step_of(what, due),
    )
    receipt(run(execute(command, user, reason)), json)


@app.command(
    epilog=example(
        "salesloop deals log 1C1I7A6R call --outcome reached --next 'send the offer' --due 2026-12-01T09:00"
    )
)
def log(
    deal: DealArgument,
    kind: Annotated[Kind, typer.Argument()],
    *,
    outcome: Annotated[
        str, typer.Option("--outcome", help="A short code: reached, no-answer, offer-sent.")
    ] = "",
    summary: Annotated[str, typer.Option("--summary")] = "",
    minutes: Annotated[int | None, typer.Option("--minutes", min=0, max=10_080)] = None,
    inbound: Annotated[bool, typer.Option("--inbound", help="They called us.")] = False,
    what: NextOption = None,
    due: DueOption = None,
    happened: Annotated[
        datetime | None,
        typer.Option("--happened", help="When it was, in your time zone.", show_default="now"),
    ] = None,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Log a touch. It ends the live promise, kept or late, and makes the next one."""
    from domain.deal.commands import LogActivity
    from domain.values import Activity, ActivityKind, Direction

    activity = Activity(
        kind=ActivityKind(kind.value),
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        outcome=outcome,
        summary=summary,
        duration_minutes=minutes,
    )
    step = step_of(what, due)
    made = run(
        _act(
            deal,
            lambda id: LogActivity(deal_id=id, activity_id=uuid4(), activity=activity, next_step=step),
            user,
            reason,
            happened.astimezone() if happened else None,
        )
    )
    receipt(made, json)


@app.command(epilog=example("salesloop deals move 1C1I7A6R needs --reason 'they called back'"))
def move(
    deal: DealArgument,
    stage: Annotated[str, typer.Argument()],
    *,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Move to another stage. A gate that is not passed lists everything that is missing."""
    from domain.deal.commands import MoveStage

    receipt(run(_act(deal, lambda id: MoveStage(deal_id=id, to=stage), user, reason)), json)


@app.command(epilog=example("salesloop deals win 1C1I7A6R --contract C-2026-117 --amount '470000 CNY'"))
def win(
    deal: DealArgument,
    *,
    contract: Annotated[str, typer.Option("--contract", help="The contract's reference.")] = "",
    amount: AmountOption = None,
    closed: Annotated[
        datetime | None,
        typer.Option("--closed", formats=DAYS, help="The day it closed.", show_default="today"),
    ] = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Win the deal."""
    from cli.loop import company_today
    from domain.deal.commands import WinDeal

    day, worth = closed.date() if closed else run(company_today()), amount_of(amount)
    made = run(
        _act(
            deal,
            lambda id: WinDeal(deal_id=id, amount=worth, closed_on=day, contract_reference=contract),
            user,
        )
    )
    receipt(made, json)


@app.command(epilog=example("salesloop deals lose 1C1I7A6R --why price --competitor Acme"))
def lose(
    deal: DealArgument,
    *,
    why: Annotated[str, typer.Option("--why", help="The loss reason.")],
    competitor: Annotated[str, typer.Option("--competitor")] = "",
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Lose the deal."""
    from domain.deal.commands import LoseDeal

    receipt(
        run(_act(deal, lambda id: LoseDeal(deal_id=id, loss_reason=why, competitor=competitor), user)), json
    )


async def _act(
    given: str, command: Any, user: str, reason: str | None = None, happened: datetime | None = None
) -> Receipt:
    """The command that `command` makes for the deal's id."""
    from cli.common import context
    from domain.door import Door

    async with ledger() as opened:
        made: Command = command(await _id_of(opened.pool, given))
        return await Door(opened).execute(made, context(user, reason, occurred_at=happened))


async def _id_of(source: Source, given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        return (await find(source, given)).deal_id
