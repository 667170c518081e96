"""tests: files as HubSpot's "Export" of a list view writes them — every cell quoted, LF, minutes on the account's clocks.

Headers are the labels of the properties: HubSpot's knowledge base, and public exports and code that reads them.
"""

from __future__ import annotations

from pathlib import Path

from tests.imports.exports.world import LOST, SMALL, WON, ZONE, Deal, Rows, World, local, number, write_csv

STAGES: dict[int | str, str] = {
    0: "Appointment Scheduled",
    1: "Qualified To Buy",
    2: "Decision Maker Bought-In",
    3: "Contract Sent",
    WON: "Closed Won",
    LOST: "Closed Lost",
}
MINUTES = "%Y-%m-%d %H:%M"
PREFIX = "1897"
"""Record ids have a dozen digits."""


def record_id(number: int | None) -> str:
    return f"{PREFIX}{number:08}" if number is not None else ""


def owner(world: World, number: int | None) -> str:
    person = world.person(number)
    if person is None:
        return ""
    return person.name if person.active else f"{person.mail} (Deactivated User)"


def companies(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Record ID": record_id(c.number),
            "Company name": c.name,
            "Company owner": owner(world, c.owner),
            "Create Date": "2025-09-01 08:00",
            "Phone Number": "",
            "Country/Region": c.country,
            "Industry": c.industry,
            "Number of Employees": f"{c.employees}.0",
            "Annual Revenue": "",
        }
        for c in world.companies
    ]


def contacts(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Record ID": record_id(c.number),
            "First Name": c.first,
            "Last Name": c.last,
            "Email": c.mail,
            "Phone Number": c.phone,
            "Job Title": c.title,
            "Contact owner": "",
            "Lead Status": "",
            "Unsubscribed from all email": "Yes" if c.no_mail else "",
            "Create Date": "2025-09-01 08:00",
            "Associated Company": world.company_name(c.company),
            "Associated Company IDs": record_id(c.company),
        }
        for c in world.contacts
    ]


def _closes(deal: Deal, zone: str) -> str:
    if deal.closed_at:
        return local(deal.closed_at, MINUTES, zone)
    return f"{deal.closes} 10:00" if deal.closes else ""


def deals(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return [
        {
            "Record ID": record_id(d.number),
            "Deal Name": d.title,
            "Deal Stage": STAGES[d.step],
            "Pipeline": "Sales Pipeline",
            "Amount": number(d.amount),
            "Currency": d.currency,
            "Close Date": _closes(d, zone),
            "Deal owner": owner(world, d.owner),
            "Closed Lost Reason": d.lost_because,
            "Create Date": local(d.opened, MINUTES, zone),
            "Last Modified Date": "2026-11-20 09:00",
            "Associated Company": world.company_name(d.company),
            "Associated Company IDs": record_id(d.company),
        }
        for d in world.deals
    ]


def leads(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    stages = {"open": "Attempting", "converted": "Qualified", "discarded": "Disqualified"}
    return [
        {
            "Record ID": record_id(lead.number),
            "Lead name": f"{lead.first} {lead.last}",
            "Lead owner": owner(world, lead.owner),
            "Lead pipeline stage": stages[lead.state],
            "Create Date": local(lead.opened, MINUTES, zone),
            "Associated Company": lead.company,
        }
        for lead in world.leads
    ]


def calls(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return [
        {
            "Record ID": record_id(t.number),
            "Call Title": t.subject,
            "Activity date": local(t.at, MINUTES, zone),
            "Activity assigned to": owner(world, t.by),
            "Call notes": t.text,
            "Call outcome": "Connected",
            "Associated Deal": world.deal(t.deal).title,
            "Associated Deal IDs": record_id(t.deal),
        }
        for t in world.touches
        if t.kind == "call"
    ]


def notes(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return [
        {
            "Record ID": record_id(t.number),
            "Note body": t.text,
            "Activity date": local(t.at, MINUTES, zone),
            "Activity assigned to": owner(world, t.by),
            "Associated Company": world.company_name(world.deal(t.deal).company),
            "Associated Company IDs": record_id(world.deal(t.deal).company),
            "Associated Deal": world.deal(t.deal).title,
            "Associated Deal IDs": record_id(t.deal),
        }
        for t in world.touches
        if t.kind == "note"
    ]


def everything(world: World = SMALL, zone: str = ZONE) -> tuple[list[str], list[list[str]]]:
    """ "All properties on records", with associations: many empty columns, and the associated company twice, as seen in a public
    export of a whole company. Its amounts are written in two ways.
    """
    rows = deals(world, zone)
    names = [*rows[0], "Forecast amount", "HubSpot Team", "Associated Company", "Associated Company IDs"]
    cells = [
        [*row.values(), "", "", row["Associated Company"], row["Associated Company IDs"]] for row in rows
    ]
    at = names.index("Amount")
    cells[2][at] = cells[2][at].removesuffix(".0")
    return names, cells


def tables(world: World = SMALL, zone: str = ZONE) -> dict[str, Rows]:
    return {
        "companies": companies(world),
        "contacts": contacts(world),
        "deals": deals(world, zone),
        "leads": leads(world, zone),
        "calls": calls(world, zone),
        "notes": notes(world, zone),
    }


def write(folder: Path, world: World = SMALL, zone: str = ZONE) -> list[Path]:
    return [
        write_csv(folder / f"hubspot-crm-exports-all-{kind}-2026-11-20.csv", rows)
        for kind, rows in tables(world, zone).items()
    ]
