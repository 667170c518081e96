"""tests: files as Odoo's "Export" writes them — with names of fields ("I want to update data") or with their labels.

Fields and labels are those of Odoo's module crm: https://github.com/odoo/odoo (addons/crm/models/crm_lead.py, data/crm_stage_data.xml).
"""

from __future__ import annotations

from pathlib import Path

from tests.imports.exports.world import (
    LOST,
    SMALL,
    WON,
    ZONE,
    Rows,
    World,
    local,
    number,
    reheaded,
    write_csv,
)

STAGES: dict[int | str, str] = {
    0: "New",
    1: "Qualified",
    2: "Proposition",
    3: "Proposition",
    WON: "Won",
    LOST: "Qualified",
}
"""Lost is no stage: the record is archived where it was."""
SECONDS = "%Y-%m-%d %H:%M:%S"
LABELS = {
    "id": "External ID",
    "name": "Opportunity",
    "type": "Type",
    "active": "Active",
    "partner_id": "Customer",
    "partner_id/id": "Customer/External ID",
    "contact_name": "Contact Name",
    "partner_name": "Company Name",
    "email_from": "Email",
    "user_id": "Salesperson",
    "stage_id": "Stage",
    "expected_revenue": "Expected Revenue",
    "company_currency": "Currency",
    "date_deadline": "Expected Closing",
    "date_closed": "Closed Date",
    "create_date": "Created on",
    "lost_reason_id": "Lost Reason",
    "probability": "Probability",
    "description": "Notes",
    "source_id": "Source",
}


def xml_id(model: str, number: int | None) -> str:
    return f"__export__.{model}_{number}_{number:08x}" if number is not None else ""


def leads(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    """Opportunities and leads are one model, so they come in one file."""
    found = [
        {
            "id": xml_id("crm_lead", d.number),
            "name": d.title,
            "type": "Opportunity",
            "active": str(d.step != LOST),
            "partner_id": world.company_name(d.company),
            "partner_id/id": xml_id("res_partner", d.company),
            "contact_name": "",
            "partner_name": world.company_name(d.company),
            "email_from": "",
            "user_id": world.owner(d.owner),
            "stage_id": STAGES[d.step],
            "expected_revenue": number(d.amount) or "0.0",
            "company_currency": d.currency,
            "date_deadline": str(d.closes or ""),
            "date_closed": local(d.closed_at, SECONDS, zone),
            "create_date": local(d.opened, SECONDS, zone),
            "lost_reason_id": d.lost_because,
            "probability": {WON: "100.0", LOST: "0.0"}.get(str(d.step), "20.0"),
            "description": "<p>First line<br>second\nline</p>" if d.number == 501 else "",
            "source_id": "",
        }
        for d in world.deals
    ]
    return found + [
        dict.fromkeys(found[0], "")
        | {
            "id": xml_id("crm_lead", lead.number),
            "name": f"Lead of {lead.company}",
            "type": "Lead",
            "active": str(lead.state != "discarded"),
            "contact_name": f"{lead.first} {lead.last}",
            "partner_name": lead.company,
            "email_from": lead.mail,
            "user_id": world.owner(lead.owner),
            "stage_id": "New",
            "expected_revenue": "0.0",
            "company_currency": "EUR",
            "create_date": local(lead.opened, SECONDS, zone),
            "probability": "0.0" if lead.state == "discarded" else "10.0",
            "source_id": lead.source,
        }
        for lead in world.leads
        if lead.state != "converted"
    ]


def partners(world: World = SMALL) -> list[dict[str, str]]:
    """Companies and people are one model, too."""
    companies = [
        {
            "id": xml_id("res_partner", c.number),
            "name": c.name,
            "is_company": "True",
            "parent_id/id": "",
            "parent_id": "",
            "email": "",
            "phone": "",
            "function": "",
            "country_id": c.country,
            "industry_id": c.industry,
            "user_id": world.owner(c.owner),
        }
        for c in world.companies
    ]
    return companies + [
        dict.fromkeys(companies[0], "")
        | {
            "id": xml_id("res_partner", c.number),
            "name": f"{c.first} {c.last}",
            "is_company": "False",
            "parent_id/id": xml_id("res_partner", c.company),
            "parent_id": world.company_name(c.company),
            "email": c.mail,
            "phone": c.phone,
            "function": c.title,
        }
        for c in world.contacts
    ]


def labelled(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return reheaded(leads(world, zone), LABELS)


def tables(world: World = SMALL, zone: str = ZONE) -> dict[str, Rows]:
    return {"Contact (res.partner)": partners(world), "Lead_Opportunity (crm.lead)": leads(world, zone)}


def write(folder: Path, world: World = SMALL, zone: str = ZONE) -> list[Path]:
    return [
        write_csv(folder / f"{name}.csv", rows, ends="\r\n") for name, rows in tables(world, zone).items()
    ]
