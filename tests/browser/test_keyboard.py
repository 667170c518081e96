"""A whole walk without a mouse: found on the board, opened, a touch logged, needs recorded, moved on; the focus is never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form
from tests.browser.test_ways import tab_to

FOCUSED = "() => document.activeElement !== document.body && document.activeElement.matches(':focus-visible')"


def press(page: Page, selector: str) -> None:
    """Gone to with the tabulator, seen to be there, and pressed."""
    tab_to(page, selector, most=120)
    assert page.evaluate(FOCUSED), f"{selector} has the focus and does not show it"
    page.keyboard.press("Enter")


def typed(page: Page, **texts: str) -> None:
    """In fields of the open dialog, in the order they stand in."""
    for name, text in texts.items():
        if not page.evaluate("(name) => document.activeElement.name === name", name.replace("__", ".")):
            tab_to(page, f'#dialog [name="{name.replace("__", ".")}"]')
        page.keyboard.type(text)


def sent(page: Page, opener: str) -> None:
    """The dialog is gone, and one goes on from where it was opened."""
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#toast")).to_be_visible()
    expect(page.locator(opener)).to_be_focused()


def test_from_the_board_to_the_next_stage(company: Company, sign_in: SignIn) -> None:
    deal = company.open_deal("Zhang Min", "Thirteen grinders")
    page = sign_in("Zhang Min")
    page.goto("/desk/board")
    press(page, "a.skip")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "form.filters [name=text]")
    page.keyboard.type("Thirteen gr")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=Thirteen*")
    expect(page.locator(".deal")).to_have_count(1)
    press(page, f'.deal a[href="/desk/deals/{deal}"]')
    page.wait_for_url(f"**/desk/deals/{deal}")

    touch = 'main .heading a.primary[href^="/desk/act/logActivity"]'
    press(page, touch)
    form = Form(page)
    page.keyboard.type("call")
    expect(form["activity.kind"]).to_have_value("call")
    typed(page, next_step__what=company.says("bring samples"))
    page.keyboard.press("Enter")
    expect(form.place.get_by_role("alert")).to_contain_text("check what is marked")
    expect(form["next_step.due_at"]).to_be_focused()
    page.keyboard.type(f"{datetime.now(UTC) + timedelta(days=4):%m%d%Y}")
    page.keyboard.press("Tab")  # from the year to the hour
    page.keyboard.type("1000AM")
    page.keyboard.press("Enter")
    sent(page, touch)
    expect(page.locator("#promise")).to_contain_text("bring samples")

    needs = '#needs a[href^="/desk/act/recordNeeds"]'
    press(page, needs)
    Form(page)
    typed(page, pain_points=company.says("dull edges"), budget__amount="7000")
    press(page, "#dialog button.primary")
    sent(page, needs)
    expect(page.locator("#needs")).to_contain_text("dull edges")

    press(page, '.stage-bar a[href*="to=contact"]')
    Form(page)
    press(page, "#dialog button.primary")
    expect(page.locator(".stage-bar [aria-current=step]")).to_contain_text("contact")
