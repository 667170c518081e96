"""tests: saved pages of Fxiaoke's open API come in, and its workbooks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.results import ImportProblem
from tests.imports import vendor_files as made
from tests.imports.conftest import rows_of, topics
from tests.imports.vendor_runs import CHINA, brought_in, looked_at, of


def test_saved_pages_are_put_together(tmp_path: Path) -> None:
    report = looked_at(*made.fxiaoke_export(tmp_path), settings=CHINA)
    assert report.vendor == "fxiaoke"
    deals = of(report, "deals")
    assert (deals.rows, deals.name) == (5, "NewOpportunityObj.csv")
    assert deals.notes == (
        "1 rows are passed over: they say life_status: invalid or is_deleted: true",
        "1 rows are nobody's: they are refused unless `owner` says whose they are to be",
    )
    assert [(one.about, one.suggestion) for one in report.questions] == [("currency", "CNY")]


async def test_come_in_with_days_of_china(pool: Pool, tmp_path: Path) -> None:
    settings = {**CHINA, "owner": "FSUID_1"}
    result = await brought_in(pool, *made.fxiaoke_export(tmp_path), settings=settings, suggested=True)
    assert (result.refused, result.refusals) == (0, [])
    deals = await rows_of(
        pool,
        "SELECT o.data->>'title', o.occurred_at, w.topic, w.occurred_at FROM ledger.events o"
        " LEFT JOIN ledger.events w ON w.stream_id = o.stream_id AND w.topic IN ('deal.won', 'deal.lost')"
        " WHERE o.topic = 'deal.opened' ORDER BY 1",
    )
    opened, closed = datetime(2026, 1, 14, 16, 30, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert deals == [
        ("商机1", opened, None, None),
        ("商机2", opened, "deal.won", closed),
        ("商机3", opened, "deal.lost", closed),
        ("商机5", opened, None, None),
    ]
    again = await brought_in(pool, *made.fxiaoke_export(tmp_path), settings=settings, suggested=True)
    assert (again.events, again.refused) == (0, 0)


def test_a_page_that_tells_of_an_error_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "AccountObj_0.json").write_text('{"errorCode": 20016, "errorMessage": "token expired"}')
    with pytest.raises(ImportProblem, match=r"AccountObj_0\.json: .* \(20016: token expired\)"):
        looked_at(tmp_path / "AccountObj_0.json")


def test_missing_and_overlapping_pages_are_noticed(tmp_path: Path) -> None:
    one = made.page(tmp_path / "NewOpportunityObj_0.json", [made.fxiaoke_deal(1, "需求确定")], total=7)
    two = made.page(tmp_path / "NewOpportunityObj_1.json", [made.fxiaoke_deal(1, "需求确定")], total=7)
    assert of(looked_at(one, two), "deals").notes == (
        "NewOpportunityObj: the pages hold 1 of 7 records: save those that are missing, and import again",
        "NewOpportunityObj: 1 records come on two pages: the first is taken",
    )


def test_json_of_another_shape_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"deals": 5}')
    with pytest.raises(ImportProblem, match=r"x\.json: is JSON of a shape"):
        looked_at(tmp_path / "x.json")
    (tmp_path / "x.json").write_text('{"data": {"dataList": [')
    with pytest.raises(ImportProblem, match=r"x\.json: is no whole JSON"):
        looked_at(tmp_path / "x.json")


async def test_workbooks_with_chinese_headers_come_in(pool: Pool, tmp_path: Path) -> None:
    won = {**made.CHINESE, "商机编号": "SJ-002", "商机名称": "泵站", "商机状态": "赢单"}
    path = made.xlsx_of(tmp_path / "商机.xlsx", 商机=[made.CHINESE, won])
    report = looked_at(path)
    assert report.vendor == "fxiaoke"
    assert {one.header for one in report.files[0].left_out} == {"项目类型"}
    result = await brought_in(pool, path, settings=CHINA, suggested=True)
    assert (result.accepted, result.refusals) == (2, [])
    closed = await rows_of(pool, "SELECT occurred_at FROM ledger.events WHERE topic = 'deal.won'")
    assert closed == [(datetime(2026, 3, 2, 10, tzinfo=UTC),)]
    again = await brought_in(pool, path, settings=CHINA, suggested=True)
    assert (again.events, again.refused) == (0, 0)


async def test_leads_come_in_with_what_became_of_them(pool: Pool, tmp_path: Path) -> None:
    pooled = made.fxiaoke_lead(3, "未分配")
    del pooled["owner"], pooled["owner__r"]
    rows = [made.fxiaoke_lead(1, "跟进中"), made.fxiaoke_lead(2, "无效", close_reason__r="空号"), pooled]
    pages = made.page(tmp_path / "LeadsObj_0.json", rows)
    assert of(looked_at(pages), "leads").notes == ("1 rows are nobody's: they come into the pool",)
    result = await brought_in(pool, pages, settings=CHINA)
    assert (result.accepted, result.refusals) == (3, [])
    counts = await topics(pool)
    assert (counts["lead.captured"], counts["lead.discarded"]) == (3, 1)


async def test_contacts_come_in_with_their_customer(pool: Pool, tmp_path: Path) -> None:
    person = {"_id": "65c1", "name": "王芳", "account_id": "65a1", "account_id__r": "上海锅炉", "job_title": "采购经理",
              "mobile1": "13900000000", "life_status": "normal", "object_describe_api_name": "ContactObj"}  # fmt: skip
    files = [*made.fxiaoke_export(tmp_path), made.page(tmp_path / "ContactObj_0.json", [person])]
    result = await brought_in(pool, *files, settings={**CHINA, "owner": "FSUID_1"}, suggested=True)
    assert (result.refused, result.refusals) == (0, [])
    assert (await topics(pool))["customer.contact-added"] == 1


def test_pages_that_nobody_would_save_are_refused_or_read(tmp_path: Path) -> None:
    odd = {
        "_id": "1",
        "name": "a",
        "account_level": "1",
        "deep": [[[]]],
        "object_describe_api_name": "../../etc/x" * 50,
    }
    deep: object = "x"
    for _ in range(80):
        deep = [deep]
    path = made.page(tmp_path / "AccountObj_0.json", [{**odd, "deeper": deep}])
    path.write_text(path.read_text().replace('"total": 1', '"total": "many"'))
    report = looked_at(path, vendor="fxiaoke", kinds={})
    assert report.files[0].rows == 1
    assert "/" not in report.files[0].name
    wide = {f"f{n}": "1" for n in range(20_000)}
    with pytest.raises(ImportProblem, match=r"has more than 16,384 fields"):
        looked_at(made.page(tmp_path / "AccountObj_1.json", [wide]), vendor="fxiaoke")


def test_pages_beside_a_table_of_the_same_name_are_named(tmp_path: Path) -> None:
    pages = made.page(tmp_path / "AccountObj_0.json", [{"_id": "1", "name": "a", "account_level": "1"}])
    table = made.csv_of(tmp_path / "AccountObj.csv", [{"_id": "2", "name": "b", "account_level": "1"}])
    with pytest.raises(ImportProblem, match=r"AccountObj\.csv: two files are called so"):
        looked_at(pages, table)
