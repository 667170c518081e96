"""A page as known at the end of an earlier day: it says so, nothing is done there, and links stay on that day."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.house import House

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
"""The company's, as the cycle policy that is built in has it."""
PAST = str(TODAY - timedelta(days=40))


def test_a_page_of_now_offers_the_day(manager: httpx.Client) -> None:
    page = manager.get("/desk/board").text
    assert 'name="as_of"' in page
    assert 'id="past"' not in page


def test_a_page_of_the_past_says_so_and_goes_back(manager: httpx.Client) -> None:
    page = manager.get("/desk/board", params={"as_of": PAST, "sort": "-amount"}).text
    assert 'id="past"' in page
    assert 'href="/desk/board?sort=-amount"' in page
    assert 'data-follows=""' in page, "the past does not change"


def test_nothing_is_done_in_the_past(house: House, manager: httpx.Client) -> None:
    house.open_deal()
    page = manager.get("/desk/board", params={"as_of": PAST, "after": house.position}).text
    assert "/desk/act/" not in page
    assert "draggable" not in page
    assert manager.get("/desk/act/openDeal", params={"as_of": PAST}).status_code == 404
    answer = manager.post("/desk/act/openDeal", params={"as_of": PAST}, data={"title": "Too late"})
    assert answer.status_code == 403


def test_a_form_with_its_token_is_refused_in_the_past(house: House, manager: httpx.Client) -> None:
    token = manager.get("/desk/board").text.split('"X-CSRF-Token": "')[1].split('"')[0]
    answer = manager.post(
        "/desk/act/openDeal", params={"as_of": PAST}, data={"csrf": token, "key": "k", "title": "Too late"}
    )
    assert answer.status_code == 403
    assert "go back to now" in answer.text


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01", "2026-1-1"])
def test_what_is_no_day_is_said(manager: httpx.Client, given: str) -> None:
    answer = manager.get("/desk/board", params={"as_of": given})
    assert answer.status_code == 422
    assert "must be a day" in answer.text


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=3)])
def test_a_day_that_is_not_over_is_now(manager: httpx.Client, day: object) -> None:
    assert 'id="past"' not in manager.get("/desk/board", params={"as_of": str(day)}).text


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT%2B12"])
def test_a_day_is_over_when_the_company_s_is(house: House, zone: str) -> None:
    """Wherever the person sits: what was known then is cut by the company's days."""
    browser = house.browser("auditor")
    browser.cookies.set("zone", zone, domain="127.0.0.1")
    for day, is_past in ((TODAY, False), (TODAY - timedelta(days=1), True)):
        assert ('id="past"' in browser.get("/desk/board", params={"as_of": str(day)}).text) is is_past


def test_the_list_of_deals_as_known_then_is_the_team_s(house: House) -> None:
    house.open_deal("south", title="Of the south")
    mine = house.open_deal("north", title="Of the north")
    position = house.position
    given = {"to": str(house.reps["south"]), "handover_note": "yours now"}
    handed = house.admin.post(f"/deals/{mine}/handover", json=given)
    assert handed.status_code == 200, handed.text
    asked: dict[str, str | int] = {"known_at": position, "sort": "-opened_at", "limit": 200}
    then = house.client("north-manager").get("/deals", params=asked).json()["items"]
    assert str(mine) in [deal["deal_id"] for deal in then]
    assert all(deal["team_id"] == str(house.teams["north"]) for deal in then)
    after: dict[str, int] = {"after": handed.json()["position"]}
    known_then: tuple[dict[str, int], ...] = ({}, {"known_at": position})
    for known in known_then:
        assert house.client("north-manager").get(f"/deals/{mine}", params=after | known).status_code == 404
