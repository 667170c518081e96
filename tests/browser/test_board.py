"""The board in a browser: dragging, a gate that says what is missing, and what others do while one looks."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form


def drag(page: Page, title: str, stage: str) -> None:
    """With all of the board in sight: what scrolls under a button that is held drags another card."""
    page.set_viewport_size({"width": 1280, "height": 4_000})
    grip(page, page.locator(".deal", has_text=title))
    for _ in range(2):  # the first move begins to drag, the second is over the column
        column(page, stage).hover()
    page.mouse.up()


def grip(page: Page, card: Locator) -> None:
    """The button held down on that card: what others do can move the cards between the look and the press."""
    while True:
        card.hover()
        page.mouse.down()
        if card.evaluate("card => card.matches(':active')"):
            return
        page.mouse.move(0, 0)
        page.mouse.up()


def column(page: Page, stage: str) -> Locator:
    return page.locator(f'.stage[data-values*="\\"{stage}\\""]')


def test_a_card_is_dragged_to_another_stage(company: Company, sign_in: SignIn) -> None:
    company.open_deal("Li Wei", "Forty boilers")
    page = sign_in("Li Wei")
    page.goto("/desk/board")
    drag(page, "Forty boilers", "contact")
    expect(column(page, "contact").locator(".deal", has_text="Forty boilers")).to_be_visible()


def test_a_card_in_hand_stays_where_it_is_whatever_others_do(company: Company, sign_in: SignIn) -> None:
    company.open_deal("Li Wei", "Ten gauges")
    page, other = sign_in("Li Wei"), sign_in("Li Wei")
    for desk in (page, other):
        desk.set_viewport_size({"width": 1280, "height": 4_000})
        desk.goto("/desk/board")
    grip(page, page.locator(".deal", has_text="Ten gauges"))
    for title in ("Eleven gauges", "Twelve gauges"):
        company.open_deal("Li Wei", title)
        expect(other.locator(".deal", has_text=title)).to_be_visible()
    assert page.locator(".deal", has_text="Eleven gauges").count() == 0
    page.mouse.up()
    expect(page.locator(".deal", has_text="Eleven gauges")).to_be_visible()


def test_a_gate_that_is_not_met_asks_for_what_is_missing_and_then_lets_pass(
    company: Company, sign_in: SignIn
) -> None:
    company.open_deal("Li Wei", "Nine valves")
    page = sign_in("Li Wei")
    page.goto("/desk/board")
    drag(page, "Nine valves", "solution")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("pain points")
    dialog.get_by_role("link", name="Record the needs").click()
    needs = Form(page)
    needs.fill(
        pain_points=company.says("late offers"),
        decision_process=company.says("a tender"),
        decision_makers=company.says("Ms Zhao"),
        budget__amount="500000",
    )
    needs.send()
    expect(dialog).to_contain_text("Everything that was missing is recorded now.")
    Form(page).send_and_see_it_close()
    expect(column(page, "solution").locator(".deal", has_text="Nine valves")).to_be_visible()


def test_what_one_does_is_on_the_others_page_without_reloading(company: Company, sign_in: SignIn) -> None:
    company.open_deal("Zhang Min", "Two presses")
    manager, rep = sign_in("North manager"), sign_in("Zhang Min")
    manager.goto("/desk/board")
    rep.goto("/desk/board")
    expect(column(manager, "contact").locator(".deal", has_text="Two presses")).to_have_count(0)
    drag(rep, "Two presses", "contact")
    expect(column(manager, "contact").locator(".deal", has_text="Two presses")).to_be_visible()
