"""Custom fields on pages: declared in the administration, asked for with the right controls, shown, set right and emptied."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from tests.house import House
from tests.pages.sent import Sent

TIER: dict[str, Any] = {
    "of": "deal",
    "name": "tier",
    "label": "Tier",
    "label_zh": "等级",
    "type": "choice",
    "choices": [
        {"name": "gold", "label": "Gold", "label_zh": "金牌"},
        {"name": "tin", "label": "Tin", "retired": True},
    ],
}
SITE = {"of": "deal", "name": "site", "label": "Web site", "type": "link", "help": "Of the plant."}
GO_LIVE = {"of": "deal", "name": "go_live", "label": "Go-live", "type": "date"}
RENT = {"of": "deal", "name": "rent", "label": "Rent", "type": "money"}
PILOT = {"of": "deal", "name": "pilot", "label": "Pilot", "type": "yes-no"}


def declare(house: House, *fields: dict[str, Any]) -> None:
    for field in fields:
        answer = house.admin.post("/custom-fields", json=field)
        assert answer.status_code == 201, answer.text


def after(sent: httpx.Response) -> dict[str, str]:
    """To read what was recorded."""
    assert sent.status_code == 303, sent.text
    return {"after": sent.headers["location"].rpartition("after=")[2]}


def send(browser: httpx.Client, deal: UUID, **typed: str) -> httpx.Response:
    form = browser.get("/desk/act/setDealFields", params={"deal_id": str(deal)}).text
    return browser.post("/desk/act/setDealFields", data={**dict(Sent(form).fields), **typed})


def test_a_field_is_declared_shown_filled_in_and_emptied(house: House, rep: httpx.Client) -> None:
    deal = house.open_deal()
    declare(house, TIER, SITE, GO_LIVE, RENT, PILOT)
    form = rep.get("/desk/act/setDealFields", params={"deal_id": str(deal)}).text
    assert '<option value="gold">Gold</option>' in form
    assert "Tin" not in form
    assert 'type="date"' in form
    assert 'name="custom.rent.currency"' in form
    assert "Of the plant." in form
    wrong = send(rep, deal, **{"custom.site": "javascript:alert(1)", "custom.tier": "gold"})
    assert wrong.status_code == 422
    assert "must be a web address" in wrong.text
    typed = {
        "custom.site": "https://plant.example",
        "custom.tier": "gold",
        "custom.go_live": "2027-01-31",
        "custom.rent.amount": "1,200.50",
        "custom.rent.currency": "CNY",
        "custom.pilot": "yes",
    }
    page = rep.get(f"/desk/deals/{deal}", params=after(send(rep, deal, **typed))).text
    assert '<a href="https://plant.example" rel="noopener noreferrer"' in page
    assert "<dt>Tier</dt><dd>Gold</dd>" in page
    assert "1,200.5" in page
    again = rep.get("/desk/act/setDealFields", params={"deal_id": str(deal)}).text
    assert '<option value="gold" selected>Gold</option>' in again
    assert '<option value="yes" selected>' in again
    done = after(send(rep, deal, **{**typed, "custom.tier": "", "custom.pilot": "no"}))
    held = house.client("north").get(f"/deals/{deal}", params=done).json()["custom"]
    assert (held.get("tier"), held["pilot"], held["site"]) == (None, False, "https://plant.example")


def test_what_is_retired_stays_chosen_when_another_field_is_filled_in(
    house: House, rep: httpx.Client
) -> None:
    declare(house, TIER, SITE)
    deal = house.open_deal()
    after(send(rep, deal, **{"custom.tier": "gold"}))
    declare(house, {**TIER, "choices": [{**one, "retired": True} for one in TIER["choices"]]})
    done = after(send(rep, deal, **{"custom.site": "https://plant.example"}))
    held = house.client("north").get(f"/deals/{deal}", params=done).json()["custom"]
    assert held == {"tier": "gold", "site": "https://plant.example"}
    declare(house, TIER)


def test_administrators_see_what_is_declared_and_change_it(house: House, admin: httpx.Client) -> None:
    declare(house, TIER)
    page = admin.get("/desk/admin/fields").text
    assert "Gold" in page
    form = admin.get("/desk/act/declareField", params={"of": "deal", "name": "tier"}).text
    assert 'name="choices.0.name"' in form
    assert 'value="gold"' in form
    sent = admin.post("/desk/act/declareField", data={**dict(Sent(form).fields), "label": "Grade"})
    assert sent.status_code in (204, 303), sent.text
    assert "Grade" in admin.get("/desk/admin/fields").text
    (kept,) = [
        one["fields"] for one in house.admin.get("/custom-fields").json()["sets"] if one["name"] == "deal"
    ]
    (grade,) = [one for one in kept if one["name"] == "tier"]
    assert (grade["label"], grade["label_zh"], len(grade["choices"])) == ("Grade", "等级", 2)
