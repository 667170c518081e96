"""Problems: every refusal is a problem+json that says what is wrong, all of it at once, and nothing of our insides."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Request

from api.engine import errors
from tests.house import House

MEMBERS = {"type", "title", "status", "detail", "instance", "code"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told.keys() >= MEMBERS
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:salesloop:problem:{code}")
    return told


def test_every_bad_field_is_named_at_once(house: House) -> None:
    body = {
        "title": " ",
        "amount": {"amount": "-1", "currency": "yuan"},
        "expected_close": "soon",
        "next_step": {"due_at": "2026-11-30T09:00:00"},
        "colour": "red",
    }
    told = problem(house.admin.post("/deals", json=body), 422, "invalid")
    named = {e["field"] for e in told["errors"]}
    assert named == {
        "title",
        "amount.amount",
        "amount.currency",
        "expected_close",
        "next_step.what",
        "next_step.due_at",
        "colour",
    }
    assert told["instance"] == "/deals"


def test_a_field_s_fault_is_told_in_our_words(house: House) -> None:
    wrong = problem(house.admin.post("/deals", json={"colour": "red"}), 422, "invalid")
    assert {e["field"]: e["message"] for e in wrong["errors"]} == {
        "title": "is needed",
        "colour": "is not known here",
    }
    policy = {"name": "default", "due_after": "3xx", "calendar": {"timezone": "Asia/Shanghai"}}
    told = problem(house.admin.post("/policies", json=policy), 422, "invalid")
    assert "due_after: must be a duration such as 30m, 24bh, 3bd or 5d" in told["detail"]
    assert "is no id such as" in problem(house.admin.get("/deals/soon"), 422, "invalid")["detail"]


def test_what_was_sent_is_not_sent_back(house: House) -> None:
    answer = house.admin.post("/customers", json={"name": "A", "secret_field": "Herr Meier"})
    assert "Meier" not in answer.text


def test_what_is_not_there_is_404(house: House) -> None:
    id = uuid4()
    told = problem(house.admin.post(f"/deals/{id}/stage", json={"to": "contact"}), 404, "not-found")
    assert (told["kind"], told["id"]) == ("deal", str(id))
    problem(house.admin.get(f"/deals/{id}"), 404, "not-found")
    problem(house.admin.get("/policies/nobodys"), 404, "not-found")


def test_an_id_of_another_kind_is_404(house: House) -> None:
    rep = house.reps["north"]
    problem(house.admin.post(f"/deals/{rep}/corrections", json={"title": "x"}), 404, "not-found")
    problem(house.admin.post("/customers", json={"name": "x", "customer_id": str(rep)}), 404, "not-found")


def test_what_the_body_names_and_is_not_there_is_a_fault_of_the_body(house: House, deal: UUID) -> None:
    nobody = str(uuid4())
    told = problem(
        house.admin.post("/deals", json={"title": "x", "owner_id": nobody}), 422, "unknown-reference"
    )
    assert (told["kind"], told["id"]) == ("rep", nobody)
    given = {"to": nobody, "handover_note": "x"}
    problem(house.admin.post(f"/deals/{deal}/handover", json=given), 422, "unknown-reference")
    body = {"title": "x", "owner_id": str(house.reps["north"]), "policy": "nobodys"}
    problem(house.admin.post("/deals", json=body), 422, "unknown-reference")


def test_a_taken_id_is_409(house: House, deal: UUID) -> None:
    body = {"title": "x", "owner_id": str(house.reps["north"]), "deal_id": str(deal)}
    problem(house.admin.post("/deals", json=body), 409, "already-exists")


def test_a_gate_lists_everything_that_is_missing(house: House, deal: UUID) -> None:
    told = problem(
        house.admin.post(f"/deals/{deal}/stage", json={"to": "negotiation"}), 409, "gate-not-passed"
    )
    assert told["missing"] == [
        "pain-points",
        "budget",
        "decision-process",
        "decision-makers",
        "quote-or-demonstration",
    ]


def test_a_rule_of_the_present_state_is_409(house: House, deal: UUID) -> None:
    assert house.admin.post(f"/deals/{deal}/lose", json={"loss_reason": "price"}).status_code == 200
    told = problem(house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}), 409, "refused")
    assert told["present_status"] == "lost", "the deal's status does not take the place of the answer's"


@pytest.mark.parametrize("body", [b"{", b"", b"nonsense", b'{"to": "contact"', b"\xff\xfe"])
def test_a_body_that_is_no_json_is_400_or_422(house: House, deal: UUID, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = house.admin.post(f"/deals/{deal}/stage", content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    problem(answer, answer.status_code, answer.json()["code"])


def test_unknown_routes_and_methods_are_problems_too(house: House) -> None:
    problem(house.admin.get("/nowhere"), 404, "no-such-route")
    told = house.admin.put("/deals")
    problem(told, 405, "method-not-allowed")
    assert told.headers["allow"]


def test_a_misspelt_filter_is_refused(house: House) -> None:
    told = problem(house.admin.get("/deals", params={"ownr_id": str(uuid4())}), 422, "invalid")
    assert told["errors"][0]["field"] == "query.ownr_id"


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/deals", {"title": "x" * 301}, "title"),
        ("/deals", {"title": "a\x00b"}, "title"),
        ("/deals", {"title": "x", "amount": {"amount": "1e15", "currency": "CNY"}}, "amount.amount"),
        ("/deals", {"title": "x", "amount": {"amount": "0.00001", "currency": "CNY"}}, "amount.amount"),
        ("/deals", {"title": "x", "amount": {"amount": "NaN", "currency": "CNY"}}, "amount.amount"),
        ("/deals", {"title": "x", "expected_close": "0001-01-01"}, "expected_close"),
        ("/customers", {"name": "x", "employees": 2**31}, "employees"),
        ("/teams", {"name": "x", "reason": "y" * 10_001}, "reason"),
    ],
)
def test_every_field_has_its_limit(house: House, path: str, body: dict[str, Any], field: str) -> None:
    told = problem(house.admin.post(path, json=body), 422, "invalid")
    assert [e["field"] for e in told["errors"]] == [field]


def test_lists_are_limited(house: House, deal: UUID) -> None:
    body = {"decision_makers": ["x"] * 51}
    told = problem(house.admin.post(f"/deals/{deal}/needs", json=body), 422, "invalid")
    assert told["errors"][0]["field"] == "decision_makers"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e3"])
def test_pages_are_limited(house: House, limit: str) -> None:
    told = problem(house.admin.get("/deals", params={"limit": limit}), 422, "invalid")
    assert told["errors"][0]["field"] == "query.limit"


def test_a_body_beyond_a_megabyte_is_413_with_and_without_its_length(house: House) -> None:
    body = b'{"name": "' + b"x" * 1_100_000 + b'"}'
    headers = {"content-type": "application/json"}
    problem(house.admin.post("/teams", content=body, headers=headers), 413, "too-large")
    pieces = (body[n : n + 65_536] for n in range(0, len(body), 65_536))
    problem(house.admin.post("/teams", content=pieces, headers=headers), 413, "too-large")


def test_files_may_be_large_and_what_is_said_of_imports_may_not(house: House) -> None:
    body = b'{"reason": "' + b"x" * 1_100_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    for path in (f"/imports/{uuid4()}/undo", f"/imports/previews/{uuid4()}/answers"):
        problem(house.admin.post(path, content=body, headers=headers), 413, "too-large")
    told = problem(house.admin.post("/imports", files={"files": ("large.csv", body)}), 422, "invalid")
    assert told["errors"][0]["field"] == "query.mapping"


def test_lone_surrogates_and_deep_nesting_are_refused(house: House) -> None:
    headers = {"content-type": "application/json"}
    lone = house.admin.post("/teams", content=b'{"name": "\\ud800"}', headers=headers)
    deep = house.admin.post(
        "/teams", content=b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", headers=headers
    )
    assert {lone.status_code, deep.status_code} <= {400, 422}


# --- in Chinese ------------------------------------------------------------------------------------------------------

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


def test_a_problem_is_told_in_the_language_that_is_asked_for(house: House) -> None:
    id = uuid4()
    answer = house.admin.get(f"/deals/{id}", headers=CHINESE)
    told = problem(answer, 404, "not-found")
    assert (told["title"], told["detail"], told["kind"]) == (
        "没有这样的对象",
        f"没有编号为 {id} 的商机",
        "deal",
    )
    assert (answer.headers["content-language"], answer.headers["vary"]) == ("zh", "Accept-Language")
    english = house.admin.get(f"/deals/{id}")
    assert english.headers["content-language"] == "en"
    assert problem(english, 404, "not-found")["detail"] == f"no deal has the id {id}"


def test_every_bad_field_is_told_in_chinese(house: House) -> None:
    body = {
        "title": " ",
        "amount": {"amount": "-1", "currency": "yuan"},
        "expected_close": "soon",
        "colour": "red",
    }
    told = problem(house.admin.post("/deals", json=body, headers=CHINESE), 422, "invalid")
    said = {one["field"]: one["message"] for one in told["errors"]}
    assert said["colour"] == "此处没有这个字段"
    assert [field for field, message in said.items() if message.isascii()] == []
    assert f"colour：{said['colour']}" in told["detail"]


def test_a_gate_is_told_with_its_stage_and_what_is_missing(house: House, deal: UUID) -> None:
    moved = house.admin.post(f"/deals/{deal}/stage", json={"to": "solution"}, headers=CHINESE)
    told = problem(moved, 409, "gate-not-passed")
    assert told["detail"].startswith("阶段“")
    assert "痛点" in told["detail"]
    assert "pain-points" in told["missing"]
    left = told["detail"].replace("API", "")
    assert [letter for letter in left if letter.isascii() and letter.isalpha()] == []


def test_who_may_not_is_told_in_chinese(house: House) -> None:
    answer = httpx.get(house.admin.base_url.join("/deals"), headers=CHINESE)
    assert problem(answer, 401, "unauthenticated")["title"] == "需要 API 密钥"
    told = problem(house.admin.get("/nowhere", headers=CHINESE), 404, "no-such-route")
    assert told["title"] == "没有这个地址"


async def test_who_breaks_off_a_form_leaves_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    answered: list[Any] = []
    errors.install(app)

    @app.post("/form")
    async def read(request: Request) -> None:
        await request.form()

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {"type": "http", "method": "POST", "path": "/form", "query_string": b"", "headers": [kind]}

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answered.append(message.get("status"))

    await app(scope, receive, send)
    assert answered[0] == 400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
