"""Custom fields over HTTP: declared by an administrator, said in JSON, found in lists, and shown as they were known."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.house import House

Json = dict[str, Any]
SEATS: Json = {"name": "seats", "label": "Seats", "label_zh": "席位数", "type": "number", "decimals": 0}
MODULES: Json = {
    "name": "modules",
    "label": "Modules",
    "type": "choices",
    "choices": [{"name": "mes", "label": "MES"}, {"name": "wms", "label": "WMS"}],
}
DEAL = [
    SEATS,
    MODULES,
    {"name": "go_live", "label": "Go-live", "type": "date"},
    {"name": "rent", "label": "Rent", "type": "money"},
    {"name": "pilot", "label": "Pilot", "type": "yes-no"},
    {"name": "remark", "label": "Remark", "type": "text", "help": "In a word."},
]
CUSTOM: Json = {
    "seats": 40,
    "modules": ["wms", "mes"],
    "go_live": "2027-01-31",
    "rent": {"amount": "1200.50", "currency": "CNY"},
    "pilot": True,
    "remark": "quiet",
}
TOLD = CUSTOM | {"seats": "40", "modules": ["mes", "wms"], "rent": {"amount": "1200.5", "currency": "CNY"}}


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture(scope="module")
def house_with_fields(house: House) -> House:
    told(house.admin.post("/custom-field-sets", json={"name": "deal", "fields": DEAL}), 201)
    return house


@pytest.fixture
def desk(house_with_fields: House) -> House:
    return house_with_fields


def fill(desk: House, deal: object, who: str = "north", **custom: Any) -> httpx.Response:
    return desk.client(who).post(f"/deals/{deal}/fields", json={"custom": custom})


def test_values_are_said_in_json_and_answered_typed(desk: House) -> None:
    body = {"title": "Boilers", "custom": CUSTOM}
    made = told(desk.client("north").post("/deals", json=body), 201)
    deal, opened = made["answer"]["deal_id"], made["position"]
    read = told(desk.client("north").get(f"/deals/{deal}", params={"after": opened}))
    assert read["custom"] == TOLD
    done = told(fill(desk, deal, seats=None, remark="loud", pilot="no"))
    after = told(desk.client("north").get(f"/deals/{deal}", params={"after": done["position"]}))["custom"]
    assert after == {n: v for n, v in TOLD.items() if n != "seats"} | {"remark": "loud", "pilot": False}
    then = told(desk.client("north").get(f"/deals/{deal}", params={"known_at": opened}))
    assert then["custom"] == TOLD
    assert told(fill(desk, deal, pilot=False))["recorded"] == 0
    history = told(desk.client("north").get(f"/deals/{deal}/history", params={"order": "newest"}))
    (last, *_) = [one for one in history["items"] if one["topic"] == "deal.fields-set"]
    assert {c["field"]: (c["before"], c["after"]) for c in last["changes"]} == {
        "custom.seats": ("40", None),
        "custom.remark": ("quiet", "loud"),
        "custom.pilot": ("yes", "no"),
    }


@pytest.mark.parametrize(
    ("custom", "field"),
    [
        ({"seats": "forty"}, "custom.seats"),
        ({"seats": True}, "custom.seats"),
        ({"seats": 1.5}, "custom.seats"),
        ({"remark": 7}, "custom.remark"),
        ({"sets": 7}, "custom.sets"),
        ({"modules": ["mes", "erp"]}, "custom.modules"),
        ({"rent": {"amount": "1"}}, "custom.rent"),
    ],
)
def test_what_a_field_does_not_take_is_refused_by_name(desk: House, custom: Json, field: str) -> None:
    refused = told(fill(desk, desk.open_deal(), **custom), 422)
    assert [error["field"] for error in refused["errors"]] == [field]


@pytest.mark.parametrize("number", ["1e999999999", "-1e-999999999"])
@pytest.mark.parametrize("said", ['{"seats": %s}', '{"rent": {"amount": %s, "currency": "CNY"}}'])
def test_a_number_is_not_written_out_before_it_is_refused(desk: House, said: str, number: str) -> None:
    body = f'{{"custom": {said % number}}}'
    path, json = f"/deals/{desk.open_deal()}/fields", {"Content-Type": "application/json"}
    (error,) = told(desk.client("north").post(path, content=body, headers=json), 422)["errors"]
    assert error["message"] == "must have at most 15 digits before the point and 12 behind"


def test_lists_are_narrowed_down_by_a_field_now_and_as_known(desk: House) -> None:
    deals = [str(desk.open_deal()) for _ in range(3)]
    for deal, seats in zip(deals, (9, 100, 250), strict=True):
        done = told(fill(desk, deal, seats=seats, modules=["mes"] if seats > 99 else []))

    def found(custom: str, **more: Any) -> list[str]:
        query = {"custom": custom, "limit": 200, "sort": "opened_at", "after": done["position"], **more}
        items = told(desk.client("north").get("/deals", params=query))["items"]
        return [one["deal_id"] for one in items if one["deal_id"] in deals]

    assert found("seats>=100") == deals[1:]
    assert found("seats<=100") == deals[:2]
    assert found("seats=100") == found("seats = 100") == deals[1:2]
    assert found("modules=MES") == deals[1:]
    before = done["position"]
    done = told(fill(desk, deals[2], seats=1))
    assert found("seats>=100") == deals[1:2]
    assert found("seats>=100", known_at=before) == deals[1:]
    for wrong in ("seats", "sets=4", "seats>=many", "remark>=a"):
        refused = told(desk.client("north").get("/deals", params={"custom": wrong}), 422)
        assert [error["field"] for error in refused["errors"]] == ["query.custom"]


def test_a_gate_lists_a_field_with_what_else_is_missing(desk: House) -> None:
    needed = {**SEATS, "of": "deal", "required_from": [{"process": "default", "stage": "needs"}]}
    told(desk.admin.post("/custom-fields", json=needed), 201)
    try:
        deal = desk.open_deal()
        mover = desk.client("north")
        refused = told(mover.post(f"/deals/{deal}/stage", json={"to": "solution"}), 409)
        assert refused["missing"][-1] == "custom.seats"
        assert len(refused["missing"]) > 1
        gates = told(mover.get(f"/deals/{deal}/details"))["gates"]
        assert [gate["stage"] for gate in gates if "custom.seats" in gate["missing"]] == [
            "needs",
            "solution",
            "negotiation",
            "won",
        ]
        told(fill(desk, deal, seats=3))
        told(mover.post(f"/deals/{deal}/stage", json={"to": "needs"}))
    finally:
        told(desk.admin.post("/custom-fields", json={**SEATS, "of": "deal"}), 201)


def test_only_administrators_declare_and_only_who_may_change_a_record_fills_it_in(desk: House) -> None:
    for who in ("north", "north-manager"):
        told(desk.client(who).post("/custom-fields", json={**SEATS, "of": "deal"}), 403)
    deal = desk.open_deal()
    assert fill(desk, deal, "south", seats=3).status_code in (403, 404)
    listed = told(desk.client("north").get("/custom-fields"))["sets"]
    assert [one["name"] for one in listed] == ["customer", "contact", "deal", "lead"]
    assert [one["name"] for one in listed[2]["fields"]] == [one["name"] for one in DEAL]
    schema = told(desk.client("north").get("/custom-fields/deal/schema"))["schema"]
    assert schema["properties"]["modules"]["anyOf"][0]["items"]["enum"] == ["mes", "wms"]
    assert schema["properties"]["remark"]["description"] == "In a word."
    versions = told(desk.client("north").get("/custom-fields/deal"))["versions"]
    assert [one["version"] for one in versions] == list(range(1, len(versions) + 1))
    told(desk.client("north").get("/custom-fields/product"), 422)


def test_customers_and_leads_have_fields_of_their_own(desk: House) -> None:
    for of in ("customer", "lead"):
        tier = {"of": of, "name": "tier", "label": "Tier", "type": "choice", "choices": MODULES["choices"]}
        told(desk.admin.post("/custom-fields", json=tier), 201)
    north = desk.client("north")
    made = told(north.post("/customers", json={"name": f"Acme {uuid4()}", "custom": {"tier": "mes"}}), 201)
    customer = made["answer"]["customer_id"]
    assert told(north.get(f"/customers/{customer}"))["custom"] == {"tier": "mes"}
    done = told(desk.admin.post(f"/customers/{customer}/fields", json={"custom": {"tier": "WMS"}}))
    assert told(north.get(f"/customers/{customer}"))["custom"] == {"tier": "wms"}
    listed = told(desk.admin.get("/customers", params={"custom": "tier=wms", "after": done["position"]}))
    assert [(one["id"], one["custom"]) for one in listed["items"]] == [(customer, {"tier": "wms"})]
    file = desk.admin.get("/customers", params={"format": "csv", "custom": "tier=wms"}).text
    assert file.splitlines()[0].endswith("custom.tier")
    assert file.splitlines()[1].endswith(",wms")
    leader = desk.client("north-manager")
    lead = told(leader.post("/leads", json={"name": "Chen Yu"}), 201)["answer"]["lead_id"]
    done = told(leader.post(f"/leads/{lead}/fields", json={"custom": {"tier": "mes"}}))
    query = {"after": done["position"], "custom": "tier=mes"}
    assert [one["custom"] for one in told(leader.get("/leads", params=query))["items"]] == [{"tier": "mes"}]


def test_a_file_of_deals_has_a_column_for_each_field_also_as_known_then(desk: House) -> None:
    deal = desk.open_deal()
    before = told(fill(desk, deal, seats=1))["position"]
    done = told(fill(desk, deal, **CUSTOM))["position"]

    def row(**query: Any) -> dict[str, str]:
        asked = {"format": "csv", "after": done, "sort": "-opened_at", **query}
        answer = desk.admin.get("/deals", params=asked)
        assert answer.status_code == 200, answer.text
        lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        kinds = answer.headers["Salesloop-Columns"].split(",")
        names = list(lines[0])
        assert [kinds[names.index(f"custom.{name}")] for name in ("seats", "go_live", "pilot", "rent")] == [
            "number",
            "day",
            "truth",
            "text",
        ]
        (found,) = [one for one in lines if one["deal_id"] == str(deal)]
        return {n.removeprefix("custom."): v for n, v in found.items() if n.startswith("custom.") and v}

    assert row() == {
        "seats": "40",
        "modules": "mes, wms",
        "go_live": "2027-01-31",
        "rent": "1200.5 CNY",
        "pilot": "true",
        "remark": "quiet",
    }
    assert row(known_at=before) == {"seats": "1"}
    assert row(custom="seats>=40")["seats"] == "40"


def test_a_customer_says_what_a_record_said_that_was_merged_into_it(desk: House) -> None:
    tier = {
        "of": "customer",
        "name": "tier",
        "label": "Tier",
        "type": "choice",
        "choices": MODULES["choices"],
    }
    told(desk.admin.post("/custom-fields", json=tier), 201)
    ids = []
    for custom in ({}, {"tier": "mes"}):
        body = {"name": f"Merged {uuid4()}", "custom": custom}
        ids.append(told(desk.admin.post("/customers", json=body), 201)["answer"]["customer_id"])
    done = told(desk.admin.post(f"/customers/{ids[0]}/merge", json={"gone_id": ids[1]}))
    kept = told(desk.admin.get(f"/customers/{ids[0]}", params={"after": done["position"]}))
    assert kept["custom"] == {"tier": "mes"}

    def having(tier: str, position: int) -> set[str]:
        asked: dict[str, Any] = {"custom": f"tier={tier}", "after": position}
        found = told(desk.admin.get("/customers", params=asked))["items"]
        assert all(one["custom"] == {"tier": tier} for one in found)
        return {one["id"] for one in found} & {*ids}

    assert having("mes", done["position"]) == {ids[0]}, "a list finds it as its page shows it"
    done = told(desk.admin.post(f"/customers/{ids[0]}/fields", json={"custom": {"tier": "wms"}}))
    assert (having("mes", done["position"]), having("wms", done["position"])) == (set(), {ids[0]})
    done = told(desk.admin.post(f"/customers/{ids[1]}/unmerge", json={"rest_stays": True}))
    assert (having("mes", done["position"]), having("wms", done["position"])) == ({ids[1]}, {ids[0]})
    after = {"after": done["position"]}
    assert told(desk.admin.get(f"/customers/{ids[0]}", params=after))["custom"] == {"tier": "wms"}
    assert told(desk.admin.get(f"/customers/{ids[1]}", params=after))["custom"] == {"tier": "mes"}


def test_contacts_say_theirs_in_lists_and_through_merges(desk: House) -> None:
    speaks = {"of": "contact", "name": "speaks", "label": "Speaks", "type": "text", "personal": True}
    told(desk.admin.post("/custom-fields", json=speaks), 201)
    own, gone = (
        told(desk.admin.post("/customers", json={"name": f"Contacts {uuid4()}"}), 201)["answer"][
            "customer_id"
        ]
        for _ in range(2)
    )
    body = {"name": "Ms Zhao", "custom": {"speaks": "Dutch"}}
    zhao = told(desk.admin.post(f"/customers/{gone}/contacts", json=body), 201)["answer"]["contact_id"]
    wang = told(desk.admin.post(f"/customers/{gone}/contacts", json={"name": "Wang"}), 201)["answer"][
        "contact_id"
    ]

    def listed(id: str, position: int, **narrowed: str) -> dict[str, Any]:
        asked: dict[str, Any] = {"after": position, **narrowed}
        found = told(desk.admin.get(f"/customers/{id}/contacts", params=asked))["items"]
        return {one["id"]: one["custom"] for one in found}

    done = told(desk.admin.post(f"/customers/{own}/merge", json={"gone_id": gone}))["position"]
    assert listed(own, done) == {zhao: {"speaks": "Dutch"}, wang: {}}
    fields = f"/customers/{own}/contacts/{zhao}/fields"
    done = told(desk.admin.post(fields, json={"custom": {"speaks": "Czech"}}))["position"]
    assert listed(own, done, custom="speaks=Czech") == {zhao: {"speaks": "Czech"}}
    assert listed(own, done, custom="speaks=Dutch") == {}
    shown = told(desk.admin.get(f"/customers/{own}", params={"after": done}))["contacts"]
    assert {one["id"]: one["custom"] for one in shown} == {zhao: {"speaks": "Czech"}, wang: {}}
    since = told(desk.admin.get(f"/customers/{gone}/since-merge"))["items"]
    assert [(one["what"], one["id"], one["value"]) for one in since] == [("contact-custom", zhao, "Czech")]
    done = told(desk.admin.post(f"/customers/{gone}/unmerge", json={"contact_custom": [zhao]}))["position"]
    assert (listed(own, done), listed(gone, done)) == ({}, {zhao: {"speaks": "Czech"}, wang: {}})


def test_a_list_tells_by_a_personal_field_of_nobody_whom_its_reader_does_not_see(desk: House) -> None:
    """Personal says how it is kept; who sees the record sees it, and nobody else finds it by that."""
    born = {"name": "born", "label": "Born", "type": "date", "personal": True}
    for of in ("deal", "customer", "lead"):
        told(desk.admin.post("/custom-fields", json={"of": of, **born}), 201)
    custom = {"custom": {"born": "1980-02-28"}}
    id = told(desk.admin.post("/customers", json={"name": f"Born {uuid4()}", **custom}), 201)["answer"][
        "customer_id"
    ]
    desk.open_deal("north", customer_id=id, **custom)
    lead = told(desk.client("north").post("/leads", json={"name": "Wang"}), 201)["answer"]["lead_id"]
    told(desk.admin.post(f"/leads/{lead}/allocate", json={"to": str(desk.reps["north"])}))
    done = told(desk.admin.post(f"/leads/{lead}/fields", json=custom))["position"]
    for path in ("/deals", "/customers", "/leads"):
        asked = {"custom": "born=1980-02-28", "after": done}
        found = {
            login: len(told(desk.client(login).get(path, params=asked))["items"])
            for login in ("north", "south")
        }
        assert found == {"north": 1, "south": 0}, path
