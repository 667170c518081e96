"""Two people at once, and what people do while programs die under an open page."""

from __future__ import annotations

import json
import os
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import form


def test_what_was_typed_stays_at_a_conflict_beside_what_the_other_did(
    company: Company, sign_in: SignIn
) -> None:
    deal = company.open_deal("Li Wei", "Four lathes", amount={"amount": "4000.00", "currency": "CNY"})
    rep, manager = sign_in("Li Wei"), sign_in("North manager")
    for page in (rep, manager):
        page.goto("/desk/board")
    version = json.loads(rep.locator(f"#d-{deal}").get_attribute("data-values") or "")["version"]
    first, second = (form(page, "changeAmount", deal_id=deal, version=version) for page in (manager, rep))
    first.fill(amount__amount="5000").send_and_see_it_close()
    second.fill(amount__amount="6000").send()
    said = second.place.get_by_role("alert")
    expect(said).to_contain_text("north-manager")
    expect(said).to_contain_text("5,000")
    expect(second["amount.amount"]).to_have_value("6000")
    second.send_and_see_it_close()
    for page in (rep, manager):
        expect(page.locator(f"#d-{deal}")).to_contain_text("6,000")


@pytest.mark.parametrize("killed", ["projections", "postgres", "api"])
def test_a_page_heals_when_a_program_was_killed_under_it(
    company: Company, sign_in: SignIn, killed: str
) -> None:
    sign_in.expected += ("net::ERR_", "Failed to fetch", "status of 503")
    page, title = sign_in("Li Wei"), company.says(f"Typed while {killed} died")
    page.goto("/desk/board")
    opening = form(page, "openDeal").fill(title=title)
    before = company.system.restarts[killed]
    os.kill(company.system.pids[killed], signal.SIGKILL)
    if killed == "api":
        expect(page.locator("#banner")).to_contain_text("The connection is lost")
    company.until_restarted(killed, before)
    expect(page.locator("#banner")).to_be_hidden()
    expect(opening["title"]).to_have_value(title)
    opening.send()
    page.wait_for_url("**/desk/deals/*")
    page.goto("/desk/board")
    expect(page.locator(".deal", has_text=title)).to_be_visible()


def test_what_changes_before_a_page_has_its_stream_is_seen(company: Company, sign_in: SignIn) -> None:
    sign_in.expected += ("status of 503",)
    page, other = sign_in("Li Wei"), sign_in("North manager")
    for one in (page, other):
        one.goto("/desk/board")  # of the next one the zone is known
    page.route("**/desk/live*", lambda route: route.fulfill(status=503))
    with page.expect_response(lambda answer: "/desk/live" in answer.url and answer.status == 503):
        page.goto("/desk/board")
    deal = company.open_deal("Li Wei", "Opened while nobody heard")
    expect(other.locator(f"#d-{deal}")).to_be_visible()  # whoever hears was told
    expect(page.locator(f"#d-{deal}")).to_have_count(0)
    page.unroute("**/desk/live*")
    expect(page.locator(f"#d-{deal}")).to_be_visible()
