"""cli: leads — list, show, capture, allocate to a rep, convert into a deal, discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from cli.common import (
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
from cli.deal_views import show_lead, show_leads
from cli.loop import Cursor

if TYPE_CHECKING:
    from projections.leads import LeadView
    from projections.paging import Page

app = group("lead", "Leads: list, show, capture, allocate, convert, discard.")
Id = Annotated[UUID, typer.Argument(metavar="LEAD", help="Its id.")]
TO = "salesloop lead allocate 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11 --to 5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"


@app.command("list", epilog=example("salesloop lead list --unowned"))
def list_(
    *,
    status: Annotated[str | None, typer.Option("--status", help="open, converted or discarded.")] = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A rep's id.")] = None,
    team: Annotated[UUID | None, typer.Option("--team", help="A team's id.")] = None,
    unowned: Annotated[bool, typer.Option("--unowned", help="Only what nobody has yet.")] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Leads, the newest first."""
    narrowed = {"status": status, "owner_id": owner, "team_id": team, "owned": False if unowned else None}
    page = run(_list(narrowed, cursor, limit))
    if json:
        as_json(page)
        return
    show_leads(page.items, zone(tz))
    if page.next_cursor:
        typer.echo(f"more: --cursor {page.next_cursor}")


async def _list(narrowed: dict[str, Any], cursor: str | None, limit: int) -> Page[LeadView]:
    from projections import leads

    async with ledger() as opened:
        found = leads.LeadFilter(**narrowed)
        return await leads.listing(opened.pool, found, cursor=cursor, limit=limit)


@app.command(epilog=example("salesloop lead show 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"))
def show(lead: Id, *, json: Json = False, tz: Zone = None) -> None:
    """One lead, and how it came to its owner."""
    found = run(_show(lead))
    if json:
        as_json(found)
        return
    show_lead(found, zone(tz))


async def _show(lead: UUID) -> LeadView:
    from projections import leads

    async with ledger() as opened:
        return await leads.get(opened.pool, lead) or fail(f"no lead has the id {lead}")


@app.command(epilog=example("salesloop lead capture 'Wang Wei' --source 'trade fair'"))
def capture(
    name: Annotated[str, typer.Argument()],
    *,
    mail: Annotated[str, typer.Option("--mail")] = "",
    phone: Annotated[str, typer.Option("--phone")] = "",
    interest: Annotated[str, typer.Option("--interest")] = "",
    source: Annotated[str, typer.Option("--source", help="The channel or campaign.")] = "",
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Somebody might buy."""
    from domain.lead import CaptureLead

    command = CaptureLead(
        lead_id=uuid4(), name=name, mail=mail, phone=phone, interest=interest, source=source
    )
    receipt(run(execute(command, user, reason)), json)


@app.command(epilog=example(TO))
def allocate(
    lead: Id,
    *,
    to: Annotated[UUID, typer.Option("--to", help="A rep's id.")],
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Give it to a rep, by hand; the receipt says so."""
    from domain.lead import AllocateLead

    receipt(run(execute(AllocateLead(lead_id=lead, to=to), user, reason)), json)


@app.command(epilog=example("salesloop lead convert 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11 'MES, 40 seats'"))
def convert(
    lead: Id,
    title: Annotated[str, typer.Argument(help="The deal's.")],
    *,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """It becomes a deal of its owner's, with a promise."""
    from domain.lead import ConvertLead

    command = ConvertLead(lead_id=lead, deal_id=uuid4(), title=title)
    receipt(run(execute(command, user, reason)), json)


@app.command(epilog=example("salesloop lead discard 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11 --why 'a student'"))
def discard(
    lead: Id,
    *,
    why: Annotated[str, typer.Option("--why")],
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Nothing will come of it."""
    from domain.lead import DiscardLead

    receipt(run(execute(DiscardLead(lead_id=lead, why=why), user)), json)
