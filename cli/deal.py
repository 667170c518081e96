"""cli: deals — as they stand. What can be done to them is in `api/deal/acts.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.options import Cursor, CustomerFilter, CustomFilter, KnownAt, OwnerFilter, TeamFilter, more
from cli.views.deals import show_deal, show_deals, show_details
from cli.views.notices import show_notices

app = group(
    "deals",
    "Deals: list, show, open, log a touch, supply what a gate wants, move, win, lose.",
    acts="api.deal.acts",
)
DealArgument = Annotated[
    str, typer.Argument(metavar="DEAL", help="Its reference as lists show it, or its id.")
]


class Status(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Override(StrEnum):
    ASKED = "asked"


@app.command("list", epilog=example("salesloop deals list --status open --sort -amount --limit 20"))
def list_(
    *,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    process: Annotated[str | None, typer.Option("--process")] = None,
    stage: Annotated[str | None, typer.Option("--stage")] = None,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    customer: CustomerFilter = None,
    product: Annotated[str | None, typer.Option("--product", help="A product: name or id.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="The system it was imported from.")] = None,
    reference: Annotated[
        str | None,
        typer.Option("--reference", help="Its name in that system, or the first 8 digits or more of its id."),
    ] = None,
    due_before: Annotated[str | None, typer.Option("--due-before", metavar="TIME")] = None,
    closing_before: Annotated[str | None, typer.Option("--closing-before", metavar="DAY")] = None,
    amount_from: Annotated[str | None, typer.Option("--amount-from", metavar="NUMBER")] = None,
    amount_to: Annotated[str | None, typer.Option("--amount-to", metavar="NUMBER")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Such as CNY.")] = None,
    override: Annotated[
        Override | None, typer.Option("--override", help="One was asked for and waits for a decision.")
    ] = None,
    custom: CustomFilter = None,
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
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Deals, filtered and sorted."""
    query: dict[str, Any] = {"status": status, "process": process, "stage": stage, "text": text, "sort": sort}
    query |= {"cursor": cursor, "limit": limit, "known_at": known_at, "custom": custom}
    query |= {"source": source, "reference": reference, "currency": currency, "override": override}
    read_as = {"due_before": (due_before, "instant"), "closing_before": (closing_before, "day")}
    read_as |= {"amount_from": (amount_from, "number"), "amount_to": (amount_to, "number")}
    whose = {"owner": owner, "team": team, "customer": customer, "product": product}
    page = run(_list(query, read_as, whose))
    if json:
        as_json(page)
        return
    show_deals(page.items, zone(tz))
    more(page)


async def _list(
    query: dict[str, Any], read_as: dict[str, tuple[str | None, str]], whose: dict[str, str | None]
) -> Any:
    """`read_as`: what was typed, and as what it is read."""
    from cli.engine.kinds import ids, read
    from cli.engine.reads import filtered
    from projections.deal.board import BoardFilter, DealView, listing
    from projections.engine.paging import Page

    async with backend() as at:
        narrowed = query | await ids(at, whose)
        for name, (typed, kind) in read_as.items():
            if typed is not None:
                narrowed[name] = await read(at, kind, typed, f"--{name.replace('_', '-')}")
        direct = filtered(listing, BoardFilter) if query["known_at"] is query["custom"] is None else None
        return await at.read("/deals", Page[DealView], narrowed, direct)


@app.command(epilog=example("salesloop deals show 1C1I7A6R"))
def show(deal: DealArgument, *, known_at: KnownAt = None, json: Json = False, tz: Zone = None) -> None:
    """One deal, everything about it."""
    found, details = run(_show(deal, known_at))
    if json:
        import msgspec

        as_json({**msgspec.to_builtins(found), "details": details} if details else found)
    else:
        show_deal(found, zone(tz))
        show_details(details)


async def _show(given: str, known_at: str | None) -> Any:
    from cli.engine.kinds import deal
    from cli.engine.reads import one
    from projections.deal.board import DealView, get

    async with backend() as at:
        id = await deal(at, given)
        direct = one(get, "deal", id) if known_at is None else None
        found = await at.read(f"/deals/{id}", DealView, {"known_at": known_at}, direct)
        details = await at.read(f"/deals/{id}/details", dict[str, Any]) if known_at is None else {}
        return found, details


@app.command(epilog=example("salesloop deals notices 1C1I7A6R"))
def notices(
    deal: DealArgument, *, cursor: Cursor = None, limit: Limit = 20, json: Json = False, tz: Zone = None
) -> None:
    """Who was told of what happened with it: when, by which channel, and what became of that."""
    page = run(_notices(deal, {"cursor": cursor, "limit": limit}))
    if json:
        as_json(page)
        return
    show_notices(page.items, zone(tz), of_one=True)
    more(page)


async def _notices(given: str, asked: dict[str, Any]) -> Any:
    from api.engine.sent_notices import SentNotice
    from cli.engine.kinds import deal
    from projections.engine.paging import Page

    async with backend() as at:
        return await at.read(f"/deals/{await deal(at, given)}/notices", Page[SentNotice], asked)
