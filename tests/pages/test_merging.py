"""Two records side by side, merged with what was chosen of each, and taken apart again on the customer's page."""

from __future__ import annotations

import re
from collections.abc import Callable

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


def test_what_was_said_since_is_chosen_from_where_a_record_is_taken_out(
    house: House, admin: httpx.Client, post_act: Callable[..., httpx.Response]
) -> None:
    client = house.client("admin")
    own, other = registered(house, "Rowan"), registered(house, "Rowan GmbH")
    client.post(f"/customers/{own}/merge", json={"gone_id": other})
    note = {"kind": "need", "text": "two pumps a week"}
    id = client.post(f"/customers/{own}/notes", json=note).json()["answer"]["note_id"]
    changed = client.post(f"/customers/{own}/profile", json={"sector": "mining"}).json()
    given = {"customer_id": other}
    form = admin.get("/desk/act/unmergeCustomer", params={**given, "after": changed["position"]}).text
    assert f'name="notes" value="{id}"' in form
    assert "two pumps a week" in form
    assert re.search(r'<option value="sector">[Ss]ector: mining</option>', form)
    assert "since-merge" not in form, "it says so in people's words"
    assert 'name="leads"' not in form, "nothing is asked where nothing was made"
    refused = post_act(admin, "unmergeCustomer", given, notes=id)
    assert (refused.status_code, f'value="{id}" checked' in refused.text) == (409, True)
    done = post_act(
        admin, "unmergeCustomer", given, notes=id, **{"rest_stays": "on", "rest_stays.shown": "1"}
    )
    assert done.status_code == 303, done.text
    after = {"after": re.search(r"after=(\d+)", done.headers["location"])[1]}  # type: ignore[index]
    notes = [client.get(f"/customers/{one}", params=after).json()["notes"] for one in (own, other)]
    assert [[one["note_id"] for one in of] for of in notes] == [[], [id]]


def test_only_leaders_are_shown_it(house: House, rep: httpx.Client) -> None:
    own, other = registered(house, "Yew"), registered(house, "Yew AG")
    assert rep.get(f"/desk/customers/{own}/merge", params={"gone_id": other}).status_code == 403
