"""tests: exports of Zoho CRM come in, joined by their ids."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from runtime.database import Pool
from tests.imports import vendor_files as made
from tests.imports.conftest import rows_of, topics
from tests.imports.vendor_runs import EUROPE, brought_in, looked_at, of, sources


def test_is_recognised_by_its_headers(tmp_path: Path) -> None:
    report = looked_at(*made.zoho_export(tmp_path))
    assert (report.vendor, report.questions) == ("zoho", ())
    assert [(file.called, file.kind) for file in report.files] == [
        ("Deals", "deals"),
        ("Accounts", "customers"),
        ("Contacts", "contacts"),
    ]
    deals = of(report, "deals")
    assert sources(deals)["owner"] == ("Deal Owner.id",)
    assert sources(deals)["closed_on"] == ("Modified Time", "Closing Date")
    assert "when it was last changed" in next(f.note for f in deals.fields if f.field == "closed_on")
    left = {one.header: one.filled for one in deals.left_out}
    assert (left["Type"], left["Lead Source"], left["Description"]) == (4, 4, 4)
    assert "Tag" not in {one.header for one in deals.left_out}, "it is empty"


def test_is_recognised_shuffled_renamed_and_with_columns_of_ones_own(tmp_path: Path) -> None:
    deals = [made.zoho_deal(n, "Qualification") for n in range(3)]
    names = [*deals[0], "Our Region"]
    random.Random(7).shuffle(names)
    rows = [{name.upper(): deal.get(name, "north") for name in names} for deal in deals]
    report = looked_at(made.csv_of(tmp_path / "liste.csv", rows, delimiter=";"))
    assert (report.vendor, report.files[0].kind) == ("zoho", "deals")
    assert "OUR REGION" in {one.header for one in report.files[0].left_out}
    assert 'delimiter = ";"' in report.mapping


async def test_comes_in_joined_by_ids(pool: Pool, tmp_path: Path) -> None:
    result = await brought_in(pool, *made.zoho_export(tmp_path), settings=EUROPE)
    assert (result.refused, result.refusals) == (0, [])
    deals = await rows_of(
        pool,
        "SELECT o.data->>'title', o.occurred_at, r.data->>'name' IS NOT NULL, p.data->'profile'->>'sector', w.topic,"
        " w.data->>'closed_on' FROM ledger.events o"
        " LEFT JOIN ledger.events w ON w.stream_id = o.stream_id AND w.topic IN ('deal.won', 'deal.lost')"
        " LEFT JOIN ledger.events r ON r.stream_id::text = o.data->>'owner_id' AND r.topic = 'rep.hired'"
        " LEFT JOIN ledger.events p ON p.stream_id::text = o.data->>'customer_id' AND p.topic = 'customer.registered'"
        " WHERE o.topic = 'deal.opened' ORDER BY 1",
    )
    opened = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)
    assert [row[:3] for row in deals] == [(f"Deal {n}", opened, True) for n in (1, 2, 3, 4)]
    assert [row[3] for row in deals] == ["Energy", "Steel", "Energy", None]
    assert [row[4:] for row in deals] == [
        (None, None), ("deal.won", "2026-03-02"), ("deal.lost", "2026-03-02"), (None, None),
    ]  # fmt: skip
    again = await brought_in(pool, *made.zoho_export(tmp_path), settings=EUROPE)
    assert (again.events, again.refused) == (0, 0)
    newer = [replace_of(deal, "zcrm_", "") for deal in (made.zoho_deal(1, "Needs Analysis"),)]
    changed = await brought_in(pool, made.csv_of(tmp_path / "Deals_2026_06_30.csv", newer), settings=EUROPE)
    assert (changed.accepted, changed.refused) == (1, 0), "ids with the prefix and without are the same"
    counts = await topics(pool)
    assert (counts["deal.opened"], counts["customer.contact-added"]) == (4, 1)


def test_the_closing_date_may_be_taken_instead(tmp_path: Path) -> None:
    report = looked_at(*made.zoho_export(tmp_path), columns={"closing date": "closed_on"})
    assert sources(of(report, "deals"))["closed_on"] == ("Closing Date",)


def test_copies_of_its_tables_elsewhere_have_no_ids(tmp_path: Path) -> None:
    row = {"Potential Name": "Boiler", "Potential Owner": "Ann Lee", "Account Name": "Acme", "Stage": "Closed Won",
           "Amount": "$22,700.00", "Closing Date": "15 Apr, 2021", "Created Time": "15 Apr, 2021 00:02:00",
           "Modified Time": "16 Apr, 2021 00:02:00"}  # fmt: skip
    report = looked_at(
        made.csv_of(tmp_path / "Potentials.csv", [row]), vendor="zoho", settings={"currency": "usd"}
    )
    deals = of(report, "deals")
    assert sources(deals)["reference"] == ("Potential Name",)
    assert "told apart by this alone" in next(f.note for f in deals.fields if f.field == "reference")
    assert '"%d %b, %Y %H:%M:%S"' in report.mapping
    assert 'thousands = ","' in report.mapping


async def test_its_small_sister_comes_in_too(pool: Pool, tmp_path: Path) -> None:
    row = {"Deal Id": "1", "Deal Owner": "Ann", "Deal Owner.id": "7", "Deal Name": "Boiler", "Company Name.id": "9",
           "Company Name": "Acme", "Sub-Pipeline": "Standard", "Stage": "Negotiation/Review", "Amount": "5",
           "Closing Date": "2027-01-31", "Created Time": "2026-02-01 10:00:00", "Modified Time": "2026-02-01 10:00:00"}  # fmt: skip
    path = made.csv_of(tmp_path / "Deals.csv", [row])
    result = await brought_in(pool, path, settings={**EUROPE, "currency": "INR"})
    assert (result.accepted, result.refusals) == (1, [])


def replace_of(row: dict[str, object], old: str, new: str) -> dict[str, object]:
    return {name: str(value).replace(old, new) for name, value in row.items()}


async def test_leads_come_in_with_what_became_of_them(pool: Pool, tmp_path: Path) -> None:
    rows = [made.zoho_lead(1, "Contacted"), made.zoho_lead(2, "Junk Lead"), made.zoho_lead(3, "Warm")]
    path = made.csv_of(tmp_path / "Leads_2026_05_28.csv", rows)
    report = looked_at(path)
    assert (report.vendor, report.files[0].kind) == ("zoho", "leads")
    assert [(one.about, one.of, one.suggestion) for one in report.questions] == [("status", "Warm", "open")]
    result = await brought_in(pool, path, settings=EUROPE, stages={"warm": "open"})
    assert (result.accepted, result.refusals) == (3, [])
    again = await brought_in(pool, path, settings=EUROPE, stages={"warm": "open"})
    assert (again.events, again.refused) == (0, 0)
    counts = await topics(pool)
    assert (counts["lead.captured"], counts["lead.discarded"]) == (3, 1)


async def test_notes_calls_and_tasks_come_in_with_their_deals(pool: Pool, tmp_path: Path) -> None:
    deal, other = "zcrm_5000000000301", "zcrm_9"
    ann = made.ANN
    note = {"Record Id": "zcrm_n1", "Note Owner.id": ann[0], "Note Owner": ann[1], "Note Title": "Visit", "Note Content": "two\nlines",
            "Parent ID.id": deal, "Parent ID": "Deal 1", "Created Time": "2026-02-01 10:00:00"}  # fmt: skip
    call = {"Record Id": "zcrm_c1", "Call Owner.id": ann[0], "Call Owner": ann[1], "Subject": "Price", "Call Type": "Inbound",
            "Call Start Time": "2026-02-02 10:00:00", "Related To.id": deal, "Description": ""}  # fmt: skip
    task = {"Record Id": "zcrm_t1", "Task Owner.id": ann[0], "Task Owner": ann[1], "Subject": "Send", "Due Date": "2026-02-03",
            "Status": "Completed", "Priority": "High", "Closed Time": "2026-02-03 12:00:00", "Related To.id": deal}  # fmt: skip
    files = [
        *made.zoho_export(tmp_path)[:2],
        made.csv_of(
            tmp_path / "Notes_2026_05_28.csv", [note, {**note, "Record Id": "zcrm_n2", "Parent ID.id": other}]
        ),
    ]
    result = await brought_in(pool, *files, settings=EUROPE)
    assert [(one.file, one.reasons[0].column) for one in result.refusals] == [
        ("Notes_2026_05_28.csv", "Parent ID.id")
    ], "a note of a contact"
    for name, rows in (
        ("Calls.csv", [call]),
        ("Tasks.csv", [task, {**task, "Record Id": "zcrm_t2", "Status": "In Progress"}]),
    ):
        one = await brought_in(pool, made.csv_of(tmp_path / name, rows), settings=EUROPE)
        assert (one.accepted, one.refusals) == (1, [])
    logged = await rows_of(
        pool,
        "SELECT data->'activity'->>'kind', data->'activity'->>'direction', occurred_at FROM ledger.events"
        " WHERE topic = 'deal.activity-logged' ORDER BY occurred_at",
    )
    assert [(kind, direction, at.day) for kind, direction, at in logged] == [
        ("task", "internal", 1), ("call", "inbound", 2), ("task", "outbound", 3),
    ]  # fmt: skip
