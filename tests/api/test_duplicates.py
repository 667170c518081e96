"""Duplicates over HTTP: told of where one is entered, asked about, refused, found among all, told apart. A team learns little of others' customers."""

from __future__ import annotations

from typing import Any
from unittest import mock
from uuid import uuid4

import httpx
import psycopg
import pytest

from api.customer import duplicates
from projections.customer import pairs
from tests.house import House

ASKED = {"Salesloop-Asks": "duplicates"}
house = pytest.fixture(lambda house_of_the_module: house_of_the_module, scope="module")


def entered(
    client: httpx.Client, name: str, headers: dict[str, str] | None = None, **said: Any
) -> httpx.Response:
    return client.post("/customers", json={"name": name, **said}, headers=headers or {})


def registered(client: httpx.Client, name: str, **said: Any) -> str:
    answer = entered(client, name, **said)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["answer"]["customer_id"])


def scores(answer: httpx.Response) -> dict[str, int]:
    return {one["name"]: one["score"] for one in answer.json()["answer"].get("likely", ())}


def test_whoever_enters_one_is_told_whom_it_may_be_and_by_what(house: House) -> None:
    old = registered(house.admin, "Kestrel Robotics GmbH", country="DE")
    answer = entered(house.admin, "Kestrel Robotic AG", country="DE")
    (one,) = answer.json()["answer"]["likely"]
    assert (one["customer_id"], one["name"], one["evidence"]) == (
        old,
        "Kestrel Robotics GmbH",
        ["similar-name"],
    )
    assert entered(house.admin, "凯斯特机器人有限公司").json()["answer"].keys() == {"customer_id"}


def test_traditional_and_simplified_names_are_one(house: House) -> None:
    registered(house.admin, "上海華東精密製造股份有限公司")
    assert scores(entered(house.admin, "华东精密制造（上海）有限公司")) == {
        "上海華東精密製造股份有限公司": 92
    }


def test_a_person_is_asked_and_says_why_it_is_another(house: House) -> None:
    registered(house.admin, "Onyx Optics Ltd")
    refused = entered(house.admin, "Onyx Optics", ASKED)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "likely-duplicate")
    assert [one["name"] for one in problem["likely"]] == ["Onyx Optics Ltd"]
    chinese = entered(house.admin, "Onyx Optics", ASKED | {"Accept-Language": "zh"}).json()["detail"]
    assert "“Onyx Optics Ltd”" in chinese
    taken = entered(house.admin, "Onyx Optics", ASKED, another_because="the one in Graz")
    assert (taken.status_code, taken.json()["recorded"]) == (201, 2)


def test_the_same_key_again_is_answered_as_before(house: House) -> None:
    """Though by then somebody else entered what the first would be taken for."""
    key = {"Idempotency-Key": str(uuid4())}
    first = entered(house.admin, "Saffron Mills", ASKED | key)
    registered(house.admin, "Saffron Mills Ltd")
    again = entered(house.admin, "Saffron Mills", ASKED | key)
    assert (again.status_code, again.json()["answer"]) == (201, first.json()["answer"])
    assert again.headers["Idempotency-Replayed"] == "true"


def test_by_phone_and_mail_domain_of_contacts(house: House) -> None:
    old = registered(house.admin, "Umber Steel", country="DE")
    contact = {"name": "Ms Zhao", "mail": "zhao@umber-steel.example", "phone": "030 901820"}
    house.admin.post(f"/customers/{old}/contacts", json=contact)
    lead = {
        "name": "Mr Wang",
        "company": "A smelter",
        "mail": "wang@umber-steel.example",
        "phone": "+49 30 901820",
    }
    (one,) = house.admin.post("/leads", json=lead).json()["answer"]["likely"]
    assert (one["customer_id"], one["evidence"]) == (old, ["mail-domain", "phone"])
    freely = {"name": "Mr Wang", "company": "A smelter", "mail": "wang@gmail.com"}
    assert "likely" not in house.admin.post("/leads", json=freely).json()["answer"]


