"""tests: workbooks as Dynamics 365's "Export to Excel" writes them — three hidden columns first, real dates and numbers.

Labels are the display names of Microsoft's table reference (https://github.com/MicrosoftDocs/dynamics-365-customer-engagement,
ce/sales/developer/entities); who renames a label gets another header.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from tests.imports.exports.world import LOST, SMALL, WON, ZONE, World

PHASES: dict[int | str, str] = {
    0: "1-Qualify",
    1: "2-Develop",
    2: "3-Propose",
    3: "4-Close",
    WON: "4-Close",
    LOST: "2-Develop",
}
"""Won and lost are states, beside the phase of the process."""
CURRENCIES = {"EUR": "Euro", "USD": "US Dollar"}
Cells = list[dict[str, Any]]


def guid(number: int) -> str:
    return str(UUID(int=number | 0x5E1E << 80, version=4))


def hidden(table: str, number: int) -> dict[str, Any]:
    return {
        f"(Do Not Modify) {table}": guid(number),
        "(Do Not Modify) Row Checksum": f"c{number}+/==",
        "(Do Not Modify) Modified On": datetime(2026, 11, 20, 9, 0, 0),  # noqa: DTZ001 - cells have no zone; this one is UTC
    }


def clock(moment: datetime | None, zone: str) -> datetime | None:
    """A cell's time is that of the clocks of whoever exports."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment else None


def opportunities(world: World = SMALL, zone: str = ZONE) -> Cells:
    return [
        hidden("Opportunity", d.number)
        | {
            "Topic": d.title,
            "Potential Customer": world.company_name(d.company) or None,
            "Est. close date": d.closes if d.step not in (WON, LOST) else None,
            "Est. revenue": float(d.amount) if d.amount is not None else None,
            "Actual Close Date": d.closes if d.step in (WON, LOST) else None,
            "Actual Revenue": {WON: float(d.amount or 0), LOST: 0.0}.get(str(d.step)),
            "Status": {WON: "Won", LOST: "Lost"}.get(str(d.step), "Open"),
            "Status Reason": {WON: "Won", LOST: "Out-Sold"}.get(str(d.step), "In Progress"),
            "Pipeline Phase": PHASES[d.step],
            "Probability": 40,
            "Currency": CURRENCIES[d.currency],
            "Owner": world.owner(d.owner) or None,
            "Created On": clock(d.opened, zone),
        }
        for d in world.deals
    ]


def accounts(world: World = SMALL) -> Cells:
    return [
        hidden("Account", c.number)
        | {
            "Account Name": c.name,
            "Main Phone": None,
            "Address 1: Country/Region": c.country,
            "Industry": c.industry,
            "Number of Employees": c.employees,
            "Annual Revenue": None,
            "Parent Account": None,
            "Owner": world.owner(c.owner),
        }
        for c in world.companies
    ]


def contacts(world: World = SMALL) -> Cells:
    return [
        hidden("Contact", c.number)
        | {
            "Full Name": f"{c.first} {c.last}",
            "First Name": c.first,
            "Last Name": c.last,
            "Email": c.mail,
            "Company Name": world.company_name(c.company),
            "Business Phone": c.phone,
            "Job Title": c.title,
            "Do not allow Emails": "Do Not Allow" if c.no_mail else "Allow",
            "Do not allow Phone Calls": "Do Not Allow" if c.no_call else "Allow",
        }
        for c in world.contacts
    ]


def leads(world: World = SMALL, zone: str = ZONE) -> Cells:
    return [
        hidden("Lead", lead.number)
        | {
            "Name": f"{lead.first} {lead.last}",
            "First Name": lead.first,
            "Last Name": lead.last,
            "Topic": f"Interest of {lead.company}",
            "Company Name": lead.company,
            "Email": lead.mail,
            "Lead Source": lead.source,
            "Status": {"converted": "Qualified", "discarded": "Disqualified"}.get(lead.state, "Open"),
            "Status Reason": {"converted": "Qualified", "discarded": "Lost"}.get(lead.state, "New"),
            "Owner": world.owner(lead.owner),
            "Created On": clock(lead.opened, zone),
            "Do not allow Emails": "Do Not Allow" if lead.no_mail else "Allow",
        }
        for lead in world.leads
    ]


def activities(world: World = SMALL, zone: str = ZONE) -> Cells:
    return [
        hidden("Activity", t.number)
        | {
            "Subject": t.subject or t.text,
            "Regarding": world.deal(t.deal).title,
            "Activity Type": {"call": "Phone Call", "meeting": "Appointment", "email": "Email"}.get(
                t.kind, "Task"
            ),
            "Activity Status": "Completed",
            "Owner": world.owner(t.by),
            "Actual End": clock(t.at, zone),
            "Date Created": clock(t.at, zone),
        }
        for t in world.touches
        if t.kind != "note"
    ]


LOGICAL = {
    "Topic": "name",
    "Potential Customer": "customerid",
    "Est. close date": "estimatedclosedate",
    "Est. revenue": "estimatedvalue",
    "Actual Close Date": "actualclosedate",
    "Actual Revenue": "actualvalue",
    "Status": "statecode",
    "Status Reason": "statuscode",
    "Pipeline Phase": "stepname",
    "Currency": "transactioncurrencyid",
    "Owner": "ownerid",
    "Created On": "createdon",
}


def _own(row: dict[str, Any]) -> str:
    """Which column of the table each header is, in the words of the database."""
    table = next(iter(row)).removeprefix("(Do Not Modify) ").lower()
    named = {f"{table}id": next(iter(row))} | {LOGICAL[h]: h for h in row if h in LOGICAL}
    return f"{table}:tW9kZWw==:" + "&".join(f"{name}={quote(header)}" for name, header in named.items())


def write_sheet(path: Path, title: str, rows: Sequence[dict[str, Any]]) -> Path:
    """The first three columns are hidden, as is a sheet of the program's own."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = title
    page.append(list(rows[0]))
    for row in rows:
        page.append(list(row.values()))
    for letter in "ABC":
        page.column_dimensions[letter].hidden = True
    own = book.create_sheet("hiddenSheet")
    own.sheet_state = "veryHidden"
    own.append([_own(rows[0])])
    book.save(path)
    return path


def tables(world: World = SMALL, zone: str = ZONE) -> dict[str, Cells]:
    return {
        "All Accounts": accounts(world),
        "All Contacts": contacts(world),
        "All Leads": leads(world, zone),
        "All Opportunities": opportunities(world, zone),
        "All Activities": activities(world, zone),
    }


def write(folder: Path, world: World = SMALL, zone: str = ZONE) -> list[Path]:
    return [
        write_sheet(folder / f"{view} 20-11-2026 09-00-00.xlsx", view, rows)
        for view, rows in tables(world, zone).items()
    ]
