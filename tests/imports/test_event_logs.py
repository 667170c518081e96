"""tests: event logs become deals with activities — paired, in order, the same from CSV and from XES."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from runtime.database import Pool, open_pool
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_file import read_mapping, shipped_mapping
from runtime.imports.results import ImportProblem
from runtime.imports.run import run_import
from runtime.schema import migrate
from tests.imports.conftest import IMPORTER, csv_file, rows_of, shared, topics

HEADER = "case_id,activity,lifecycle,resource,timestamp"
OFFER, OTHER = "W_Nabellen offertes", "W_Valideren aanvraag"
LOG = "loan_calls/BPI_Challenge_2012_W_Two_TS.xes.gz"
SAME_LOG = "loan_calls/bpi12_w_two_ts.csv.gz"
ACTIVITIES = (
    "SELECT data->'activity'->>'name', data->'activity'->>'kind', data->'activity'->>'outcome',"
    " (data->'activity'->>'duration_minutes')::int, data->'activity'->>'started_at', occurred_at"
    " FROM ledger.events WHERE topic = 'deal.activity-logged' ORDER BY position"
)
OWNERS = (
    "SELECT o.data->>'reference', r.data->>'name' FROM ledger.events o JOIN ledger.events r"
    " ON r.stream_id = (o.data->>'owner_id')::uuid AND r.topic = 'rep.hired' WHERE o.topic = 'deal.opened' ORDER BY 1"
)
OWNER_NOW = (
    "SELECT r.data->>'name' FROM ledger.events o JOIN ledger.events r ON r.topic = 'rep.hired' AND r.stream_id ="
    " COALESCE(o.data->>'owner_id', o.data->>'after')::uuid WHERE o.topic IN ('deal.opened', 'deal.owner-changed')"
    " ORDER BY o.position DESC LIMIT 1"
)
HIRED = "SELECT data->>'name' FROM ledger.events WHERE topic = 'rep.hired' ORDER BY 1"
EVERYTHING = (
    "SELECT stream_id::text, version, topic, CASE WHEN topic LIKE 'promise.%%' OR topic = 'deal.import-noted' THEN NULL"
    " ELSE data::text END, CASE WHEN topic LIKE 'deal.%%' AND topic <> 'deal.import-noted' THEN occurred_at END"
    " FROM ledger.events ORDER BY 1, 2"
)


async def told(pool: Pool, data: Path) -> list[tuple[Any, ...]]:
    result = await run_import(pool, shipped_mapping("event_log"), data, IMPORTER)
    assert result.refusals == []
    return await rows_of(pool, ACTIVITIES)


def in_one_piece() -> Mapping:
    """The shipped mapping, for logs that promise to hold each case in one piece."""
    return shipped_with("grouped = true")


def shipped_with(setting: str) -> Mapping:
    text = files("runtime.imports").joinpath("mappings", "event_log.toml").read_text(encoding="utf-8")
    text = f"{text}\n{setting}" if setting[0] == "[" else text.replace("[events]\n", f"[events]\n{setting}\n")
    return read_mapping(text.encode(), "log.toml")


def log(folder: Path, *rows: str) -> Path:
    return csv_file(folder, *rows, header=HEADER, name="log.csv")


def at(clock: str) -> str:
    return f"2026-01-05T{clock}+00:00"


async def test_a_start_and_its_completion_are_one_activity_with_a_duration(
    pool: Pool, tmp_path: Path
) -> None:
    data = log(
        tmp_path,
        f"1,{OFFER},start,Li,{at('09:00:00')}",
        f"1,{OFFER},complete,Li,{at('09:07:40')}",
        f"1,{OTHER},complete,Li,{at('10:00:00')}",
    )
    [call, task] = await told(pool, data)
    assert call[:4] == (OFFER, "call", "offer", 8)
    assert (call[4], call[5].isoformat()) == ("2026-01-05T09:00:00Z", at("09:07:40"))
    assert task[:5] == (OTHER, "task", "", None, None)


async def test_work_that_overlaps_is_paired_by_what_and_who(pool: Pool, tmp_path: Path) -> None:
    data = log(
        tmp_path,
        f"1,{OFFER},start,Li,{at('09:00:00')}",
        f"1,{OFFER},start,Wang,{at('09:10:00')}",
        f"1,{OTHER},start,Li,{at('09:20:00')}",
        f"1,{OFFER},complete,Li,{at('09:30:00')}",
        f"1,{OTHER},complete,Li,{at('09:40:00')}",
        f"1,{OFFER},complete,Wang,{at('09:50:00')}",
    )
    assert [(row[0], row[3]) for row in await told(pool, data)] == [(OFFER, 30), (OTHER, 20), (OFFER, 40)]


async def test_work_that_was_begun_and_not_finished_is_told_as_that(pool: Pool, tmp_path: Path) -> None:
    data = log(tmp_path, f"1,{OFFER},start,Li,{at('09:00:00')}", f"1,{OTHER},complete,Li,{at('09:20:00')}")
    [begun, done] = await told(pool, data)
    assert begun[:4] == (OFFER, "call", "started", None)
    assert begun[5].isoformat() == at("09:00:00")
    assert done[2] == ""


async def test_cases_may_lie_in_pieces_and_out_of_order(pool: Pool, tmp_path: Path) -> None:
    rows = [
        f"2,{OTHER},complete,Li,{at('12:00:00')}",
        f"1,{OFFER},complete,Li,{at('09:30:00')}",
        f"2,{OFFER},complete,Wang,{at('08:00:00')}",
        f"1,{OFFER},start,Li,{at('09:00:00')}",
    ]
    data = log(tmp_path, *rows)
    found = [row[:4] for row in await told(pool, data)]
    found.remove((OFFER, "call", "offer", 30))  # which case comes first is nobody's promise
    assert found == [(OFFER, "call", "offer", None), (OTHER, "task", "", None)]
    with pytest.raises(ImportProblem, match="line 4: case '2' goes on after another one"):
        await run_import(pool, in_one_piece(), data, IMPORTER)


async def test_a_log_that_grew_adds_what_is_new(pool: Pool, tmp_path: Path) -> None:
    first = [f"1,{OFFER},start,Li,{at('09:00:00')}", f"1,{OFFER},complete,Li,{at('09:30:00')}"]
    await told(pool, log(tmp_path, *first))
    before = await topics(pool)
    result = await run_import(
        pool,
        shipped_mapping("event_log"),
        log(tmp_path, *first, f"1,{OTHER},complete,Li,{at('11:00:00')}"),
        IMPORTER,
    )
    after = await topics(pool)
    assert result.events == 2
    assert {t: after[t] - before[t] for t in after if after[t] != before[t]} == {
        "deal.activity-logged": 1,
        "deal.import-noted": 1,
    }


async def test_work_that_was_begun_and_is_done_in_a_later_file_is_one_activity(
    pool: Pool, tmp_path: Path
) -> None:
    begun = f"1,{OFFER},start,Li,{at('09:00:00')}"
    done = f"1,{OFFER},complete,Li,{at('09:30:00')}"
    mail = f"1,{OTHER},complete,Ben,{at('09:10:00')}"
    mapping = shipped_mapping("event_log")
    await run_import(pool, mapping, log(tmp_path, begun, mail), IMPORTER)
    for rows in ((begun, done, mail), (begun, mail), (begun, done, mail)):
        assert (await run_import(pool, mapping, log(tmp_path, *rows), IMPORTER)).refused == 0
    counts = await topics(pool)
    assert (counts["deal.activity-logged"], counts["deal.activity-corrected"]) == (2, 1)
    query = "SELECT data->'after' FROM ledger.events WHERE topic = 'deal.activity-corrected'"
    [(after,)] = await rows_of(pool, query)
    assert (after["outcome"], after["duration_minutes"]) == ("offer", 30)
    assert await rows_of(pool, OWNER_NOW) == [("Li",)]
    visit = f"1,{OTHER},complete,Cy,{at('09:20:00')}"
    await run_import(pool, mapping, log(tmp_path, visit), IMPORTER)
    assert await rows_of(pool, OWNER_NOW) == [("Li",)]


async def test_people_become_reps_of_the_desk_and_machines_do_not(pool: Pool, tmp_path: Path) -> None:
    data = log(
        tmp_path,
        f"1,{OFFER},complete,Li,{at('09:00:00')}",
        f"1,{OTHER},complete,SYS,{at('10:00:00')}",
        f"2,{OTHER},complete,SYS,{at('10:00:00')}",
        f"3,{OFFER},complete,Li,{at('09:00:00')}",
        f"3,{OTHER},complete,Wang,{at('10:00:00')}",
    )
    await told(pool, data)
    assert await rows_of(pool, OWNERS) == [("1", "Li"), ("2", "desk"), ("3", "Wang")]
    assert await rows_of(pool, HIRED) == [("Li",), ("Wang",), ("desk",)]


async def test_a_case_with_an_event_that_cannot_be_read_is_refused_as_a_whole(
    pool: Pool, tmp_path: Path
) -> None:
    data = log(
        tmp_path,
        f"1,{OFFER},complete,Li,{at('09:00:00')}",
        f"1,{OTHER},completed,Li,{at('10:00:00')}",
        f"1,{OTHER},complete,Li,soon",
        f",{OTHER},complete,Li,{at('10:00:00')}",
        f"1,{OTHER},suspend,Li,{at('11:00:00')}",
        f"1,{OTHER},complete",
        f"2,{OTHER},complete,Wang,{at('11:00:00')}",
    )
    result = await run_import(pool, shipped_mapping("event_log"), data, IMPORTER)
    told = {r.row: str(r).partition(": ")[2] for r in result.refusals}
    assert told.pop(2) == "its case '1' is refused as a whole, for row 3, 4, 7"
    assert told.pop(3).endswith("did you mean 'complete'?")
    assert told.pop(4).startswith("timestamp 'soon': is not a date")
    assert told.pop(5) == "case_id '': is empty: the event belongs to no case"
    assert told.pop(7) == "has 3 cells, the header names 5 columns"
    assert not told
    assert (result.accepted, (await topics(pool))["deal.activity-logged"]) == (1, 1)
    assert await rows_of(pool, HIRED) == [("Wang",)]


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("kind", ["csv", "xes"])
async def test_a_case_that_was_put_right_is_what_the_whole_log_makes_of_it(
    pool: Pool, tmp_path: Path, kind: str, *, grouped: bool
) -> None:
    """Ben called first and Ada last: the deal is Ada's, whichever event could not be read at first."""
    events = [
        ("k", "call", "Ben", "soon"),
        ("k", "call", "Ada", at("10:00:00")),
        ("m", "call", "Ada", at("11:00:00")),
    ]
    data = tmp_path / f"log.{kind}"
    data.write_text(as_log(events, kind), encoding="utf-8")
    mapping = in_one_piece() if grouped else shipped_mapping("event_log")
    rejects = tmp_path / "rejects"
    first = await run_import(pool, mapping, data, IMPORTER, rejects=rejects)
    assert (first.accepted, first.refused) == (1, 2)
    again = await run_import(pool, mapping, Path(first.rejects[0]), IMPORTER, rejects=rejects)
    same = [(r.first, r.reasons) for r in again.refusals]
    assert same == [(r.row, r.reasons) for r in first.refusals]
    refused = put_right(first.rejects[0], ",soon", f",{at('09:00:00')}")
    mended = await run_import(pool, mapping, refused, IMPORTER)
    assert (mended.accepted, mended.refused) == (2, 0)
    assert await rows_of(pool, OWNERS) == [("k", "Ada"), ("m", "Ada")]


