"""tests: exports of HubSpot, Salesforce, Pipedrive, Odoo and Dynamics 365 are recognised, come in with the right days, people and
money, and a newer export changes only what is new. Each tells of the same small world in its own shape.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest

from runtime.database import Pool
from runtime.imports.kinds.listed import KINDS
from tests.imports.conftest import rows_of, topics
from tests.imports.exports import dynamics, hubspot, odoo, pipedrive, salesforce
from tests.imports.exports.world import LOST, SMALL, WON, ZONE, World, shuffled, widened, write_csv
from tests.imports.vendor_runs import brought_in, looked_at, of, sources

AMERICA = {"timezone": ZONE, "currency": "USD"}


class Exports(Protocol):
    def tables(self, world: World = ..., /) -> dict[str, Any]: ...
    def write(self, folder: Path, world: World = ..., /) -> list[Path]: ...


MODULES: dict[str, Exports] = {
    "hubspot": hubspot,
    "salesforce": salesforce,
    "pipedrive": pipedrive,
    "odoo": odoo,
    "dynamics": dynamics,
}
CALLED = {
    "hubspot": ("Companies", "Contacts", "Deals", "Leads", "Calls", "Notes"),
    "salesforce": ("User", "Account", "Contact", "Opportunity", "Lead", "Task"),
    "pipedrive": ("Organizations", "People", "Leads", "Deals", "Activities"),
    "odoo": ("res.partner", "res.partner people", "crm.lead", "crm.lead leads"),
    "dynamics": ("Accounts", "Contacts", "Leads", "Opportunities", "Activities"),
}
"""What each table of `tables` is, in its vendor's words."""
OPENED = """
SELECT o.data->>'title', o.occurred_at, r.data->>'name', c.data->'profile'->>'sector',
  coalesce(o.data->>'amount', w.data->>'amount'), w.topic, w.data->>'closed_on', w.data->>'loss_reason',
  CASE WHEN w.topic IS NULL THEN o.data->>'expected_close' END
FROM ledger.events o
LEFT JOIN ledger.events r ON r.stream_id::text = o.data->>'owner_id' AND r.topic = 'rep.hired'
LEFT JOIN ledger.events c ON c.stream_id::text = o.data->>'customer_id' AND c.topic = 'customer.registered'
LEFT JOIN ledger.events w ON w.stream_id = o.stream_id AND w.topic IN ('deal.won', 'deal.lost')
WHERE o.topic = 'deal.opened' ORDER BY o.occurred_at
"""


def told(world: World, vendor: str) -> list[tuple[Any, ...]]:
    """The world's deals, by when they were opened, as `deals_of` has them: but for the one that is nobody's."""
    rows: list[tuple[Any, ...]] = []
    for deal in sorted(world.deals, key=lambda one: one.opened):
        company, closed = world.company(deal.company), deal.step in (WON, LOST)
        if deal.owner is None or company is None:
            continue
        gone = vendor == "hubspot" and deal.owner == 13
        reason = "Out-Sold" if vendor == "dynamics" and deal.lost_because else deal.lost_because
        rows.append((
            deal.title, deal.opened, "olaf@seller.example (Deactivated User)" if gone else world.owner(deal.owner), company.industry,
            (deal.amount, deal.currency), f"deal.{deal.step}" if closed else None, str(deal.closes) if closed else None,
            reason or None, None if closed else str(deal.closes),
        ))  # fmt: skip
    return rows


async def deals_of(pool: Pool) -> list[tuple[Any, ...]]:
    rows = await rows_of(pool, OPENED)
    return [(*row[:4], _money(row[4]), *row[5:]) for row in rows]


def days(rows: list[tuple[Any, ...]]) -> list[date]:
    """When they were opened, by the calendar of the company."""
    return [row[1].astimezone(ZoneInfo(ZONE)).date() for row in rows]


def _money(text: str) -> tuple[Decimal, str]:
    money = json.loads(text)
    return Decimal(money["amount"]), money["currency"]


