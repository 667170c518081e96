"""Webhooks over HTTP: who may make which, secrets shown once, what is refused, and the log."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from standardwebhooks import Webhook

from api.webhook.routes import TESTS_OF_ONE
from tests.house import RECEIVERS, House
from tests.webhooks import receiver as r
from tests.webhooks.receiver import receiving

Json = dict[str, Any]
ELSEWHERE = "https://93.184.215.14/hook"
BODY = {"name": "warehouse", "url": ELSEWHERE}


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    return house_of_the_module


def made(client: httpx.Client, **given: Any) -> Json:
    answer = client.post("/webhooks", json={**BODY, **given})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def shown(client: httpx.Client, id: str) -> Json:
    found: Json = client.get(f"/webhooks/{id}").json()
    return found


def refusal(answer: httpx.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


class TestMaking:
    def test_shows_the_secret_once_and_the_rest_as_it_is(self, house: House) -> None:
        new = made(house.admin, topics=["deal.won", "promise"], envelope="cloudevents")
        Webhook(new["secret"])
        for answer in (house.admin.get("/webhooks"), house.admin.get(f"/webhooks/{new['id']}")):
            assert new["secret"] not in answer.text
            assert "whsec_" not in answer.text
        one = shown(house.admin, new["id"])
        assert (one["name"], one["url"], one["topics"]) == ("warehouse", ELSEWHERE, ["deal.won", "promise"])
        assert (one["envelope"], one["personal"], one["state"], one["owner"]) == (
            "cloudevents",
            False,
            "active",
            "ops",
        )

    def test_again_under_the_same_key_is_the_same_one_without_its_secret(self, house: House) -> None:
        headers = {"Idempotency-Key": str(uuid4())}
        first = house.admin.post("/webhooks", json=BODY, headers=headers)
        again = house.admin.post("/webhooks", json=BODY, headers=headers)
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
        assert again.json() == {"id": first.json()["id"], "secret": None}
        other = house.admin.post("/webhooks", json={**BODY, "name": "another"}, headers=headers)
        assert refusal(other, 422)["code"] == "idempotency-key-reused"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"url": "http://93.184.215.14/hook"}, "url"),
            ({"url": "https://127.0.0.1/hook"}, "url"),
            ({"url": "https://169.254.169.254/latest"}, "url"),
            ({"url": "https://[::ffff:10.0.0.1]/hook"}, "url"),
            ({"url": "ftp://hooks.example.com"}, "url"),
            ({"url": "https://user:pass@93.184.215.14/"}, "url"),
            ({"url": "https://93.184.215.14/#part"}, "url"),
            ({"url": "https://93.184.215.14:99999/"}, "url"),
            ({"url": "https://" + "a" * 2_000}, "url"),
            ({"name": " "}, "name"),
            ({"topics": ["deal.dreamt-of"]}, "topics.0"),
            ({"topics": ["deal"] * 51}, "topics"),
            ({"after": 2**50}, "after"),
            ({"after": -1}, "after"),
            ({"key_id": "0" * 16}, None),
            ({"secret": "whsec_mine"}, "secret"),
        ],
    )
    def test_names_what_is_wrong(self, house: House, wrong: Json, field: str | None) -> None:
        problem = refusal(house.admin.post("/webhooks", json={**BODY, **wrong}), 422)
        assert [one["field"] for one in problem.get("errors", [])] == ([field] if field else [])

    def test_is_no_auditor_s(self, house: House) -> None:
        refusal(house.client("auditor").post("/webhooks", json=BODY), 403)

    def test_ends_at_so_many(self, house: House) -> None:
        house.tokens["many"] = house.admin.post(
            "/keys", json={"user_id": "u-many", "role": "manager", "team_id": str(house.teams["north"])}
        ).json()["token"]
        client = house.client("many")
        for _ in range(20):
            made(client)
        assert "20" in refusal(client.post("/webhooks", json=BODY), 409)["detail"]


class TestAnEndpoint:
    def test_is_its_owner_s_and_an_administrator_s(self, house: House) -> None:
        mine = made(house.client("north"))["id"]
        for who in ("north2", "south", "north-manager", "auditor"):
            client = house.client(who)
            refusal(client.get(f"/webhooks/{mine}"), 404)
            refusal(client.get(f"/webhooks/{mine}/deliveries"), 404)
            assert mine not in client.get("/webhooks").text
        for who in ("north2", "south", "north-manager"):
            for act, body in (
                ("pause", None),
                ("resume", None),
                ("test", None),
                ("rotate", {}),
                ("replay", {"after": 0}),
                ("change", {}),
            ):
                refusal(house.client(who).post(f"/webhooks/{mine}/{act}", json=body), 404)
            refusal(house.client(who).delete(f"/webhooks/{mine}"), 404)
        assert shown(house.client("north"), mine)["owner"] == "u-north"
        assert mine in house.admin.get("/webhooks").text

    def test_may_be_made_for_a_program_by_an_administrator_alone(self, house: House) -> None:
        key = house.admin.post("/keys", json={"user_id": "u-program", "role": "auditor"}).json()
        theirs = made(house.admin, key_id=key["id"], personal=True)["id"]
        one = shown(house.admin, theirs)
        assert (one["owner"], one["owner_key"], one["personal"]) == ("u-program", key["id"], True)
        house.tokens["program"] = key["token"]
        assert shown(house.client("program"), theirs)["id"] == theirs
        for more in ({"key_id": key["id"]}, {"personal": True}):
            refusal(house.client("north").post("/webhooks", json={**BODY, **more}), 403)

    def test_is_permitted_personal_data_by_an_administrator_alone(self, house: House) -> None:
        mine = made(house.client("north"))["id"]
        refusal(house.client("north").post(f"/webhooks/{mine}/change", json={"personal": True}), 403)
        assert house.admin.post(f"/webhooks/{mine}/change", json={"personal": True}).status_code == 204
        assert (
            house.client("north").post(f"/webhooks/{mine}/change", json={"name": "mine"}).status_code == 204
        )
        assert (shown(house.admin, mine)["name"], shown(house.admin, mine)["personal"]) == ("mine", True)

    def test_is_permitted_it_for_an_address_and_not_for_another(self, house: House) -> None:
        mine = made(house.client("north"))["id"]
        house.admin.post(f"/webhooks/{mine}/change", json={"personal": True})
        moved = house.client("north").post(f"/webhooks/{mine}/change", json={"url": f"{ELSEWHERE}/2"})
        assert moved.status_code == 204
        assert (shown(house.admin, mine)["url"], shown(house.admin, mine)["personal"]) == (
            f"{ELSEWHERE}/2",
            False,
        )

    def test_is_paused_resumed_replayed_and_deleted(self, house: House) -> None:
        house.open_deal()
        id = made(house.admin)["id"]

        def said(act: str, body: Json | None = None) -> str:
            assert house.admin.post(f"/webhooks/{id}/{act}", json=body).status_code == 204
            return str(shown(house.admin, id)["state"])

        assert [said("pause"), said("resume"), said("replay", {"after": 1})] == ["paused", "active", "active"]
        assert shown(house.admin, id)["position"] == 1
        problem = refusal(house.admin.post(f"/webhooks/{id}/replay", json={"after": 2**50}), 422)
        assert problem["errors"][0]["field"] == "after"
        assert house.admin.delete(f"/webhooks/{id}").status_code == 204
        refusal(house.admin.get(f"/webhooks/{id}"), 404)

    def test_has_another_secret_when_it_is_rotated(self, house: House) -> None:
        new = made(house.admin)
        rotated = house.admin.post(f"/webhooks/{new['id']}/rotate", json={"hours": 1}).json()["secret"]
        with psycopg.connect(house.settings.database_url) as connection:
            kept = connection.execute("SELECT app.webhook_secrets_of(%s)", [new["id"]]).fetchall()
        assert [row[0] for row in kept] == [rotated, new["secret"]]


class TestATest:
    async def test_says_what_came_of_it_and_is_in_the_log(self, house: House) -> None:
        async with receiving(host=RECEIVERS) as receiver:
            new = await asyncio.to_thread(made, house.admin, url=receiver.url)
            answer = await asyncio.to_thread(house.admin.post, f"/webhooks/{new['id']}/test")
            assert (answer.json()["status"], answer.json()["error"]) == (204, None)
            receiver.answer = r.status(500)
            answer = await asyncio.to_thread(house.admin.post, f"/webhooks/{new['id']}/test")
            assert (answer.json()["status"], answer.json()["error"]) == (500, "refused")
        assert receiver.got[0].verified(new["secret"])["topic"] == "webhook.test"
        log = house.admin.get(f"/webhooks/{new['id']}/deliveries").json()
        assert [(one["topic"], one["status"], one["error"]) for one in log["items"]] == [
            ("webhook.test", 500, "refused"),
            ("webhook.test", 204, None),
        ]
        failed = house.admin.get(f"/webhooks/{new['id']}/deliveries", params={"failed": "true"}).json()[
            "items"
        ]
        assert [one["status"] for one in failed] == [500]
        assert shown(house.admin, new["id"])["last_error"] == "refused"

    async def test_s_are_few_at_once_since_each_receiver_may_take_its_time(self, house: House) -> None:
        answered = asyncio.Event()

        async def late(message: r.Message, writer: asyncio.StreamWriter) -> None:
            await answered.wait()
            await r.status(204)(message, writer)

        async with receiving(host=RECEIVERS) as receiver:
            receiver.answer = late
            path = f"/webhooks/{made(house.admin, url=receiver.url)['id']}/test"
            sent = [
                asyncio.create_task(asyncio.to_thread(house.admin.post, path)) for _ in range(TESTS_OF_ONE)
            ]
            await receiver.until(lambda got: len(got) == TESTS_OF_ONE)
            refused = await asyncio.to_thread(house.admin.post, path)
            answered.set()
            assert [answer.json()["status"] for answer in await asyncio.gather(*sent)] == [204] * TESTS_OF_ONE
        assert refusal(refused, 429)["detail"] == "a key or session may test 4 endpoints at once"
        assert "retry-after" in refused.headers

    async def test_s_log_comes_in_pages(self, house: House) -> None:
        async with receiving(host=RECEIVERS) as receiver:
            id = (await asyncio.to_thread(made, house.admin, url=receiver.url))["id"]
            for _ in range(3):
                await asyncio.to_thread(house.admin.post, f"/webhooks/{id}/test")
        first = house.admin.get(f"/webhooks/{id}/deliveries", params={"limit": 2}).json()
        rest = house.admin.get(f"/webhooks/{id}/deliveries", params={"cursor": first["next_cursor"]}).json()
        assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
        wrong = house.admin.get(f"/webhooks/{id}/deliveries", params={"cursor": "x"})
        assert refusal(wrong, 422)["errors"][0]["field"] == "query.cursor"


def test_the_log_of_our_own_says_no_secret_and_no_address(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    new = made(house.admin, url="https://93.184.215.14/hook?token=hidden")
    house.admin.post(f"/webhooks/{new['id']}/rotate", json={})
    assert "hidden" not in caplog.text
    assert json.dumps(new["secret"]) not in caplog.text
