"""benchmarks, rows: pages in a real Chromium, from the address until all of it stands there and answers. Left out where there is none.

Each time in a browser that has seen nothing yet, so that its style sheet and its scripts come over the wire, too.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from api.engine.signed_in import COOKIE
from benchmarks import http_load, http_servers
from benchmarks.bench import Bench, beside
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.past import past
from benchmarks.rows.desk import cookies_of
from benchmarks.rows.read import MODELS

CHROMIUM = os.environ.get("SALESLOOP_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
SINCE = """() => new Promise(stands => requestAnimationFrame(() => setTimeout(() => {
  const [opened] = performance.getEntriesByType("navigation");
  const painted = performance.getEntriesByName("first-contentful-paint").map(one => one.startTime);
  stands(Math.max(opened.loadEventEnd, opened.domContentLoadedEventEnd, ...painted));
})))"""
"""Milliseconds from the navigation until it was painted, its scripts had run, and nothing was outstanding."""


@asynccontextmanager
async def opened(bench: Bench) -> AsyncIterator[Contest]:
    deals = bench.deals or bench.size.of(tiny=20, quick=2_000, full=100_000)
    there = await past(bench, deals, MODELS)
    pages = await cookies_of(bench, there.url)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        port = free()
        with beside(http_servers.serve_ours_on, there.url, home, port):
            times = bench.size.of(tiny=1, quick=5, full=15)
            yield Contest(
                {OURS: partial(_looked_at, bench, port, pages, times)},
                [f"{deals:,} deals; nothing in the browser's cache"],
            )


def free() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def _looked_at(bench: Bench, port: int, pages: Mapping[str, str], times: int) -> Figures:
    await http_load.until_open(port)
    return await bench.elsewhere(look, port, dict(pages), times)


def look(port: int, pages: Mapping[str, str], times: int) -> Figures:
    """Seconds, the median of so many times each, once it has been opened."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            return {
                f"{path.rpartition('/')[2]} seconds": median(
                    [_open(browser, port, path, cookie) for _ in range(times + 1)][1:]
                )
                for path, cookie in pages.items()
            }
        finally:
            browser.close()


def _open(browser: Browser, port: int, path: str, cookie: str) -> float:
    base = f"http://127.0.0.1:{port}"
    context = browser.new_context()
    try:
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": base}])
        page = context.new_page()
        answer = page.goto(base + path, wait_until="load")
        if answer is None or answer.status != 200:
            raise ValueError(f"{path} was not shown")
        return float(page.evaluate(SINCE)) / 1_000
    finally:
        context.close()


ROWS = (
    (
        Row(
            "desk-browser",
            "Today, Board and Team in Chromium",
            tuple(Aim(f"{page} seconds", at_most=1.0) for page in ("today", "board", "team")),
            opened,
        ),
    )
    if CHROMIUM
    else ()
)
