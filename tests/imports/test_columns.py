"""tests: what a column of a mapping may say of itself — joined to others, on other clocks, holding days, written twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.dates import Dates
from runtime.imports.results import ImportProblem
from tests.imports.conftest import csv_file, mapping_from, rows_of
from tests.imports.test_run import run

MAPPING = """
name = "columns"
source = "columns"
timezone = "America/New_York"
create = ["reps"]
[deals]
file = ""
[deals.columns]
reference = "id"
title = { column = ["what", "more"], joined = " / " }
owner = { column = ["first", "last"], joined = " " }
stage = "stage"
opened_at = { column = "created", timezone = "UTC" }
expected_close = { column = "closes", day = true }
[deals.stages]
New = "identify"
"""
HEADER = "id,what,more,first,last,stage,created,closes,stage"


async def test_columns_are_joined_placed_and_read_as_days(pool: Pool, tmp_path: Path) -> None:
    rows = (
        "1,Pump,big,Ana,Perez,New,2026-03-03 02:15:00,2026-12-15 00:00:00,New",
        "2,,small,,Wei,New,2026-03-03 02:15:00,2026-12-15 23:59:00,New",
        "3,Pump,,Ana,Perez,New,2026-03-03 02:15:00,,Old",
    )
    result = await run(pool, csv_file(tmp_path, *rows, header=HEADER), mapping_from(MAPPING))
    assert [str(refusal) for refusal in result.refusals] == [
        "deals.csv row 4: stage 'New': is told otherwise in another column of this name"
    ]
    opened = await rows_of(
        pool,
        "SELECT data->>'title', occurred_at, data->>'expected_close' FROM ledger.events"
        " WHERE topic = 'deal.opened' ORDER BY 1",
    )
    night = datetime(2026, 3, 3, 2, 15, tzinfo=UTC)
    assert opened == [("Pump / big", night, "2026-12-15"), ("small", night, "2026-12-15")]
    reps = await rows_of(pool, "SELECT count(*) FROM ledger.events WHERE topic = 'rep.hired'")
    assert reps == [(2,)]


def test_a_time_on_another_clock_is_a_day_of_the_mappings_zone() -> None:
    dates = Dates(("iso",), "America/New_York", clock="UTC")
    assert dates.day("2026-03-03T02:15:00") == date(2026, 3, 2)
    assert dates.day("2026-03-03") == date(2026, 3, 3), "a day is that day anywhere"
    assert dates.instant("2026-03-03T02:15:00+02:00") == datetime(2026, 3, 3, 0, 15, tzinfo=UTC)


def test_of_a_day_the_time_beside_it_is_passed_over() -> None:
    dates = Dates(("iso",), "America/New_York", clock="UTC", days=True)
    assert dates.day("2026-03-03 00:00:00") == date(2026, 3, 3)
    ends = datetime(2026, 3, 4, 4, 59, 59, tzinfo=UTC)
    assert dates.instant("2026-03-03 00:00:00", end_of_day=True) == ends
    assert dates.instant("2026-03-04T01:00:00Z", end_of_day=True) == ends


def test_a_zone_that_there_is_not_is_named() -> None:
    with pytest.raises(ImportProblem, match=r"deals\.columns\.opened_at\.timezone"):
        mapping_from(MAPPING.replace('"UTC"', '"Mars"'))
