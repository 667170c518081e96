"""A connection that is lost for longer than a moment, and a day that is past: a page says so above everything, and both come to an end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import form
from tests.conftest import PATIENCE


@contextmanager
def database_away(company: Company) -> Iterator[None]:
    """Killed, and it does not come up again until the block is left: its disk is not what it was."""
    assert company.system.postgres is not None
    sign = company.system.postgres.data / "PG_VERSION"
    before = company.system.restarts["postgres"]
    sign.rename(sign.with_suffix(".away"))
    os.kill(company.system.pids["postgres"], signal.SIGKILL)
    try:
        deadline = time.monotonic() + PATIENCE
        while (
            httpx.get(company.url + "/readyz", timeout=PATIENCE).status_code != 503
        ):  # its processes live on for a moment
            assert time.monotonic() < deadline, "the database still answers"
            time.sleep(0.05)
        yield
    finally:
        sign.with_suffix(".away").rename(sign)
        company.until_restarted("postgres", before)


def test_a_page_without_a_network_says_so_until_there_is_one(company: Company, sign_in: SignIn) -> None:
    sign_in.expected += ("net::ERR_", "Failed to fetch")
    page = sign_in("Li Wei")
    page.goto("/desk/board")
    banner = page.locator("#banner")
    expect(banner).to_be_hidden()
    page.context.set_offline(True)
    page.locator("header .button.primary").click()
    expect(banner).to_contain_text("The connection is lost")
    page.context.set_offline(False)
    expect(banner).to_be_hidden()
    form(page, "openDeal")


def test_while_the_database_is_away_a_form_stays_and_then_goes_through(
    company: Company, sign_in: SignIn
) -> None:
    sign_in.expected += ("net::ERR_", "Failed to fetch", "status of 503")
    page, title = sign_in("Li Wei"), company.says("Typed in the meantime")
    page.goto("/desk/board")
    other = sign_in("North manager")
    other.goto("/desk/board")
    opening = form(page, "openDeal").fill(title=title)
    with database_away(company):
        opening.send()
        expect(opening.place.get_by_role("alert")).to_contain_text(
            "What you typed is still here: try again in 2 seconds"
        )
        expect(opening["title"]).to_have_value(title)
    opening.send()
    page.wait_for_url("**/desk/deals/*")
    expect(other.locator(".deal", has_text=title)).to_be_visible()
    expect(other.locator("#banner")).to_be_hidden()


def test_an_idle_page_says_that_the_database_is_away_until_it_is_back(
    company: Company, sign_in: SignIn
) -> None:
    sign_in.expected += ("net::ERR_", "status of 503")
    page = sign_in("Li Wei", language="zh-CN")
    page.goto("/desk/board")
    banner = page.locator("#banner")
    expect(banner).to_be_hidden()
    with database_away(company):
        expect(banner).to_contain_text("数据库暂时没有响应")
    expect(banner).to_be_hidden()
    title = company.says("Made when it was back")
    company.open_deal("Li Wei", title)
    expect(page.locator(".deal", has_text=title)).to_be_visible()


def test_a_day_that_is_past_is_said_on_each_page_until_one_is_back(sign_in: SignIn) -> None:
    page = sign_in("North manager")
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    for name in ("board", "funnel", "team"):
        page.goto(f"/desk/{name}?as_of={day}")
        expect(page.locator("#past")).to_contain_text("Nothing can be done here")
        expect(page.locator('main [href^="/desk/act/"], main form[method=post]')).to_have_count(0)
    page.get_by_role("link", name="Back to now").click()
    page.wait_for_url("**/desk/team")
    expect(page.locator("#past")).to_have_count(0)
    expect(page.locator("#banner")).to_be_hidden()