def test_of_another_teams_customer_a_team_learns_no_more_than_whose_it_is(house: House) -> None:
    theirs = registered(house.admin, "Tidal Marine", country="NL")
    house.open_deal("south", customer_id=theirs)
    house.admin.post(f"/customers/{theirs}/contacts", json={"name": "Ms Bos", "mail": "bos@tidal.example"})
    north = house.client("north")
    (named,) = entered(north, "Tidal Marine BV").json()["answer"]["likely"]
    assert (named["customer_id"], named["name"], named["teams"]) == (None, "", ["south"])
    lead = north.post("/leads", json={"name": "Mr Bos", "company": "Someone", "mail": "x@tidal.example"})
    (unnamed,) = lead.json()["answer"]["likely"]
    assert (unnamed["customer_id"], unnamed["name"], unnamed["teams"]) == (None, "", ["south"])
    assert north.get(f"/customers/{theirs}/duplicates").status_code == 404
    told = north.get("/customers/duplicates", params={"limit": 200}).json()["items"]
    assert theirs not in {id for pair in told for id in (pair["customer_id"], pair["other_id"])}


def test_pairs_are_found_told_apart_and_compared_again(house: House) -> None:
    one, last = registered(house.admin, "Juniper Freight"), entered(house.admin, "Junipr Freight SA")
    other, position = last.json()["answer"]["customer_id"], last.json()["position"]

    def paired() -> bool:
        found = house.admin.get(
            "/customers/duplicates", params={"least": 60, "limit": 200, "after": position}
        ).json()
        pairs = [{pair["customer_id"], pair["other_id"]} for pair in found["items"]]
        beside = house.admin.get(f"/customers/{other}/duplicates").json()["likely"]
        assert pairs.count({one, other}) == (one in [like["customer_id"] for like in beside]) <= 1
        return {one, other} in pairs

    assert paired()
    said = house.admin.post(f"/customers/{one}/apart", json={"other_id": other, "because": "another family"})
    position = said.json()["position"]
    assert not paired()
    position = house.admin.post(f"/customers/{other}/compare", json={"other_id": one}).json()["position"]
    assert paired()


def test_a_pair_whose_keys_many_came_to_share_meanwhile_is_passed_over(house: House) -> None:
    """Between the reading of the keys and their counting others are entered: it is no pair by them any more."""
    registered(house.admin, "Quince Logistics")
    position = entered(house.admin, "Quince Logistic SA").json()["position"]
    none = (
        "SELECT key FROM read.customer_keys WHERE key = ANY(%(keys)s) GROUP BY key HAVING count(*) > %(most)s"
    )
    asked = {"least": 60, "limit": 200, "after": position}
    assert house.admin.get("/customers/duplicates", params=asked).json()["items"]
    with mock.patch.object(pairs, "COUNTING", none):
        assert house.admin.get("/customers/duplicates", params=asked).json()["items"] == []


def test_the_pages_of_pairs_hold_each_once(house: House) -> None:
    for n in range(4):
        last = entered(house.admin, f"Lantern {'I' * n} Textiles{' Ltd' * (n % 2)}", country="IT")
    asked = {"least": 60, "after": last.json()["position"]}
    whole = house.admin.get("/customers/duplicates", params={**asked, "limit": 200}).json()["items"]
    found, cursor = list[Any](), dict[str, str]()
    while True:
        page = house.admin.get("/customers/duplicates", params={**asked, "limit": 1, **cursor}).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole
    assert len({(pair["customer_id"], pair["other_id"]) for pair in whole}) == len(whole) > 0


def test_a_merged_record_leads_to_the_customer_that_it_stands_for(house: House) -> None:
    kept, gone = (
        registered(house.admin, "Nimbus Networks"),
        registered(house.admin, "Wolkennetz Beteiligungs AG"),
    )
    merged = house.admin.post(f"/customers/{kept}/merge", json={"gone_id": gone, "reason": "renamed"})
    assert merged.status_code == 200, merged.text
    (one,) = entered(house.admin, "Wolkennetz Beteiligung").json()["answer"]["likely"]
    assert (one["customer_id"], one["name"]) == (kept, "Nimbus Networks")
    after = {"after": merged.json()["position"], "limit": 200}
    known = {"after": merged.json()["position"]}
    likely = house.admin.get(f"/customers/{gone}/duplicates", params=known).json()["likely"]
    assert kept not in {one["customer_id"] for one in likely}, "it is that one"
    pairs = house.admin.get("/customers/duplicates", params=after).json()["items"]
    assert gone not in {id for pair in pairs for id in (pair["customer_id"], pair["other_id"])}


