"""Review meetings over HTTP, and who may answer what was asked of them by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.cycle import commands as cycles
from domain.cycle.facts import AgendaItem
from domain.meeting.commands import CallMeeting
from tests.conftest import PATIENCE
from tests.house import House
from tests.reviewing import clock_says

Json = dict[str, Any]
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()["answer"] if status < 300 else answer.json()
    return found


@pytest.fixture
def team(house: House) -> Json:
    """A new team, its manager who is no rep, their key, and a schedule of weekly meetings."""
    boss = str(uuid4())
    team_id = told(house.admin.post("/teams", json={"name": "west", "manager_id": boss}), 201)["team_id"]
    key = {"user_id": f"u-{boss[:8]}", "role": "manager", "team_id": team_id}
    token = house.admin.post("/keys", json=key).json()["token"]
    client = httpx.Client(
        base_url=house.base, headers={"Authorization": f"Bearer {token}"}, timeout=2 * PATIENCE
    )
    body = {"scope": {"kind": "team", "id": team_id}, "cadence": "weekly", "day": 3, "at": "09:30"}
    schedule = told(client.post("/meeting-schedules", json=body), 201)
    return {"id": team_id, "boss": boss, "client": client, "body": body, **schedule}


def call(house: House, team: Json) -> str:
    agenda = (AgendaItem(code="deals-stalled", detail="3"),)
    id = UUID(team["schedule_id"])
    head = clock_says(
        house.settings.database_url, CallMeeting(schedule_id=id, arming=1, number=1, agenda=agenda)
    )
    read = house.admin.get(f"/meeting-schedules/{id}", params={"after": head})
    found = read.json()["last_meeting_id"]
    assert isinstance(found, str)
    return found


def test_a_schedule_is_set_changed_read_and_cancelled(house: House, team: Json) -> None:
    client, id = team["client"], team["schedule_id"]
    changed = client.post("/meeting-schedules", json={**team["body"], "day": 5})
    position = changed.json()["position"]
    assert told(changed, 201)["schedule_id"] == id
    read = client.get(f"/meeting-schedules/{id}", params={"after": position}).json()
    assert (read["status"], read["plan"]["day"], read["plan"]["at"]) == ("running", 5, "09:30")
    listed = client.get("/meeting-schedules", params={"status": "running"}).json()["items"]
    assert [one["schedule_id"] for one in listed] == [id]
    wrong = told(client.post("/meeting-schedules", json={**team["body"], "day": 9}), 422)
    assert wrong["errors"][0]["field"] == "day"

    other = house.client("north-manager")
    assert other.post(f"/meeting-schedules/{id}/cancel", json={"why": "x"}).status_code == 404
    assert other.get(f"/meeting-schedules/{id}").status_code == 404
    assert other.post("/meeting-schedules", json=team["body"]).status_code == 404
    assert house.client("north").post("/meeting-schedules", json=team["body"]).status_code == 403
    cancelled = client.post(f"/meeting-schedules/{id}/cancel", json={"why": "enough"})
    assert told(cancelled)["runs"] is False
    after = {"after": cancelled.json()["position"]}
    assert client.get(f"/meeting-schedules/{id}", params=after).json()["status"] == "cancelled"


def test_a_meeting_is_held_with_decisions_and_action_items(house: House, team: Json) -> None:
    client, far = team["client"], str(house.reps["south"])
    meeting = call(house, team)
    held = {
        "notes": "short",
        "present": [team["boss"]],
        "decisions": [{"question": "one price list?", "of": far, "due_at": SOON}],
        "action_items": [{"what": "call ten", "owner_id": team["boss"], "due_at": SOON}],
    }
    assert house.client("south").post(f"/meetings/{meeting}/hold", json=held).status_code == 404
    recorded = client.post(f"/meetings/{meeting}/hold", json=held)
    answer = told(recorded)
    (item,), (owed,) = answer["action_items"], answer["waiting"]
    assert (owed["step"], owed["of"]) == ("decide", far)

    after = {"after": recorded.json()["position"]}
    read = client.get(f"/meetings/{meeting}", params=after).json()
    assert (read["status"], read["over"], read["agenda"][0]["code"]) == ("held", False, "deals-stalled")
    assert read["decisions"][0]["question"] == "one price list?"
    assert client.get(f"/action-items/{item}", params=after).json()["owner_id"] == team["boss"]
    assert client.get("/meetings", params={**after, "over": "false"}).json()["items"][0] == read

    place = f"/meetings/{meeting}/decisions/{owed['subject_id']}/choice"
    assert client.post(place, json={"choice": "no"}).status_code == 403
    assert house.client("north").post(place, json={"choice": "no"}).status_code == 404
    assert told(house.client("south").post(place, json={"choice": "yes"}))["waiting"] == []


def test_who_is_asked_for_a_decision_of_another_teams_review_can_answer_it(house: House) -> None:
    rep, far = str(house.reps["north"]), str(house.reps["south"])
    scope = {"kind": "rep", "id": rep}
    target = {
        "metric": "deals-won",
        "number": "13",
        "unit": "count",
        "period": "2019",
        "scope": scope,
        "owner_id": rep,
        "achievable": "eleven were won",
        "relevant": "the plan",
    }
    told(house.admin.post("/targets", json=target), 201)
    opening = {"scope": scope, "period": "2019", "owner_id": rep, "metrics": ["deals-won"]}
    id = told(house.admin.post("/cycles", json=opening), 201)["cycle_id"]
    start = cycles.StartExecution(cycle_id=UUID(id), arming=1)
    review = cycles.OpenReview(cycle_id=UUID(id), arming=1, position=1, pack_digest="ab" * 32)
    clock_says(
        house.settings.database_url, start, review, days=10
    )  # the time to agree on a period that is long over is past then
    question = {"question": "fewer deals?", "of": far, "due_at": SOON}
    asked = told(house.client("north-manager").post(f"/cycles/{id}/decisions", json=question), 201)
    decision = next(w["subject_id"] for w in asked["waiting"] if w["step"] == "decide")

    place = f"/cycles/{id}/decisions/{decision}/choice"
    choice = {"choice": "one less", "change": {"metric": "deals-won", "number": "-1"}}
    assert house.client("north").post(place, json=choice).status_code == 403
    wrong = {"choice": "x", "change": {"metric": "win-rate", "number": "1"}}
    assert told(house.client("south").post(place, json=wrong), 422)["errors"][0]["field"] == "change.metric"
    taken = house.client("south").post(place, json=choice)
    assert "decide" not in [w["step"] for w in told(taken)["waiting"]]
    said = house.admin.get(f"/cycles/{id}", params={"after": taken.json()["position"]}).json()["said"]
    assert said[-1]["change"] == {"metric": "deals-won", "number": "-1", "as_share": False}


def test_a_manager_who_is_no_rep_opens_an_action_item_for_themselves(house: House, team: Json) -> None:
    opened = team["client"].post("/action-items", json={"what": "coach two reps", "due_at": SOON})
    assert told(opened, 201)["owner_id"] == team["boss"]
    item = told(opened, 201)["item_id"]
    read = team["client"].get(f"/action-items/{item}", params={"after": opened.json()["position"]})
    assert read.json()["team_id"] == team["id"]
    assert told(team["client"].post(f"/action-items/{item}/finish", json={}))["outcome"] == "kept"


def test_an_adjustment_is_decided_by_its_owner_or_above(house: House, team: Json) -> None:
    body = {
        "hypothesis": "demos win more",
        "scope": {"kind": "team", "id": team["id"]},
        "metric": "win-rate",
        "baseline": {"start": "2026-01-01", "end": "2026-01-31"},
        "horizon": "2038-01-31",
        "owner_id": team["boss"],
    }
    id = told(team["client"].post("/adjustments", json=body), 201)["adjustment_id"]
    stop = {"outcome": "stop", "why": "no time"}
    stranger = {**stop, "by": str(house.reps["north"])}
    assert house.admin.post(f"/adjustments/{id}/decision", json=stranger).status_code == 403
    assert told(team["client"].post(f"/adjustments/{id}/decision", json=stop))["outcome"] == "stop"
