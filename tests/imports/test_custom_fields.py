"""Custom fields as columns of a file: read as the mapping writes them, refused by row and column, and taken back with the import."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.custom_field.commands import PublishFields
from domain.custom_field.declaration import CustomField, FieldChoice, FieldSet, RecordKind
from domain.custom_field.value import NOTHING, FieldType, FieldValue, said_text
from domain.customer.customer import Customer
from domain.deal.commands import SetDealFields
from domain.deal.deal import Deal
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Channel, Context
from domain.lead.fields import SetLeadFields
from domain.lead.lead import Lead
from runtime.database import Pool
from runtime.imports.mapping_file import read_mapping
from runtime.imports.results import ImportProblem, ImportResult
from runtime.imports.run import run_import
from runtime.imports.undo import undo_import
from runtime.imports.vendors.prepare import prepare
from runtime.imports.vendors.report import Answers
from runtime.ledger import Ledger
from tests.imports.conftest import IMPORTER, ONE_FILE, csv_file, mapping_from

GRADES = (FieldChoice(name="gold", label="Gold"), FieldChoice(name="tin", label="Tin"))
FIELDS = (
    CustomField(name="seats", label="Seats", type=FieldType.NUMBER, decimals=1),
    CustomField(name="rent", label="Rent", type=FieldType.MONEY),
    CustomField(name="live", label="Live", type=FieldType.DATE),
    CustomField(name="pilot", label="Pilot", type=FieldType.YES_NO),
    CustomField(name="grade", label="Grade", type=FieldType.CHOICE, choices=GRADES),
)
COLUMNS = """
custom.seats = "Seats"
custom.rent = "Rent"
"custom.live" = { column = "Live", dates = ["%d.%m.%Y"] }
custom.pilot = "Pilot"
custom.grade = { column = "Grade", values = { A = "gold" } }
[deals.stages]"""
MAPPING = mapping_from(
    ONE_FILE.replace("[deals.stages]", COLUMNS.strip("\n")).replace(
        'currency = "CNY"', 'currency = "CNY"\ndecimal = ","\nthousands = "."'
    )
)
HEAD = "id,rep,customer,product,stage,opened,closed,amount,Seats,Rent,Live,Pilot,Grade"
ROW = 'A1,Li Wei,Acme,Boiler,Talks,2026-01-05,,100,"1.200,5","1.200,50 EUR",31.12.2026,ja,A'
GOOD = ROW.replace("ja", "yes")


async def declared(pool: Pool, record: RecordKind, *fields: CustomField) -> None:
    await given(pool, PublishFields(declared=FieldSet(name=record, fields=fields)))


async def given(pool: Pool, command: Any) -> None:
    ledger = Ledger(pool)
    context = Context(now=datetime.now(UTC), actor=IMPORTER, channel=Channel.API)
    await CommandHandler(ledger).execute(command, context)
    await ledger.aclose()


async def deal_of(pool: Pool) -> Deal:
    async with pool.connection() as connection:
        found = await connection.execute("SELECT stream_id FROM ledger.events WHERE topic = 'deal.opened'")
        ((id,),) = await found.fetchall()
    ledger = Ledger(pool)
    deal = (await ledger.load({id: Deal}))[id]
    await ledger.aclose()
    assert isinstance(deal, Deal)
    return deal


async def bring(pool: Pool, folder: Path, *rows: str) -> ImportResult:
    return await run_import(pool, MAPPING, csv_file(folder, *rows, header=HEAD), IMPORTER)


async def test_cells_are_read_as_the_mapping_writes_them_and_refused_by_row_and_column(
    pool: Pool, tmp_path: Path
) -> None:
    await declared(pool, RecordKind.DEAL, *FIELDS)
    wrong = (
        ROW.replace("A1", "A2")
        .replace('1.200,5"', 'viele"')
        .replace("31.12.2026", "bald")
        .replace(",ja,A", ",ja,B")
    )
    result = await bring(pool, tmp_path, GOOD, wrong)
    assert (await deal_of(pool)).custom == {
        "seats": FieldValue(type=FieldType.NUMBER, text="1200.5"),
        "rent": FieldValue(type=FieldType.MONEY, text="1200.5 EUR"),
        "live": FieldValue(type=FieldType.DATE, text="2026-12-31"),
        "pilot": FieldValue(type=FieldType.YES_NO, text="yes"),
        "grade": FieldValue(type=FieldType.CHOICE, text="gold"),
    }
    (refusal,) = result.refusals
    assert (refusal.row, {one.column for one in refusal.reasons}) == (3, {"Seats", "Live", "Pilot"})
    unknown = await bring(pool, tmp_path, GOOD.replace("A1", "A3").replace(",yes,A", ",yes,B"))
    assert [(one.column, one.value) for one in unknown.refusals[0].reasons] == [("Grade", "B")]


async def test_the_same_file_again_is_silence_and_neither_side_s_change_is_lost(
    pool: Pool, tmp_path: Path
) -> None:
    await declared(pool, RecordKind.DEAL, *FIELDS)
    first = await bring(pool, tmp_path, GOOD)
    assert sum(tally.events for tally in (await bring(pool, tmp_path, GOOD)).tallies) == 0
    id = (await deal_of(pool)).id
    await given(pool, SetDealFields(deal_id=id, custom={"seats": said_text("7")}))
    changed = await bring(pool, tmp_path, GOOD.replace("1.200,50 EUR", "9 EUR"))
    assert changed.refusals == []
    deal = await deal_of(pool)
    assert (deal.custom["seats"].text, deal.custom["rent"].text) == ("7", "9 EUR")
    both = await bring(pool, tmp_path, GOOD.replace('1.200,5"', '8"'))
    assert "custom.seats: changed in the file and here" in both.refusals[0].reasons[0].message
    assert [one.column for one in both.refusals[0].reasons] == ["Seats"]
    again = await undo_import(pool, changed.job_id, IMPORTER, "the wrong file")
    assert again.refused == {}
    assert (await deal_of(pool)).custom["rent"].text == "1200.5 EUR"
    assert first.job_id != changed.job_id


async def test_a_column_for_what_nobody_declared_is_named_before_anything_is_imported(
    pool: Pool, tmp_path: Path
) -> None:
    await declared(pool, RecordKind.DEAL, replace(FIELDS[0], name="seat"), *FIELDS[1:])
    with pytest.raises(
        ImportProblem, match=r"no custom field 'seats' is declared; did you mean 'custom\.seat'"
    ):
        await bring(pool, tmp_path, GOOD)


CUSTOMERS = mapping_from("""
name = "accounts"
source = "test"
timezone = "UTC"
[customers]
file = ""
[customers.columns]
key = "name"
custom.grade = { column = "Grade", missing = "keep" }
""")


async def test_customers_have_theirs_and_an_empty_cell_takes_nothing_away(pool: Pool, tmp_path: Path) -> None:
    await declared(pool, RecordKind.CUSTOMER, replace(FIELDS[4], required=True))
    file = csv_file(tmp_path, "Acme,Gold", "Other,", header="name,Grade")
    result = await run_import(pool, CUSTOMERS, file, IMPORTER)
    (refusal,) = result.refusals
    assert (refusal.row, refusal.reasons[0].column, refusal.reasons[0].message) == (3, "Grade", "is required")
    await run_import(pool, CUSTOMERS, csv_file(tmp_path, "Acme,", header="name,Grade"), IMPORTER)
    async with pool.connection() as connection:
        found = await connection.execute(
            "SELECT DISTINCT stream_id FROM ledger.events WHERE topic ^@ 'customer.'"
        )
        ((id,),) = await found.fetchall()
    held = (await Ledger(pool).load({id: Customer}))[id]
    assert isinstance(held, Customer)
    assert held.custom == {"grade": FieldValue(type=FieldType.CHOICE, text="gold")}


CONTACTS = mapping_from("""
name = "contacts"
source = "test"
timezone = "UTC"
create = ["customers"]
[contacts]
file = ""
[contacts.columns]
key = "id"
customer = "company"
custom.grade = { column = "Grade", optional = true }
""")


async def test_contacts_have_theirs_once_and_go_with_the_import(pool: Pool, tmp_path: Path) -> None:
    await declared(pool, RecordKind.CONTACT, FIELDS[4])

    async def brought(*rows: str) -> ImportResult:
        file = csv_file(tmp_path, *rows, header="id,company,Grade")
        return await run_import(pool, CONTACTS, file, IMPORTER)

    async def held() -> list[dict[str, str]]:
        async with pool.connection() as connection:
            found = await connection.execute(
                "SELECT stream_id FROM ledger.events WHERE topic = 'customer.registered'"
            )
            ((id,),) = await found.fetchall()
        customer = (await Ledger(pool).load({id: Customer}))[id]
        assert isinstance(customer, Customer)
        said = (customer.custom_of(one) for one in customer.contacts)
        return [{name: value.text for name, value in custom.items()} for custom in said]

    await brought("c1,Acme,Gold", "c2,Acme,")
    assert await held() == [{"grade": "gold"}, {}]
    assert (await brought("c1,Acme,Gold", "c2,Acme,")).events == 0
    changed = await brought("c1,Acme,Tin", "c2,Acme,Lead")
    assert [(one.row, one.reasons[0].column) for one in changed.refusals] == [(3, "Grade")]
    assert await held() == [{"grade": "tin"}, {}]
    await undo_import(pool, changed.job_id, IMPORTER, "the wrong file")
    assert await held() == [{"grade": "gold"}, {}]


LEADS = mapping_from("""
name = "leads"
source = "test"
timezone = "UTC"
[leads]
file = ""
[leads.columns]
reference = "id"
custom.grade = { column = "Grade", optional = true }
""")


async def lead_of(pool: Pool) -> Lead:
    async with pool.connection() as connection:
        found = await connection.execute("SELECT stream_id FROM ledger.events WHERE topic = 'lead.captured'")
        ((id,),) = await found.fetchall()
    held = (await Ledger(pool).load({id: Lead}))[id]
    assert isinstance(held, Lead)
    return held


async def test_leads_have_theirs_and_neither_side_s_change_is_lost(pool: Pool, tmp_path: Path) -> None:
    await declared(pool, RecordKind.LEAD, FIELDS[4])

    async def brought(row: str) -> ImportResult:
        return await run_import(pool, LEADS, csv_file(tmp_path, row, header="id,Grade"), IMPORTER)

    await brought("L-1,Gold")
    lead = await lead_of(pool)
    assert lead.custom == {"grade": FieldValue(type=FieldType.CHOICE, text="gold")}
    assert (await brought("L-1,Gold")).events == 0
    changed = await brought("L-1,Tin")
    assert (await lead_of(pool)).custom["grade"].text == "tin"
    await undo_import(pool, changed.job_id, IMPORTER, "the wrong file")
    assert (await lead_of(pool)).custom["grade"].text == "gold"
    await given(pool, SetLeadFields(lead_id=lead.id, custom={"grade": NOTHING}))
    assert (
        "custom.grade: changed in the file and here"
        in (await brought("L-1,Tin")).refusals[0].reasons[0].message
    )
    assert [one.column for one in (await brought("L-1,Lead")).refusals[0].reasons] == ["Grade"]


HUBSPOT = """"Record ID","Deal Name","Deal Stage","Pipeline","Amount","Close Date","Deal owner","Seats","LIVE","Elsewhere"
"700000000001","Boilers","appointmentscheduled","default","100","2026-03-01 10:00","Li Wei","40","2026-12-31","x"
"""


def test_another_system_s_column_is_taken_where_a_field_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "hubspot-crm-exports-all-deals.csv"
    file.write_text(HUBSPOT, encoding="utf-8")
    (tmp_path / "made").mkdir()
    declared = {"deals": FieldSet(name=RecordKind.DEAL, fields=FIELDS)}
    answers = Answers(vendor="hubspot", suggested=True, settings={"timezone": "UTC", "currency": "CNY"})
    report = prepare([file], answers, tmp_path / "made", declared).report
    (found,) = report.files
    taken = {one.field: one.headers for one in found.fields if one.field.startswith("custom.")}
    assert taken == {"custom.seats": ("Seats",), "custom.live": ("LIVE",)}
    assert "Elsewhere" in [one.header for one in found.left_out]
    columns = read_mapping(report.mapping.encode(), "made.toml").sheets["deals"].columns
    assert (columns["custom.seats"].header, columns["custom.live"].dates) == ("Seats", ("iso",))
    left = Answers(
        vendor="hubspot",
        suggested=True,
        settings=answers.settings,
        columns={"Seats": "-", "Elsewhere": "custom.rent"},
    )
    (other,) = prepare([file], left, tmp_path / "made", declared).report.files
    said = {one.field: one.headers for one in other.fields if one.field.startswith("custom.")}
    assert said == {"custom.live": ("LIVE",), "custom.rent": ("Elsewhere",)}
