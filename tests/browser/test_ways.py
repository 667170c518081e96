"""Other ways to work than with a mouse, a script and a large screen: by keyboard, without a script, on a phone, in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form, form


def test_by_keyboard_a_form_is_opened_and_closed_and_sent(company: Company, sign_in: SignIn) -> None:
    page, title = sign_in("Li Wei"), company.says("By keyboard alone")
    page.goto("/desk/board")
    opener = page.locator("header .button.primary")
    tab_to(page, "header .button.primary")
    page.keyboard.press("Enter")
    opening = Form(page)
    expect(opening["title"]).to_be_focused()
    page.keyboard.press("Escape")
    expect(opening.place).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(opening["title"]).to_be_focused()
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/deals/*")


def test_by_keyboard_a_card_is_moved_by_its_menu(company: Company, sign_in: SignIn) -> None:
    deal = company.open_deal("Li Wei", "Moved by keyboard")
    page = sign_in("Li Wei")
    page.goto("/desk/board")
    page.locator(f"#d-{deal} a.moves").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("dialog")
    expect(menu).to_be_visible()
    tab_to(page, '#dialog button[name="to"][value="contact"]')
    page.keyboard.press("Enter")
    expect(menu).to_be_hidden()
    expect(page.locator(f"#s-contact #d-{deal}")).to_be_visible()


def test_without_a_script_a_form_is_a_page_and_filters_are_sent_by_a_button(
    company: Company, sign_in: SignIn
) -> None:
    page, title = sign_in("Li Wei", script=False), company.says("Without a script")
    page.goto("/desk/board")
    page.locator("header .button.primary").click()
    opening = Form(page, page.locator("form.act"))
    opening.send()
    expect(opening.place.locator("[name=title][aria-invalid=true]")).to_be_visible()
    opening.fill(title=title).send()
    page.wait_for_url("**/desk/deals/*")
    page.goto("/desk/board")
    page.locator("form.filters [name=text]").fill("Without")
    page.locator("form.filters button").click()
    expect(page.locator(".deal")).to_have_count(1)
    expect(page.locator(".deal")).to_contain_text(title)


def test_a_customer_is_found_by_name_with_a_script_and_without(company: Company, sign_in: SignIn) -> None:
    for name in ("Larkspur Mills", "Larkspur Yards"):
        company.post("/customers", {"name": name})
    plain = sign_in("Li Wei", script=False)
    plain.goto("/desk/act/openDeal")
    opening = Form(plain, plain.locator("form.act"))
    opening.fill(title=company.says("Forty looms"), customer_id__shown=company.says("larksp")).send()
    expect(opening["title"]).to_have_value("Forty looms")
    opening.place.locator("select[name=customer_id]").select_option(label="Larkspur Yards")
    opening.send()
    plain.wait_for_url("**/desk/deals/*")
    expect(plain.locator("main")).to_contain_text("Larkspur Yards")

    page = sign_in("Li Wei")
    page.goto("/desk/board")
    opening = form(page, "openDeal")
    opening.fill(title=company.says("Fifty looms"), customer_id__shown="larkspur m")
    opening.place.get_by_role("option", name="Larkspur Mills").click()
    opening.send()
    page.wait_for_url("**/desk/deals/*")
    expect(page.locator("main")).to_contain_text("Larkspur Mills")


def test_on_a_phone_one_goes_about_below_and_a_form_fits(company: Company, sign_in: SignIn) -> None:
    page, title = sign_in("Li Wei", width=390), company.says("On a phone")
    page.goto("/desk/funnel")
    box = page.locator("nav.side").bounding_box()
    assert box is not None
    assert box["y"] > 800 / 2, "the pages are below, where a thumb is"
    page.locator('nav.side a[href="/desk/board"]').click()
    page.wait_for_url("**/desk/board")
    opening = form(page, "openDeal")
    wide = opening.place.bounding_box()
    assert wide is not None
    assert wide["width"] <= 390
    opening.fill(title=title).send()
    page.wait_for_url("**/desk/deals/*")


def test_in_the_past_a_banner_says_so_and_nothing_can_be_done(company: Company, sign_in: SignIn) -> None:
    company.open_deal("Li Wei", "Six scales")
    page = sign_in("North manager")
    page.goto("/desk/board")
    expect(page.locator(".deal", has_text="Six scales")).to_be_visible()
    day = (datetime.now(UTC) - timedelta(days=30)).date()
    page.locator("#as-of-day").fill(str(day))
    page.wait_for_url(f"**as_of={day}*")
    expect(page.locator("#past")).to_be_visible()
    expect(page.locator(".deal")).to_have_count(0)
    expect(page.locator('[href^="/desk/act/"], [draggable=true]')).to_have_count(0)
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator(".deal", has_text="Six scales")).to_be_visible()


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """With the tabulator from where the focus is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by the keyboard")