async def test_a_case_that_is_known_is_not_judged_on_a_part_of_it(pool: Pool, tmp_path: Path) -> None:
    """Which case Ben's call is of comes to light when the others have landed."""
    rows = [f",call,complete,Ben,{at('09:00:00')}", f"k,call,complete,Ada,{at('10:00:00')}"]
    mapping, rejects = shipped_mapping("event_log"), tmp_path / "rejects"
    first = await run_import(pool, mapping, log(tmp_path, *rows), IMPORTER, rejects=rejects)
    assert (first.accepted, first.refused) == (1, 1)
    refused = put_right(first.rejects[0], ",,call", ",k,call")
    part = await run_import(pool, mapping, refused, IMPORTER)
    assert (part.accepted, part.refused) == (0, 1)
    assert "case 'k' is known with other events" in str(part.refusals[0])
    whole = await run_import(pool, mapping, log(tmp_path, f"k{rows[0]}", rows[1]), IMPORTER)
    assert (whole.accepted, whole.refused) == (2, 0)
    assert (await topics(pool))["deal.activity-logged"] == 2
    assert await rows_of(pool, OWNERS) == [("k", "Ada")]


@pytest.mark.parametrize(("owner", "whose"), [("last", "Ada"), ("first", "Cy")])
async def test_a_case_that_comes_in_parts_is_whose_all_its_events_say(
    pool: Pool, tmp_path: Path, owner: str, whose: str
) -> None:
    parts = [
        f"k,call,complete,Cy,{at('08:00:00')}",
        f"k,mail,complete,Ada,{at('10:00:00')}",
        f"k,visit,complete,Ben,{at('09:00:00')}",
    ]
    mapping = shipped_mapping("event_log")
    mapping = replace(mapping, events=replace(mapping.events, owner=owner))
    for part in parts:
        assert (await run_import(pool, mapping, log(tmp_path, part), IMPORTER)).accepted == 1
    assert await rows_of(pool, OWNER_NOW) == [(whose,)]
    await run_import(pool, mapping, log(tmp_path, *parts), IMPORTER)
    assert await rows_of(pool, OWNER_NOW) == [(whose,)]
    assert (await topics(pool))["deal.activity-logged"] == 3


