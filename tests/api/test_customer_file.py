"""A customer's file over HTTP: how much of it one answer has, and what of other teams' deals is in it."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock
from uuid import uuid4

import httpx

from api.customer import file
from tests.house import House

Json = dict[str, Any]


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


def customer(house: House) -> str:
    """Of north and south."""
    made = told(house.admin.post("/customers", json={"name": f"Quarry {uuid4()}"}), 201)
    id: str = made["answer"]["customer_id"]
    house.open_deal("north", customer_id=id)
    return id


def test_an_answer_has_the_newest_notes_and_says_how_many_there_are(house: House) -> None:
    id = customer(house)
    for text in ("first", "second", "third"):
        noted = told(
            house.admin.post(f"/customers/{id}/notes", json={"kind": "need", "text": text}),
            201,
        )
    with mock.patch.object(file, "MOST_NOTES", 2):
        found = told(house.client("north").get(f"/customers/{id}", params={"after": noted["position"]}))
    assert ([one["text"] for one in found["notes"]], found["notes_count"]) == (["third", "second"], 3)


def test_a_role_in_another_team_s_deal_is_theirs(house: House) -> None:
    id = customer(house)
    contact = told(house.admin.post(f"/customers/{id}/contacts", json={"name": "Ms Zhao"}), 201)
    path = f"/customers/{id}/contacts/{contact['answer']['contact_id']}/buying-role"
    sold = str(house.open_deal("south", customer_id=id))
    for role in ({"role": "decides"}, {"role": "blocks", "deal_id": sold}):
        said = told(house.admin.post(path, json=role))

    def roles(who: str) -> set[str | None]:
        found = told(house.client(who).get(f"/customers/{id}", params={"after": said["position"]}))
        return {one["deal_id"] for one in found["roles"]}

    assert roles("south") == roles("auditor") == {None, sold}
    assert roles("north") == roles("north-manager") == {None}


def test_a_record_of_another_team_is_in_no_part_of_the_file(house: House) -> None:
    """Whom it is told apart from, belongs to and has below it: neither by id nor by name."""
    ours, theirs = customer(house), f"Hidden {uuid4()}"
    hidden = told(house.admin.post("/customers", json={"name": theirs}), 201)["answer"]["customer_id"]
    house.open_deal("south", customer_id=hidden)
    sold = str(house.open_deal("south", customer_id=ours))
    below = customer(house)
    contact = told(house.admin.post(f"/customers/{ours}/contacts", json={"name": "Ms Zhao"}), 201)
    contact_id = contact["answer"]["contact_id"]
    for path, body in (
        (f"/customers/{ours}/apart", {"other_id": hidden, "because": "another family"}),
        (f"/customers/{ours}/compare", {"other_id": hidden}),
        (f"/customers/{ours}/contacts/{contact_id}/buying-role", {"role": "blocks", "deal_id": sold}),
        (f"/customers/{ours}/parent", {"parent_id": hidden}),
        (f"/customers/{hidden}/parent", {"parent_id": below}),
    ):
        said = told(house.admin.post(path, json=body))

    def read(who: str, of: str, part: str) -> str:
        return house.client(who).get(f"/customers/{of}{part}", params={"after": said["position"]}).text

    parts = (ours, "/timeline"), (ours, "/timeline?lang=zh"), (ours, ""), (below, "/group")
    for who in ("north", "north-manager"):
        for part in parts:
            text = read(who, *part)
            assert not [one for one in (hidden, theirs, sold) if one in text], part
    assert all(hidden in read("auditor", *part) for part in parts)
    assert [one["depth"] for one in json.loads(read("north", below, "/group"))["members"]] == [0, 1, 2]
    assert "another one than a record of another team" in read("north", ours, "/timeline")
