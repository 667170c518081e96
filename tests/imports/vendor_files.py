"""tests: small files of the shape that vendors' exports have, dirty as those are. Written from what their documentation and public
programs say of them; nobody's data.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from openpyxl import Workbook

Row = Mapping[str, object]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def csv_of(
    path: Path, rows: Sequence[Row], *, encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n"
) -> Path:
    """A table with the columns of its first row."""
    with path.open("w", encoding=encoding, newline="") as out:
        table = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=end, restval="")
        table.writeheader()
        table.writerows(rows)
    return path


def xlsx_of(path: Path, **sheets: Sequence[Row]) -> Path:
    """A workbook, a sheet for each name."""
    book = Workbook()
    for n, (title, rows) in enumerate(sheets.items()):
        page = book.active if n == 0 else book.create_sheet()
        assert page is not None
        page.title = title
        page.append(list(rows[0]))
        for row in rows:
            page.append(list(row.values()))
    book.save(path)
    return path


# --- Zoho CRM

ANN, BO = ("zcrm_5000000000101", "Ann Lee"), ("zcrm_5000000000102", "Bo Berg")
ACME, TWIN = ("zcrm_5000000000201", "Acme"), ("zcrm_5000000000202", "Acme")
"""Two customers of one name."""


def zoho_account(account: tuple[str, str], industry: str, owner: tuple[str, str] = ANN) -> dict[str, object]:
    return {
        "Record Id": account[0], "Account Owner.id": owner[0], "Account Owner": owner[1], "Rating": "", "Account Name": account[1],
        "Phone": "+49 30 1", "Website": "", "Industry": industry, "Employees": "0", "Annual Revenue": "0.00",
        "Created By.id": owner[0], "Created By": owner[1], "Created Time": "2025-11-02 09:00:00",
        "Modified Time": "2025-11-02 09:00:00", "Billing City": "Berlin", "Billing Country": "Germany", "Description": "", "Tag": "",
    }  # fmt: skip


def zoho_deal(
    n: int, stage: str, owner: tuple[str, str] = ANN, account: tuple[str, str] = ACME, /, **more: object
) -> dict[str, object]:
    return {
        "Record Id": f"zcrm_5000000000{300 + n}", "Deal Owner.id": owner[0], "Deal Owner": owner[1], "Amount": f"{n}200.50",
        "Deal Name": f"Deal {n}", "Closing Date": "2027-03-31", "Account Name.id": account[0], "Account Name": account[1],
        "Stage": stage, "Type": "New Business", "Probability (%)": "10", "Expected Revenue": "20", "Next Step": "",
        "Lead Source": "Web", "Contact Name.id": "", "Contact Name": "", "Created By.id": ANN[0], "Created By": ANN[1],
        "Modified By.id": ANN[0], "Modified By": ANN[1], "Created Time": "2026-01-15 23:30:00", "Modified Time": "2026-03-02 08:00:00",
        "Description": "two\nlines, and a comma", "Pipeline": "Standard", "Reason For Loss": "", "Currency": "EUR",
        "Exchange Rate": "1", "Tag": "", **more,
    }  # fmt: skip


def zoho_lead(n: int, status: str, /, **more: object) -> dict[str, object]:
    return {
        "Record Id": f"zcrm_50000000004{n:02}", "Lead Owner.id": ANN[0], "Lead Owner": ANN[1], "Company": f"Firm {n}", "First Name": "Eva",
        "Last Name": f"Ott {n}", "Email": f"eva{n}@example.org", "Phone": "", "Mobile": "+49 170 1", "Lead Source": "Web",
        "Lead Status": status, "Created Time": "2026-01-15 23:30:00", "Modified Time": "2026-03-02 08:00:00", "Email Opt Out": "true",
        "City": "Berlin", **more,
    }  # fmt: skip


def zoho_export(folder: Path) -> list[Path]:
    deals = [
        zoho_deal(1, "Qualification"),
        zoho_deal(2, "Closed Won", BO, TWIN, **{"Closing Date": "2026-02-28"}),
        zoho_deal(3, "Closed Lost", BO, **{"Reason For Loss": "Price"}),
        zoho_deal(
            4, "Negotiation/Review", BO, ("", ""), Currency="USD", **{"Next Step": "send the contract"}
        ),
    ]
    accounts = [zoho_account(ACME, "Energy"), zoho_account(TWIN, "Steel", BO)]
    contact = {"Record Id": "zcrm_9", "Contact Owner.id": ANN[0], "Contact Owner": ANN[1], "First Name": "Eva", "Last Name": "Ott",
               "Account Name.id": ACME[0], "Account Name": "Acme", "Email": "eva@example.org", "Email Opt Out": "false"}  # fmt: skip
    return [
        csv_of(folder / "Deals_2026_05_28.csv", deals),
        csv_of(folder / "Accounts_2026_05_28.csv", accounts),
        csv_of(folder / "Contacts_2026_05_28.csv", [contact]),
    ]


# --- Fxiaoke


def at(written: str) -> int:
    """Milliseconds of a time on the clock of China; of a day, its midnight there."""
    return int(datetime.fromisoformat(written).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def page(path: Path, rows: Sequence[Row], *, total: int | None = None, offset: int = 0) -> Path:
    data = {
        "total": total if total is not None else len(rows),
        "offset": offset,
        "limit": 100,
        "dataList": list(rows),
    }
    answer = {
        "traceId": "E-O.1",
        "errorCode": 0,
        "errorMessage": "OK",
        "errorDescription": "success",
        "data": data,
    }
    path.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    return path


def fxiaoke_deal(n: int, stage: str, status: str = "进行中", /, **more: object) -> dict[str, object]:
    return {
        "_id": f"65d{n}", "name": f"商机{n}", "owner": ["FSUID_1"], "owner__r": {"name": "李娜", "dept": "华东"}, "account_id": "65a1",
        "account_id__r": "上海锅炉", "sales_stage": str(n), "sales_stage__r": stage, "sales_status": "1", "sales_status__r": status,
        "amount": "88000.00" if n % 2 else 88000, "close_date": at("2027-04-04"), "create_time": at("2026-01-15T00:30"),
        "stg_changed_time": at("2026-03-02T18:00"), "life_status": "normal", "lock_status": "0", "is_deleted": False,
        "object_describe_api_name": "NewOpportunityObj", "probability": "30", "field_a1B2c__c": "招标", **more,
    }  # fmt: skip


def fxiaoke_export(folder: Path) -> list[Path]:
    accounts = [
        {"_id": "65a1", "name": "上海锅炉", "owner": ["FSUID_1"], "owner__r": {"name": "李娜"}, "account_level": "1",
         "industry_level1__r": "制造业", "create_time": at("2025-06-01"), "life_status": "normal"},
        {"_id": "65a2", "name": "公海客户", "high_seas_id": "65h1", "create_time": at("2025-06-01"), "life_status": "normal"},
    ]  # fmt: skip
    deals = [
        fxiaoke_deal(1, "需求确定"),
        fxiaoke_deal(2, "签约", "赢单", owner=["FSUID_2"], owner__r={"name": "钱伟"}),
        fxiaoke_deal(3, "谈判审核", "输单"),
        fxiaoke_deal(4, "需求确定", life_status="invalid"),
    ]
    pooled = fxiaoke_deal(5, "验证客户")
    del pooled["owner"], pooled["owner__r"]
    return [
        page(folder / "AccountObj_0.json", accounts),
        page(folder / "NewOpportunityObj_0.json", deals, total=5),
        page(folder / "NewOpportunityObj_100.json", [pooled], total=5, offset=100),
    ]


def clock(written: str) -> datetime:
    """As a workbook has it: without a zone."""
    return datetime.fromisoformat(written)


def fxiaoke_lead(n: int, status: str, /, **more: object) -> dict[str, object]:
    return {
        "_id": f"65l{n}", "name": f"线索{n}", "company": "上海锅炉", "owner": ["FSUID_1"], "owner__r": {"name": "李娜"}, "leads_status": str(n),
        "leads_status__r": status, "mobile": "13800000000", "source__r": "展会", "create_time": at("2026-01-15T00:30"), "life_status": "normal",
        "object_describe_api_name": "LeadsObj", **more,
    }  # fmt: skip


CHINESE: dict[str, object] = {
    "商机名称": "锅炉改造", "客户名称": "上海锅炉", "销售流程": "标准流程", "商机阶段": "方案/报价", "商机状态": "进行中", "商机金额": 120000,
    "预计成交日期": clock("2027-04-04"), "负责人": "李娜", "负责人主属部门": "华东", "创建时间": clock("2026-01-15T09:30"),
    "阶段变更时间": clock("2026-03-02T18:00"), "生命状态": "正常", "输单原因": None, "商机编号": "SJ-001", "项目类型": "改造",
}  # fmt: skip
"""A row of a workbook, as people export it."""
