"""The lifecycle over HTTP: whose purchases are seen by whom, on which day, and by which policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from tests.api.test_segments import customer, published, turn
from tests.house import House

Json = dict[str, Any]
TODAY = datetime.now(UTC).date()
COMPANYS = datetime.now(ZoneInfo(DEFAULT_CYCLE_POLICY.calendar.timezone)).date()
"""Its day may be another."""
YUAN = {"amount": "1200.50", "currency": "CNY"}
NEEDS = {
    "pain_points": "cold",
    "budget": YUAN,
    "decision_process": "a tender",
    "decision_makers": ["Ms Zhao"],
}


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture(scope="module")
def bought(house: House) -> Json:
    """A customer of the north, and the position at which they had bought something."""
    name = f"Acme {uuid4()}"
    made = told(house.admin.post("/customers", json={"name": name}), 201)
    customer: str = made["answer"]["customer_id"]
    deal = house.open_deal(customer_id=customer)
    closing = {"closed_on": str(TODAY), "amount": YUAN, "contract_reference": "C-1"}
    for path, given in (("needs", NEEDS), ("quotes", {"reference": "Q-1", "amount": YUAN}), ("win", closing)):
        done = house.admin.post(f"/deals/{deal}/{path}", json=given)
        assert done.is_success, done.text
    return {
        "customer_id": customer,
        "name": name,
        "deal_id": str(deal),
        "after": done.json()["position"],
        "before": done.json()["position"] - done.json()["recorded"],
    }


def stages(client: httpx.Client, **asked: Any) -> dict[str, Json]:
    return {one["stage"]: one for one in told(client.get("/lifecycle", params=asked))["stages"]}


def test_a_purchase_makes_a_stage_for_whose_team_it_was(house: House, bought: Json) -> None:
    after = bought["after"]
    seen = stages(house.client("north"), after=after)["first-purchase"]
    assert seen["customers"] >= 1
    assert float(seen["revenue"]["CNY"]) >= 1200.5
    assert stages(house.client("south-manager"), after=after)["first-purchase"]["customers"] == 0
    yesterday = str(TODAY - timedelta(days=2))
    assert stages(house.admin, after=after, on=yesterday)["first-purchase"]["customers"] == 0
    assert stages(house.admin, known_at=bought["before"])["first-purchase"]["customers"] == 0, (
        "it was not known yet"
    )
    refused = house.client("north").get("/lifecycle", params={"team_id": str(house.teams["south"])})
    assert refused.status_code == 403


def test_one_customer_is_told_with_the_purchases_behind_the_stage(house: House, bought: Json) -> None:
    path = f"/lifecycle/customers/{bought['customer_id']}"
    life = told(house.client("north").get(path, params={"after": bought["after"]}))
    assert (life["stage"], life["since"], life["revenue"]) == (
        "first-purchase",
        str(TODAY),
        {"CNY": "1200.50"},
    )
    assert [one["deal_id"] for one in life["purchases"]] == [bought["deal_id"]]
    assert house.client("south").get(path).status_code == 404


def test_customers_are_listed_by_stage_page_by_page(house: House, bought: Json) -> None:
    asked = {"stage": "first-purchase", "after": bought["after"], "limit": 200}
    found = told(house.client("north").get("/lifecycle/customers", params=asked))["items"]
    assert [one["customer_name"] for one in found if one["customer_id"] == bought["customer_id"]] == [
        bought["name"]
    ]
    for _ in range(2):
        made = told(house.admin.post("/customers", json={"name": f"Prospect {uuid4()}"}), 201)
    prospects = {"stage": "prospect", "limit": 1, "after": made["position"]}
    first = told(house.admin.get("/lifecycle/customers", params=prospects))
    second = told(
        house.admin.get("/lifecycle/customers", params={**prospects, "cursor": first["next_cursor"]})
    )
    assert first["items"][0]["customer_id"] < second["items"][0]["customer_id"]


def test_a_draft_policy_is_looked_at_for_any_day_and_the_company_s_stays(house: House, bought: Json) -> None:
    draft = {"name": "draft", "loyal_purchases": 2, "loyal_within_days": 90, "dormant_after_days": 1}
    made = told(house.admin.post("/lifecycle-policies", json=draft), 201)
    tomorrow = {"on": str(TODAY + timedelta(days=2)), "after": made["position"]}
    assert stages(house.admin, policy="draft", **tomorrow)["dormant"]["customers"] >= 1
    assert stages(house.admin, **tomorrow)["dormant"]["customers"] == 0
    assert house.client("north").post("/lifecycle-policies", json=draft).status_code == 403
    unknown = house.admin.get("/lifecycle", params={"policy": "nobody-knows"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    months = told(house.admin.get("/lifecycle/churn", params={"policy": "draft", "months": 2, **tomorrow}))[
        "months"
    ]
    assert months[-1]["lost"] >= 1


def test_days_are_in_order(house: House) -> None:
    asked = {"since": str(TODAY), "on": str(TODAY - timedelta(days=9))}
    refused = told(house.admin.get("/lifecycle/transitions", params=asked), 422)
    assert "since" in str(refused["errors"])


def test_an_offer_to_a_segment_stands_beside_the_revisits_of_who_is_in(house: House) -> None:
    inside, outside = customer(house, "steel"), customer(house, "steel")
    _, name = published(house, "false")
    offer = {
        "name": f"o-{name}",
        "what": f"half the price {name}",
        "since": str(COMPANYS),
        "until": str(COMPANYS + timedelta(days=1)),
    }
    for said, field in (({}, "stage"), ({"segment": "no-such-segment"}, "segment")):
        refused = told(house.admin.post("/offers", json=offer | said), 422)
        assert [error["field"] for error in refused["errors"]] == [field]
    told(house.admin.post("/offers", json=offer | {"segment": name}), 201)
    after = turn(house, name, datetime.now(UTC), inside)
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    for id in (inside, outside):
        body = {"customer_id": str(id), "due_at": due, "owner_id": str(house.reps["north"])}
        after = max(told(house.admin.post("/revisits", json=body), 201)["position"], after)
    for id, offers in ((inside, offer["what"]), (outside, "")):
        query: Json = {"customer_id": str(id), "after": after}
        (one,) = told(house.admin.get("/lifecycle/revisits", params=query))["items"]
        assert one["offers"] == offers
    (found,) = told(house.admin.get("/offers", params={"segment": name, "after": after}))["items"]
    assert (found["stage"], found["segment"]) == (None, name)


def test_a_revisit_is_set_made_and_its_offer_taken_up(house: House) -> None:
    customer = told(house.admin.post("/customers", json={"name": f"Acme {uuid4()}"}), 201)["answer"][
        "customer_id"
    ]
    house.open_deal(customer_id=customer)
    offer = {
        "name": "spring",
        "what": "half the price",
        "stage": "loyal",
        "since": str(COMPANYS),
        "until": str(COMPANYS + timedelta(days=1)),
    }
    published = house.admin.post("/offers", json=offer)
    known = {"after": told(published, 201)["position"]}
    told(house.admin.get(f"/lifecycle/customers/{customer}", params=known))
    assert house.client("north").post("/offers", json=offer).status_code == 403
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    north = house.client("north")
    refused = house.client("south").post("/revisits", json={"customer_id": customer, "due_at": due})
    assert "customer_id" in told(refused, 422)["detail"]
    made = told(north.post("/revisits", json={"customer_id": customer, "due_at": due}), 201)
    path = f"/revisits/{made['answer']['revisit_id']}"
    listed = told(
        north.get("/lifecycle/revisits", params={"customer_id": customer, "after": made["position"]})
    )
    assert [one["customer_id"] for one in listed["items"]] == [customer]
    assert house.client("south").post(f"{path}/record", json={}).status_code == 404
    assert north.post(f"{path}/record", json={"kind": "call", "offered": ["sprnig"]}).status_code == 422
    told(north.post(f"{path}/record", json={"kind": "call", "offered": ["spring"]}))
    sold = house.open_deal("south", customer_id=customer)
    for act, given in (
        ("needs", NEEDS),
        ("quotes", {"reference": "Q-1", "amount": YUAN}),
        ("win", {"closed_on": str(COMPANYS), "amount": YUAN, "contract_reference": "C-1"}),
    ):
        done = house.admin.post(f"/deals/{sold}/{act}", json=given)
        assert done.is_success, done.text
    after = {"after": done.json()["position"]}
    uptake = told(house.admin.get(f"{published.headers['Location']}/uptake", params=after))
    assert (uptake["offered"], uptake["taken_up"], uptake["revenue"]) == (1, 1, {"CNY": "1200.50"})
    assert uptake["customers"][0]["deal_id"] == str(sold)
    theirs = told(north.get(f"{published.headers['Location']}/uptake", params=after))
    assert (theirs["offered"], theirs["taken_up"], theirs["revenue"]) == (1, 0, {}), "another team sold it"
    assert told(house.admin.get("/lifecycle/health", params=after))["lacking"] == 0
    assert house.client("north").get("/lifecycle/health").status_code == 403
