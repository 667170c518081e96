"""tests: files as Pipedrive's "Export data" writes them — headers of object and field, in the language of whoever exports.

The English headers are Pipedrive's own; those of other languages were read in public code that takes such files.
"""

from __future__ import annotations

from pathlib import Path

from tests.imports.exports.world import LOST, SMALL, WON, ZONE, Rows, World, local, reheaded, write_csv

STAGES: dict[int | str, str] = {
    0: "Qualified",
    1: "Contact Made",
    2: "Proposal Made",
    3: "Negotiations Started",
    WON: "Negotiations Started",
    LOST: "Demo Scheduled",
}
"""Won and lost are no stages: the deal stays where it was, and its status tells."""
SECONDS = "%Y-%m-%d %H:%M:%S"
GERMAN = {
    "Deal - Title": "Deal - Titel",
    "Deal - Value": "Deal - Wert",
    "Deal - Organization": "Deal - Organisation",
    "Deal - Owner": "Deal - Besitzer",
    "Deal - Stage": "Deal - Phase",
    "Deal - Lost reason": "Deal - Verlustgrund",
    "Deal - Deal created": "Deal - Deal erstellt",
    "Deal - Won time": "Deal - Datum des gewonnenen Deals",
    "Deal - Lost time": "Deal - Datum des verlorenen Deals",
    "Deal - Contact person": "Deal - Kontaktperson",
    "Deal - Last stage change": "Deal - Letzte Phasenänderung",
}
SPANISH = {
    "Deal - ID": "Negocio - ID",
    "Deal - Title": "Negocio - Título",
    "Deal - Value": "Negocio - Valor",
    "Deal - Organization": "Negocio - Organización",
    "Deal - Owner": "Negocio - Propietario",
    "Deal - Stage": "Negocio - Etapa",
    "Deal - Status": "Negocio - Estado",
    "Deal - Deal created": "Negocio - Negocio creado el",
    "Deal - Won time": "Negocio - Fecha de ganado",
}
PORTUGUESE = {
    "Deal - ID": "Negócio - ID",
    "Deal - Title": "Negócio - Título",
    "Deal - Value": "Negócio - Valor",
    "Deal - Organization": "Negócio - Organização",
    "Deal - Owner": "Negócio - Proprietário",
    "Deal - Stage": "Negócio - Etapa",
    "Deal - Status": "Negócio - Status",
    "Deal - Deal created": "Negócio - Negócio criado em",
    "Deal - Won time": "Negócio - Ganho em",
    "Deal - Lost time": "Negócio - Data de perda",
    "Deal - Lost reason": "Negócio - Motivo da perda",
}


def status(step: int | str) -> str:
    return {WON: "Won", LOST: "Lost"}.get(str(step), "Open")


def deals(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return [
        {
            "Deal - ID": str(d.number),
            "Deal - Title": d.title,
            "Deal - Owner": world.owner(d.owner),
            "Deal - Value": f"{d.amount:.2f}".removesuffix(".00") if d.amount is not None else "0",
            "Deal - Currency of Value": d.currency,
            "Deal - Organization": world.company_name(d.company),
            "Deal - Organization ID": str(d.company or ""),
            "Deal - Pipeline": "Pipeline",
            "Deal - Contact person": "",
            "Deal - Stage": STAGES[d.step],
            "Deal - Label": "",
            "Deal - Status": status(d.step),
            "Deal - Deal created": local(d.opened, SECONDS, zone),
            "Deal - Update time": "2026-11-20 09:00:00",
            "Deal - Last stage change": local(d.opened, SECONDS, zone),
            "Deal - Won time": local(d.closed_at, SECONDS, zone) if d.step == WON else "",
            "Deal - Lost time": local(d.closed_at, SECONDS, zone) if d.step == LOST else "",
            "Deal - Deal closed on": local(d.closed_at, SECONDS, zone),
            "Deal - Lost reason": d.lost_because,
            "Deal - Expected close date": str(d.closes or ""),
        }
        for d in world.deals
    ]


def organizations(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Organization - ID": str(c.number),
            "Organization - Name": c.name,
            "Organization - Label": "",
            "Organization - Address": f"Main Street 1, {c.country}",
            "Organization - Country of Address": c.country,
            "Organization - Owner": world.owner(c.owner),
            "Organization - Industry": c.industry,
            "Organization - Organization created": "2025-09-01 08:00:00",
        }
        for c in world.companies
    ]


def people(world: World = SMALL) -> list[dict[str, str]]:
    return [
        {
            "Person - ID": str(c.number),
            "Person - Name": f"{c.first} {c.last}",
            "Person - Organization": world.company_name(c.company),
            "Person - Organization ID": str(c.company),
            "Person - Email - Work": c.mail,
            "Person - Email - Home": "",
            "Person - Phone - Work": c.phone,
            "Person - Job title": c.title,
            "Person - Marketing status": "Unsubscribed" if c.no_mail else "No consent",
            "Person - Owner": world.owner(11),
        }
        for c in world.contacts
    ]


def leads(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return [
        {
            "Lead - ID": f"55ebb4c0-536e-11ea-87d0-{lead.number:012}",
            "Lead - Title": f"{lead.company} lead",
            "Lead - Owner": world.owner(lead.owner),
            "Lead - Contact person": f"{lead.first} {lead.last}",
            "Lead - Organization": lead.company,
            "Lead - Source channel": lead.source,
            "Lead - Lead created": local(lead.opened, SECONDS, zone),
        }
        for lead in world.leads
    ]


def activities(world: World = SMALL, zone: str = ZONE) -> list[dict[str, str]]:
    return [
        {
            "Activity - ID": str(t.number),
            "Activity - Subject": t.subject,
            "Activity - Type": t.kind.title(),
            "Activity - Done": "Done",
            "Activity - Due date": local(t.at, "%Y-%m-%d", zone),
            "Activity - Due time": local(t.at, "%H:%M", zone),
            "Activity - Marked as done time": local(t.at, SECONDS, zone),
            "Activity - Deal": world.deal(t.deal).title,
            "Activity - Deal ID": str(t.deal),
            "Activity - Assigned to user": world.owner(t.by),
            "Activity - Note": f"<p>{t.text}</p>",
        }
        for t in world.touches
        if t.kind != "note"
    ]


def deals_in(headers: dict[str, str], world: World = SMALL) -> list[dict[str, str]]:
    return reheaded(deals(world), headers)


def tables(world: World = SMALL, zone: str = ZONE) -> dict[str, Rows]:
    return {
        "organizations": organizations(world),
        "people": people(world),
        "leads": leads(world, zone),
        "deals": deals(world, zone),
        "activities": activities(world, zone),
    }


def write(folder: Path, world: World = SMALL, zone: str = ZONE) -> list[Path]:
    return [
        write_csv(folder / f"{kind}-1234567-{n}.csv", rows, quoted=False)
        for n, (kind, rows) in enumerate(tables(world, zone).items(), 1)
    ]
