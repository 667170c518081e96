"""Segments over HTTP: published and refused, tried before they count, and who is in, for whom it concerns."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.segment.membership import RecordMembership, Turned, membership_stream, shard_of
from runtime.ledger import open_ledger
from tests.house import House

Json = dict[str, Any]
DAY = timedelta(days=1)


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


def published(house: House, rule: str, name: str | None = None) -> tuple[str, str]:
    """Its id and name."""
    name = name or f"s-{uuid4().hex[:12]}"
    body = {"name": name, "rule": rule, "label": "Steel", "label_zh": "钢铁"}
    made = house.admin.post("/segments", json=body)
    position = told(made, 201)["position"]
    (found,) = told(house.admin.get("/segments", params={"name": name, "after": position}))["items"]
    assert made.headers["location"] == f"/segments/{found['segment_id']}"
    return found["segment_id"], name


def customer(house: House, sector: str, owner: str = "") -> UUID:
    """Of the rep's team, where a rep is named; else nobody's."""
    made = told(house.admin.post("/customers", json={"name": f"Acme {uuid4()}", "sector": sector}), 201)
    id, house.position = UUID(made["answer"]["customer_id"]), made["position"]
    if owner:
        house.open_deal(owner, customer_id=str(id))
    return id


def turn(house: House, name: str, at: datetime, *inside: UUID) -> int:
    """Recorded as the workflows do it."""

    async def record() -> int:
        async with open_ledger(house.settings.database_url, min_size=1, max_size=2) as ledger:
            for id in inside:
                command = RecordMembership(
                    membership_id=membership_stream(name, shard_of(id)),
                    segment=name,
                    segment_version=1,
                    shard=shard_of(id),
                    turned=(Turned(at, inside=(id,)),),
                )
                context = Context(
                    now=datetime.now(UTC), actor=Actor("workflow", "segments"), channel=Channel.WORKFLOW
                )
                receipt = await CommandHandler(ledger).execute(command, context)
        return receipt.position

    return asyncio.run(record())


def test_a_segment_is_an_administrators_and_a_wrong_rule_is_told(house: House) -> None:
    body = {"name": "vip", "label": "VIP", "rule": "purchase.count > 1"}
    wrong = told(house.admin.post("/segments", json=body), 422)
    assert wrong["errors"] == [
        {"field": "rule", "message": "no field is called purchase.count; did you mean purchases.count?"}
    ]
    told(house.client("north-manager").post("/segments", json={**body, "rule": "true"}), 403)
    id, name = published(house, "sector == 'steel'")
    assert published(house, "sector == 'iron'", name)[0] == id
    seen = told(house.client("north").get(f"/segments/{id}"))
    assert [one["rule"] for one in seen["versions"]] == ["sector == 'iron'", "sector == 'steel'"]
    assert (seen["rule"], seen["label_zh"]) == ("sector == 'iron'", "钢铁")


def test_a_rule_is_tried_for_whom_the_asker_sees(house: House) -> None:
    sector = uuid4().hex
    north, south = customer(house, sector, "north"), customer(house, sector, "south")
    _, name = published(house, "false")
    after = turn(house, name, datetime.now(UTC), south)
    query: Json = {"rule": f"sector == '{sector}'", "name": name, "after": max(after, house.position)}

    def tried(who: str, **more: str) -> Json:
        return told(house.client(who).get("/segments/preview", params={**query, **more}))

    all_of_it = tried("auditor")
    assert [all_of_it[one] for one in ("inside", "enters", "leaves")] == [2, 1, 0]
    assert [one["customer_id"] for one in all_of_it["items"]] == [str(north)]
    assert tried("auditor", rule="false", shown="leaves")["items"][0]["customer_id"] == str(south)
    assert tried("south-manager", shown="in")["items"][0]["customer_id"] == str(south)
    assert tried("south-manager")["enters"] == 0
    told(house.client("north").get("/segments/preview", params=query), 403)
    wrong = told(house.client("auditor").get("/segments/preview", params={"rule": "sectr == 'x'"}), 422)
    assert wrong["errors"][0]["message"] == "no field is called sectr; did you mean sector?"


def test_members_are_told_as_of_a_day_to_whom_they_concern(house: House) -> None:
    north, south = customer(house, "steel", "north"), customer(house, "steel", "south")
    id, name = published(house, "true")
    now = datetime.now(UTC)
    first = turn(house, name, now - 5 * DAY, south)
    after = turn(house, name, now - 3 * DAY, north)

    def members(who: str, **query: Any) -> list[str]:
        found = told(house.client(who).get(f"/segments/{id}/members", params={"after": after, **query}))
        return [one["customer_id"] for one in found["items"]]

    assert members("auditor") == [str(north), str(south)]
    asked: Json = {"after": after, "limit": 1}
    page = told(house.client("auditor").get(f"/segments/{id}/members", params=asked))
    assert [one["customer_id"] for one in page["items"]] == [str(north)]
    assert members("auditor", limit=1, cursor=page["next_cursor"]) == [str(south)]
    assert members("north") == [str(north)]
    assert members("auditor", as_of=(now - 4 * DAY).isoformat()) == [str(south)]
    assert members("auditor", as_of=str((now - 9 * DAY).date())) == []
    assert members("auditor", known_at=first) == [str(south)]
    file = house.client("auditor").get(f"/segments/{id}/members", params={"format": "csv", "after": after})
    assert file.text.splitlines()[0].lstrip("\ufeff").startswith("customer_id,name,sector,since")
    assert len(file.text.splitlines()) == 3
    counted = told(house.client("south").get("/segments/counts", params={"after": after}))["members"]
    assert counted[name] == 1
    told(house.client("auditor").get(f"/segments/{uuid4()}/members"), 404)

    stays = told(house.client("north").get(f"/customers/{north}/segments", params={"after": after}))["stays"]
    assert [(one["segment"], one["label"], one["until"]) for one in stays] == [(name, "Steel", None)]
    told(house.client("north").get(f"/customers/{south}/segments"), 404)
    gone = {"gone_id": str(customer(house, "steel", "north")), "reason": "the same"}
    after = told(house.admin.post(f"/customers/{north}/merge", json=gone))["position"]
    of_gone = told(house.admin.get(f"/customers/{gone['gone_id']}/segments", params={"after": after}))
    assert of_gone["stays"] == stays, "it stands for that customer"


@pytest.mark.parametrize("who", ["north", "admin"])
def test_what_rules_can_ask_is_told(house: House, who: str) -> None:
    fields = told(house.client(who).get("/segments/fields"))["fields"]
    held = {one["name"]: one for one in fields}
    assert held["purchases.count"] == {
        "name": "purchases.count",
        "kind": "number",
        "says": "purchases",
        "says_zh": "",
        "choices": [],
    }
    assert held["lifecycle.stage"]["choices"][3] == "loyal"
