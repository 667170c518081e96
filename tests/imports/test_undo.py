"""An import is undone: everything stands as it did before it, but what somebody worked on since."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from domain.deal.commands import ChangeAmount
from projections.deal import known
from projections.engine.catalog import ALL
from projections.event_log.reading import COLUMNS, stream_of
from projections.event_log.xes import traces
from runtime.database import connect
from runtime.imports.generate import generate
from runtime.imports.jobs import list_jobs, read_job
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.results import ImportProblem, ImportResult
from runtime.imports.run import run_import
from runtime.imports.undo import undo_import
from runtime.imports.undo_result import UndoResult
from tests.imports.conftest import IMPORTER, ONE_FILE, csv_file, mapping_from
from tests.office import furnish
from tests.projections.telling import Books, call, yuan

CRM = shipped_mapping("crm_export")
ONE = mapping_from(ONE_FILE)
NOT_COMPARED = {
    "customer_timeline",
    "deal_history",
    "deal_undone",
    "handed_over",
    "meter_activity",
    "meter_deal",
    "meter_wins",
    "meter_segment",
    "meter_member",
}
"""What tells of everything that was ever recorded or stood in a calendar, and memory."""
STILL = {"until_position": "until_position IS NULL", "present": "present"}
"""By a column that rows have which are kept for what was known then, or for who has to leave segments: which of them stand."""
MOVES = {"position", "version", "arming", *STILL}
"""What goes on, whatever is undone."""
WORTH = """
SELECT metric, day, currency, rep_id, team_id, customer_id, product_id, segment, subject_id, sum(value), sum(weight)
  FROM read.contributions WHERE position <= %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(weight) <> 0 OR sum(value) <> 0