def test_who_was_told_apart_stays_so_when_one_of_the_two_is_merged(house: House) -> None:
    names = ("Harrow Optics", "Harow Optics SA", "Harow Optics GmbH")
    one, gone, kept = (registered(house.admin, name) for name in names)
    said = {"other_id": gone, "because": "another family"}
    assert house.admin.post(f"/customers/{one}/apart", json=said).status_code == 200
    done = house.admin.post(f"/customers/{kept}/merge", json={"gone_id": gone, "reason": "renamed"})

    def proposed() -> list[bool]:
        after = {"after": done.json()["position"]}
        found = house.admin.get("/customers/duplicates", params={"least": 60, "limit": 200, **after}).json()
        pairs = [{pair["customer_id"], pair["other_id"]} for pair in found["items"]]
        beside = [
            house.admin.get(f"/customers/{id}/duplicates", params=after).json()["likely"]
            for id in (one, kept)
        ]
        found_by = [[like["customer_id"] for like in likely] for likely in beside]
        return [{one, kept} in pairs, kept in found_by[0], one in found_by[1]]

    assert proposed() == [False] * 3
    again = house.admin.post(f"/customers/{kept}/apart", json={"other_id": one, "because": "as said"})
    assert again.json()["recorded"] == 0
    done = house.admin.post(f"/customers/{one}/compare", json={"other_id": kept})
    assert done.json()["recorded"] == 1
    assert proposed() == [True] * 3


def test_a_policy_refuses_and_only_an_administrator_publishes_it(house: House) -> None:
    assert house.client("north-manager").post("/duplicate-policy", json={"tell_from": 10}).status_code == 403
    assert house.admin.post("/duplicate-policy", json={"tell_from": 60, "ask_from": 50}).status_code == 422
    house.admin.post("/duplicate-policy", json={"tell_from": 60, "ask_from": 85, "refuse_from": 90})
    try:
        registered(house.admin, "Pioneer Plastics")
        assert entered(house.admin, "Pioneer Plastics Inc").status_code == 409
        assert entered(house.admin, "Pioneer Plastics Inc", another_because="the sister").status_code == 201
    finally:
        house.admin.post("/duplicate-policy", json={"tell_from": 60, "ask_from": 85})
    versions = house.client("auditor").get("/duplicate-policy").json()["versions"]
    assert [one["refuse_from"] for one in versions] == [None, 90, None]


def test_two_that_are_entered_at_once_are_found_afterwards(house: House) -> None:
    """Nobody waits for anybody: both are there, and a pair."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as at_once:
        both = list(
            at_once.map(lambda name: entered(house.admin, name), ("Quarry Glass", "Quarry Glass Ltd"))
        )
    ids = {answer.json()["answer"]["customer_id"] for answer in both}
    position = max(answer.json()["position"] for answer in both)
    found = house.admin.get("/customers/duplicates", params={"limit": 200, "after": position}).json()["items"]
    assert ids in [{pair["customer_id"], pair["other_id"]} for pair in found]


def test_whoever_enters_one_is_told_where_it_could_not_be_looked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(house.admin, "Vermilion Foundry")
    monkeypatch.setattr(duplicates, "LONGEST", 0.3)
    with psycopg.connect(house.settings.admin_database_url) as held:
        held.execute("LOCK TABLE read.customer_keys IN ACCESS EXCLUSIVE MODE")
        answer = entered(house.admin, "Vermilion Foundry GmbH", ASKED)
        lead = house.admin.post("/leads", json={"name": "Mr Wang", "company": "Vermilion Foundry"})
    for entry in (answer, lead):
        assert entry.status_code == 201, entry.text
        said = entry.json()["answer"]
        assert (said["looked"], "likely" in said) == ("none", False)
        assert said["warnings"] == [
            "it could not be looked whether it is here already: look for it among the duplicates later"
        ]
