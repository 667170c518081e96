"""Two records side by side, merged with what was chosen of each, and taken apart again on the customer's page."""

from __future__ import annotations

import re

import httpx

from tests.house import House
from tests.pages.conftest import hidden


def registered(house: House, name: str, **profile: str) -> str:
    answer = house.client("admin").post("/customers", json={"name": name, **profile})
    return str(answer.json()["answer"]["customer_id"])


def test_two_records_are_chosen_from_and_merged(house: House, admin: httpx.Client) -> None:
    own, other = registered(house, "Willow", sector="tools"), registered(house, "Willow GmbH", country="DE")
    shown = admin.get(f"/desk/customers/{own}/merge", params={"gone_id": other}).text
    fields = re.findall(r'name="keep\.\d+\.field" value="(\w+)"', shown)
    assert fields == ["name", "sector", "country"]
    checked = re.findall(r'name="keep\.\d+\.customer_id" value="([0-9a-f-]+)" checked', shown)
    assert checked == [own, own, other]
    sent = {name: hidden(shown, name) for name in ("csrf", "key", "customer_id", "gone_id", "next")}
    for n, (field, whose) in enumerate(zip(fields, (other, own, other), strict=True)):
        sent |= {f"keep.{n}.field": field, f"keep.{n}.customer_id": whose}
    done = admin.post("/desk/act/mergeCustomers", data=sent)
    assert (done.status_code, done.headers["location"].partition("?")[0]) == (303, f"/desk/customers/{own}")
    page = admin.get(done.headers["location"]).text
    assert "Willow GmbH" in page
    assert f"/desk/history?stream_id={other}" in page
    assert re.search(rf'/desk/act/unmergeCustomer\?[^"]*{other}', page)
    moved = admin.get(f"/desk/customers/{other}")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/desk/customers/{own}")


def test_only_leaders_are_shown_it(house: House, rep: httpx.Client) -> None:
    own, other = registered(house, "Yew"), registered(house, "Yew AG")
    assert rep.get(f"/desk/customers/{own}/merge", params={"gone_id": other}).status_code == 403
