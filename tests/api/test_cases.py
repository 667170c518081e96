"""Service cases over HTTP: intake to feedback, the gate of a renewal, who sees and says what, and the policy that they are under."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.house import House

Json = dict[str, Any]
POLICY = {
    "name": "gold",
    "calendar": {"timezone": "Asia/Shanghai", "country": "CN", "years": [2027]},
    "severe": {"answer": "30m", "solve": "4bh"},
    "normal": {"answer": "2bh", "solve": "2bd"},
    "minor": {"answer": "1bd", "solve": "5bd"},
}
GATE = ["no-severe-case"]
PROCESS = {
    "name": "renewal",
    "stages": [
        {"name": "offer", "probability": "0.5", "leave": GATE},
        {"name": "signing", "probability": "0.8"},
        {"name": "won", "probability": "1", "enter": ["amount"]},
        {"name": "lost", "probability": "0"},
        {"name": "after-sales", "probability": "1"},
    ],
}


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
def customer(house: House) -> str:
    made = told(house.client("north").post("/customers", json={"name": f"Acme {uuid4()}"}), 201)
    id: str = made["answer"]["customer_id"]
    return id


def opened(house: House, customer: str, who: str = "north", **body: Any) -> str:
    given = {"title": "the line stands still", "customer_id": customer, "severity": "severe", **body}
    made = house.client(who).post("/cases", json=given)
    assert made.headers.get("Location") == f"/cases/{told(made, 201)['answer']['case_id']}"
    id: str = made.json()["answer"]["case_id"]
    return id


def say(house: House, case: str, act: str, who: str = "north", /, **body: Any) -> httpx.Response:
    return house.client(who).post(f"/cases/{case}/{act}", json=body)


def read_case(house: House, case: str, after: int, who: str = "north") -> Json:
    return told(house.client(who).get(f"/cases/{case}", params={"after": after}))


def test_from_the_first_word_to_what_the_customer_says(house: House, customer: str) -> None:
    case = opened(house, customer, category="defect")
    for what, body in (
        ("answer", {"note": "a technician comes"}),
        ("wait", {"what": "a photo"}),
        ("resume", {}),
        ("severity", {"severity": "normal"}),
        ("solve", {"solution": "a new valve"}),
        ("reopen", {"why": "it leaks again"}),
        ("solve", {"solution": "another valve"}),
        ("handover", {"to": str(house.reps["north2"])}),
    ):
        told(say(house, case, what, **body))
    done = told(say(house, case, "feedback", "north-manager", score=4, text="quick"))
    seen = read_case(house, case, done["position"])
    assert (seen["status"], seen["score"], seen["said"], seen["reopened"]) == ("closed", 4, "quick", 1)
    assert (seen["owner_id"], seen["severity"], seen["due_at"]) == (str(house.reps["north2"]), "normal", None)
    told(say(house, case, "reopen", "north-manager", why="once more"))
    refused = told(say(house, opened(house, customer), "feedback", score=3), 409)
    assert refused["status"] == 409
    wrong = told(say(house, case, "feedback", score=6, text="!"), 422)
    assert [error["field"] for error in wrong["errors"]] == ["score"]


def test_a_case_tells_its_history_in_both_languages_page_by_page(house: House, customer: str) -> None:
    case = opened(house, customer)
    told(say(house, case, "wait", what="a photo"))
    done = told(say(house, case, "resume"))
    asked = {"after": done["position"], "limit": 2}
    first = told(house.client("north").get(f"/cases/{case}/history", params=asked))
    rest = told(
        house.client("north").get(f"/cases/{case}/history", params=asked | {"cursor": first["next_cursor"]})
    )
    said = [event["sentence"] for event in first["items"] + rest["items"]]
    assert said == [
        "opened the severe case “the line stands still” for Rep north",
        "waits for the customer: a photo",
        "goes on with the case",
    ]
    newest = {"after": done["position"], "order": "newest", "lang": "zh"}
    zh = told(house.client("north").get(f"/cases/{case}/history", params=newest))["items"]
    assert [event["sentence"] for event in zh[:2]] == ["服务单恢复处理", "等待客户：a photo"]
    assert "级别：严重" in zh[2]["sentence"]
    assert house.client("south").get(f"/cases/{case}/history").status_code == 404


def test_a_team_s_board_is_narrowed_down_sorted_and_paged(house: House, customer: str) -> None:
    ids = [opened(house, customer, severity=severity) for severity in ("minor", "severe", "normal")]
    done = told(say(house, ids[1], "wait", what="a photo"))
    asked: Json = {"after": done["position"], "customer_id": customer, "limit": 1}
    seen, cursor = [], None
    while True:
        more: Json = {"cursor": cursor} if cursor else {}
        page = told(house.client("north-manager").get("/cases", params=asked | more))
        seen += [one["case_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [ids[2], ids[0], ids[1]], "the one that waits is due at no time"
    for narrowed, found in (
        ({"severity": "severe"}, [ids[1]]),
        ({"status": "waiting"}, [ids[1]]),
        ({"status": "open", "sort": "-made_at"}, [ids[2], ids[0]]),
        ({"overdue": "true"}, []),
        ({"due_before": "2026-01-01T00:00:00Z"}, []),
    ):
        page = told(house.client("north").get("/cases", params=asked | {"limit": 9} | narrowed))
        assert [one["case_id"] for one in page["items"]] == found, narrowed
    other = told(house.client("south").get("/cases", params=asked))
    assert other["items"] == []


def test_who_may_see_and_say_what(house: House, customer: str) -> None:
    case = opened(house, customer)
    assert say(house, case, "solve", "south", solution="x").status_code == 404
    assert say(house, case, "solve", "north2", solution="x").status_code == 403
    assert say(house, case, "solve", "auditor", solution="x").status_code == 403
    assert house.client("south").get(f"/cases/{case}").status_code == 404
    theirs = told(house.client("south").post("/customers", json={"name": f"Theirs {uuid4()}"}), 201)
    id = theirs["answer"]["customer_id"]
    house.open_deal("south", customer_id=id)
    assert house.client("south").get(f"/customers/{id}", params={"after": house.position}).status_code == 200
    given = {"title": "x", "customer_id": id, "severity": "minor"}
    refused = told(house.client("north").post("/cases", json=given), 422)
    assert refused["field"] == "customer_id"
    deal = house.open_deal("south", customer_id=id)
    given = {"title": "x", "customer_id": customer, "severity": "minor", "deal_id": str(deal)}
    assert told(house.client("north").post("/cases", json=given), 422)["field"] == "deal_id"
    nobody = told(
        house.admin.post("/cases", json={"title": "x", "customer_id": customer, "severity": "minor"}), 422
    )
    assert [error["field"] for error in nobody["errors"]] == ["owner_id"]


def test_a_severe_case_stands_in_the_way_of_its_renewal(house: House, customer: str) -> None:
    assert house.admin.post("/processes", json=PROCESS).status_code == 201
    unknown = {
        **PROCESS,
        "name": "other",
        "stages": [{"name": "offer", "probability": "0.5", "leave": ["nothing"]}, *PROCESS["stages"][2:]],
    }
    assert "no-severe-case" in told(house.admin.post("/processes", json=unknown), 422)["errors"][0]["message"]
    deal = house.open_deal(customer_id=customer, process="renewal")
    case = opened(house, customer, deal_id=str(deal))
    move = {"to": "signing"}
    refused = told(house.client("north").post(f"/deals/{deal}/stage", json=move), 409)
    assert refused["missing"] == GATE
    asked = house.client("north").post(
        f"/deals/{deal}/overrides", json={"to": "signing", "reason": "they know"}
    )
    override = told(asked, 201)["answer"]["override_id"]
    decided = {"approved": True}
    told(house.client("north-manager").post(f"/deals/{deal}/overrides/{override}/decision", json=decided))
    another = opened(house, customer, deal_id=str(deal))
    refused = told(house.client("north").post(f"/deals/{deal}/stage", json=move), 409)
    assert refused["changed"] == GATE, "nobody approved the second one"
    done = told(say(house, another, "solve", solution="a fuse"))
    board = told(house.client("north").get(f"/deals/{deal}", params={"after": done["position"]}))
    assert board["also_open"] == {"case": 2}
    told(house.client("north").post(f"/deals/{deal}/stage", json=move))
    done = told(say(house, case, "solve", solution="a new valve"))
    timeline = told(house.client("north").get(f"/deals/{deal}/history", params={"after": done["position"]}))
    topics = [event["topic"] for event in timeline["items"]]
    assert {"case.opened", "deal.blocked", "case.solved", "deal.unblocked"} <= set(topics)
    assert "held the deal up: no severe open case" in [event["sentence"] for event in timeline["items"]]


def test_it_stays_so_after_a_handover_to_another_team_until_it_is_about_no_deal(
    house: House, customer: str
) -> None:
    assert house.admin.post("/processes", json={**PROCESS, "name": "handed"}).status_code == 201
    deal = house.open_deal(customer_id=customer, process="handed")
    case = opened(house, customer, deal_id=str(deal))
    done = told(say(house, case, "handover", "admin", to=str(house.reps["south"])))
    assert house.client("north").get(f"/cases/{case}", params={"after": done["position"]}).status_code == 404
    board = told(house.client("north").get(f"/deals/{deal}", params={"after": done["position"]}))
    assert board["also_open"] == {"case": 1}
    move = {"to": "signing"}
    assert told(house.client("north").post(f"/deals/{deal}/stage", json=move), 409)["missing"] == GATE
    assert say(house, case, "unlink", "north").status_code == 404, "it is the other team's now"
    done = told(say(house, case, "unlink", "south"))
    seen = read_case(house, case, done["position"], "south")
    assert seen["deal_id"] is None
    told(house.client("north").post(f"/deals/{deal}/stage", json=move))


def test_a_case_is_under_a_published_policy(house: House, customer: str) -> None:
    made = house.admin.post("/service-policies", json=POLICY)
    answer = told(made, 201)["answer"]
    assert (answer["policy"], answer["version"]) == ("gold", 1)
    assert any("2027" in warning for warning in answer["warnings"])
    again = told(house.admin.post("/service-policies", json=POLICY), 201)
    assert again["recorded"] == 0
    read = house.client("north").get(made.headers["Location"], params={"after": made.json()["position"]})
    assert told(read)["policy"]["severe"]["answer"]["unit"] == "minutes"
    listed = told(house.client("north").get("/service-policies", params={"name": "gold"}))
    assert [one["policy"]["reopen_days"] for one in listed["items"]] == [14]
    case = opened(house, customer, policy="gold")
    seen = read_case(house, case, told(say(house, case, "answer"))["position"])
    assert (seen["policy"], seen["policy_version"]) == ("gold", 1)
    wrong = {**POLICY, "severe": {"answer": "0m", "solve": "soon"}}
    assert house.admin.post("/service-policies", json=wrong).status_code == 422
    assert house.client("north-manager").post("/service-policies", json=POLICY).status_code == 403


def test_its_figures_are_drilled_to_events(house: House, customer: str) -> None:
    case = opened(house, customer, occurred_at="2026-03-03T09:00:00+08:00")
    told(say(house, case, "answer", occurred_at="2026-03-03T09:20:00+08:00"))
    done = told(say(house, case, "solve", solution="x", occurred_at="2026-03-03T15:00:00+08:00"))
    rep = {"scope": "rep", "scope_id": str(house.reps["north"])}
    asked = {**rep, "since": "2026-03-03", "until": "2026-03-03", "after": str(done["position"])}
    found = {
        key: told(house.client("north").get("/figures", params={**asked, "metric": key}))["figure"]
        for key in ("first-answer", "time-to-solve", "service-kept", "reopened")
    }
    assert found == {
        "first-answer": "20.00",
        "time-to-solve": "360.00",
        "service-kept": "1.000000",
        "reopened": "0.000000",
    }
    behind = told(house.client("north").get("/figures/events", params={**asked, "metric": "service-kept"}))
    assert [(one["topic"], one["subject_id"]) for one in behind["items"]] == [
        ("case.answered", case),
        ("case.solved", case),
    ]
