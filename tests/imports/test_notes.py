"""tests: notes about customers in files — once each, at their own times, set right by a newer file, and taken back with the import."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime.database import Pool
from runtime.imports.undo import undo_import
from tests.imports.conftest import IMPORTER, csv_file, mapping_from, rows_of
from tests.imports.test_run import run

MAPPING = mapping_from(
    """
name = "our notes"
source = "notes"
timezone = "Asia/Shanghai"
create = ["customers"]
[notes]
file = ""
[notes.columns]
reference = "id"
customer = "company"
kind = { column = "what", values = { Bedarf = "need" } }
text = "text"
since = "since"
at = "written"
"""
)
HEAD = "id,company,what,text,since,written"
NOTES = (
    "n1,Acme,Bedarf,spare parts within two days,2026-01-01,2026-01-06 10:00",
    'n2,Acme,,"moved\nto Graz",,2026-01-07 10:00',
    "n3,Bolt,competitor,Boilers & Sons,,",
    "n4,Acme,rumour,they merge,,",
    "n5,Acme,,from tomorrow,,2999-01-01",
)
SAID = """
SELECT data->>'kind', data->>'text', data->>'since', occurred_at FROM ledger.events
 WHERE topic = 'customer.note-added' ORDER BY data->>'kind', position
"""


def notes(folder: Path, *rows: str) -> Path:
    return csv_file(folder, *rows, header=HEAD, name="notes.csv")


async def said(pool: Pool, topic: str) -> list[Any]:
    return await rows_of(pool, "SELECT data FROM ledger.events WHERE topic = %s ORDER BY position", topic)


async def test_come_once_at_their_own_times(pool: Pool, tmp_path: Path) -> None:
    dry = await run(pool, notes(tmp_path, *NOTES), MAPPING, dry_run=True)
    result = await run(pool, notes(tmp_path, *NOTES), MAPPING)
    assert dry.refusals == result.refusals
    assert [one.reasons[0].column for one in result.refusals] == ["what", "written"]
    found = await rows_of(pool, SAID)
    assert [row[:3] for row in found] == [
        ("competitor", "Boilers & Sons", None),
        ("need", "spare parts within two days", "2026-01-01"),
        ("note", "moved\nto Graz", None),
    ]
    assert found[1][3] == datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
    assert (await run(pool, notes(tmp_path, *NOTES[:3]), MAPPING)).events == 0


async def test_a_newer_file_sets_right_what_it_changed(pool: Pool, tmp_path: Path) -> None:
    await run(pool, notes(tmp_path, *NOTES[:3]), MAPPING)
    newer = await run(pool, notes(tmp_path, "n1,Acme,,spare parts within a day,,", *NOTES[1:3]), MAPPING)
    assert newer.events == 1
    ((changed,),) = await said(pool, "customer.note-changed")
    assert changed["after"] == changed["before"] | {"text": "spare parts within a day"}
    assert changed["after"]["kind"] == "need", "what a file leaves empty stays"


async def test_are_taken_back_with_the_import_and_come_again(pool: Pool, tmp_path: Path) -> None:
    await run(pool, notes(tmp_path, *NOTES[1:3]), MAPPING)
    made = await run(pool, notes(tmp_path, *NOTES[:3]), MAPPING)
    undone = await undo_import(pool, made.job_id, IMPORTER, "the wrong file")
    assert (undone.back, undone.refused) == ({"customer": 1}, {})
    again = await run(pool, notes(tmp_path, *NOTES[:3]), MAPPING)
    assert (again.accepted, again.events) == (1, 1)
