"""cli: deals — as they stand. What can be done to them is in `api/deal/acts.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.options import Cursor, CustomerFilter, KnownAt, OwnerFilter, TeamFilter, more
from cli.views.deals import show_deal, show_deals, show_details

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


@app.command("list", epilog=example("salesloop deals list --status open --sort -amount --limit 20"))
def list_(
    *,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    process: Annotated[str | None, typer.Option("--process")] = None,
    stage: Annotated[str | None, typer.Option("--stage")] = None,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    customer: CustomerFilter = None,
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
    query |= {"cursor": cursor, "limit": limit, "known_at": known_at}
    page = run(_list(query, {"owner": owner, "team": team, "customer": customer}))
    if json:
        as_json(page)
        return
    show_deals(page.items, zone(tz))
    more(page)


async def _list(query: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids
    from cli.engine.reads import filtered
    from projections.deal.board import BoardFilter, DealView, listing
    from projections.engine.paging import Page

    async with backend() as at:
        narrowed = query | await ids(at, whose)
        direct = filtered(listing, BoardFilter) if query["known_at"] is None else None
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
