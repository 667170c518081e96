"""Leads over HTTP: set right, barred, and counted by where they came from, each team's own."""

from __future__ import annotations

from typing import Any

from tests.house import House


def captured(house: House, login: str, **said: Any) -> str:
    receipt = house.client(login).post("/leads", json={"name": "Chen Yu", **said}).json()
    return str(receipt["answer"]["lead_id"])


def test_what_is_set_right_is_shown_and_found(house: House) -> None:
    leader = house.client("north-manager")
    lead = captured(house, "north-manager", origin="web form", do_not_call=True)
    answer = leader.post(f"/leads/{lead}/correct", json={"company": "Harbin Heating", "do_not_mail": True})
    assert answer.status_code == 200
    seen = leader.get(f"/leads/{lead}", params={"after": answer.json()["position"]}).json()
    told = {name: seen[name] for name in ("company", "origin", "do_not_mail", "do_not_call", "name")}
    assert told == {
        "company": "Harbin Heating",
        "origin": "web form",
        "do_not_mail": True,
        "do_not_call": True,
        "name": "Chen Yu",
    }
    assert [
        one["lead_id"] for one in leader.get("/leads", params={"origin": "web form"}).json()["items"]
    ] == [lead]


def test_they_are_counted_by_where_they_came_from(house: House) -> None:
    leader = house.client("north-manager")
    for _ in range(2):
        last = captured(house, "north-manager", origin="trade fair", source="Shanghai")
    position = leader.post(f"/leads/{last}/discard", json={"why": "a student"}).json()["position"]
    counted = leader.get("/leads/origins", params={"after": position}).json()["items"]
    (fair,) = [one for one in counted if one["name"] == "trade fair"]
    assert fair == {
        "name": "trade fair",
        "leads": 2,
        "open": 1,
        "converted": 0,
        "discarded": 1,
        "conversion": "0.000000",
    }
    by_source = leader.get("/leads/origins", params={"by": "source"}).json()["items"]
    assert [one["leads"] for one in by_source if one["name"] == "Shanghai"] == [2]
    later = leader.get("/leads/origins", params={"captured_from": "2100-01-01T00:00:00Z"}).json()["items"]
    assert later == []
    assert house.client("north-manager").get("/leads/origins", params={"by": "phone"}).status_code == 422
