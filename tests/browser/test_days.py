"""The day of each: a rep, a manager, an auditor and an administrator, from what they see first to what stays of it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form, form, in_days

NEEDS = {
    "pain_points": "late offers",
    "decision_process": "a tender",
    "decision_makers": "Ms Zhao",
    "budget__amount": "90000",
}

LOG = """case_id,activity,lifecycle,resource,timestamp
7001,W_Nabellen offertes,complete,clerk-1,2026-11-02T09:00:00+08:00
7002,W_Nabellen offertes,complete,clerk-2,not a time
"""
"""A case that can be read, and one that cannot."""


def test_of_a_rep_from_a_touch_to_a_deal_that_is_won(company: Company, sign_in: SignIn) -> None:
    deal = company.open_deal("Sun Yu", "Twelve looms", expected_close="2027-01-29")
    company.said |= set(NEEDS.values())
    page = sign_in("Sun Yu")
    page.goto("/desk")
    expect(page).to_have_url(re.compile("/desk/today$"))
    touched(page, page.locator(f"#p-{deal}"), company.says("send the offer"))
    page.get_by_role("link", name="Twelve looms").first.click()
    page.wait_for_url(f"**/desk/deals/{deal}")
    expect(page.locator("#promise")).to_contain_text("send the offer")
    form(page, "recordNeeds", deal_id=deal).fill(**NEEDS).send_and_see_it_close()
    form(page, "recordQuote", deal_id=deal).fill(
        reference=company.says("Q-2026-17"), amount__amount="88000"
    ).send_and_see_it_close()
    expect(page.locator("#history")).to_contain_text("Q-2026-17")
    won = form(page, "winDeal", deal_id=deal)
    won.fill(amount__amount="88000", contract_reference=company.says("C-2026-117")).send_and_see_it_close()
    expect(page.locator("#closing")).to_contain_text("CNY 88,000")
    expect(page.locator("#history")).to_contain_text("C-2026-117")


def touched(page: Page, promise: Locator, what: str) -> None:
    """The short form beside a promise: what comes next, and until when."""
    place = Form(page, promise)
    place.fill(next_step__what=what, next_step__due_at=in_days(3)).send()
    expect(place.place).to_contain_text(what)


def test_of_a_manager_who_lets_a_deal_pass_a_gate_once(company: Company, sign_in: SignIn) -> None:
    deal = company.open_deal("Zhang Min", "Seven ovens")
    rep, manager = sign_in("Zhang Min"), sign_in("North manager")
    rep.goto(f"/desk/deals/{deal}")
    asked = form(rep, "requestOverride", deal_id=deal, to="solution")
    asked.fill(reason=company.says("the tender closes on Friday")).send_and_see_it_close()
    manager.goto(f"/desk/deals/{deal}")
    manager.locator("#gates").get_by_role("link", name="Decide").click()
    decision = Form(manager)
    decision.place.get_by_label("Grant it").check()
    decision.fill(reason=company.says("this once")).send_and_see_it_close()
    expect(rep.locator("#gates")).to_contain_text("approved")
    form(rep, "moveStage", deal_id=deal, to="solution").send_and_see_it_close()
    expect(manager.locator("[aria-current=step]")).to_contain_text("solution")


def test_of_an_auditor_who_finds_everything_and_changes_nothing(company: Company, sign_in: SignIn) -> None:
    deal = company.open_deal("Li Wei", "Eleven kilns")
    page = sign_in("auditor")
    page.goto("/desk/history")
    expect(page.locator("#found")).to_be_visible()
    page.locator("form.filters [name=text]").fill("Eleven kilns")
    page.locator("form.filters button").click()
    page.locator("#named").get_by_role("link", name="Eleven kilns").click()
    page.wait_for_url(f"**stream_id={deal}*")
    expect(page.locator("#found tbody tr")).to_have_count(2)
    with page.expect_download() as exported:
        page.get_by_role("link", name="Export as CSV").click()
    lines = Path(exported.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + 2, lines
    page.goto(f"/desk/deals/{deal}")
    expect(page.locator("#history")).to_contain_text("Eleven kilns")
    expect(page.locator('[href^="/desk/act/"], form[method=post]:not([action="/sign-out"])')).to_have_count(0)


def test_of_an_administrator_from_an_account_to_an_import(
    company: Company, sign_in: SignIn, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    page = sign_in("admin")
    page.goto("/desk/admin/accounts")
    made = Form(page, page.locator('form.act[action="/desk/admin/accounts"]'))
    made.fill(login=company.says("new-auditor"), role="auditor").send()
    expect(page.locator("code.secret")).to_contain_text("/sign-in/link/")
    page.goto("/desk/admin/keys")
    made = Form(page, page.locator('form.act[action="/desk/admin/keys"]'))
    made.fill(user_id=company.says("feed-reader"), role="auditor").send()
    expect(page.locator("code.secret")).to_contain_text("sl_")
    page.goto("/desk/admin/rules")
    published = page.get_by_role("link", name="Publish a follow-up policy")
    published.click()
    policy = Form(page).fill(name="key-accounts", calendar__country="CN", calendar__years="2027")
    policy.send_and_see_it_close()
    expect(page.locator("#p-key-accounts")).to_be_visible()
    page.goto("/desk/admin/imports")
    handed = Form(page, page.locator('form.act[action="/desk/admin/imports"]'))
    handed.fill(mapping="event_log")
    handed["files"].set_input_files(tmp_path / "log.csv")
    handed.send()
    page.wait_for_url("**/desk/admin/imports/*-*")
    expect(page.locator("#job")).to_contain_text("rehearsal")
    expect(page.locator("#job .pill.good")).to_have_text("done")
    with page.expect_download() as refused:
        page.locator("a[download]").first.click()
    assert "7002" in Path(refused.value.path()).read_text()