"""
WITHOUT_PROMISE = "SELECT deal_id FROM read.agenda WHERE (status = 'open') <> (promise_id IS NOT NULL)"


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    office = await furnish(database_url)
    async with await connect(database_url) as connection:
        yield Books(office, connection)
    await office.close()


async def state(books: Books) -> dict[str, Counter[str]]:
    """The rows of every read model, without what only goes on."""
    await books.follow(700)
    found: dict[str, Counter[str]] = {}
    for table in (table for model in ALL for table in model.tables):
        if table.name in NOT_COMPARED:
            continue
        if table.name == "contributions":
            rows = await books.office.rows(WORTH, 2**62)
        else:
            names = ", ".join(name for name in table.names if name not in MOVES)
            still = next((f" WHERE {where}" for name, where in STILL.items() if name in table.names), "")
            rows = await books.office.rows(f"SELECT {names} FROM read.{table.name}{still}")
        found[table.name] = Counter(map(str, rows))
    return found


def differing(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> dict[str, Any]:
    return {n: (list(one[n] - other[n])[:2], list(other[n] - one[n])[:2]) for n in one if one[n] != other[n]}


async def undo(books: Books, job: ImportResult | UUID, **more: Any) -> UndoResult:
    id = job if isinstance(job, UUID) else job.job_id
    return await undo_import(books.pool, id, IMPORTER, "the wrong export", **more)


def newer(folder: Path, to: Path) -> Path:
    """The same export a week later: open deals were won, lost, moved on and given to others; a customer was renamed."""
    to.mkdir()
    for name in ("accounts.csv", "products.csv", "sales_teams.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        (to / name).write_text(text, encoding="utf-8")
    with (folder / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    agents = sorted({row["sales_agent"] for row in rows})
    for n, row in enumerate(rows):
        if row["deal_stage"] == "Engaging" and n % 3 == 0:
            row |= {"deal_stage": "Won", "close_date": row["engage_date"], "close_value": str(1000 + n)}
        elif row["deal_stage"] == "Engaging" and n % 3 == 1:
            row |= {"deal_stage": "Lost", "close_date": row["engage_date"], "close_value": "0"}
        elif row["deal_stage"] == "Won" and n % 5 == 0:
            row["close_value"] = str(int(float(row["close_value"])) + 7)
        elif row["deal_stage"] == "Prospecting" and row["engage_date"] == "" and n % 2:
            row["sales_agent"] = agents[n % len(agents)]
    with (to / "sales_pipeline.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return to


async def test_what_an_import_made_is_gone_and_what_a_later_one_changed_goes_back(
    books: Books, tmp_path: Path
) -> None:
    (first := tmp_path / "first").mkdir()
    generate(first, deals=150, seed=5)
    empty = await state(books)
    made = await run_import(books.pool, CRM, first, IMPORTER)
    imported = await state(books)
    changed = await run_import(books.pool, CRM, newer(first, tmp_path / "newer"), IMPORTER)
    assert changed.refused == 0
    assert changed.accepted > 20
    after, head = await state(books), await books.office.ledger.head()
    worth = Counter(map(str, await books.office.rows(WORTH, head)))

    seen = await undo(books, changed, dry_run=True)
    assert await books.office.ledger.head() == head, "a preview records nothing"
    assert (seen.gone, seen.refused) == ({}, {})
    assert seen.back["deal"] == changed.accepted
    assert {change.field for one in seen.undone for change in one.changes} >= {"stage", "status", "amount"}

    undone = await undo(books, changed)
    assert (undone.back, undone.refused, undone.events) == (seen.back, {}, seen.events)
    back = await state(books)
    assert differing(back, imported) == {}
    assert await books.differences() == [], "a rebuild gives the same rows"
    assert Counter(map(str, await books.office.rows(WORTH, head))) == worth, "as known before, figures stay"
    assert await books.office.rows(WITHOUT_PROMISE) == []

    again = await run_import(books.pool, CRM, tmp_path / "newer", IMPORTER)
    assert again.accepted == changed.accepted, "undone is as if it had not been told"
    assert set(differing(await state(books), after)) <= {
        "agenda_ended",
        "agenda",
        "deal_board",
        "search",
        "directory",
    }
    assert (await undo(books, again)).refused == {}
    gone = await undo(books, made)
    assert (gone.gone["deal"], gone.refused) == (150, {})
    assert differing(await state(books), empty) == {}
    assert await books.differences() == []
    assert (await undo(books, made)).events == 0, "there is nothing left to undo"

    anew = await run_import(books.pool, CRM, first, IMPORTER)
    assert (anew.accepted, anew.unchanged) == (made.accepted, made.unchanged)
    await books.follow()
    assert await books.office.rows("SELECT count(*)::int FROM read.deal_board") == [(150,)]
    assert await books.office.rows(WITHOUT_PROMISE) == []
    assert await books.differences() == []


async def test_what_somebody_worked_on_stays_whole_and_is_named_and_so_is_what_it_needs(
    books: Books, tmp_path: Path
) -> None:
    rows = [f"D-{n},Li,Alps,Boiler,Talks,2025-01-0{n},,100{n}," for n in range(1, 4)]
    job = await run_import(books.pool, ONE, csv_file(tmp_path, *rows), IMPORTER)
    await books.follow()
    (worked_on,) = await books.office.rows("SELECT deal_id FROM read.deal_board WHERE reference = 'D-2'")
    await books.given(call(worked_on[0]))
    result = await undo(books, job)
    assert result.gone == {"deal": 2}
    assert (
        result.refused == {"deal": 1, "customer": 1, "product": 1, "rep": 1, "team": 1}
        or result.refused["deal"] == 1
    )
    (kept,) = [one for one in result.kept if one.kind == "deal"]
    assert (kept.id, kept.why, kept.by) == (worked_on[0], "deal.activity-logged", "user:u-1")
    needed = [one for one in result.kept if one.kind == "customer"]
    assert [one.other for one in needed] == [worked_on[0]]
    await books.follow()
    assert await books.office.rows("SELECT reference FROM read.deal_board") == [("D-2",)]
    assert await books.office.rows(WITHOUT_PROMISE) == []
    assert await books.differences() == []


async def test_what_was_known_before_an_undo_is_known_as_then(books: Books, tmp_path: Path) -> None:
    job = await run_import(
        books.pool, ONE, csv_file(tmp_path, "D-1,Li,Alps,Boiler,Talks,2025-01-01,,100,"), IMPORTER
    )
    head = await books.follow()
    await undo(books, job)
    await books.follow()
    then = await known.listing(books.pool, head)
    assert [deal.reference for deal in then.items] == ["D-1"]
    now = await known.listing(books.pool, await books.office.ledger.head())
    assert now.items == []


async def test_a_rehearsal_an_undo_and_what_nobody_knows_cannot_be_undone(
    books: Books, tmp_path: Path
) -> None:
    data = csv_file(tmp_path, "D-1,Li,Alps,Boiler,Talks,2025-01-01,,100,")
    rehearsed = await run_import(books.pool, ONE, data, IMPORTER, dry_run=True)
    undone = await undo(books, await run_import(books.pool, ONE, data, IMPORTER))
    for id in (rehearsed.job_id, undone.job_id):
        with pytest.raises(ImportProblem, match="there is nothing to undo"):
            await undo(books, id)
    with pytest.raises(ImportProblem, match="no import has this id"):
        await undo(books, UUID(int=7))


async def test_what_both_changed_is_told_of_both_sides(books: Books, tmp_path: Path) -> None:
    row = "D-1,Li,Alps,Boiler,Talks,2025-01-01,,{},"
    await run_import(books.pool, ONE, csv_file(tmp_path, row.format(500)), IMPORTER)
    await books.follow()
    ((deal_id,),) = await books.office.rows("SELECT deal_id FROM read.deal_board")
    await books.given(ChangeAmount(deal_id=deal_id, amount=yuan(600)))
    result = await run_import(books.pool, ONE, csv_file(tmp_path, row.format(700), name="b.csv"), IMPORTER)
    (refusal,) = result.refusals
    said = refusal.reasons[-1].message
    assert said.startswith("amount: in the file 500 CNY → 700 CNY, here 500 CNY → 600 CNY by user:u-1 at 20")


CONTACTS = """
name = "our contacts"
source = "test"
create = ["customers"]
[contacts]
file = ""
[contacts.columns]
key = "id"
name = "who"
customer = "customer"
"""


async def test_contacts_go_with_what_was_said_of_them(books: Books, tmp_path: Path) -> None:
    mapping = mapping_from(CONTACTS)
    data = csv_file(tmp_path, "c-1,Wang,Alps", header="id,who,customer")
    empty = await state(books)
    made = await run_import(books.pool, mapping, data, IMPORTER)
    assert made.accepted == 1
    imported = await state(books)
    assert (await undo(books, made)).refused == {}
    assert differing(await state(books), empty) == {}
    assert (await run_import(books.pool, mapping, data, IMPORTER)).accepted == 1
    assert set(differing(await state(books), imported)) <= {"customer_traits", "known_customers"}, (
        "when they were registered is another time"
    )


ACTIVITIES = """
name = "our calls"
source = "test"
timezone = "Asia/Shanghai"
[activities]
file = ""
[activities.columns]
reference = "id"
deal = "deal"
at = "day"
kind = { default = "call" }
"""


async def test_activities_are_taken_off_their_deal_and_come_again(books: Books, tmp_path: Path) -> None:
    await run_import(books.pool, ONE, csv_file(tmp_path, "D-1,Li,Alps,Boiler,Talks,2025-01-01,,5,"), IMPORTER)
    mapping, before = mapping_from(ACTIVITIES), await state(books)
    data = csv_file(tmp_path, "a-1,D-1,2025-02-01", header="id,deal,day", name="calls.csv")
    made = await run_import(books.pool, mapping, data, IMPORTER)
    assert made.accepted == 1
    called = await state(books)
    assert (await undo(books, made)).back == {"deal": 1}
    assert differing(await state(books), before) == {}
    assert (await run_import(books.pool, mapping, data, IMPORTER)).accepted == 1
    assert set(differing(await state(books), called)) <= {"agenda", "deal_board"}, "its promise is armed anew"
    assert await books.differences() == []


LEADS = """
name = "our leads"
source = "test"
timezone = "Asia/Shanghai"
[leads]
file = ""
[leads.columns]
reference = "id"
name = "who"
status = { column = "status", optional = true }
"""


async def test_leads_go_and_go_back_as_deals_do(books: Books, tmp_path: Path) -> None:
    mapping = mapping_from(LEADS)
    rows = ("L-1,Wang,open", "L-2,Chen,open")
    empty = await state(books)
    made = await run_import(books.pool, mapping, csv_file(tmp_path, *rows, header="id,who,status"), IMPORTER)
    known_then = await state(books)
    newer_rows = ("L-1,Wang Wei,open", "L-2,Chen,discarded")
    data = csv_file(tmp_path, *newer_rows, header="id,who,status", name="newer.csv")
    changed = await run_import(books.pool, mapping, data, IMPORTER)
    assert changed.accepted == 2
    result = await undo(books, changed)
    assert (result.back, result.refused) == ({"lead": 2}, {})
    assert {(c.field, c.now, c.before) for one in result.undone for c in one.changes} >= {
        ("name", "Wang Wei", "Wang")
    }
    assert differing(await state(books), known_then) == {}
    assert (await undo(books, made)).gone == {"lead": 2}
    assert differing(await state(books), empty) == {}
    again = await run_import(books.pool, mapping, csv_file(tmp_path, *rows, header="id,who,status"), IMPORTER)
    assert again.accepted == 2
    await books.follow()
    assert await books.office.rows("SELECT reference FROM read.leads ORDER BY 1") == [("L-1",), ("L-2",)]
    assert await books.differences() == []


async def logged(books: Books) -> dict[str, tuple[str, list[str]]]:
    """By lead: how it stands by the event log, and its activities there."""
    rows = await books.office.rows(
        f"SELECT {COLUMNS} FROM ledger.events e WHERE topic ^@ 'lead.' ORDER BY e.stream_id, version"
    )
    found = {}
    for id, stream in groupby(rows, stream_of):
        (trace,) = etree.fromstring(b"<log>" + traces([[*stream]], "") + b"</log>")
        status = trace.xpath("string[@key='status']/@value")
        found[id] = status[0], trace.xpath("event/string[@key='concept:name']/@value")
    return found


async def test_event_logs_tell_what_stands(books: Books, tmp_path: Path) -> None:
    mapping = mapping_from(LEADS)
    rows = ("L-1,Wang,open", "L-2,Chen,discarded")
    await run_import(books.pool, mapping, csv_file(tmp_path, *rows, header="id,who,status"), IMPORTER)
    then = await logged(books)
    newer_rows = ("L-1,Wang,discarded", "L-2,Chen,open")
    data = csv_file(tmp_path, *newer_rows, header="id,who,status", name="newer.csv")
    changed = await run_import(books.pool, mapping, data, IMPORTER)
    now = await logged(books)
    assert {id: status for id, (status, _) in now.items()} == {
        id: {"open": "discarded", "discarded": "open"}[status] for id, (status, _) in then.items()
    }
    await undo(books, changed)
    again = await logged(books)
    assert {id: status for id, (status, _) in again.items()} == {
        id: status for id, (status, _) in then.items()
    }
    assert {activity for _, activities in again.values() for activity in activities} >= {"lead.import-undone"}
    assert "lead.reopened" not in {activity for _, activities in again.values() for activity in activities}


SCRIPT = """
import asyncio, sys
from uuid import UUID
from domain.engine.context import Actor
from runtime.database import open_pool
from runtime.imports.undo import undo_import