def put_right(rejects: str, wrong: str, right: str) -> Path:
    path = Path(rejects)
    path.write_text(path.read_text(encoding="utf-8-sig").replace(wrong, right), encoding="utf-8")
    return path


def as_log(events: list[tuple[str, str, str, str]], kind: str) -> str:
    if kind == "csv":
        return "\n".join(
            [HEADER, *(f"{case},{name},complete,{who},{when}" for case, name, who, when in events)]
        )
    traces: dict[str, str] = {}
    for case, name, who, when in events:
        event = f'<string key="concept:name" value="{name}"/><string key="org:resource" value="{who}"/>'
        event += f'<date key="time:timestamp" value="{when}"/>'
        traces[case] = traces.get(case, "") + f"<event>{event}</event>"
    told = (
        f'<trace><string key="concept:name" value="{k}"/>{events}</trace>' for k, events in traces.items()
    )
    return f"<log>{''.join(told)}</log>"


async def test_work_that_took_too_long_is_named_and_may_be_allowed(pool: Pool, tmp_path: Path) -> None:
    """Told by the company's clock, which is China's unless it says otherwise."""
    data = log(
        tmp_path,
        "1,W_Call,start,Li,2026-01-05T09:00:00Z",
        f"1,{OTHER},complete,Li,2026-01-06T09:00:00Z",
        "1,W_Call,complete,Li,2026-01-13T04:12:00Z",
    )
    result = await run_import(pool, shipped_mapping("event_log"), data, IMPORTER)
    long = (
        "'W_Call' took 7.8 days, 2026-01-05 17:00 to 2026-01-13 12:12; more than 7 days is taken for a completion that"
        " is missing: raise `longest_days` under [events]"
    )
    assert [str(r).partition(": ")[2] for r in result.refusals] == [
        f"timestamp '2026-01-05T09:00:00Z': {long}",
        "its case '1' is refused as a whole, for row 2, 4",
        f"timestamp '2026-01-13T04:12:00Z': {long}",
    ]
    assert (await topics(pool)) == {}
    allowed = shipped_with("longest_days = 7.8")
    assert (await run_import(pool, allowed, data, IMPORTER)).accepted == 3
    [task, call] = await rows_of(pool, ACTIVITIES)
    assert (call[0], call[3]) == ("W_Call", round(7.8 * 24 * 60))
    assert task[0] == OTHER


