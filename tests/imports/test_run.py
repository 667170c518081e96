"""tests: small files into a real ledger — what lands, what is refused and why, and that twice is once."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.people.people import HireRep
from runtime.database import Pool
from runtime.imports.jobs import list_jobs, read_job
from runtime.imports.mapping import Mapping
from runtime.imports.results import ImportProblem, ImportResult, Progress
from runtime.imports.run import run_import
from runtime.ledger import Ledger
from tests.imports.conftest import HEADER, IMPORTER, ONE_FILE, csv_file, mapping_from, rows_of, topics

MAPPING = mapping_from(ONE_FILE)
GOOD = (
    "1,Li,Acme,Boiler,New,2026-01-05,,100,",
    "2,Li,Acme,Pump,Talks,2026-01-06,,200,",
    "3,Wang,Bolt,Boiler,Won,2026-01-07,2026-02-01,300,",
    "4,Wang,,Pump,Lost,2026-01-08,2026-02-02,,too dear",
)
BAD = {
    "5,Li,Acme,Boiler,Wonn,2026-01-05,,,": "stage 'Wonn': is none of the mapping's stages (New, Talks, Offer, Won, Lost); did you mean 'Won'?",
    "6,Li,Acme,Boiler,New,05/01/2026,,,": "opened '05/01/2026': is not a date written as 2026-03-31: name its form under `dates`",
    "7,Li,Acme,Boiler,New,2026-01-05,,a lot,": "amount 'a lot': is not a number such as 1234.50",
    "8,,Acme,Boiler,New,2026-01-05,,,": "rep '': is empty",
    "9,Li,Acme,Boiler,New,,,,": "opened '': is empty",
    "1,Li,Acme,Boiler,New,2026-01-05,,,": "id '1': is in row 2 already",
    "10,Li,Acme,Boiler,Won,2026-01-05,,5,": "closed '': is empty: a closed deal was closed some day",
    "11,Li,Acme,Boiler,Won,2026-01-05,2026-01-01,5,": "closed '2026-01-01': 2026-01-01 is before opened_at, 2026-01-05",
    "12,Li,Acme,Boiler,Won,2026-01-05,2026-02-01,,": "stage 'Won': the gate of stage 'identify' is not passed",
    "13,Li,Acme,Boiler,Lost,2026-01-05,2026-02-01,,": "stage 'Lost': the gate of stage 'identify' is not passed",
    "14,Li,Acme,Boiler,Offer,2026-01-05,,,": "stage 'Offer': the gate of stage 'identify' is not passed",
    "15,Li,Acme,Boiler,New,2026-01-05,,-5,": "amount '-5': must not be negative",
    "16,Li,Acme,Boiler,New,2990-01-05,,,": "opened '2990-01-05': is not between the years 1900 and 2199",
    "17,Li,Acme,Boiler,New,2099-01-05,,,": "opened '2099-01-05': 2099-01-05 00:00 is in the future",
    "18,Li,Acme": "has 3 cells, the header names 9 columns",
    "20,Li,#N/A,Boiler,New,2026-01-05,,,": "customer '#N/A': is a spreadsheet's error, not a value",
    f"21,Li,{'y' * 100_001},Boiler,New,2026-01-05,,,": f"customer '{'y' * 40}': is longer than 100,000 characters",
    f"19,Li,Acme,{'x' * 301},New,2026-01-05,,,": f"product '{'x' * 301}': name: is longer than 300 characters",
}


async def run(pool: Pool, data: Path, mapping: Mapping = MAPPING, **options: Any) -> ImportResult:
    return await run_import(pool, mapping, data, options.pop("actor", IMPORTER), **options)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def numbers(result: ImportResult) -> tuple[int, int, int, int]:
    return result.accepted, result.unchanged, result.refused, result.events


async def test_what_is_good_lands_and_what_is_bad_is_named(pool: Pool, tmp_path: Path) -> None:
    result = await run(pool, csv_file(tmp_path, *GOOD, *BAD))
    assert (result.rows, result.accepted, result.refused) == (len(GOOD) + len(BAD), len(GOOD), len(BAD))
    first_bad = len(GOOD) + 2
    told = {refusal.row: str(refusal).partition(": ")[2] for refusal in result.refusals}
    for row, expected in enumerate(BAD.values(), first_bad):
        assert told[row].startswith(expected), told[row]
    counts = await topics(pool)
    assert counts["deal.opened"] == len(GOOD)
    assert result.events == sum(counts.values())


async def test_days_are_told_as_they_are_in_the_mappings_zone(pool: Pool, tmp_path: Path) -> None:
    berlin = mapping_from(ONE_FILE, timezone='timezone = "Europe/Berlin"')
    rows = (
        "1,Li,Acme,Boiler,Won,2026-09-20,2026-09-19,10,",
        "2,Li,Acme,Boiler,Won,2026-09-20T10:00,2026-09-20T09:00,10,",
    )
    result = await run(pool, csv_file(tmp_path, *rows), berlin)
    assert [refusal.reasons[0].message for refusal in result.refusals] == [
        "2026-09-19 is before opened_at, 2026-09-20",
        "2026-09-20 09:00:00 is before opened_at, 2026-09-20 10:00:00",
    ]


async def test_a_file_that_may_be_in_another_encoding_than_is_named_is_noted(
    pool: Pool, tmp_path: Path
) -> None:
    western = mapping_from(f'encoding = "cp1252"\n{ONE_FILE}')
    data = tmp_path / "deals.csv"
    told = []
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        data.write_text(f"{HEADER}\n1,J\u00f6rg,Acme,Boiler,New,2026-01-05,,100,\n", encoding=encoding)
        told.append([str(notice) for notice in (await run(pool, data, western, dry_run=True)).notices])
    assert [len(notices) for notices in told] == [1, 0, 0]
    assert "is read as cp1252, and may be UTF-8" in told[0][0]


async def test_a_cell_beyond_the_named_columns_is_told(pool: Pool, tmp_path: Path) -> None:
    """A spreadsheet gives every row as many cells as the longest: what was one too many then stands under no name."""
    shifted = "2,Li,Lund, Beck & Co,Pump,Talks,2026-01-06,,200,x"
    result = await run(pool, csv_file(tmp_path, f"{GOOD[0]},", shifted, header=f"{HEADER},"))
    assert result.accepted == 1
    assert [str(refusal) for refusal in result.refusals] == [
        "deals.csv row 3: has 10 cells, the header names 9 columns"
    ]
    indexed = csv_file(tmp_path, f"0,{GOOD[2]}", header=f",{HEADER}")
    assert (await run(pool, indexed)).accepted == 1


async def test_a_long_cell_in_a_column_that_nobody_reads_is_left_alone(pool: Pool, tmp_path: Path) -> None:
    data = csv_file(tmp_path, f"{GOOD[0]},{'x' * 200_000}", header=f"{HEADER},notes")
    assert numbers(await run(pool, data))[:3] == (1, 0, 0)


async def test_a_dry_run_refuses_exactly_what_the_real_run_refuses_and_records_nothing(
    pool: Pool, tmp_path: Path
) -> None:
    data = csv_file(tmp_path, *GOOD, *BAD)
    dry = await run(pool, data, dry_run=True)
    assert await topics(pool) == {}
    real = await run(pool, data)
    assert dry.refusals == real.refusals
    assert numbers(dry) == numbers(real)
    assert (await run(pool, data, dry_run=True)).refusals == real.refusals


async def test_a_dry_run_decides_on_what_the_ledger_holds(pool: Pool, tmp_path: Path) -> None:
    await run(pool, csv_file(tmp_path, *GOOD))
    moved = csv_file(tmp_path, *(row.replace("Talks", "Offer") for row in GOOD))
    dry = await run(pool, moved, dry_run=True)
    assert [refusal.row for refusal in dry.refusals] == [3]
    assert numbers(dry) == (0, 3, 1, 0)


async def test_the_same_file_again_records_nothing(pool: Pool, tmp_path: Path) -> None:
    data = csv_file(tmp_path, *GOOD, *BAD)
    first = await run(pool, data)
    head = await topics(pool)
    again = await run(pool, data)
    assert numbers(again) == (0, first.accepted, first.refused, 0)
    assert await topics(pool) == head
    assert again.refusals == first.refusals


async def test_a_changed_row_records_what_changed(pool: Pool, tmp_path: Path) -> None:
    await run(pool, csv_file(tmp_path, *GOOD))
    before = await topics(pool)
    changed = (GOOD[0].replace(",100,", ",150,"), *GOOD[1:])
    result = await run(pool, csv_file(tmp_path, *changed))
    assert numbers(result) == (1, 3, 0, 2)
    after = await topics(pool)
    assert {topic: n - before.get(topic, 0) for topic, n in after.items() if n != before.get(topic)} == {
        "deal.amount-changed": 1,
        "deal.import-noted": 1,
    }


async def test_refused_rows_go_to_a_file_that_can_be_put_right_and_imported(
    pool: Pool, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects"
    result = await run(pool, csv_file(tmp_path, *GOOD, *BAD), rejects=rejects)
    [path] = [Path(written) for written in result.rejects]
    assert path == rejects / "deals.rejects.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert [row["id"] for row in told] == [row.partition(",")[0] for row in BAD]
    assert [int(row["refused_row"]) for row in told] == [refusal.row for refusal in result.refusals]
    assert all(
        str(reason) in row["refused_because"]
        for row, r in zip(told, result.refusals, strict=True)
        for reason in r.reasons
    )
    mended = path.read_text(encoding="utf-8-sig").replace(",Wonn,", ",New,")
    path.write_text(mended, encoding="utf-8")
    again = await run(pool, path, rejects=rejects)
    assert (again.accepted, again.refused) == (1, len(BAD) - 1)
    assert [str(refusal).partition(": ")[2] for refusal in again.refusals] == [
        str(refusal).partition(": ")[2] for refusal in result.refusals[1:]
    ]
    assert [refusal.first for refusal in again.refusals] == [refusal.row for refusal in result.refusals[1:]]
    assert str(again.refusals[0]).startswith("deals.rejects.csv row 3 (row 7 of the first file): opened ")
    # Row 1 was refused as the second of its id: taken instead of the first when somebody decides so.
    decided = mended.replace("id '1': is in row 2 already", "").replace(
        ",New,2026-01-05,,,", ",New,2026-01-05,,700,"
    )
    path.write_text(decided, encoding="utf-8")
    assert (await run(pool, path, rejects=rejects)).accepted == 2
    assert [Path(written).name for written in again.rejects] == ["deals.rejects.rejects.csv"]


def rejected(result: ImportResult) -> str:
    return Path(result.rejects[0]).read_text(encoding="utf-8-sig")


async def test_reasons_in_chinese_are_known_again(pool: Pool, tmp_path: Path) -> None:
    rows = [row for row in BAD if row.startswith("1,") or ",Wonn," in row]
    result = await run(pool, csv_file(tmp_path, *GOOD, *rows), rejects=tmp_path, language="zh")
    told = rejected(result)
    assert told.startswith("refused_row,refused_because,id,"), "columns are for programs"
    assert "id '1'：在第 2 行已出现" in told
    assert "id '1': is in row 2 already" in {str(reason) for one in result.refusals for reason in one.reasons}
    again = await run(pool, Path(result.rejects[0]), rejects=tmp_path)
    assert [refusal.reasons for refusal in again.refusals] == [one.reasons for one in result.refusals]
    assert "id '1': is in row 2 already" in rejected(again)


async def test_reasons_that_the_encoding_cannot_hold_are_in_english(pool: Pool, tmp_path: Path) -> None:
    rows = [row for row in BAD if row.startswith("1,")]
    mapping = replace(MAPPING, encoding="latin-1")
    result = await run(pool, csv_file(tmp_path, *GOOD, *rows), mapping, rejects=tmp_path, language="zh")
    assert "id '1': is in row 2 already" in rejected(result)


async def test_without_refusals_an_old_reject_file_goes(pool: Pool, tmp_path: Path) -> None:
    await run(pool, csv_file(tmp_path, *BAD), rejects=tmp_path)
    result = await run(pool, csv_file(tmp_path, *GOOD), rejects=tmp_path)
    assert result.rejects == []
    assert names_in(tmp_path) == ["deals.csv"]


async def test_an_override_is_on_record_with_who_approved_it_and_why(pool: Pool, tmp_path: Path) -> None:
    await run(pool, csv_file(tmp_path, GOOD[2]))
    [(asked, decided, missing)] = await rows_of(
        pool,
        "SELECT a.data->>'requested_by', d.data->>'decided_by', m.data->'missing'"
        " FROM ledger.events a JOIN ledger.events d ON d.stream_id = a.stream_id AND d.topic = 'deal.override-decided'"
        " JOIN ledger.events m ON m.stream_id = a.stream_id AND m.topic = 'deal.stage-moved'"
        " WHERE a.topic = 'deal.override-requested'",
    )
    assert (asked, decided) == ("import:test", "user:ops")
    assert "contract-reference" in missing
    metas = await rows_of(
        pool,
        "SELECT DISTINCT meta->>'channel', meta->>'reason' FROM ledger.events WHERE topic LIKE 'deal.%%'",
    )
    assert metas == [("import", "from before")]


async def test_an_import_that_approves_is_started_by_a_person(pool: Pool, tmp_path: Path) -> None:
    result = await run(pool, csv_file(tmp_path, *GOOD), actor=Actor("service", "nightly"))
    assert [(r.row, r.reasons[0].message) for r in result.refusals] == [
        (4, "an override is decided by a person: import as a user")
    ]


async def test_names_are_made_once_or_asked_for(pool: Pool, tmp_path: Path) -> None:
    data = csv_file(tmp_path, *GOOD)
    strict = mapping_from(ONE_FILE, create='create = ["customers", "products"]')
    refused = await run(pool, data, strict)
    assert {r.reasons[0].column for r in refused.refusals} == {"rep"}
    assert refused.refused == len(GOOD)
    await run(pool, data)
    counts = await topics(pool)
    made = ("customer.registered", "product.listed", "rep.hired", "team.formed")
    assert [counts[topic] for topic in made] == [2, 2, 2, 1]
    known = await run(
        pool,
        csv_file(tmp_path, "77,Li,Acme,Pump,New,2026-01-05,,,", "78,Lee,Acme,Pump,New,2026-01-05,,,"),
        strict,
    )
    assert [(r.row, r.reasons[0].message) for r in known.refusals] == [(3, "no rep of this name is known")]


async def test_no_name_is_in_an_id_nor_comes_from_hashing_it(pool: Pool, tmp_path: Path) -> None:
    await run(pool, csv_file(tmp_path, *GOOD))
    ids = await rows_of(pool, "SELECT DISTINCT stream_id FROM ledger.events")
    async with pool.connection() as connection:
        await connection.execute("UPDATE app.installation SET secret = 'another'")
    await run(pool, csv_file(tmp_path, *GOOD))
    again = await rows_of(pool, "SELECT DISTINCT stream_id FROM ledger.events")
    assert len(again) == 2 * len(ids)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"Offer": 'Offer = "negotation"'}, "stages: Offer leads to 'negotation'"),
        ({"currency": 'currency = "CNY"\npolicy = "brisk"'}, "no follow-up policy 'brisk'"),
        ({"currency": 'currency = "CNY"\nprocess = "short"'}, "no process 'short'"),
        ({"owner": 'owner = "Rep"'}, "no column 'Rep'; did you mean 'rep'?"),
    ],
)
async def test_what_cannot_work_at_all_is_said_before_anything_is_imported(
    pool: Pool, tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    with pytest.raises(ImportProblem) as refused:
        await run(pool, csv_file(tmp_path, *GOOD), mapping_from(ONE_FILE, **changed))
    assert told in str(refused.value)
    assert await topics(pool) == {}


async def test_every_missing_file_is_named(pool: Pool, tmp_path: Path) -> None:
    two = mapping_from(
        ONE_FILE.replace('file = ""', 'file = "deals.csv"')
        + '[reps]\nfile = "reps.csv"\n[reps.columns]\nkey = "k"\nteam = "t"\n'
    )
    with pytest.raises(ImportProblem) as refused:
        await run(pool, tmp_path, two)
    assert len(refused.value.problems) == 2
    with pytest.raises(ImportProblem, match="no such file"):
        await run(pool, tmp_path / "gone.csv")


async def test_one_file_of_several_may_come_alone(pool: Pool, tmp_path: Path) -> None:
    two = mapping_from(
        ONE_FILE.replace('file = ""', 'file = "deals.csv"').replace('"products", "reps"', '"products"')
        + '[reps]\nfile = "reps.csv"\n[reps.columns]\nkey = "k"\nteam = "t"\n'
    )
    csv_file(tmp_path, "Li,North", "Wang,North", header="k,t", name="reps.csv")
    csv_file(tmp_path, *GOOD)
    assert numbers(await run(pool, tmp_path / "reps.csv", two))[:3] == (2, 0, 0)
    assert numbers(await run(pool, tmp_path / "deals.csv", two))[:3] == (4, 0, 0)
    assert numbers(await run(pool, tmp_path, two)) == (0, 6, 0, 0)


async def test_what_refers_to_a_refused_row_is_refused_with_it(pool: Pool, tmp_path: Path) -> None:
    two = mapping_from(
        ONE_FILE.replace('file = ""', 'file = "deals.csv"').replace('["customers", ', "[")
        + '[customers]\nfile = "customers.csv"\n[customers.columns]\nkey = "k"\nemployees = "n"\n'
    )
    csv_file(tmp_path, "Acme,7", "Bolt,many", header="k,n", name="customers.csv")
    csv_file(tmp_path, *GOOD)
    result = await run(pool, tmp_path, two)
    assert [str(refusal) for refusal in result.refusals] == [
        "customers.csv row 3: n 'many': is not a number such as 1234.50",
        "deals.csv row 4: customer 'Bolt': this customer was refused (customers.csv row 3)",
    ]


async def test_a_row_that_repeats_an_accepted_one_takes_its_name_from_nobody(
    pool: Pool, tmp_path: Path
) -> None:
    """One that says otherwise does: which of the two is meant nobody can say."""
    two = mapping_from(
        ONE_FILE.replace('file = ""', 'file = "deals.csv"').replace('["customers", ', "[")
        + '[customers]\nfile = "customers.csv"\n[customers.columns]\nkey = "k"\nemployees = "n"\n'
        + '[notes]\nfile = "notes.csv"\n[notes.columns]\nreference = "n"\ncustomer = "k"\ntext = "t"\n'
    )
    csv_file(tmp_path, "Acme,7", "Bolt,5", "Acme,7", "Bolt,6", "Acme,7", header="k,n", name="customers.csv")
    csv_file(tmp_path, "1,Acme,moved", "2,Bolt,moved", header="n,k,t", name="notes.csv")
    csv_file(tmp_path, *GOOD[:3])
    for dry_run in (True, False, False):
        result = await run(pool, tmp_path, two, dry_run=dry_run)
        assert [str(refusal) for refusal in result.refusals] == [
            "customers.csv row 4: k 'Acme': is in row 2 already",
            "customers.csv row 5: k 'Bolt': is in row 3 already",
            "customers.csv row 6: k 'Acme': is in row 2 already",
            "notes.csv row 3: k 'Bolt': this customer was refused (customers.csv row 5)",
            "deals.csv row 4: customer 'Bolt': this customer was refused (customers.csv row 5)",
        ]
    assert (await topics(pool))["customer.note-added"] == 1


async def test_names_are_met_in_whatever_form_they_are_typed(pool: Pool, tmp_path: Path) -> None:
    """As a composed letter in one place and as a letter with its accent in the other: file, column, name, stage, alias."""
    typed = mapping_from(
        ONE_FILE.replace('file = ""', 'file = "Abschlu\u0308sse.csv"')
        .replace('owner = "rep"', 'owner = "Verka\u0308ufer"')
        .replace('New = "identify"', '"Ero\u0308ffnet" = "identify"')
        + '[aliases.reps]\n"Jo\u0308rg" = "J\u00f6rg M."\n[reps]\nfile = "reps.csv"\noptional = true\n'
        '[reps.columns]\nkey = "k"\nteam = "t"\n'
    )
    row = "1,J\u00f6rg,Acme,Boiler,Er\u00f6ffnet,2026-01-05,,100,"
    header = HEADER.replace("rep", "Verk\u00e4ufer")
    csv_file(tmp_path, row, header=header, name="Abschl\u00fcsse.csv")
    assert numbers(await run(pool, tmp_path, typed))[:3] == (1, 0, 0)
    hired = await rows_of(pool, "SELECT data->>'name' FROM ledger.events WHERE topic = 'rep.hired'")
    assert hired == [("J\u00f6rg M.",)]


TEAMS = """
name = "teams"
source = "test"
[customers]
file = "customers.csv"
[customers.columns]
key = "customer"
sector = "sector"
[reps]
file = "reps.csv"
[reps.columns]
key = "rep"
team = "boss"
manager = "boss"
region = "region"
"""


def teams(folder: Path, *rows: str, sector: str = "steel") -> Path:
    csv_file(folder, *rows, header="rep,boss,region", name="reps.csv")
    csv_file(folder, f"Acme,{sector}", header="customer,sector", name="customers.csv")
    return folder


async def test_a_team_is_named_after_its_region_and_led_from_outside(pool: Pool, tmp_path: Path) -> None:
    people = ("Li,Sun,North", "Wang,Sun,North", "Zhao,Qian,North", "Qian,Sun,North")
    await run(pool, teams(tmp_path, *people), mapping_from(TEAMS))
    members = await rows_of(
        pool,
        "SELECT t.data->>'name', array_agg(r.data->>'name' ORDER BY r.data->>'name') FROM ledger.events r"
        " JOIN ledger.events t ON t.stream_id = (r.data->>'team_id')::uuid AND t.topic = 'team.formed'"
        " WHERE r.topic = 'rep.hired' GROUP BY 1 ORDER BY 1",
    )
    assert members == [("Managers", ["Sun"]), ("North 1", ["Li", "Qian", "Wang"]), ("North 2", ["Zhao"])]
    led = await rows_of(
        pool,
        "SELECT t.data->>'name', r.data->>'name' FROM ledger.events t"
        " LEFT JOIN ledger.events r ON r.stream_id = (t.data->>'manager_id')::uuid AND r.topic = 'rep.hired'"
        " WHERE t.topic = 'team.formed' ORDER BY 1",
    )
    assert led == [("Managers", None), ("North 1", "Sun"), ("North 2", "Qian")]


async def test_what_was_set_right_here_is_not_undone_by_a_file_that_says_nothing_new(
    pool: Pool, tmp_path: Path
) -> None:
    data = teams(tmp_path, "Li,Sun,North", "Zhao,Qian,North")
    first = await run(pool, data, mapping_from(TEAMS))
    ids = {
        n: i
        for i, n in await rows_of(
            pool,
            "SELECT stream_id, COALESCE(data->'profile'->>'name', data->>'name') FROM ledger.events WHERE version = 1",
        )
    }
    ledger = Ledger(pool)
    context = Context(now=datetime.now(UTC), actor=IMPORTER, channel=Channel.API)
    for command in (
        HireRep(rep_id=ids["Li"], name="Li", team_id=ids["North 2"]),
        RegisterCustomer(customer_id=ids["Acme"], profile=Profile(name="Acme", sector="iron")),
    ):
        await CommandHandler(ledger).execute(command, context)
    await ledger.aclose()
    again = await run(pool, data, mapping_from(TEAMS))
    assert numbers(again) == (0, first.accepted, 0, 0)
    told_anew = await run(
        pool, teams(tmp_path, "Li,Sun,North", "Zhao,Qian,North", sector="copper"), mapping_from(TEAMS)
    )
    assert (told_anew.accepted, told_anew.unchanged, told_anew.events) == (1, 2, 1)


async def test_progress_is_told_and_the_job_is_on_record(pool: Pool, tmp_path: Path) -> None:
    told: list[Progress] = []
    result = await run(pool, csv_file(tmp_path, *GOOD, *BAD), on_progress=told.append)
    assert (told[-1].done, told[-1].total, told[-1].refused) == (result.rows, result.rows, len(BAD))
    assert told[-1].events == result.events
    job = await read_job(pool, result.job_id)
    assert job is not None
    assert (job.state, job.runs, job.rows_done, job.refused, job.actor) == (
        "done",
        1,
        result.rows,
        len(BAD),
        "user:ops",
    )
    assert job.result is not None
    assert job.result["tallies"][0]["accepted"] == len(GOOD)
    assert [job.id for job in await list_jobs(pool)] == [result.job_id]


async def test_an_import_that_is_cancelled_is_interrupted_and_taken_up_again(
    pool: Pool, tmp_path: Path
) -> None:
    rows = [f"r{n},Li,Acme,Boiler,New,2026-01-05,,{n}," for n in range(3_000)]
    data = csv_file(tmp_path, *rows, BAD_ROW)
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(asyncio.CancelledError):
        await run(pool, data, on_progress=_cancel_after(task, 600), rejects=tmp_path)
    task.uncancel()
    [cut] = await list_jobs(pool)
    assert cut.state == "interrupted"
    assert names_in(tmp_path) == ["deals.csv"]
    landed = (await topics(pool))["deal.opened"]
    assert 0 < landed < len(rows)
    rest = await run(pool, data)
    assert (rest.job_id, rest.resumed) == (cut.id, True)
    assert (rest.accepted, rest.unchanged, rest.refused) == (len(rows) - landed, landed, 1)
    counts = await topics(pool)
    assert counts["deal.opened"] == counts["promise.made"] == counts["deal.import-noted"] == len(rows)
    [job] = await list_jobs(pool)
    assert (job.state, job.runs) == ("done", 2)


BAD_ROW = next(iter(BAD))


def _cancel_after(task: asyncio.Task[Any], rows: int) -> Callable[[Progress], None]:
    def told(progress: Progress) -> None:
        if progress.done >= rows:
            task.cancel()

    return told


async def test_two_imports_of_the_same_file_at_once_are_one(pool: Pool, tmp_path: Path) -> None:
    data = csv_file(tmp_path, *(f"r{n},Li,Acme,Boiler,New,2026-01-05,,{n}," for n in range(800)))
    ends = await asyncio.gather(run(pool, data), run(pool, data), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["ImportProblem", "ImportResult"]
    assert (await topics(pool))["deal.opened"] == 800


async def test_two_files_that_tell_the_same_at_once_record_it_once(pool: Pool, tmp_path: Path) -> None:
    rows = [f"r{n},Li,Acme,Boiler,New,2026-01-05,,{n}," for n in range(800)]
    one, other = csv_file(tmp_path, *rows), csv_file(tmp_path, *reversed(rows), name="other.csv")
    ends = await asyncio.gather(run(pool, one), run(pool, other))
    assert [end.refused for end in ends] == [0, 0]
    counts = await topics(pool)
    assert counts["deal.opened"] == counts["promise.made"] == counts["deal.import-noted"] == 800


async def test_another_encoding_is_said_with_its_line_and_can_be_named(pool: Pool, tmp_path: Path) -> None:
    data = tmp_path / "deals.csv"
    data.write_bytes(f"{HEADER}\n1,李娜,华宁,锅炉,New,2026-01-05,,100,\n".encode("gb18030"))
    with pytest.raises(ImportProblem, match="line 2: is not utf-8"):
        await run(pool, data)
    [failed] = await list_jobs(pool)
    assert failed.state == "failed"
    named = mapping_from(ONE_FILE, currency='currency = "CNY"\nencoding = "gb18030"')
    assert (await run(pool, data, named)).accepted == 1
    assert await rows_of(pool, "SELECT data->>'title' FROM ledger.events WHERE topic = 'deal.opened'") == [
        ("锅炉 — 华宁",)
    ]
