"""cli: leads — as they stand. What can be done to them is in `api/lead/acts.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.options import Cursor, CustomerFilter, CustomFilter, OwnerFilter, TeamFilter, more
from cli.views.leads import show_lead, show_leads, show_origins

app = group(
    "lead", "Leads: list, show, origins, capture, correct, allocate, convert, discard.", acts="api.lead.acts"
)


CapturedFrom = Annotated[
    str | None, typer.Option("--captured-from", metavar="WHEN", help="The first moment.")
]
CapturedBefore = Annotated[
    str | None, typer.Option("--captured-before", metavar="WHEN", help="The first moment after it.")
]


class Sort(StrEnum):
    OLDEST = "captured_at"
    NEWEST = "-captured_at"


@app.command("list", epilog=example("salesloop lead list --unowned"))
def list_(
    *,
    status: Annotated[str | None, typer.Option("--status", help="open, converted or discarded.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="The channel or campaign.")] = None,
    origin: Annotated[str | None, typer.Option("--origin", help="How they came in.")] = None,
    qualified_by: Annotated[
        str | None, typer.Option("--qualified-by", metavar="REP", help="Who found out that they may buy.")
    ] = None,
    captured_from: CapturedFrom = None,
    captured_before: CapturedBefore = None,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    customer: CustomerFilter = None,
    unowned: Annotated[bool, typer.Option("--unowned", help="Only what nobody has yet.")] = False,
    custom: CustomFilter = None,
    sort: Annotated[
        Sort | None,
        typer.Option("--sort", help="- before it: descending. Otherwise by -captured_at."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Leads, the newest first."""
    query = {
        "status": status,
        "source": source,
        "origin": origin,
        "owned": False if unowned else None,
        "custom": custom,
        "sort": sort,
    }
    whose = {"owner": owner, "team": team, "customer": customer}
    times = {"captured_from": captured_from, "captured_before": captured_before}
    page = run(_list(query | {"cursor": cursor, "limit": limit}, whose, qualified_by, times))
    if json:
        as_json(page)
        return
    show_leads(page.items, zone(tz))
    more(page)


async def _list(
    query: dict[str, Any],
    whose: dict[str, str | None],
    qualified_by: str | None,
    times: dict[str, str | None],
) -> Any:
    from cli.engine.kinds import ids, instants, read
    from cli.engine.reads import filtered
    from projections.engine.paging import Page
    from projections.lead import LeadFilter, LeadView, listing

    async with backend() as at:
        narrowed = query | await ids(at, whose) | await instants(at, times)
        if qualified_by is not None:
            narrowed["qualified_by"] = await read(at, "rep", qualified_by, "--qualified-by")
        direct = filtered(listing, LeadFilter) if query["custom"] is None else None
        return await at.read("/leads", Page[LeadView], narrowed, direct)


class By(StrEnum):
    ORIGIN = "origin"
    SOURCE = "source"
    QUALIFIED_BY = "qualified_by"
    OWNER = "owner"


@app.command(epilog=example("salesloop lead origins --by source --captured-from 2026-01-01T00:00"))
def origins(
    *,
    by: Annotated[By, typer.Option("--by", help="What to count by.")] = By.ORIGIN,
    captured_from: CapturedFrom = None,
    captured_before: CapturedBefore = None,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    json: Json = False,
) -> None:
    """Leads and what became of them, by where they came from."""
    times = {"captured_from": captured_from, "captured_before": captured_before}
    found = run(_origins(by, {"owner": owner, "team": team}, times))
    if json:
        as_json(found)
    else:
        show_origins(found.items, by)


async def _origins(by: By, whose: dict[str, str | None], times: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids, instants
    from projections.lead import LeadFilter, Origins, origins

    async def direct(source: Any, query: Any) -> Any:
        import msgspec

        said = {name: value for name, value in query.items() if name != "by"}
        return await origins(source, msgspec.convert(said, LeadFilter, strict=False), query["by"])

    async with backend() as at:
        query = {"by": by, **await ids(at, whose), **await instants(at, times)}
        return await at.read("/leads/origins", Origins, query, direct)


@app.command(epilog=example("salesloop lead show 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"))
def show(
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="Its id.")],
    *,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """One lead, and how it came to its owner."""
    found = run(_show(lead))
    if json:
        as_json(found)
    else:
        show_lead(found, zone(tz))


async def _show(given: str) -> Any:
    from cli.engine.kinds import read
    from cli.engine.reads import one
    from projections.lead import LeadView, get

    async with backend() as at:
        id = await read(at, "id", given, "LEAD")
        return await at.read(f"/leads/{id}", LeadView, None, one(get, "lead", id))