@pytest.fixture(params=sorted(MODULES))
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestRecognises:
    def test_each_of_its_files(self, vendor: str, tmp_path: Path) -> None:
        report = looked_at(*MODULES[vendor].write(tmp_path), settings=AMERICA, suggested=True)
        assert (report.vendor, report.questions) == (vendor, ())
        assert sorted(file.called for file in report.files) == sorted(CALLED[vendor])
        assert all(file.kind or "has no home here yet: left out" in file.notes for file in report.files)

    def test_each_alone_shuffled_in_small_letters_with_columns_of_ones_own(
        self, vendor: str, tmp_path: Path
    ) -> None:
        alone = [called for called in CALLED[vendor] if " " not in called]
        for called, rows in zip(alone, MODULES[vendor].tables().values(), strict=True):
            other = [{name.lower(): cell for name, cell in row.items()} for row in shuffled(widened(rows))]
            path = write_csv(tmp_path / "saved.csv", other, delimiter=";", encoding="utf-8-sig", ends="\r\n")
            report = looked_at(path, settings=AMERICA, suggested=True)
            assert (report.vendor, report.files[0].called) == (vendor, called)
            if report.files[0].kind in KINDS:
                assert "favourite colour" in {one.header for one in report.files[0].left_out}


async def test_comes_in_once_and_a_newer_export_changes_what_is_new(
    vendor: str, pool: Pool, tmp_path: Path
) -> None:
    module = MODULES[vendor]
    world = SMALL.without_twins() if vendor == "dynamics" else SMALL
    answers: dict[str, object] = {"settings": AMERICA, "suggested": True}
    result = await brought_in(pool, *module.write(tmp_path, world), **answers)
    assert [one.reasons[0].message for one in result.refusals] == ["is empty: a deal is somebody's"]
    assert await deals_of(pool) == told(world, vendor)

    again = await brought_in(pool, *module.write(tmp_path, world), **answers)
    assert (again.accepted, again.events, again.refused) == (0, 0, 1)

    newer = await brought_in(pool, *module.write(tmp_path, world.later()), **answers)
    assert (newer.accepted, newer.refused) == (2, 1)
    assert [row[5:8] for row in await deals_of(pool)] == [row[5:8] for row in told(world.later(), vendor)]
    assert (await topics(pool))["deal.opened"] == 5


class TestHubSpot:
    async def test_with_all_properties_and_the_company_twice(self, pool: Pool, tmp_path: Path) -> None:
        names, cells = hubspot.everything()
        path = tmp_path / "hubspot-crm-exports-all-deals-2026-11-20-1.csv"
        with path.open("w", newline="") as out:
            csv.writer(out, quoting=csv.QUOTE_ALL).writerows([names, *cells])
        result = await brought_in(pool, path, settings=AMERICA)
        assert (result.accepted, result.refused) == (5, 1)
        assert [row[:2] for row in await deals_of(pool)] == [row[:2] for row in told(SMALL, "hubspot")]

    async def test_of_several_companies_the_first_is_the_customer(self, pool: Pool, tmp_path: Path) -> None:
        companies, deals = hubspot.companies(), hubspot.deals()[:1]
        deals[0]["Associated Company IDs"] += ";" + companies[1]["Record ID"]
        files = [write_csv(tmp_path / "companies.csv", companies), write_csv(tmp_path / "deals.csv", deals)]
        await brought_in(pool, *files, settings=AMERICA)
        assert [row[3] for row in await deals_of(pool)] == ["Energy"]


