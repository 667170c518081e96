"""The loop over HTTP: targets, cycles, scorecards, action items, adjustments and leads, and who may say what."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.house import House

Json = dict[str, Any]
YEARS = count(2031)


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()["answer"] if status < 300 else answer.json()
    return found


@pytest.fixture
def year() -> int:
    """A year of its own for each test: there is one target for a metric, scope and period."""
    return next(YEARS)


@pytest.fixture
def proposal(house: House, year: int) -> Json:
    rep = str(house.reps["north"])
    return {
        "metric": "deals-won",
        "number": "13",
        "unit": "count",
        "period": str(year),
        "scope": {"kind": "rep", "id": rep},
        "owner_id": rep,
        "achievable": "eleven were won last year",
        "relevant": "the plan says so",
    }


@pytest.fixture
def target(house: House, proposal: Json) -> str:
    id: str = told(house.client("north-manager").post("/targets", json=proposal), 201)["target_id"]
    return id


@pytest.fixture
def cycle(house: House, target: str, year: int) -> str:
    rep = str(house.reps["north"])
    body = {
        "scope": {"kind": "rep", "id": rep},
        "period": str(year),
        "owner_id": rep,
        "metrics": ["deals-won"],
    }
    opened = told(house.client("north-manager").post("/cycles", json=body), 201)
    assert opened["targets"] == [target]
    id: str = opened["cycle_id"]
    return id


# --- targets ---------------------------------------------------------------------------------------------------------


def test_a_target_that_says_nothing_is_told_everything_that_is_missing(house: House) -> None:
    refused = told(house.admin.post("/targets", json={}), 422)
    missing = {error["field"] for error in refused["errors"]}
    assert missing >= {"metric", "number", "unit", "period", "scope", "owner_id", "achievable", "relevant"}
    wrong = {"metric": "deals-won", "number": "-1", "scope": "company", "relevant": " "}
    named = [error["field"] for error in told(house.admin.post("/targets", json=wrong), 422)["errors"]]
    assert sorted(named) == ["achievable", "number", "owner_id", "period", "relevant", "scope", "unit"]


def test_a_year_is_divided_into_quarters_that_sum_to_it(house: House, target: str) -> None:
    manager = house.client("north-manager")
    parts = told(manager.post(f"/targets/{target}/divide", json={"into": "quarter"}))["shares"]
    assert [part["number"] for part in parts] == ["4", "3", "3", "3"]
    revised = told(
        manager.post(f"/targets/{target}/revise", json={"number": "26", "why": "a colleague left"})
    )
    assert sum(int(part["number"]) for part in revised["shares"]) == 26
    withdrawn = told(manager.post(f"/targets/{target}/withdraw", json={"why": "reorganised"}))
    assert withdrawn["status"] == "withdrawn"


def test_a_year_is_divided_by_what_its_seasons_brought_before(house: House, proposal: Json) -> None:
    manager, visits = house.client("north-manager"), {"metric": "activities:visit", "number": "40"}
    target = told(manager.post("/targets", json={**proposal, **visits, "period": "2027"}), 201)["target_id"]
    seasonal = {"into": "quarter", "method": "seasonal"}
    refused = told(manager.post(f"/targets/{target}/divide", json=seasonal), 409)
    assert "no history" in refused["detail"]
    deal, position = house.open_deal(), 0
    for day in ("2026-02-03", "2026-02-04", "2026-02-05", "2026-05-06"):
        visit = {"activity": {"kind": "visit"}, "occurred_at": f"{day}T10:00:00+08:00"}
        logged = house.admin.post(f"/deals/{deal}/activities", json=visit)
        assert logged.status_code == 201, logged.text
        position = logged.json()["position"]
    year = {"since": "2026-01-01", "until": "2026-12-31", "after": str(position)}
    asked = {"metric": "activities:visit", "scope": "rep", "scope_id": str(house.reps["north"]), **year}
    assert house.admin.get("/figures", params=asked).status_code == 200
    parts = told(manager.post(f"/targets/{target}/divide", json=seasonal))["shares"]
    assert [part["number"] for part in parts] == ["30", "10", "0", "0"]
    by_hand = manager.post(f"/targets/{target}/divide", json={"into": "quarter", "method": "manual"})
    assert by_hand.status_code == 422


def test_a_rep_agrees_to_the_own_target_and_changes_none(house: House, target: str, proposal: Json) -> None:
    rep = house.client("north")
    assert rep.post("/targets", json=proposal).status_code == 403
    assert rep.post(f"/targets/{target}/revise", json={"number": "1", "why": "less"}).status_code == 403
    assert told(rep.post(f"/targets/{target}/agree", json={}))["status"] == "agreed"


def test_another_teams_target_is_not_there(house: House, target: str, proposal: Json) -> None:
    manager = house.client("south-manager")
    assert manager.post(f"/targets/{target}/divide", json={"into": "month"}).status_code == 404
    assert manager.post(f"/targets/{target}/withdraw", json={"why": "x"}).status_code == 404
    assert manager.post("/targets", json={**proposal, "metric": "new-customers"}).status_code == 403


# --- who speaks ------------------------------------------------------------------------------------------------------


def test_nobody_speaks_for_somebody_else(house: House, cycle: str) -> None:
    owner, colleague = str(house.reps["north"]), str(house.reps["north2"])
    place = f"/cycles/{cycle}/agree"
    assert house.client("north2").post(place, json={}).status_code == 403
    assert house.client("north").post(place, json={"by": colleague}).status_code == 403
    assert house.client("north-manager").post(place, json={"by": owner}).status_code == 403
    assert house.client("south").post(place, json={}).status_code == 404
    named = told(house.admin.post(place, json={}), 422)
    assert named["errors"][0]["field"] == "by"
    assert house.admin.post(place, json={"by": colleague}).status_code == 409
    agreed = told(house.client("north").post(place, json={"by": owner}))
    assert agreed["waiting"] == []


def test_a_manager_is_who_the_team_says(house: House, year: int) -> None:
    """A manager's key names a team; the person is the team's manager."""
    boss = str(uuid4())
    team = told(house.admin.post("/teams", json={"name": "east", "manager_id": boss}), 201)["team_id"]
    rep = told(house.admin.post("/reps", json={"name": "E", "team_id": team}), 201)["rep_id"]
    body = {"user_id": "u-east", "role": "manager", "team_id": team}
    token = house.admin.post("/keys", json=body).json()["token"]
    with httpx.Client(base_url=house.base, headers={"Authorization": f"Bearer {token}"}) as manager:
        opening = {"scope": {"kind": "rep", "id": rep}, "period": str(year), "owner_id": rep}
        cycle = told(manager.post("/cycles", json=opening), 201)["cycle_id"]
        refused = told(manager.post(f"/cycles/{cycle}/assessment", json={"text": "good"}), 409)
        assert refused["detail"].startswith("the cycle is in target"), "the manager's part, too early"
        said = {"text": "good", "by": rep}
        assert manager.post(f"/cycles/{cycle}/assessment", json=said).status_code == 403


def test_a_key_that_is_nobodys_says_nothing(house: House, cycle: str) -> None:
    refused = told(house.client("north-manager").post(f"/cycles/{cycle}/assessment", json={"text": "x"}), 403)
    assert "nobody's" in refused["detail"]


# --- cycles ----------------------------------------------------------------------------------------------------------


def test_a_cycle_tells_what_it_waits_for_and_is_changed_by_leaders_only(house: House, cycle: str) -> None:
    rep, manager = house.client("north"), house.client("north-manager")
    assert rep.post(f"/cycles/{cycle}/pause", json={"why": "holidays"}).status_code == 403
    paused = told(manager.post(f"/cycles/{cycle}/pause", json={"why": "holidays"}))
    assert (paused["paused"], paused["waiting"][0]["step"]) == (True, "agree")
    assert paused["waiting"][0]["of"] == str(house.reps["north"])
    resumed = told(manager.post(f"/cycles/{cycle}/resume", json={}))
    assert (resumed["paused"], resumed["arming"]) == (False, 2)
    assert told(manager.post(f"/cycles/{cycle}/cadence", json={"cadence": "monthly"}))["arming"] == 3
    given = {"why": "parental leave", "owner_id": str(house.reps["north2"])}
    handed = told(manager.post(f"/cycles/{cycle}/handover", json=given))
    assert handed["waiting"][0]["of"] == str(house.reps["north2"])
    assert told(manager.post(f"/cycles/{cycle}/cancel", json={"why": "merged"}))["phase"] == "cancelled"


def test_a_decision_that_nobody_asked_for_is_not_there(house: House, cycle: str) -> None:
    choice = {"choice": "yes"}
    answer = house.client("north").post(f"/cycles/{cycle}/decisions/{uuid4()}/choice", json=choice)
    assert answer.status_code == 404


def test_a_cycle_policy_is_published_once(house: House) -> None:
    body = {"name": "sprint", "cadence": "daily", "agree_before": "1bd", "threshold": "0.05"}
    manager = house.client("north-manager")
    assert manager.post("/cycle-policies", json=body).status_code == 403
    first, second = (told(house.admin.post("/cycle-policies", json=body), 201) for _ in range(2))
    assert first == second
    assert (first["policy"], first["version"]) == ("sprint", 1)
    wrong = told(house.admin.post("/cycle-policies", json={"name": "x", "agree_before": "9999bd"}), 422)
    assert wrong["errors"][0]["field"] == "agree_before"


# --- scorecards, action items, adjustments, leads -------------------------------------------------------------------


CARD = {
    "name": "api-card",
    "measures": [
        {
            "key": "wins",
            "kind": "quantitative",
            "weight": "70",
            "metric": "deals-won",
            "curve": [{"at": "0", "score": "0"}, {"at": "10", "score": "100"}],
        },
        {"key": "team play", "kind": "qualitative", "weight": "30"},
    ],
}


@pytest.fixture
def card(house: House, year: int) -> str:
    told(house.admin.post("/scorecard-definitions", json=CARD), 201)
    rep = str(house.reps["north"])
    body = {
        "scope": {"kind": "rep", "id": rep},
        "period": str(year),
        "definition": "api-card",
        "owner_id": rep,
    }
    id: str = told(house.client("north-manager").post("/scorecards", json=body), 201)["scorecard_id"]
    return id


def test_weights_that_do_not_sum_to_a_hundred_are_refused(house: House) -> None:
    body = {"name": "bad", "measures": CARD["measures"][1:]}
    assert "30 %" in told(house.admin.post("/scorecard-definitions", json=body), 422)["detail"]


def test_a_rep_scores_as_the_owner_only(house: House, card: str) -> None:
    scores = {"scores": [{"measure": "team play", "score": "90"}]}
    rep, place = house.client("north"), f"/scorecards/{card}/scores"
    assert rep.post(place, json={**scores, "role": "manager"}).status_code == 403
    assert told(rep.post(place, json=scores))["status"] == "open"
    assert house.client("north2").post(place, json=scores).status_code == 403
    made = rep.post(f"/scorecards/{card}/comments", json={"text": "the fair cost a week"})
    assert told(made, 201)["scorecard_id"] == card


def test_an_appeal_against_a_score_that_is_not_there_is_refused(house: House, card: str) -> None:
    """It was 200, and nothing was recorded."""
    answer = house.client("north").post(f"/scorecards/{card}/appeal", json={"why": "no"})
    assert (answer.status_code, answer.json()["code"]) == (409, "refused"), answer.text


def test_an_open_scorecard_is_handed_over(house: House, card: str) -> None:
    to, manager = (
        {"owner_id": str(house.reps["north2"]), "why": "parental leave"},
        house.client("north-manager"),
    )
    place = f"/scorecards/{card}/handover"
    assert house.client("north").post(place, json=to).status_code == 403
    done = manager.post(place, json=to)
    assert told(done)["status"] == "open"
    seen = manager.get(f"/scorecards/{card}", params={"after": done.json()["position"]}).json()
    assert seen["owner_id"] == to["owner_id"]
    scores = {"scores": [{"measure": "team play", "score": "90"}]}
    assert house.client("north").post(f"/scorecards/{card}/scores", json=scores).status_code == 403
    assert told(house.client("north2").post(f"/scorecards/{card}/scores", json=scores))["status"] == "open"


def test_an_action_item_is_finished_by_whose_it_is(house: House) -> None:
    rep, manager = house.client("north"), house.client("north-manager")
    body = {"what": "call the silent ones", "due_at": "2038-01-01T00:00:00Z"}
    own = told(rep.post("/action-items", json=body), 201)
    assert own["owner_id"] == str(house.reps["north"])
    item = f"/action-items/{own['item_id']}"
    assert rep.post(f"{item}/excuse", json={"why": "no time"}).status_code == 403
    assert rep.post(f"{item}/due", json={"due_at": "2039-01-01T00:00:00Z"}).status_code == 403
    moved = told(manager.post(f"{item}/due", json={"due_at": "2039-01-01T00:00:00Z"}))
    assert moved["due_at"].startswith("2039-01-01")
    assert house.client("north2").post(f"{item}/finish", json={}).status_code == 403
    assert told(rep.post(f"{item}/finish", json={"note": "all but one"}))["outcome"] == "kept"
    others = {**body, "owner_id": str(house.reps["south"])}
    assert rep.post("/action-items", json=others).status_code == 403


def test_an_adjustment_is_stopped_by_its_owner(house: House) -> None:
    manager, rep = house.client("north-manager"), str(house.reps["north"])
    missing = {error["field"] for error in told(manager.post("/adjustments", json={}), 422)["errors"]}
    assert missing >= {"hypothesis", "scope", "metric", "baseline", "horizon", "owner_id"}
    body = {
        "hypothesis": "a demo in the first week wins one in ten more",
        "scope": {"kind": "rep", "id": rep},
        "metric": "deals-won",
        "baseline": {"start": "2026-07-01", "end": "2026-09-30"},
        "horizon": "2038-03-31",
        "owner_id": rep,
    }
    id = told(manager.post("/adjustments", json=body), 201)["adjustment_id"]
    place = f"/adjustments/{id}/decision"
    assert house.client("north").post(place, json={"outcome": "keep", "why": "good"}).status_code == 409
    stopped = told(house.client("north").post(place, json={"outcome": "stop", "why": "customers dislike it"}))
    assert stopped["outcome"] == "stop"


def test_a_lead_becomes_a_deal_of_whom_it_was_allocated_to(house: House) -> None:
    rep, manager = house.client("north"), house.client("north-manager")
    lead = told(rep.post("/leads", json={"name": "Wang Wei", "source": "fair"}), 201)["lead_id"]
    assert rep.post(f"/leads/{lead}/convert", json={"title": "too early"}).status_code == 404
    assert manager.post(f"/leads/{lead}/convert", json={"title": "too early"}).status_code == 409
    to = str(house.reps["north"])
    assert rep.post(f"/leads/{lead}/allocate", json={"to": to}).status_code == 403
    assert told(manager.post(f"/leads/{lead}/allocate", json={"to": to}))["owner_id"] == to
    assert house.client("south").post(f"/leads/{lead}/discard", json={"why": "x"}).status_code == 404
    assert house.client("north2").post(f"/leads/{lead}/discard", json={"why": "x"}).status_code == 403
    became = told(rep.post(f"/leads/{lead}/convert", json={"title": "Forty seats"}), 201)
    assert became["status"] == "converted"
    assert rep.post(f"/deals/{UUID(became['deal_id'])}/stage", json={"to": "contact"}).status_code == 200
    assert manager.post(f"/leads/{lead}/discard", json={"why": "late"}).status_code == 409


def test_a_team_sees_its_leads_and_those_that_nobody_has(house: House) -> None:
    north, south = house.client("north-manager"), house.client("south-manager")
    ids = [told(north.post("/leads", json={"name": "L", "source": "list"}), 201)["lead_id"] for _ in range(3)]
    done = north.post(f"/leads/{ids[0]}/allocate", json={"to": str(house.reps["north"])}).json()
    asked = {"source": "list", "after": done["position"], "sort": "captured_at"}
    seen = [lead["lead_id"] for lead in south.get("/leads", params=asked).json()["items"]]
    assert seen == ids[1:]
    assert south.get(f"/leads/{ids[0]}").status_code == 404
    assert south.get("/leads", params={"team_id": str(house.teams["north"])}).status_code == 403
    page = north.get("/leads", params={**asked, "limit": 2}).json()
    assert [lead["owner_name"] for lead in page["items"]] == ["Rep north", None]
    rest = north.get("/leads", params={**asked, "cursor": page["next_cursor"]}).json()
    assert [lead["lead_id"] for lead in rest["items"]] == ids[2:]
    one = north.get(f"/leads/{ids[0]}")
    assert one.headers["etag"].startswith('"2-')
    assert one.json()["receipt"] == "by hand v1"


def test_a_closed_scorecard_stays_what_it_was(house: House, card: str) -> None:
    """Facts that come later change nothing, and it is computed again to the same bytes."""
    manager, place = house.client("north-manager"), f"/scorecards/{card}"
    assert manager.post(f"{place}/close", json={}).status_code == 409, "nobody has scored the team play"
    scores = {"scores": [{"measure": "team play", "score": "90"}], "by": str(uuid4())}
    told(house.admin.post(f"{place}/scores", json=scores))
    key = {"Idempotency-Key": f"close-{card}"}
    first = manager.post(f"{place}/close", json={}, headers=key)
    closed = told(first)
    assert (closed["status"], closed["closings"]) == ("closed", 1)
    house.open_deal("north")
    again = manager.post(f"{place}/close", json={}, headers=key)
    assert told(again) == closed
    found = manager.get(f"{place}/closings/1", params={"after": first.json()["position"]}).json()
    assert (found["equal"], found["digest"]) == (True, closed["digest"])
    assert manager.get(f"{place}/closings/1/events").json()["items"] == []
    assert house.client("south").get(place).status_code == 404


def test_the_loop_is_read_by_its_team(house: House, cycle: str, target: str, year: int) -> None:
    house.open_deal("south")
    asked: Json = {"period": str(year), "after": house.position}
    for path, id in (("/cycles", cycle), ("/targets", target)):
        name = "cycle_id" if path == "/cycles" else "target_id"
        own = house.client("north").get(path, params=asked).json()["items"]
        assert [one[name] for one in own] == [id]
        assert house.client("south").get(path, params=asked).json()["items"] == []
        assert house.client("south").get(f"{path}/{id}").status_code == 404
    seen = house.client("north").get(f"/cycles/{cycle}").json()
    assert (seen["waits_for"], seen["waits_of"]) == ("agree", str(house.reps["north"]))
    assert house.admin.get(f"/targets/{target}/tree").json()["target"]["target_id"] == target


# --- figures ---------------------------------------------------------------------------------------------------------


def test_a_figure_is_as_known_at_a_position_and_drills_to_its_events(house: House) -> None:
    admin, rep = house.admin, str(house.reps["south"])
    body = {"metric": "activities:visit", "scope": "rep", "scope_id": rep, "since": "2026-01-01"}
    days = {**body, "until": "2199-12-31"}
    deal = house.open_deal("south")
    before = house.position
    visit = {"activity": {"kind": "visit", "summary": "saw the plant"}}
    for _ in range(2):
        done = house.client("south").post(f"/deals/{deal}/activities", json=visit).json()
    now = admin.get("/figures", params={**days, "after": done["position"]}).json()
    then = admin.get("/figures", params={**days, "known_at": before}).json()
    assert (float(now["figure"]), float(then["figure"])) == (2, 0)
    events = admin.get("/figures/events", params={**days, "limit": 1}).json()
    assert events["next_cursor"]
    rest = admin.get("/figures/events", params={**days, "cursor": events["next_cursor"]}).json()
    assert [one["subject_id"] for one in (*events["items"], *rest["items"])] == [str(deal)] * 2
    assert house.client("north").get("/figures", params=days).status_code == 403
    assert house.client("south").get("/figures", params=days).status_code == 200
    assert house.client("south").get("/figures", params={**days, "scope": "company"}).status_code == 422
    assert admin.get("/figures", params={**body}).status_code == 422
    metrics = {one["key"]: one for one in admin.get("/figures/catalogue").json()["metrics"]}
    assert metrics["win-rate"]["combines"] == "ratio"


# --- what every write keeps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/targets", "/leads", "/action-items"])
def test_a_repeat_gets_the_first_answer(house: House, path: str, proposal: Json) -> None:
    bodies: dict[str, Callable[[], Json]] = {
        "/targets": lambda: proposal,
        "/leads": lambda: {"name": "Li"},
        "/action-items": lambda: {
            "what": "call",
            "due_at": "2038-01-01T00:00:00Z",
            "owner_id": str(house.reps["north"]),
        },
    }
    key = {"Idempotency-Key": f"again-{path}"}
    first, second = (house.admin.post(path, json=bodies[path](), headers=key) for _ in range(2))
    assert told(first, 201) == told(second, 201)
    assert second.headers["idempotency-replayed"] == "true"
    stale = house.admin.post(path, json=bodies[path](), headers={"If-Match": '"77"'})
    assert stale.status_code == 412
