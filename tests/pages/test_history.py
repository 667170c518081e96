"""History: the whole ledger searched on a page, one record's history, and the same as CSV."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from runtime.spreadsheets import inert
from tests.house import House


@pytest.fixture(scope="module")
def title(house: House) -> str:
    house.open_deal(title="=1+1 <b>of the north</b>")
    return "=1+1 &lt;b&gt;of the north&lt;/b&gt;"


def after(house: House) -> dict[str, str]:
    return {"after": str(house.position)}


def test_is_the_overseers_alone(rep: httpx.Client, manager: httpx.Client, auditor: httpx.Client) -> None:
    assert [one.get("/desk/history").status_code for one in (rep, manager, auditor)] == [403, 403, 200]
    assert rep.get("/desk/history.csv").status_code == 403
    assert "/desk/history" not in rep.get("/desk/board").text


def test_shows_what_was_recorded_newest_first(house: House, auditor: httpx.Client, title: str) -> None:
    page = auditor.get("/desk/history", params=after(house)).text
    assert title in page
    assert "<b>of the north" not in page
    assert page.index(f'id="p-{house.position}"') < page.index(f'id="p-{house.position - 1}"')


def test_is_narrowed_down_and_shows_one_record_whole(house: House, auditor: httpx.Client, title: str) -> None:
    deal = str(house.open_deal(title="Twelve pumps"))
    page = auditor.get("/desk/history", params={**after(house), "topic": "promise"}).text
    assert "opened “Twelve pumps”" not in page
    page = auditor.get("/desk/history", params={**after(house), "stream_id": deal}).text
    assert "opened “Twelve pumps”" in page
    assert title not in page
    assert "The whole history of one record:" in page


def test_finds_a_record_by_part_of_its_name(house: House, auditor: httpx.Client) -> None:
    deal = str(house.open_deal(title="Zeppelin hangar doors"))
    page = auditor.get("/desk/history", params={**after(house), "text": "zeppelin"}).text
    assert f"stream_id={deal}" in page.split('id="named"')[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("typed", "asked", "shown"),
    [
        ("sout", "u-south", "Rep south"),
        ("rep north", "u-north", "Rep north"),
        ("u-north2", "u-north2", "Rep north2"),
        ("rep n", "rep+n", "rep n"),
    ],
)
def test_takes_a_person_by_name_where_one_alone_is_meant(
    auditor: httpx.Client, typed: str, asked: str, shown: str
) -> None:
    page = auditor.get("/desk/history", params={"who": typed}).text
    assert re.search(rf'href="/desk/history\.csv\?[^"]*who={re.escape(asked)}["&]', page)
    assert f'name="who" value="{shown}"' in page


def test_says_what_to_do_where_there_is_nothing(auditor: httpx.Client) -> None:
    assert "Nothing of that kind was recorded." in auditor.get("/desk/history?channel=mcp").text


def test_as_csv_is_all_of_it_and_computes_nothing(
    house: House, auditor: httpx.Client, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.history.AT_ONCE", 3)
    answer = auditor.get("/desk/history.csv", params=after(house))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    positions = [int(row["position"]) for row in rows]
    assert positions == list(range(positions[0], 0, -1)), "every event, once"
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A1"]
)
def test_text_that_would_be_computed_is_text(text: str) -> None:
    assert inert(text) == f"'{text}"


def test_speaks_chinese(house: House, title: str) -> None:
    chinese = house.browser("auditor")
    chinese.headers["Accept-Language"] = "zh-CN"
    page = chinese.get("/desk/history", params=after(house)).text
    assert "<h1>历史</h1>" in page
    assert "新建商机" in page
