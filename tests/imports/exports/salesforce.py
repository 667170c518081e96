"""tests: files as Salesforce's Data Loader and its weekly Data Export write them — one object a file, joined by ids, times in UTC.

Fields are the API names of Salesforce's object reference; the shape of the weekly export was seen in public exports of whole companies.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.imports.exports.world import LOST, SMALL, WON, Rows, World, local, number, write_csv

STAGES: dict[int | str, str] = {
    0: "Prospecting",
    1: "Needs Analysis",
    2: "Proposal/Price Quote",
    3: "Negotiation/Review",
    WON: "Closed Won",
    LOST: "Closed Lost",
}
LEADS = {
    "open": "Open - Not Contacted",
    "converted": "Closed - Converted",
    "discarded": "Closed - Not Converted",
}
OBJECTS = {
    "account": "001",
    "contact": "003",
    "user": "005",
    "opportunity": "006",
    "lead": "00Q",
    "task": "00T",
}
INSTANT = "%Y-%m-%dT%H:%M:%S.000Z"
NOTHING = "000000000000000AAA"
"""What the weekly export writes where a look-up is empty."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def record_id(kind: str, number: int | None) -> str:
    """Eighteen characters, the first three of which tell the object."""
    return f"{OBJECTS[kind]}5g00000{number:05}AAC" if number is not None else ""


def flag(value: object) -> str:
    return "true" if value else "false"


def users(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Id": record_id("user", p.number),
            "Username": p.mail,
            "LastName": p.name.split()[1],
            "FirstName": p.name.split()[0],
            "Name": p.name,
            "Email": p.mail,
            "IsActive": flag(p.active),
            "TimeZoneSidKey": "America/New_York",
        }
        for p in world.people
    ]


def accounts(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Id": record_id("account", c.number),
            "IsDeleted": "false",
            "Name": c.name,
            "Type": "Customer",
            "ParentId": "",
            "BillingCountry": c.country,
            "Industry": c.industry,
            "AnnualRevenue": "",
            "NumberOfEmployees": str(c.employees),
            "OwnerId": record_id("user", c.owner),
            "CreatedDate": "2025-09-01T08:00:00.000Z",
        }
        for c in world.companies
    ]


def contacts(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Id": record_id("contact", c.number),
            "IsDeleted": "false",
            "AccountId": record_id("account", c.company),
            "LastName": c.last,
            "FirstName": c.first,
            "Name": f"{c.first} {c.last}",
            "Phone": c.phone,
            "Email": c.mail,
            "Title": c.title,
            "HasOptedOutOfEmail": flag(c.no_mail),
            "DoNotCall": flag(c.no_call),
            "OwnerId": record_id("user", 11),
        }
        for c in world.contacts
    ]


def opportunities(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Id": record_id("opportunity", d.number),
            "IsDeleted": "false",
            "AccountId": record_id("account", d.company),
            "Name": d.title,
            "StageName": STAGES[d.step],
            "Amount": number(d.amount),
            "Probability": "50.0",
            "CloseDate": str(d.closes or "2026-12-31"),
            "Type": "New Business",
            "NextStep": "Ring them up" if d.number == 501 else "",
            "LeadSource": "Web",
            "IsClosed": flag(d.closed_at),
            "IsWon": flag(d.step == WON),
            "CurrencyIsoCode": d.currency,
            "OwnerId": record_id("user", d.owner),
            "CreatedDate": local(d.opened, INSTANT, "UTC"),
            "LastModifiedDate": "2026-11-20T09:00:00.000Z",
            "Loss_Reason__c": d.lost_because,
        }
        for d in world.deals
    ]


def leads(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Id": record_id("lead", lead.number),
            "IsDeleted": "false",
            "LastName": lead.last,
            "FirstName": lead.first,
            "Name": f"{lead.first} {lead.last}",
            "Company": lead.company,
            "Phone": "",
            "Email": lead.mail,
            "LeadSource": lead.source,
            "Status": LEADS[lead.state],
            "OwnerId": record_id("user", lead.owner),
            "HasOptedOutOfEmail": flag(lead.no_mail),
            "DoNotCall": "false",
            "IsConverted": flag(lead.deal),
            "ConvertedDate": "2026-04-10" if lead.deal else "",
            "ConvertedOpportunityId": record_id("opportunity", lead.deal),
            "CreatedDate": local(lead.opened, INSTANT, "UTC"),
        }
        for lead in world.leads
    ]


def tasks(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Id": record_id("task", t.number),
            "WhoId": "",
            "WhatId": record_id("opportunity", t.deal),
            "Subject": t.subject,
            "ActivityDate": local(t.at, "%Y-%m-%d", "UTC"),
            "Status": "Completed",
            "IsClosed": "true",
            "Description": t.text,
            "Type": t.kind.title(),
            "TaskSubtype": {"call": "Call", "email": "Email"}.get(t.kind, "Task"),
            "OwnerId": record_id("user", t.by),
            "CreatedDate": local(t.at, INSTANT, "UTC"),
            "CompletedDateTime": local(t.at, INSTANT, "UTC"),
        }
        for t in world.touches
        if t.kind != "note"
    ]


def report(world: World = SMALL) -> list[dict[str, str]]:
    """A report that somebody exported ("Details Only"): labels in place of names, days as the reader's locale has them."""
    return [
        {
            "Opportunity ID": record_id("opportunity", d.number)[:15],
            "Opportunity Owner": world.owner(d.owner),
            "Account Name": world.company_name(d.company),
            "Opportunity Name": d.title,
            "Stage": STAGES[d.step],
            "Amount Currency": d.currency,
            "Amount": number(d.amount),
            "Close Date": f"{d.closes:%m/%d/%Y}" if d.closes else "12/31/2026",
            "Created Date": local(d.opened, "%m/%d/%Y"),
        }
        for d in world.deals
    ]


def weekly(rows: Rows) -> list[dict[str, str]]:
    """As the Data Export has them: 1 and 0, days with a midnight, times without a zone, no compound names."""
    return [
        {name: _weekly(name, cell) for name, cell in row.items() if name != "Name" or "FirstName" not in row}
        for row in rows
    ]


def _weekly(name: str, cell: str) -> str:
    if cell in ("true", "false"):
        return str(int(cell == "true"))
    if name.endswith("Id") and name != "Id" and not cell:
        return NOTHING
    if DAY.fullmatch(cell):
        return f"{cell} 00:00:00"
    return cell.removesuffix(".000Z").replace("T", " ") if name.endswith("Date") else cell


def tables(world: World = SMALL) -> dict[str, Rows]:
    return {
        "User": users(world),
        "Account": accounts(world),
        "Contact": contacts(world),
        "Opportunity": opportunities(world),
        "Lead": leads(world),
        "Task": tasks(world),
    }


def write(folder: Path, world: World = SMALL) -> list[Path]:
    return [write_csv(folder / f"{name}.csv", rows) for name, rows in tables(world).items()]


def write_weekly(folder: Path, world: World = SMALL) -> list[Path]:
    return [
        write_csv(folder / f"{name}.csv", weekly(rows), encoding="iso-8859-1")
        for name, rows in tables(world).items()
    ]
