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


def test_what_is_learnt_since_is_listed_and_goes_where_somebody_says(house: House) -> None:
    admin = house.client("admin")
    old, new = registered(house, "admin", "Larch GmbH"), registered(house, "admin", "Larch")

    def post(path: str, **body: Any) -> dict[str, Any]:
        answer = admin.post(f"/customers/{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    zhao = post(f"{old}/contacts", name="Ms Zhao")["answer"]["contact_id"]
    post(f"{new}/merge", gone_id=old)
    notes = [post(f"{new}/notes", kind="need", text=text)["answer"]["note_id"] for text in ("pipes", "gas")]
    post(f"{new}/contacts/{zhao}/consents/withdraw", purpose="mail", source="a call")
    said = post(f"{new}/contacts/{zhao}/buying-role", role="decides")
    found = admin.get(f"/customers/{old}/since-merge", params={"after": said["position"]}).json()["items"]
    assert [(one["what"], one["id"], one["name"], one["value"], one["contact"]) for one in found] == [
        ("contact", zhao, "Ms Zhao", "", ""),
        ("note", notes[0], "pipes", "", ""),
        ("note", notes[1], "gas", "", ""),
        ("consent", zhao, "mail", "False", "Ms Zhao"),
        ("role", zhao, "decides", "", "Ms Zhao"),
    ]
    refused = admin.post(f"/customers/{old}/unmerge", json={"notes": notes[:1], "custom": ["tier"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "custom")
    left = admin.post(f"/customers/{old}/unmerge", json={"notes": notes[:1], "contacts": [zhao]})
    assert (left.status_code, left.json()["left"]) == (409, 1)
    apart = post(f"{old}/unmerge", notes=notes[:1], contacts=[zhao], rest_stays=True)
    files = [admin.get(f"/customers/{id}", params={"after": apart["position"]}).json() for id in (old, new)]
    assert [[one["note_id"] for one in file["notes"]] for file in files] == [notes[:1], notes[1:]]
    assert [[one["id"] for one in file["contacts"]] for file in files] == [[zhao], []]
    assert [(one["purpose"], one["given"]) for one in files[0]["consents"]] == [("mail", False)]
    assert (files[0]["contacts"][0]["buying_role"], files[0]["contacts"][0]["do_not_mail"]) == (
        "decides",
        True,
    )
    assert (files[1]["consents"], files[1]["roles"]) == ([], [])


def test_a_timeline_says_which_record_each_event_came_from(house: House) -> None:
    admin = house.client("admin")
    old, new = registered(house, "admin", "Maple GmbH"), registered(house, "admin", "Maple")
    deal = house.open_deal("north", customer_id=old)
    before = house.position
    alone = admin.get(f"/customers/{new}/timeline", params={"after": before}).json()["items"]
    assert {(one["record_id"], one["record_name"]) for one in alone} == {(new, None)}
    merged = admin.post(f"/customers/{new}/merge", json={"gone_id": old}).json()
    told = admin.get(f"/customers/{new}/timeline", params={"after": merged["position"]}).json()["items"]
    of = {one["topic"]: (one["record_id"], one["record_name"]) for one in told if one["of"] == "deal"}
    assert of["deal.opened"] == (old, "Maple GmbH")
    own = {one["topic"]: one["record_name"] for one in told if one["of"] == "customer"}
    assert (own["customer.merged"], own["customer.absorbed"]) == ("Maple GmbH", "Maple")
    south = str(house.reps["south"])
    moved = admin.post(f"/deals/{deal}/handover", json={"to": south, "handover_note": "they moved"})
    assert moved.status_code == 200, moved.text
    asked = {"known_at": merged["position"], "after": moved.json()["position"]}
    for login, sees in (("north", False), ("south", True)):
        answer = house.client(login).get(f"/customers/{new}/timeline", params=asked)
        seen = answer.status_code == 200 and any(one["of"] == "deal" for one in answer.json()["items"])
        assert seen is sees, "who has the deal today is told of it, also as it was known then"


def test_an_id_that_stood_for_another_teams_customer_then_is_not_answered(house: House) -> None:
    admin, leader, south = house.client("admin"), house.client("north-manager"), house.client("south")
    gone, kept = registered(house, "admin", "Rowan GmbH"), registered(house, "admin", "Rowan Secret")
    house.open_deal("north", customer_id=kept)
    for path, body in (
        ("contacts", {"name": "Ms Secret"}),
        ("notes", {"kind": "need", "text": "Secret pipes"}),
        ("merge", {"gone_id": gone}),
    ):
        merged = admin.post(f"/customers/{kept}/{path}", json=body)
        assert merged.status_code in (200, 201), merged.text
    then = {"known_at": merged.json()["position"]}
    apart = leader.post(f"/customers/{gone}/unmerge", json={"rest_stays": True})
    assert apart.status_code == 200, apart.text
    now = {"after": apart.json()["position"]}
    assert south.get(f"/customers/{gone}", params=now).json()["profile"]["name"] == "Rowan GmbH"
    before = {**now, "known_at": then["known_at"] - 1}
    assert south.get(f"/customers/{gone}", params=before).json()["customer_id"] == gone
    told = [
        path
        for path, item in admin.get("/openapi.json").json()["paths"].items()
        if "{customer_id}" in path
        and "known_at" in {one["name"] for one in item.get("get", {}).get("parameters", ())}
    ]
    assert len(told) >= 3
    for path in told:
        asked = path.replace("{customer_id}", gone)
        hidden = south.get(asked, params={**now, **then})
        assert hidden.status_code == 404, path
        assert kept not in hidden.text
        assert "Secret" not in hidden.text
        assert kept in leader.get(asked, params={**now, **then}).text

    later = house.open_deal("south", customer_id=gone)
    whole = leader.get(f"/customers/{kept}/timeline", params={**then, "after": house.position}).json()[
        "items"
    ]
    assert {one["record_id"] for one in whole} == {kept}, "a record that is another team's today"
    assert str(later) not in {one["stream_id"] for one in whole}


def test_a_contacts_id_is_one_customers(house: House) -> None:
    admin = house.client("admin")
    norths, twin, souths = (registered(house, "admin", name) for name in ("Yew", "Yew AG", "Elm"))
    house.open_deal("north", customer_id=norths)
    house.open_deal("south", customer_id=souths)

    def add(login: str, customer: str, **body: Any) -> Any:
        return house.client(login).post(f"/customers/{customer}/contacts", json={"name": "Ms Li", **body})

    contact = add("north", norths).json()["answer"]["contact_id"]
    taken = add("south", souths, contact_id=contact)
    assert (taken.status_code, taken.json()["type"].rpartition(":")[2]) == (409, "already-exists")
    assert norths not in taken.text
    assert house.client("south").get(f"/customers/{souths}").json()["contacts"] == []
    assert add("north", norths, contact_id=contact, role="buyer").status_code == 201, "said anew"
    assert admin.post(f"/customers/{twin}/merge", json={"gone_id": norths}).status_code == 200
    for record in (twin, norths):
        assert add("admin", record, contact_id=contact, role=record).status_code == 201, "they are one"


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
