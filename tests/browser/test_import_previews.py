"""An administrator brings another system's files: what was understood is seen, what only they know is answered, and then it is rehearsed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form
from tests.imports import vendor_files as made

LOOK = 'form.act[action="/desk/admin/imports/previews"]'
PREVIEW = 'form.act[action^="/desk/admin/imports/previews/"]'


def test_what_was_understood_is_seen_answered_and_rehearsed(
    company: Company, sign_in: SignIn, tmp_path: Path
) -> None:
    row = {name: text for name, text in made.zoho_deal(1, "Contract sent").items() if name != "Currency"}
    row |= {"Closing Date": "03/04/2026", "Created Time": "02/01/2026 09:00"}
    deals = made.csv_of(tmp_path / "Deals.csv", [row])
    company.said |= {*map(str, row), *map(str, row.values()), "Deals.csv", "Deals", "Zoho CRM"}
    page = sign_in("admin")
    page.goto("/desk/admin/imports")
    look = Form(page, page.locator(LOOK))
    look["files"].set_input_files([deals])
    look.send()
    page.wait_for_url(re.compile(r"/previews/[0-9a-f-]{36}$"))
    expect(page.locator("#understood h2")).to_have_text("Zoho CRM")
    expect(page.locator("#f1")).to_contain_text("Zoho tells nowhere when a deal was closed")
    form = Form(page, page.locator(PREVIEW))
    expect(form["stages|Contract sent"]).to_have_value("negotiation")
    form["stages|Contract sent"].select_option("needs")
    form["settings|currency"].fill("XXY")
    form.send()
    expect(page.get_by_role("alert")).to_contain_text("currency")
    form["stages|Contract sent"].select_option("needs")
    form["settings|currency"].fill("EUR")
    form["dates|Closing Date"].select_option("%d/%m/%Y")
    form["dates|Created Time"].select_option("%d/%m/%Y %H:%M")
    form["columns|deals: Description"].select_option("pain_points")
    form.send()
    expect(page.locator("#f1 td", has_text="pain_points")).to_have_count(1)
    expect(form["stages|Contract sent"]).to_have_count(0)
    page.get_by_role("button", name="Rehearse").click()
    page.wait_for_url(re.compile(r"/desk/admin/imports/[0-9a-f-]{36}$"))
    expect(page.locator("#job .pill.good")).to_have_text("done")
    expect(page.locator("#job")).to_contain_text("rehearsal")

    chinese = sign_in("admin", language="zh-CN")
    chinese.goto("/desk/admin/imports")
    expect(chinese.locator(LOOK)).to_contain_text("按表头识别")
