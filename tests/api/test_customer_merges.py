"""Merging over HTTP: who may, what the old id answers, from which record each value is, and what has to be said to take one out."""

from __future__ import annotations

from typing import Any

from tests.house import House


def registered(house: House, login: str, name: str, **profile: Any) -> str:
    answer = house.client(login).post("/customers", json={"name": name, **profile})
    return str(answer.json()["answer"]["customer_id"])


def test_two_records_are_merged_and_taken_apart(house: House) -> None:
    leader = house.client("north-manager")
    old = registered(
        house, "north-manager", "Alder GmbH", country="DE", other_names=[{"name": "桤木", "language": "zh"}]
    )
    new = registered(house, "north-manager", "Alder", sector="tools")
    contact = (
        house.client("admin")
        .post(f"/customers/{old}/contacts", json={"name": "Ms Zhao"})
        .json()["answer"]["contact_id"]
    )
    house.open_deal("north", customer_id=new)
    keep = [{"field": "name", "customer_id": old}]
    merged = leader.post(
        f"/customers/{new}/merge", json={"gone_id": old, "keep": keep, "reason": "one company"}
    )
    assert merged.status_code == 200, merged.text
    after = {"after": merged.json()["position"]}

    seen = leader.get(f"/customers/{old}", params=after).json()
    assert (seen["customer_id"], seen["merged_into"]) == (new, new)
    assert (seen["profile"]["name"], seen["profile"]["country"]) == ("Alder GmbH", "DE")
    assert [one["id"] for one in seen["contacts"]] == [contact]
    assert "merged_into" not in leader.get(f"/customers/{new}").json()
    listed = leader.get("/customers", params={"text": "alder", **after}).json()["items"]
    assert [one["id"] for one in listed] == [new]

    made = leader.get(f"/customers/{old}/records").json()
    assert [(one["customer_id"], one["into"]) for one in made["records"]] == [(new, None), (old, new)]
    assert (made["records"][1]["reason"], made["records"][1]["merged_by"]) == (
        "one company",
        "u-north-manager",
    )
    chosen = {
        one["field"]: (one["chosen"], {v["customer_id"]: v["value"] for v in one["values"]})
        for one in made["fields"]
    }
    assert chosen == {
        "name": (old, {new: "Alder", old: "Alder GmbH"}),
        "country": (old, {old: "DE"}),
        "other_names": (old, {old: "桤木, zh"}),
        "sector": (new, {new: "tools"}),
    }
    assert made["contacts"] == [{"contact_id": contact, "name": "Ms Zhao", "customer_id": old}]

    lead = leader.post("/leads", json={"name": "Wang", "customer_id": old}).json()
    assert (
        leader.get(f"/leads/{lead['answer']['lead_id']}", params={"after": lead["position"]}).json()[
            "customer_id"
        ]
        == new
    )
    since = leader.get(f"/customers/{old}/since-merge", params={"after": lead["position"]}).json()
    assert since["survivor_id"] == new
    assert [
        (one["what"], one["id"]) for one in since["items"]
    ] == []  # nobody has the lead yet: it is of no team
    admin = house.client("admin")
    (seen_by_all,) = admin.get(f"/customers/{old}/since-merge").json()["items"]
    assert (seen_by_all["what"], seen_by_all["name"]) == ("lead", "Wang")

    refused = leader.post(f"/customers/{old}/unmerge", json={})
    assert (refused.status_code, refused.json()["left"]) == (409, 1)
    apart = leader.post(f"/customers/{old}/unmerge", json={"rest_stays": True})
    assert apart.status_code == 200, apart.text
    back = leader.get(f"/customers/{old}", params={"after": apart.json()["position"]}).json()
    assert (back["customer_id"], back["profile"]["country"]) == (old, "DE")
    assert leader.get(f"/customers/{old}/since-merge").json()["items"] == []


def test_leaders_merge_what_they_may_see(house: House) -> None:
    south = registered(house, "south-manager", "Birch")
    deal = house.client("south-manager").post(
        "/deals", json={"title": "boilers", "customer_id": south, "owner_id": str(house.reps["south"])}
    )
    north = registered(house, "north-manager", "Birch AG")
    body = {"gone_id": south}
    nobodys = house.client("north-manager").post(f"/customers/{north}/merge", json=body)
    assert nobodys.status_code in (403, 422)
    house.open_deal("north", customer_id=north)
    assert house.client("north").post(f"/customers/{north}/merge", json=body).status_code == 403
    hidden = house.client("north-manager").post(f"/customers/{north}/merge", json=body)
    assert hidden.status_code == 422, "what is not theirs to see is not there"
    assert house.client("admin").post(f"/customers/{north}/merge", json=body).status_code == 200
    assert deal.status_code == 201
