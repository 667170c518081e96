# noqa: INP001 - a script beside its pictures, no package
"""docs: pictures of the desk's pages, of a demonstration that serves, in a Chromium of the system. Needs one: SALESLOOP_CHROMIUM or a
usual name.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
LINK = re.compile(r"http://[\w.:]+/sign-in/link/[\w-]+")
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
)
WIDE, HIGH = 1280, 700
ROLES = ("rep", "manager", "auditor")
"""In the order in which the demonstration prints their links."""
PAGES = {
    "today": ("rep", "/desk/today"),
    "board": ("rep", "/desk/board"),
    "deal": ("rep", "/desk/board"),
    "team": ("manager", "/desk/team"),
    "funnel": ("manager", "/desk/funnel"),
    "history": ("auditor", "/desk/history"),
}
LANGUAGES = {"": "en-US", ".zh": "zh-CN"}


def take(said: str) -> None:
    """`said` by the demonstration: the links are in it."""
    links = dict(zip(ROLES, LINK.findall(said), strict=True))
    chromium = os.environ.get("SALESLOOP_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for ending, language in LANGUAGES.items():
            _in_one_language(browser, links, ending, language)
        browser.close()


def _in_one_language(browser: Browser, links: dict[str, str], ending: str, language: str) -> None:
    context = browser.new_context(
        locale=language,
        timezone_id="Asia/Shanghai",
        viewport={"width": WIDE, "height": HIGH},
        device_scale_factor=1,
    )
    for name, (role, address) in PAGES.items():
        page = context.new_page()
        page.goto(links[role])
        page.goto("/".join(links[role].split("/")[:3]) + address)
        if name == "deal":
            _open_a_deal(page)
        page.screenshot(path=HERE / f"{name}{ending}.png")
        page.close()
    context.close()


def _open_a_deal(page: Page) -> None:
    """The furthest: it has most to tell."""
    page.locator(".deal a.strong").last.click()
    page.wait_for_url("**/desk/deals/*")