class TestSalesforce:
    async def test_weekly_data_export(self, pool: Pool, tmp_path: Path) -> None:
        nordic = tuple(replace(c, name=c.name.replace("Nordlicht", "Nørdlicht")) for c in SMALL.companies)
        files = salesforce.write_weekly(tmp_path, replace(SMALL, companies=nordic))
        result = await brought_in(pool, *files, settings=AMERICA)
        assert (result.refused, result.refusals[0].reasons[0].column) == (1, "OwnerId")
        assert await deals_of(pool) == told(SMALL, "salesforce")
        names = await rows_of(
            pool, "SELECT data->'profile'->>'name' FROM ledger.events WHERE topic = 'customer.registered'"
        )
        assert sorted(name for (name,) in names) == ["Blue Harbour, Inc.", "Nørdlicht GmbH", "Nørdlicht GmbH"]

    async def test_report_with_labels(self, pool: Pool, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "report1700000000000.csv", salesforce.report(), encoding="iso-8859-1")
        report = looked_at(path, settings=AMERICA)
        assert (report.vendor, sources(of(report, "deals"))["reference"]) == (
            "salesforce", ("Opportunity ID",),
        )  # fmt: skip
        result = await brought_in(pool, path, settings=AMERICA)
        assert (result.accepted, result.refused) == (5, 1)
        assert days(await deals_of(pool)) == days(told(SMALL, "salesforce"))

    async def test_the_day_it_was_closed_is_kept_by_hand(self, pool: Pool, tmp_path: Path) -> None:
        """It may be before the click that closed the deal, of which a closed deal has no use."""
        rows = [
            row | {"LastStageChangeDate": "2026-11-01T10:00:00.000Z"}
            for row in salesforce.opportunities()[:4]
        ]
        result = await brought_in(pool, write_csv(tmp_path / "Opportunity.csv", rows), settings=AMERICA)
        assert (result.accepted, result.refused) == (4, 0)
        assert [row[6] for row in await deals_of(pool)] == [row[6] for row in told(SMALL, "salesforce")[:4]]

    async def test_a_deal_deleted_there_is_passed_over(self, pool: Pool, tmp_path: Path) -> None:
        rows = salesforce.opportunities()[:2]
        rows[0]["IsDeleted"] = "true"
        result = await brought_in(pool, write_csv(tmp_path / "Opportunity.csv", rows), settings=AMERICA)
        assert (result.accepted, result.refused) == (1, 0)


class TestPipedrive:
    @pytest.mark.parametrize("headers", [pipedrive.GERMAN, pipedrive.SPANISH, pipedrive.PORTUGUESE])
    async def test_in_other_languages(self, headers: dict[str, str], pool: Pool, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "saved.csv", pipedrive.deals_in(headers))
        assert looked_at(path, settings=AMERICA).vendor == "pipedrive"
        result = await brought_in(pool, path, settings=AMERICA)
        assert (result.accepted, result.refused) == (5, 1)
        assert [(row[1], row[5], row[6]) for row in await deals_of(pool)] == [
            (row[1], row[5], row[6]) for row in told(SMALL, "pipedrive")
        ]


class TestOdoo:
    async def test_with_labels(self, pool: Pool, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "Lead_Opportunity (crm.lead).csv", odoo.labelled())
        result = await brought_in(pool, path, settings=AMERICA)
        assert [(one.kind, one.accepted, one.refused) for one in result.tallies] == [
            ("deals", 5, 1),
            ("leads", 2, 0),
        ]
        assert [(row[1], row[5], row[6]) for row in await deals_of(pool)] == [
            (row[1], row[5], row[6]) for row in told(SMALL, "odoo")
        ]


class TestDynamics:
    async def test_customers_of_one_name_cannot_be_told_apart(self, pool: Pool, tmp_path: Path) -> None:
        """Its workbooks join by names alone."""
        accounts, *others = dynamics.write(tmp_path)
        result = await brought_in(pool, accounts, *others, settings=AMERICA)
        assert {one.reasons[0].message for one in result.refusals} == {
            "is in row 2 already", "is empty: a deal is somebody's", f"this customer was refused ({accounts.name} row 4)",
        }  # fmt: skip
        assert {row[0] for row in await deals_of(pool)} == {"Berth sensors", "Quay lighting"}

    def test_its_own_hidden_sheet_is_no_table(self, tmp_path: Path) -> None:
        (path,) = dynamics.write(tmp_path)[-2:-1]
        assert [file.name for file in looked_at(path, settings=AMERICA).files] == [path.name]
