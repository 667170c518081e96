"""tests: leads, contacts and activities of HubSpot, Salesforce, Pipedrive, Odoo and Dynamics 365 come in, with what their exports say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.database import Pool
from tests.imports.conftest import rows_of
from tests.imports.exports import salesforce
from tests.imports.exports.world import SMALL, write_csv
from tests.imports.test_other_vendors import AMERICA, MODULES
from tests.imports.vendor_runs import brought_in, looked_at

LEADS = """
SELECT l.occurred_at, r.data->>'name', l.data->>'company', l.data->>'source', l.data->'do_not_mail', w.topic, d.data->>'title'
FROM ledger.events l
LEFT JOIN ledger.events a ON a.stream_id = l.stream_id AND a.topic = 'lead.allocated'
LEFT JOIN ledger.events r ON r.stream_id::text = a.data->>'after' AND r.topic = 'rep.hired'
LEFT JOIN ledger.events w ON w.stream_id = l.stream_id AND w.topic IN ('lead.converted', 'lead.discarded')
LEFT JOIN ledger.events d ON d.stream_id::text = w.data->>'deal_id' AND d.topic = 'deal.opened'
WHERE l.topic = 'lead.captured' ORDER BY l.occurred_at
"""
TELLS = {
    "hubspot": {"state"},
    "salesforce": {"state", "source", "no_mail", "deal"},
    "pipedrive": {"source"},
    "odoo": {"state", "source"},
    "dynamics": {"state", "source", "no_mail"},
}
"""What a vendor's export of leads says of them beside who, where, whose and when."""


@pytest.mark.parametrize("vendor", sorted(MODULES))
async def test_leads_come_in(vendor: str, pool: Pool, tmp_path: Path) -> None:
    world, tells = SMALL.without_twins(), TELLS[vendor]
    await brought_in(pool, *MODULES[vendor].write(tmp_path, world), settings=AMERICA, suggested=True)
    assert await rows_of(pool, LEADS) == [
        (
            lead.opened,
            world.owner(lead.owner),
            lead.company,
            lead.source if "source" in tells else "",
            lead.no_mail and "no_mail" in tells,
            f"lead.{lead.state}" if lead.state != "open" and "state" in tells else None,
            world.deal(lead.deal).title if lead.deal and "deal" in tells else None,
        )
        for lead in sorted(world.leads, key=lambda one: one.opened)
        if vendor != "odoo" or lead.deal is None
    ]


CONTACTS = """
SELECT c.data->'profile'->>'sector', p.data->>'role', p.data->'do_not_mail', p.data->'do_not_call'
FROM ledger.events p
LEFT JOIN ledger.events c ON c.stream_id = p.stream_id AND c.topic = 'customer.registered'
WHERE p.topic = 'customer.contact-added' ORDER BY 2
"""
BARRED = {
    "hubspot": (True, False),
    "salesforce": (True, True),
    "pipedrive": (True, False),
    "dynamics": (True, True),
}
"""Whether a vendor's export of people tells who wants no mail, and no call."""


@pytest.mark.parametrize("vendor", sorted(MODULES))
async def test_contacts_come_in_with_their_customers(vendor: str, pool: Pool, tmp_path: Path) -> None:
    world, (mail, call) = SMALL.without_twins(), BARRED.get(vendor, (False, False))
    await brought_in(pool, *MODULES[vendor].write(tmp_path, world), settings=AMERICA, suggested=True)
    assert await rows_of(pool, CONTACTS) == [
        ("Transport", "Harbour master", mail, call),
        ("Energy", "Head of purchasing", False, False),
    ]


def test_a_leads_status_of_ones_own_is_asked(tmp_path: Path) -> None:
    rows = [row | {"Status": "Parked"} for row in salesforce.leads()]
    path = write_csv(tmp_path / "Lead.csv", rows)
    (question,) = looked_at(path).questions
    assert (question.of, question.options, question.suggestion) == (
        "Parked", ("open", "converted", "discarded"), "open",
    )  # fmt: skip
    told_so = looked_at(path, stages={"parked": "discarded"})
    assert told_so.questions == ()
    assert '"Parked" = "discarded"' in told_so.mapping


ACTIVITIES = """
SELECT o.data->>'title', a.occurred_at, a.data->'activity'->>'kind', a.data->'activity'->>'name', a.data->'activity'->>'summary',
  r.data->>'name'
FROM ledger.events a
LEFT JOIN ledger.events o ON o.stream_id = a.stream_id AND o.topic = 'deal.opened'
LEFT JOIN ledger.events r ON r.stream_id::text = a.data->'activity'->>'rep_id' AND r.topic = 'rep.hired'
WHERE a.topic = 'deal.activity-logged' ORDER BY a.occurred_at
"""
KINDS_OF = {
    "hubspot": {"call": "call"},
    "salesforce": {"call": "call", "meeting": "task"},
    "pipedrive": {"call": "call", "meeting": "meeting"},
}
"""What a vendor's export of activities makes of ours; what it does not name is in another file, and left out."""


@pytest.mark.parametrize("vendor", sorted(KINDS_OF))
async def test_activities_come_in_with_their_deals(vendor: str, pool: Pool, tmp_path: Path) -> None:
    world, kinds = SMALL.without_twins(), KINDS_OF[vendor]
    files = MODULES[vendor].write(tmp_path, world)
    await brought_in(pool, *files, settings=AMERICA, suggested=True)
    found = await rows_of(pool, ACTIVITIES)
    assert [row[:4] for row in found] == [
        (world.deal(touch.deal).title, touch.at, kinds[touch.kind], touch.subject)
        for touch in world.touches
        if touch.kind in kinds
    ]
    texts = {touch.subject: touch.text.replace("\n", " ") for touch in world.touches}
    assert all(texts[row[3]] in " ".join(row[4].split()) for row in found)
    assert {row[5] for row in found} <= {person.name for person in world.people}
    again = await brought_in(pool, *files, settings=AMERICA, suggested=True)
    assert again.events == 0
