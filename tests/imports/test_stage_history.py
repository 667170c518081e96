"""tests: a file with several rows a deal tells the stages it went through, each at its own time."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.mapping import Mapping
from runtime.imports.results import ImportProblem, ImportResult
from runtime.imports.run import run_import
from tests.imports.conftest import IMPORTER, ONE_FILE, csv_file, mapping_from, rows_of, topics

APPROVED = 'stages = ["won", "negotiation"]'
HISTORY = ONE_FILE.replace('file = ""', 'file = ""\nrows = "history"').replace(
    'opened_at = "opened"', 'stage_at = "at"\nexpected_close = { column = "close", optional = true }'
)
HEADER = "id,rep,customer,product,stage,at,closed,amount,close,why"
MOVES = (
    "SELECT o.data->>'reference', m.data->>'before', m.data->>'after', m.occurred_at::date::text FROM ledger.events m"
    " JOIN ledger.events o ON o.stream_id = m.stream_id AND o.topic = 'deal.opened'"
    " WHERE m.topic = 'deal.stage-moved' ORDER BY 1, m.version"
)
AMOUNTS = (
    "SELECT data->'before'->>'amount', data->'after'->>'amount', occurred_at::date::text FROM ledger.events"
    " WHERE topic = 'deal.amount-changed' ORDER BY position"
)
OPENED = (
    "SELECT occurred_at::date::text, data->'amount'->>'amount', data->>'expected_close' FROM ledger.events"
    " WHERE topic = 'deal.opened' ORDER BY data->>'reference'"
)
FIRST = "1,Li,Acme,Boiler,New,2026-01-05T10:00,,100,2026-06-01,"
TALKS = "1,Li,Acme,Boiler,Talks,2026-01-09T10:00,,150,2026-07-01,"
OFFER = "1,Li,Acme,Boiler,Offer,2026-01-20T10:00,,150,2026-07-01,"
WON = "1,Li,Acme,Boiler,Won,2026-02-03T10:00,,170,2026-07-01,"
OTHER = "2,Wang,Bolt,Pump,New,2026-01-07T10:00,,,,"
OTHER_LOST = "2,Wang,Bolt,Pump,Lost,2026-01-30T10:00,,,,too dear"


def mapping(*, approved: str = APPROVED, **replaced: str) -> Mapping:
    return mapping_from(HISTORY, stages=approved, **replaced)


async def run(pool: Pool, folder: Path, *rows: str, dry_run: bool = False, **options: str) -> ImportResult:
    data = csv_file(folder, *rows, header=HEADER)
    return await run_import(pool, mapping(**options), data, IMPORTER, dry_run=dry_run, rejects=folder / "no")


async def test_each_row_is_a_move_at_its_own_time_wherever_it_stands(pool: Pool, tmp_path: Path) -> None:
    result = await run(pool, tmp_path, WON, OTHER, TALKS, OTHER_LOST, FIRST, OFFER)
    assert (result.refusals, result.accepted, result.tallies[0].records) == ([], 6, 2)
    assert await rows_of(pool, MOVES) == [
        ("1", "identify", "needs", "2026-01-09"),
        ("1", "needs", "negotiation", "2026-01-20"),
        ("1", "negotiation", "won", "2026-02-03"),
        ("2", "identify", "lost", "2026-01-30"),
    ]
    opened = [("2026-01-05", "100", "2026-06-01"), ("2026-01-07", None, None)]
    assert await rows_of(pool, OPENED) == opened
    assert await rows_of(pool, AMOUNTS) == [("100", "150", "2026-01-09"), ("150", "170", "2026-02-03")]
    closings = (
        "SELECT data->>'closed_on' FROM ledger.events WHERE topic IN ('deal.won', 'deal.lost') ORDER BY 1"
    )
    assert await rows_of(pool, closings) == [("2026-01-30",), ("2026-02-03",)]
    moved = "SELECT data->>'before', data->>'after', occurred_at::date::text FROM ledger.events WHERE topic = 'deal.expected-close-moved'"
    assert await rows_of(pool, moved) == [("2026-06-01", "2026-07-01", "2026-01-09")]


async def test_the_same_file_is_silence_and_a_newer_one_adds_its_moves(pool: Pool, tmp_path: Path) -> None:
    await run(pool, tmp_path, FIRST, TALKS)
    again = await run(pool, tmp_path, TALKS, FIRST)
    assert (again.events, again.unchanged, again.refused) == (0, 2, 0)
    before = await topics(pool)
    dry = await run(pool, tmp_path, FIRST, TALKS, OFFER, dry_run=True)
    assert await topics(pool) == before
    newer = await run(pool, tmp_path, FIRST, TALKS, OFFER)
    after = await topics(pool)
    assert {t: after[t] - before.get(t, 0) for t in after if after[t] != before.get(t, 0)} == {
        "deal.override-requested": 1,
        "deal.override-decided": 1,
        "deal.stage-moved": 1,
        "promise.rearmed": 1,
        "deal.import-noted": 1,
    }
    assert (newer.refusals, dry.events, dry.accepted) == ([], newer.events, newer.accepted)


async def test_a_deal_that_came_back_to_its_stage_went_there_twice(pool: Pool, tmp_path: Path) -> None:
    back = "1,Li,Acme,Boiler,Talks,2026-01-25T10:00,,150,2026-07-01,"
    await run(pool, tmp_path, FIRST, TALKS)
    result = await run(pool, tmp_path, FIRST, TALKS, OFFER, back)
    assert result.refusals == []
    moves = [row[1:3] for row in await rows_of(pool, MOVES)]
    assert moves == [("identify", "needs"), ("needs", "negotiation"), ("negotiation", "needs")]


async def test_a_deal_that_was_opened_again_was_closed_before(pool: Pool, tmp_path: Path) -> None:
    again = "2,Wang,Bolt,Pump,Talks,2026-02-10T10:00,,,,"
    result = await run(pool, tmp_path, OTHER, OTHER_LOST, again)
    assert result.refusals == []
    assert [row[1:] for row in await rows_of(pool, MOVES)] == [
        ("identify", "lost", "2026-01-30"),
        ("identify", "needs", "2026-02-10"),
    ]
    reopened = (
        "SELECT occurred_at::date::text FROM ledger.events WHERE topic IN ('deal.lost', 'deal.reopened')"
    )
    assert sorted(await rows_of(pool, reopened)) == [("2026-01-30",), ("2026-02-10",)]


async def test_a_row_of_before_does_not_move_a_deal_back(pool: Pool, tmp_path: Path) -> None:
    await run(pool, tmp_path, FIRST, TALKS)
    for rows in ((FIRST,), (FIRST, OFFER)):
        result = await run(pool, tmp_path, *rows)
        assert (result.events, result.refused) == (0, len(rows))
        assert "whole history" in str(result.refusals[0])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (
            TALKS.replace("Talks", "Talk"),
            "stage 'Talk': is none of the mapping's stages (New, Talks, Offer, Won, Lost); did you mean 'Talks'?",
        ),
        (TALKS.replace(",150,", ",much,"), "amount 'much': is not a number such as 1234.50"),
        (
            TALKS.replace("2026-01-09T10:00", ""),
            "at '': is empty, and other rows of the deal tell theirs",
        ),
        (TALKS + "x,x", "has 11 cells, the header names 10 columns"),
        (
            OFFER.replace("2026-01-20", "2099-01-20"),
            "at '2099-01-20T10:00': 2099-01-20 10:00 is in the future",
        ),
    ],
)
async def test_a_row_that_is_wrong_refuses_its_deal(pool: Pool, tmp_path: Path, wrong: str, why: str) -> None:
    result = await run(pool, tmp_path, FIRST, wrong, OTHER)
    told = {r.row: str(r).partition(": ")[2] for r in result.refusals}
    assert told == {2: "its deal '1' is refused as a whole, for row 3", 3: why}
    assert (result.accepted, result.refused) == (1, 2)
    again = await run_import(pool, mapping(), Path(result.rejects[0]), IMPORTER)
    assert [(r.first, r.reasons) for r in again.refusals] == [(r.row, r.reasons) for r in result.refusals]


async def test_a_gate_on_the_way_is_named_by_its_row(pool: Pool, tmp_path: Path) -> None:
    result = await run(pool, tmp_path, FIRST, TALKS, OFFER, approved='stages = ["won"]')
    told = {r.row: str(r).partition(": ")[2] for r in result.refusals}
    whole = "its deal '1' is refused as a whole, for row 4"
    assert {told.pop(2), told.pop(3)} == {whole}
    assert told[4].startswith("stage 'Offer': the gate of stage 'needs' is not passed")


async def test_without_times_rows_are_read_as_they_stand(pool: Pool, tmp_path: Path) -> None:
    rows = [",".join([*row.split(",")[:5], "", *row.split(",")[6:]]) for row in (FIRST, TALKS, OFFER)]
    result = await run(
        pool, tmp_path, *rows, loss_reason='opened_at = { default = "2026-01-05", missing = "import" }'
    )
    assert result.refusals == []
    assert [row[1:] for row in await rows_of(pool, MOVES)] == [
        ("identify", "needs", "2026-01-04"),
        ("needs", "negotiation", "2026-01-04"),
    ]


async def test_an_empty_cell_says_what_the_row_before_said(pool: Pool, tmp_path: Path) -> None:
    empty = "1,,,,Talks,2026-01-09T10:00,,,,"
    result = await run(pool, tmp_path, FIRST, empty)
    assert (result.refusals, await rows_of(pool, AMOUNTS)) == ([], [])
    query = "SELECT data->>'title' FROM ledger.events WHERE topic = 'deal.opened'"
    assert await rows_of(pool, query) == [("Boiler — Acme",)]


async def test_one_row_a_deal_is_what_it_is_without_the_setting(pool: Pool, tmp_path: Path) -> None:
    row = OTHER
    plain = mapping_from(ONE_FILE.replace('"opened"', '"at"'))
    data = csv_file(tmp_path, row, header=HEADER)
    await run_import(pool, plain, data, IMPORTER)
    again = mapping_from(
        ONE_FILE.replace('"opened"', '"at"').replace('file = ""', 'file = ""\nrows = "history"')
    )
    assert (await run_import(pool, again, data, IMPORTER)).events == 0


def test_the_setting_has_two_words() -> None:
    with pytest.raises(ImportProblem, match=r"deals\.rows: 'all' is not one of one, history"):
        mapping(rows='rows = "all"')
