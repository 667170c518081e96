"""tests: what exports of other systems need of a mapping — parts of one kind, columns that stand in for each other, rows that are
none, keys with names beside them, and time counted in milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.cells import Unreadable
from runtime.imports.dates import Dates
from runtime.imports.results import ImportProblem
from tests.imports.conftest import csv_file, mapping_from, rows_of
from tests.imports.test_run import run

EXPORT = """
name = "export"
source = "export"
currency = "CNY"
timezone = "Asia/Shanghai"
dates = ["epoch-ms"]
create = ["customers", "products", "reps"]
[deals]
file = ["one.csv", "two.csv"]
skip = { status = ["void", "deleted"] }
[deals.columns]
reference = "id"
title = "name"
owner = "owner.id"
owner_name = "owner"
customer = "account.id"
customer_name = "account"
stage = { column = ["outcome", "stage"], blank = ["open"] }
opened_at = "created"
closed_on = { column = ["won at", "lost at"], optional = true }
amount = "amount"
loss_reason = { default = "not told" }
[deals.stages]
First = "identify"
won = "won"
lost = "lost"
[deals.override]
stages = ["won", "lost"]
reason = "from before"
"""
HEADER = "id,name,owner.id,owner,account.id,account,outcome,stage,created,won at,lost at,amount,status"
MIDNIGHT = "1585929600000"
"""4 April 2020 in China."""


async def test_what_other_systems_write_is_read(pool: Pool, tmp_path: Path) -> None:
    one = (
        f"1,Boiler,u7,Li Na,c1,Acme,open,First,{MIDNIGHT},,,5,normal",
        f"2,Pump,u7,Li Na,c2,Acme,won,First,{MIDNIGHT},{MIDNIGHT},,6,normal",
        f"3,Gone,u8,Qian,c3,Void,open,First,{MIDNIGHT},,,5,void",
    )
    csv_file(tmp_path, *one, header=HEADER, name="one.csv")
    csv_file(
        tmp_path,
        f"4,Valve,u7,Li Na,c1,Acme,lost,First,{MIDNIGHT},,{MIDNIGHT},7,normal",
        header=HEADER,
        name="two.csv",
    )
    result = await run(pool, tmp_path, mapping_from(EXPORT))
    assert (result.accepted, result.refused, result.refusals) == (3, 0, [])
    assert [(tally.file, tally.rows) for tally in result.tallies] == [("one.csv", 3), ("two.csv", 1)]
    assert [(note.column, note.message) for note in result.notices] == [
        ("status", "is passed over: the mapping leaves such rows out")
    ]
    deals = await rows_of(
        pool,
        "SELECT o.data->>'title', o.occurred_at, c.data->>'closed_on' FROM ledger.events o"
        " LEFT JOIN ledger.events c ON c.stream_id = o.stream_id AND c.topic IN ('deal.won', 'deal.lost')"
        " WHERE o.topic = 'deal.opened' ORDER BY 1",
    )
    opened = datetime(2020, 4, 3, 16, tzinfo=UTC)
    assert [(title, at) for title, at, _ in deals] == [
        ("Boiler", opened),
        ("Pump", opened),
        ("Valve", opened),
    ]
    assert [day for *_, day in deals] == [None, "2020-04-04", "2020-04-04"]
    customers = await rows_of(pool, "SELECT count(*) FROM ledger.events WHERE topic = 'customer.registered'")
    assert customers == [(2,)], "two of one name, told apart by their ids"
    again = await run(pool, tmp_path, mapping_from(EXPORT))
    assert (again.events, again.refused) == (0, 0)


async def test_a_part_that_is_missing_is_named(pool: Pool, tmp_path: Path) -> None:
    csv_file(tmp_path, header=HEADER, name="one.csv")
    with pytest.raises(ImportProblem, match=r"two\.csv: is not in the folder"):
        await run(pool, tmp_path, mapping_from(EXPORT))


def test_milliseconds_are_instants_and_days_of_the_zone() -> None:
    dates = Dates(["epoch-ms"], "Asia/Shanghai")
    assert dates.day(MIDNIGHT) == date(2020, 4, 4)
    assert dates.instant(MIDNIGHT) == datetime(2020, 4, 3, 16, tzinfo=UTC)
    assert dates.instant(MIDNIGHT, end_of_day=True) == datetime(2020, 4, 4, 15, 59, 59, tzinfo=UTC)
    noon = datetime(2020, 4, 4, 4, 0, 0, 5000, tzinfo=UTC)
    assert dates.instant("1585972800005", end_of_day=True) == noon
    assert Dates(["epoch-ms"], "UTC").day(MIDNIGHT) == date(2020, 4, 3)


@pytest.mark.parametrize("text", ["2020", "20200404", "1e12", "99999999999999999", "1585929600000.5"])
def test_what_is_no_count_of_milliseconds_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="is not a date written as"):
        Dates(["epoch-ms"], "UTC").day(text)