async def test_what_the_door_refuses_of_a_case_is_told_of_its_row(pool: Pool, tmp_path: Path) -> None:
    data = log(
        tmp_path, f"1,{'x' * 301},complete,Li,{at('09:00:00')}", f"1,{OTHER},complete,Li,{at('10:00:00')}"
    )
    result = await run_import(pool, shipped_mapping("event_log"), data, IMPORTER)
    assert ([r.row for r in result.refusals], result.refused) == ([2, 3], 2)
    assert str(result.refusals[0]) == f"log.csv row 2: activity '{'x' * 301}': is longer than 300 characters"
    assert str(result.refusals[1]) == "log.csv row 3: its case '1' is refused as a whole, for row 2"


async def test_work_in_the_future_and_a_case_of_too_long_a_name_are_told_in_the_logs_words(
    pool: Pool, tmp_path: Path
) -> None:
    later = [f"2,{OTHER},complete,Li,2199-01-0{n}T09:00:00+00:00" for n in (1, 2)]
    alone = f"3,{OTHER},complete,Li,2199-01-03T09:00:00+00:00"
    long = f"{'k' * 301},{OTHER},complete,Li,{at('09:00:00')}"
    result = await run_import(
        pool, shipped_mapping("event_log"), log(tmp_path, *later, alone, long), IMPORTER
    )
    told = {r.row: [(reason.column, reason.value) for reason in r.reasons] for r in result.refusals}
    assert [told[row] for row in (2, 3, 4)] == [
        [("timestamp", f"2199-01-0{n}T09:00:00+00:00")] for n in (1, 2, 3)
    ]
    assert told[5] == [("case_id", "k" * 301)]


