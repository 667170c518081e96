"""tests/browser: the form of an act as a person fills it in, in the dialog of an open page or, without a script, as a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

OPEN = """(address) => htmx.ajax("GET", address, {target: "#dialog-body", swap: "innerHTML", source: document.getElementById("dialog")})"""


class Form:
    """Of the page's dialog, or of the place that is given."""

    def __init__(self, page: Page, place: Locator | None = None) -> None:
        self.place = page.get_by_role("dialog") if place is None else place
        expect(self.place).to_be_visible()

    def __getitem__(self, name: str) -> Locator:
        return self.place.locator(f'[name="{name}"]')

    def fill(self, **typed: str) -> Form:
        """`next_step__what` is the field `next_step.what`."""
        for name, text in typed.items():
            field = self[name.replace("__", ".")]
            if not field.is_visible():
                self.place.get_by_text("More", exact=True).click()
            if field.evaluate("(one) => one.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)
        return self

    def send(self) -> None:
        self.place.locator("button.primary").click()

    def send_and_see_it_close(self) -> None:
        self.send()
        expect(self.place).to_be_hidden()


def form(page: Page, operation: str, **given: object) -> Form:
    """As any button of the page opens it."""
    page.wait_for_function("() => window.htmx")
    page.evaluate(OPEN, f"/desk/act/{operation}?{urlencode(given)}")
    return Form(page)


def in_days(days: int) -> str:
    """As a field for a time is filled in."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT10:00")
