"""tests/browser: every page that somebody can come to by following links from the first one, one of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
LINKS = "() => [...document.querySelectorAll('a[href^=\"/desk\"]:not([download])')].map((a) => a.getAttribute('href'))"


def walk(page: Page, dead: list[str]) -> Iterator[str]:
    """The kind of each page (`/desk/deals/…`), while `page` stands on it. What differs by an id alone is walked once. `dead` gets
    the links that lead nowhere.
    """
    waiting, seen = ["/desk"], set[str]()
    while waiting:
        address = waiting.pop(0)
        if kind_of(address) in seen:
            continue
        before, answer = page.url, page.goto(address)
        seen |= {kind_of(address), kind_of(page.url)}
        assert answer is not None
        if answer.status >= 400:
            dead.append(f"{before} links to {address}, which answers {answer.status}")
            continue
        waiting += page.evaluate(LINKS)
        yield kind_of(page.url)


def kind_of(address: str) -> str:
    return ID.sub("…", urlsplit(address).path)
