"""tests: contacts in files — within their customers, corrected before and after, and barred where they said so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.database import Pool
from tests.imports.conftest import csv_file, mapping_from, rows_of
from tests.imports.test_run import run

HEADER = "id,account,name,mail,phone,title,no mail"
CONTACTS = mapping_from("""
name = "contacts"
source = "crm"
create = ["customers"]
[contacts]
file = "contacts.csv"
[contacts.columns]
key = "id"
customer = "account"
name = "name"
mail = "mail"
phone = "phone"
role = "title"
do_not_mail = "no mail"
""")


async def facts_of(pool: Pool, topic: str) -> list[Any]:
    found = await rows_of(pool, "SELECT data FROM ledger.events WHERE topic = %s ORDER BY position", topic)
    return [data for (data,) in found]


async def test_come_once_and_a_newer_file_changes_what_it_changed(pool: Pool, tmp_path: Path) -> None:
    rows = (
        "1,Acme,Ann,ann@a.test,1,buyer,",
        "2,Acme,Bo,bo@a.test,,,yes",
        "3,Bolt,Cy,,3,,",
        "3,Bolt,Cy,,3,,",
        "4,,Di,,,,",
    )
    result = await run(pool, csv_file(tmp_path, *rows, header=HEADER, name="contacts.csv"), CONTACTS)
    assert (result.accepted, result.refused) == (3, 2)
    assert [(r.row, r.reasons[0].column) for r in result.refusals] == [(5, "id"), (6, "account")]
    added = await facts_of(pool, "customer.contact-added")
    assert sorted((one["name"], one["role"], one["do_not_mail"]) for one in added) == [
        ("Ann", "buyer", False),
        ("Bo", "", True),
        ("Cy", "", False),
    ]
    again = await run(pool, csv_file(tmp_path, *rows[:3], header=HEADER, name="contacts.csv"), CONTACTS)
    assert (again.events, again.unchanged) == (0, 3)
    newer = ("1,Acme,Ann,,7,,", "2,Acme,Bo,,,,no")
    await run(pool, csv_file(tmp_path, *newer, header=HEADER, name="contacts.csv"), CONTACTS)
    corrected = await facts_of(pool, "customer.contact-corrected")
    assert [(one["before"]["phone"], one["after"]["phone"]) for one in corrected] == [("1", "7"), ("", "")]
    assert corrected[0]["after"]["mail"] == "ann@a.test", "an empty cell takes nothing away"
    assert [(one["before"]["do_not_mail"], one["after"]["do_not_mail"]) for one in corrected] == [
        (False, False),
        (True, False),
    ]


async def test_of_a_customer_that_nobody_knows_are_refused(pool: Pool, tmp_path: Path) -> None:
    strict = mapping_from(
        'name = "c"\nsource = "crm"\n[contacts]\nfile = ""\n[contacts.columns]\nkey = "id"\ncustomer = "account"\n'
    )
    result = await run(pool, csv_file(tmp_path, "1,Acme", header="id,account"), strict)
    assert [str(reason) for reason in result.refusals[0].reasons] == [
        "account 'Acme': no customer of this name is known"
    ]


async def test_come_with_their_part_in_deciding_and_what_they_consent_to(pool: Pool, tmp_path: Path) -> None:
    columns = 'buying_role = { column = "part", values = { Entscheider = "decides" } }\nconsents = "ok"\nconsent_source = "from"\n'
    mapping = mapping_from(
        'name = "c"\nsource = "crm"\ncreate = ["customers"]\n[contacts]\nfile = ""\n[contacts.columns]\nkey = "id"\n'
        f'customer = "account"\nname = "name"\n{columns}'
    )
    header = "id,account,name,part,ok,from"
    rows = (
        "1,Acme,Ann,Entscheider,mail; call,fair",
        "2,Acme,Bo,boss,mail,fair",
        "3,Acme,Cy,,mail,",
        "4,Acme,Di,,post,fair",
    )
    result = await run(pool, csv_file(tmp_path, *rows, header=header), mapping)
    assert [(r.row, r.reasons[0].column) for r in result.refusals] == [(3, "part"), (4, "from"), (5, "ok")]
    given = await facts_of(pool, "customer.consent-given")
    assert [(one["purpose"], one["evidence"]) for one in given] == [("mail", "fair"), ("call", "fair")]
    assert [one["after"] for one in await facts_of(pool, "customer.buying-role-changed")] == ["decides"]
    again = await run(pool, csv_file(tmp_path, rows[0], header=header), mapping)
    assert again.events == 0
