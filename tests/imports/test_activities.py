"""tests: activities and notes in files — once each, on their deals, set right by a newer file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.database import Pool
from tests.imports.conftest import ONE_FILE, csv_file, mapping_from, rows_of
from tests.imports.test_run import run

BOTH = mapping_from(
    ONE_FILE.replace('file = ""', 'file = "deals.csv"')
    + """
[activities]
file = "notes.csv"
[activities.columns]
reference = "id"
deal = "deal"
at = "when"
kind = { column = "what", values = { Anruf = "call" } }
subject = "subject"
text = "text"
rep = "who"
"""
)
DEALS = ("d1,Li,Acme,Boiler,New,2026-01-05,,100,", "d2,Li,Bolt,Pump,Lost,2026-01-05,2026-02-01,50,price")
NOTES = (
    'n1,d1,2026-01-06 10:00,Anruf,first,"two\nlines",Li',
    "n2,d1,2026-01-07 10:00,,note,hello,",
    "n3,d2,2026-01-08,mail,offer,,Li",
    "n4,d9,2026-01-08,mail,offer,,Li",
    "n5,d1,2999-01-08,mail,offer,,Li",
    "n6,d1,2026-01-08,smoke,offer,,Li",
)


def files(folder: Path, *notes: str) -> Path:
    csv_file(folder, *DEALS, name="deals.csv")
    csv_file(folder, *notes, header="id,deal,when,what,subject,text,who", name="notes.csv")
    return folder


async def logged(pool: Pool, topic: str) -> list[Any]:
    return await rows_of(
        pool, "SELECT data, occurred_at FROM ledger.events WHERE topic = %s ORDER BY occurred_at", topic
    )


async def test_come_once_at_their_own_times(pool: Pool, tmp_path: Path) -> None:
    dry = await run(pool, files(tmp_path, *NOTES), BOTH, dry_run=True)
    result = await run(pool, files(tmp_path, *NOTES), BOTH)
    assert dry.refusals == result.refusals
    refused = [refusal for refusal in result.refusals if refusal.file == "notes.csv"]
    assert [refusal.reasons[0].column for refusal in refused] == ["deal", "when", "what"]
    told = [data["activity"] for data, _ in await logged(pool, "deal.activity-logged")]
    assert [(one["kind"], one["name"], one["summary"]) for one in told] == [
        ("call", "first", "two\nlines"),
        ("task", "note", "hello"),
        ("mail", "offer", ""),
    ]
    again = await run(pool, files(tmp_path, *NOTES[:3]), BOTH)
    assert again.events == 0


async def test_a_newer_file_sets_right_what_it_changed(pool: Pool, tmp_path: Path) -> None:
    await run(pool, files(tmp_path, *NOTES[:2]), BOTH)
    newer = await run(pool, files(tmp_path, "n1,d1,2026-01-06 10:00,,,other words,", NOTES[1]), BOTH)
    assert newer.events == 1
    ((data, _),) = await logged(pool, "deal.activity-corrected")
    assert (data["before"]["summary"], data["after"]["summary"]) == ("two\nlines", "other words")
    assert (data["after"]["kind"], data["after"]["name"]) == ("call", "first")
