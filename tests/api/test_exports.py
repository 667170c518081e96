"""Files: every list as CSV and as a workbook — what its pages have, for whoever may see it, in the reader's own writing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import APIRoute
from openpyxl import load_workbook

from api.engine.exports import EACH, head
from api.engine.lists import list_of
from api.routers import NAMES, routes_of
from domain.capabilities import modules
from projections.engine.cells import fields, with_names
from runtime.language import catalogue
from tests.house import House

Json = dict[str, Any]
RISKY = '=HYPERLINK("http://evil","here")'


def lists() -> list[APIRoute]:
    """Every route that is a list."""
    routes = (route for name in NAMES for module in modules("api", name) for route in routes_of(module))
    return [route for route in routes if isinstance(route, APIRoute) and list_of(route)[1] is not None]


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT * FROM (%' AND wait_event_type = 'Lock'"
WHOLE = {
    "/funnel": "stages",
    "/reps/loads": "reps",
    "/lifecycle": "stages",
    "/lifecycle/transitions": "transitions",
    "/lifecycle/cohorts": "cohorts",
    "/lifecycle/churn": "months",
}
"""Those that come in one piece, and where their rows are."""
OPEN = [route.path for route in lists() if "{" not in route.path and route.path != "/figures/events"]
"""Those that need nothing to be named."""


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    """With something in most lists."""
    house, admin = house_of_the_module, house_of_the_module.admin
    made = admin.post("/customers", json={"name": "华东精密制造"})
    customer = made.json()["answer"]["customer_id"]
    for n, title in enumerate((RISKY, "Forty, boilers", '"Quoted"\nin two lines')):
        amount = {"amount": f"{1234.5 + n}", "currency": "CNY"} if n else None
        house.open_deal("north", title=title, customer_id=customer, amount=amount)
    house.open_deal("south", title="Abroad", amount={"amount": "900", "currency": "EUR"})
    house.open_deal("south", title="Elsewhere")
    admin.post("/leads", json={"name": "Wang Wei", "source": "+86 fair"})
    rep = str(house.reps["north"])
    case = {"title": "it leaks", "customer_id": customer, "severity": "severe", "owner_id": rep}
    assert admin.post("/cases", json=case).is_success
    item = {"what": "@call them", "owner_id": rep, "due_at": "2027-01-15T18:00:00+08:00"}
    receipt = admin.post("/action-items", json=item)
    assert receipt.is_success, receipt.text
    house.position = receipt.json()["position"]
    for path in OPEN:
        admin.get(path, params={"after": house.position})
    return house


def rows_of(answer: httpx.Response, separator: str = ",") -> list[Json]:
    assert answer.is_success, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), delimiter=separator))


def pages_of(client: httpx.Client, path: str, **asked: Any) -> list[Json]:
    found: list[Json] = []
    cursor: str | None = None
    if path in WHOLE:
        return [*client.get(path, params=asked).json()[WHOLE[path]]]
    while True:
        page = client.get(path, params={**asked, "limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def at(item: Any, name: str) -> Any:
    for part in name.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def same(cell: str, value: Any) -> bool:
    """Whether a cell of an exact file in UTC says what the JSON says."""
    if value is None or value == "":
        return cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, dict | list):
        return bool(json.loads(cell) == value)
    if cell == str(value):
        return True
    try:
        return Decimal(cell) == Decimal(str(value))
    except ArithmeticError:
        return datetime.fromisoformat(cell) == datetime.fromisoformat(value)


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("name", ["admin", "north", "south-manager"])
def test_a_file_has_what_the_pages_have_for_everybody(house: House, path: str, name: str) -> None:
    client = house.client(name)
    answer = client.get(path, params={"format": "csv", "exact": True})
    if not answer.is_success:
        assert client.get(path).status_code == answer.status_code != 500
        return
    rows, items = rows_of(answer), pages_of(client, path)
    assert len(rows) == len(items)
    view = next(list_of(route)[1] for route in lists() if route.path == path)
    for row, item in zip(rows, items, strict=True):
        told = [one.name for one in fields(view) if one.name in row]
        assert told
        for column in told:
            assert same(row[column], at(item, column)), (column, row[column], at(item, column))


def test_amounts_by_currency_have_a_column_for_each(house: House) -> None:
    stages = house.admin.get("/funnel").json()["stages"]
    (stage,) = [one for one in stages if len(one["amounts"]) > 1]
    answer = house.admin.get("/funnel", params={"format": "csv"})
    (row,) = [row for row in rows_of(answer) if row["stage"] == stage["stage"]]
    told = {name: Decimal(amount) for name, amount in stage["amounts"].items()}
    assert {name: Decimal(row[f"amounts.{name}"]) for name in told} == told
    heads, kinds = answer.text.partition("\n")[0].split(","), answer.headers["Salesloop-Columns"].split(",")
    assert {dict(zip(heads, kinds, strict=True))[f"amounts.{name}"] for name in told} == {"number"}


def test_most_of_these_files_are_not_empty(house: House) -> None:
    filled = [path for path in OPEN if rows_of(house.admin.get(path, params={"format": "csv"}))]
    assert {
        "/deals",
        "/leads",
        "/cases",
        "/action-items",
        "/customers",
        "/reps",
        "/events/search",
        "/figures/table",
        *WHOLE.keys() - {"/lifecycle/cohorts"},  # nobody has bought anything
    } <= {*filled}


def test_a_file_has_the_filter_and_the_order_of_the_list(house: House) -> None:
    asked = {"owner_id": str(house.reps["north"]), "sort": "-amount"}
    rows = rows_of(house.admin.get("/deals", params={**asked, "format": "csv"}))
    assert [row["amount"] for row in rows] == ["1236.5", "1235.5", ""]
    named = {
        row["title"]
        for row in rows_of(house.admin.get("/deals", params={"text": "elsewhere", "format": "csv"}))
    }
    assert named == {"Elsewhere"}


def test_nobody_gets_rows_of_others_in_a_file(house: House) -> None:
    titles = {row["title"] for row in rows_of(house.client("north").get("/deals", params={"format": "csv"}))}
    assert "Forty, boilers" in titles
    assert "Elsewhere" not in titles
    refused = house.client("north").get(
        "/deals", params={"format": "csv", "team_id": str(house.teams["south"])}
    )
    assert refused.status_code == 403


def test_a_file_of_the_list_as_it_was_has_what_was_known_then(house: House) -> None:
    before = house.admin.get("/deals", params={"known_at": 1, "format": "csv"})
    now = house.admin.get("/deals", params={"known_at": house.position, "format": "csv"})
    assert (rows_of(before), before.headers["Salesloop-Known-At"]) == ([], "1")
    assert len(rows_of(now)) == len(pages_of(house.admin, "/deals"))


def test_text_that_a_spreadsheet_would_compute_is_marked_unless_it_is_for_a_program(house: House) -> None:
    marked = {row["title"] for row in rows_of(house.admin.get("/deals", params={"format": "csv"}))}
    exact = {
        row["title"] for row in rows_of(house.admin.get("/deals", params={"format": "csv", "exact": True}))
    }
    assert f"'{RISKY}" in marked
    assert RISKY not in marked
    assert {RISKY, '"Quoted"\nin two lines'} <= exact
    (item,) = rows_of(house.admin.get("/action-items", params={"format": "csv"}))
    (event,) = rows_of(house.admin.get("/events/search", params={"format": "csv", "topic": "lead.captured"}))
    assert item["what"] == "'@call them"
    assert not event["sentence"].startswith(("=", "+", "-", "@"))


def test_numbers_and_lists_are_separated_as_the_locale_has_it(house: House) -> None:
    of_north = {"owner_id": str(house.reps["north"]), "sort": "-amount"}
    answer = house.admin.get("/deals", params={"format": "csv", "locale": "de-DE", **of_north})
    first = rows_of(answer, ";")[0]
    assert (first["amount"], first["title"]) == ("1236,5", '"Quoted"\nin two lines')
    assert "team_name" in rows_of(house.admin.get("/deals", params={"format": "csv", "locale": "en-US"}))[0]


def test_a_file_begins_with_the_mark_where_it_is_asked_for(house: House) -> None:
    asked = {"format": "csv"}
    assert house.admin.get("/teams", params={**asked, "bom": True}).content.startswith(b"\xef\xbb\xbfid,")
    assert house.admin.get("/teams", params=asked).content.startswith(b"id,")


def test_heads_are_said_in_the_readers_language(house: House) -> None:
    for locale, accepted in (("zh", "en"), (None, "zh-CN")):
        asked = {"format": "csv", **({"locale": locale} if locale else {})}
        answer = house.admin.get("/teams", params=asked, headers={"Accept-Language": accepted})
        assert (answer.text.split(",")[:3], answer.headers["Content-Language"]) == (
            ["编号", "类型", "名称"],
            "zh",
        )


def test_every_column_of_every_list_has_a_chinese_head() -> None:
    words = catalogue("zh")
    parts = {part for route in lists() for one in _columns(route) for part in one.split(".")}
    assert not {part: head(words, part) for part in parts if head(words, part).isascii()}


def _columns(route: APIRoute) -> Iterator[str]:
    for one in with_names(fields(list_of(route)[1])):
        yield one.name


def test_times_are_told_in_the_zone_that_is_asked_for(house: House) -> None:
    at_home = rows_of(house.admin.get("/action-items", params={"format": "csv", "zone": "Asia/Shanghai"}))
    in_utc = rows_of(house.admin.get("/action-items", params={"format": "csv"}))
    assert at_home[0]["due_at"] == "2027-01-15T18:00:00+08:00"
    assert in_utc[0]["due_at"] == "2027-01-15T10:00:00+00:00"
    searched = house.admin.get("/events/search", params={"format": "csv", "zone": "Asia/Shanghai"})
    assert rows_of(searched)[0]["recorded_at"].endswith("+08:00")


@pytest.mark.parametrize(
    ("name", "value"), [("locale", "xx-YY"), ("locale", "../x"), ("zone", "Mars/Olympus"), ("format", "pdf")]
)
def test_what_no_file_can_be_written_in_is_refused_and_named(house: House, name: str, value: str) -> None:
    answer = house.admin.get("/deals", params={"format": "csv", name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"query.{name}")


def test_a_workbook_has_real_dates_numbers_and_no_formula(house: House) -> None:
    asked = {
        "format": "xlsx",
        "zone": "Asia/Shanghai",
        "sort": "-amount",
        "owner_id": str(house.reps["north"]),
    }
    answer = house.admin.get("/deals", params=asked)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="salesloop-deals.xlsx"'
    book = load_workbook(io.BytesIO(answer.content))
    (sheet,) = book.worksheets
    head, first, _, last = [[*row] for row in sheet.iter_rows(values_only=True)]
    by_name = dict(zip(head, first, strict=True))
    (deal, *_) = pages_of(house.admin, "/deals", **{k: asked[k] for k in ("sort", "owner_id")})
    opened = datetime.fromisoformat(deal["opened_at"])
    assert sheet.freeze_panes == "A2"
    assert (by_name["amount"], by_name["title"], by_name["by_rule"]) == (1236.5, deal["title"], True)
    assert abs(by_name["opened_at"].replace(tzinfo=UTC) - opened).total_seconds() - 8 * 3600 < 1
    assert last[head.index("title")] == RISKY
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_a_workbook_of_a_list_that_is_put_together_page_by_page_is_the_same(house: House) -> None:
    answer = house.admin.get("/events/search", params={"format": "xlsx", "locale": "zh"})
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    head, first, *rest = sheet.iter_rows(values_only=True)
    events = pages_of(house.admin, "/events/search")
    assert (head[0], first[0]) == ("位置", events[0]["position"])
    assert 1 + len(rest) == len(events)
    assert {type(cell) for cell in first} >= {int, str, datetime}


def test_days_in_a_workbook_are_days(house: House) -> None:
    house.open_deal("north", title="With a day", expected_close="2027-03-01")
    answer = house.admin.get(
        "/deals", params={"format": "xlsx", "text": "with a day", "after": house.position}
    )
    head, row = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)
    assert dict(zip(head, row, strict=True))["expected_close"] == datetime.combine(
        date(2027, 3, 1), datetime.min.time()
    )


def test_who_is_sent_files_already_is_sent_no_more_than_two_at_once(house: House) -> None:
    """Two wait for a table that somebody holds."""
    client, asked = house.client("north-manager"), {"format": "csv"}
    url = house.settings.database_url
    with (
        psycopg.connect(url) as holder,
        psycopg.connect(url, autocommit=True) as watcher,
        ThreadPoolExecutor(EACH) as together,
    ):
        holder.execute("LOCK read.agenda_ended IN ACCESS EXCLUSIVE MODE")
        waiting = [together.submit(client.get, "/agenda/ended", params=asked) for _ in range(EACH)]
        while watcher.execute(WAITING).fetchone() != (EACH,):
            assert not any(one.done() for one in waiting)
        refused = client.get("/agenda/ended", params=asked)
        holder.rollback()
        assert all(one.result().is_success for one in waiting)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert client.get("/agenda/ended", params=asked).is_success
