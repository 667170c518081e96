"""What anybody writes is on every open page, whoever looks and at whatever: no page is loaded again for it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form, form, in_days

MARKED = "() => { window.sameAsBefore = true; }"


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.evaluate(MARKED)
    return page


def test_a_touch_and_an_amount_arrive_on_the_pages_of_three_people(company: Company, sign_in: SignIn) -> None:
    deal = company.open_deal("Li Wei", "Seventeen mills", amount={"amount": "1700.00", "currency": "CNY"})
    rep = opened(sign_in("Li Wei"), "/desk/today")
    board = opened(sign_in("North manager"), "/desk/board")
    whole = opened(sign_in("auditor"), f"/desk/deals/{deal}")
    expect(board.locator(f"#d-{deal}")).to_contain_text("1,700")
    next_one = company.says("measure the hall")

    promise = Form(rep, rep.locator(f"#p-{deal}"))
    promise.fill(next_step__what=next_one, next_step__due_at=in_days(4)).send()
    for place in (rep.locator(f"#p-{deal}"), board.locator(f"#d-{deal}"), whole.locator("#promise")):
        expect(place).to_contain_text(next_one)

    change = form(board, "changeAmount", deal_id=deal)
    change.fill(amount__amount="1900").send_and_see_it_close()
    expect(board.locator(f"#d-{deal}")).to_contain_text("1,900")
    expect(whole.locator("#facts")).to_contain_text("1,900")
    expect(whole.locator("#history")).to_contain_text("1,900")
    for page in (rep, board, whole):
        assert page.evaluate("() => window.sameAsBefore"), f"{page.url} was loaded again"