async def main(url, job):
    pool = await open_pool(url, min_size=2, max_size=6)
    await undo_import(pool, UUID(job), Actor("user", "ops"), "the wrong export")
    await pool.close()

asyncio.run(main(*sys.argv[1:]))
"""
MARKS = "SELECT count(*)::int FROM ledger.events WHERE topic LIKE '%%.import-undone'"
TWICE = (
    "SELECT stream_id FROM ledger.events WHERE topic LIKE '%%.import-undone' GROUP BY 1 HAVING count(*) > 1"
)


@pytest.mark.breaks
async def test_killed_in_the_middle_it_goes_on_and_undoes_everything_once(
    books: Books, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    generate(tmp_path, deals=1_500, seed=3)
    before = await state(books)
    made = await run_import(books.pool, CRM, tmp_path, IMPORTER)
    child = _start(books.office.url, str(made.job_id))
    try:
        await eventually(lambda: _some(books))
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    rest = await undo(books, made)
    assert rest.resumed
    assert 0 < rest.before < rest.total
    assert (rest.refused, rest.done) == ({}, rest.total)
    assert await books.office.rows(TWICE) == []
    assert differing(await state(books), before) == {}
    job = await read_job(books.pool, made.job_id)
    assert job is not None
    assert job.undone_by == rest.job_id
    assert [
        (one.state, one.runs) for one in await list_jobs(books.pool) if one.undoes and not one.dry_run
    ] == [("done", 2)]


def _start(*given: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *given])


async def _some(books: Books) -> bool:
    ((n,),) = await books.office.rows(MARKS)
    return int(n) > 100