async def test_the_words_of_the_standards_lifecycle_are_known(pool: Pool, tmp_path: Path) -> None:
    words = (
        "schedule", "assign", "withdraw", "reassign", "suspend", "resume", "autoskip", "manualskip", "ATE_abort",
    )  # fmt: skip
    data = log(
        tmp_path,
        *(f"1,{OTHER},{word},Li,{at('08:00:00')}" for word in words),
        f"1,{OFFER},START,Li,{at('09:00:00')}",
        f"1,{OFFER},pi_abort,Li,{at('09:10:00')}",
        f"1,{OFFER},start,Li,{at('09:20:00')}",
        f"1,{OFFER},Complete,Li,{at('09:25:00')}",
        f"1,{OTHER},unknown,Li,{at('10:00:00')}",
    )
    assert [row[:4] for row in await told(pool, data)] == [
        (OFFER, "call", "started", None),
        (OFFER, "call", "offer", 5),
        (OTHER, "task", "", None),
    ]


async def test_a_log_has_words_of_its_own(pool: Pool, tmp_path: Path) -> None:
    own = shipped_with(
        '[events.lifecycle]\nstart = "begun"\ncomplete = ["done", "withdraw"]\nabort = "gone"\nignore = "x"\n'
    )
    data = log(
        tmp_path,
        f"1,{OFFER},Begun,Li,{at('09:00:00')}",
        f"1,{OFFER},done,Li,{at('09:05:00')}",
        f"1,{OFFER},begun,Li,{at('09:10:00')}",
        f"1,{OFFER},gone,Li,{at('09:15:00')}",
        f"1,{OTHER},x,Li,{at('09:20:00')}",
        f"1,{OTHER},withdraw,Li,{at('09:30:00')}",
    )
    assert (await run_import(pool, own, data, IMPORTER)).refusals == []
    found = [(row[0], row[2], row[3]) for row in await rows_of(pool, ACTIVITIES)]
    assert found == [(OFFER, "offer", 5), (OFFER, "started", None), (OTHER, "", None)]


@pytest.mark.oracle
async def test_xes_and_csv_of_the_real_log_give_the_same_facts(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path
) -> None:
    """The first cases of both files, in two ledgers with one secret: every fact is the same, promises' times apart."""
    xes, table = _first_cases(shared(LOG), shared(SAME_LOG), tmp_path, 400)
    told = []
    for data in (xes, table):
        with new_database() as url:
            migrate(url)
            pool = await open_pool(url, min_size=2, max_size=4)
            async with pool.connection() as connection:
                await connection.execute("UPDATE app.installation SET secret = 'the same in both'")
            result = await run_import(pool, shipped_mapping("event_log"), data, IMPORTER)
            assert (result.refused, result.tallies[0].records) == (0, 400)
            told.append(await rows_of(pool, EVERYTHING))
            await pool.close()
    assert len(told[0]) > 4_000
    assert told[0] == told[1]


def _first_cases(xes: Path, table: Path, folder: Path, cases: int) -> tuple[Path, Path]:
    short_xes, short_table = folder / "log.xes.gz", folder / "log.csv"
    with (
        gzip.open(xes, "rt", encoding="utf-8") as whole,
        gzip.open(short_xes, "wt", encoding="utf-8") as part,
    ):
        part.writelines(_until_trace(whole, cases))
        part.write("</log>\n")
    with (
        gzip.open(table, "rt", encoding="utf-8", newline="") as rows,
        short_table.open("w", encoding="utf-8", newline="") as out,
    ):
        reader, writer = csv.reader(rows), csv.writer(out)
        writer.writerow(next(reader))
        seen: set[str] = set()
        for row in reader:
            seen.add(row[0])
            if len(seen) > cases:
                break
            writer.writerow(row)
    return short_xes, short_table


def _until_trace(lines: Iterable[str], count: int) -> Iterable[str]:
    ended = 0
    for line in lines:
        yield line
        ended += "</trace>" in line
        if ended == count:
            return
