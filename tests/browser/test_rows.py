"""A rule with rows as a person fills it in: by keyboard in the dialog, on a phone, and without a script."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form, form
from tests.browser.test_every_page import ALL, PHONE, UNFIT, axe, violations

__all__ = ["axe"]


def measure(asked: Form, n: int, **typed: str) -> None:
    asked.fill(**{f"measures__{n}__{name}": text for name, text in typed.items()})


def test_a_scorecard_is_defined_by_keyboard(company: Company, sign_in: SignIn, axe: str) -> None:
    page = sign_in("admin")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/desk/admin/rules")
    asked = form(page, "defineScorecard")
    asked.fill(name=company.says("browser-rows"))
    measure(asked, 0, key=company.says("bedside manner"), kind="qualitative", weight="30")
    more = asked.place.get_by_role("button", name="One more: Measures")
    more.focus()
    page.keyboard.press("Enter")
    expect(asked["measures.1.key"]).to_be_focused()
    expect(asked["measures.0.key"]).to_have_value("bedside manner")
    page.keyboard.type(company.says("tidiness"))
    measure(asked, 1, kind="qualitative", weight="70")
    asked.place.get_by_role("button", name="One more: Measures").click()
    asked.place.get_by_role("button", name="Take away: Measures 1").click()
    expect(asked["measures.0.key"]).to_have_value("tidiness")
    assert page.evaluate(UNFIT) == []
    assert violations(page, axe, ALL) == []
    asked["measures.0.weight"].press("Enter")
    expect(asked.place.get_by_text("not to 100 %")).to_be_visible()
    measure(asked, 0, weight="100")
    asked.send_and_see_it_close()


def test_a_scorecard_is_defined_without_a_script(company: Company, sign_in: SignIn) -> None:
    cookies = sign_in("admin").context.cookies()
    browser = sign_in("admin").context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, base_url=company.url)
    try:
        context.add_cookies(cookies)  # type: ignore[arg-type]
        fill_in_without(context.new_page(), company)
    finally:
        context.close()


def fill_in_without(page: Page, company: Company) -> None:
    page.goto("/desk/act/defineScorecard")
    asked = Form(page, page.locator("form.act"))
    asked.fill(name=company.says("browser-plain"))
    measure(asked, 0, key=company.says("courtesy"), kind="qualitative", weight="40")
    page.get_by_role("button", name="One more: Measures").click()
    measure(asked, 1, key=company.says("calm"), kind="qualitative", weight="60")
    asked.send()
    expect(page).not_to_have_url(f"{company.url}/desk/act/defineScorecard")
