"""A cycle in review and a meeting that was called: the frozen pack, what is asked of whom, what was said, and acts from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.cycle.facts import AgendaItem
from domain.meeting.commands import CallMeeting
from tests.house import House
from tests.reviewing import clock_says, reviewed

Json = dict[str, Any]
Post = Callable[..., httpx.Response]
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
LAST_MONTH = f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"


def told(answer: httpx.Response) -> Json:
    assert answer.status_code in (200, 201), answer.text
    found: Json = answer.json()
    return found


@pytest.fixture(scope="module")
def cycle(house: House) -> Json:
    """Of the rep `north2`, of the month before; its review has opened. `after` is where that stands."""
    rep = str(house.reps["north2"])
    scope = {"kind": "rep", "id": rep}
    target = {
        "metric": "deals-won",
        "number": "3",
        "unit": "count",
        "period": LAST_MONTH,
        "scope": scope,
        "owner_id": rep,
        "achievable": "so",
        "relevant": "so",
    }
    told(house.admin.post("/targets", json=target))
    given = {"scope": scope, "period": LAST_MONTH, "owner_id": rep, "metrics": ["deals-won"]}
    given["manager_id"] = str(house.reps["north"])
    made = told(house.admin.post("/cycles", json=given))
    id = made["answer"]["cycle_id"]
    house.admin.get("/attainment", params={"after": made["position"]})
    return {"id": id, "after": reviewed(house.settings.database_url, UUID(id), made["position"])}


def test_the_pack_is_shown_frozen_and_as_known_now(house: House, cycle: Json) -> None:
    address = f"/desk/cycles/{cycle['id']}"
    page = house.browser("auditor").get(address, params={"after": cycle["after"], "pack": "all"}).text
    assert "the bytes that were recorded" in page
    assert "as known now" in page
    assert 'id="s-targets"' in page
    assert "A target was missed" in page
    assert "/desk/act/" not in page


def test_who_owes_a_step_is_offered_it_and_what_was_said_stays(
    house: House, cycle: Json, post_act: Post
) -> None:
    address, owner = f"/desk/cycles/{cycle['id']}", house.browser("north2")
    page = owner.get(address, params={"after": cycle["after"]}).text
    assert "/desk/act/assessSelf" in page
    assert "/desk/act/assessCycle" not in page
    said = post_act(
        owner, "assessSelf", {"cycle_id": cycle["id"], "next": address}, text="two <i>slipped</i>"
    )
    page = owner.get(said.headers["location"]).text
    assert "two &lt;i&gt;slipped&lt;/i&gt;" in page
    assert "/desk/act/assessSelf" not in page


def test_a_decision_is_taken_by_whom_it_was_asked_of(house: House, cycle: Json, post_act: Post) -> None:
    address, owner = f"/desk/cycles/{cycle['id']}", house.browser("north2")
    manager = house.browser("north-manager")
    question = {"question": "More demos?", "of": str(house.reps["north2"]), "due_at": SOON[:16]}
    asked = post_act(manager, "askDecision", {"cycle_id": cycle["id"], "next": address}, **question)
    assert asked.status_code == 303, asked.text
    page = owner.get(asked.headers["location"]).text
    assert "More demos?" in page
    assert "/desk/act/takeDecision" in page
    assert "/desk/act/takeDecision" not in manager.get(address).text
    assert "More demos?" not in house.browser("south").get(address).text
    for given in ({"cycle_id": cycle["id"]}, {}):
        form = manager.get("/desk/act/openActionItem", params=given).text
        assert ">More demos? · " in form.split('name="decision_id"')[1].split("</select>")[0]


def test_what_changed_since_the_last_review_is_the_team_s(house: House, cycle: Json) -> None:
    page = house.browser("north-manager").get("/desk/team", params={"after": cycle["after"]}).text
    assert "No review of this team has opened yet" in page, "a rep's review is none of the team's"
    assert f"/desk/cycles/{cycle['id']}" in page, "but it waits for somebody"


@pytest.fixture(scope="module")
def meeting(house: House) -> Json:
    body = {
        "scope": {"kind": "team", "id": str(house.teams["south"])},
        "cadence": "monthly",
        "day": 3,
        "at": "09:30",
    }
    body["chair_id"] = str(house.reps["south"])
    id = UUID(told(house.admin.post("/meeting-schedules", json=body))["answer"]["schedule_id"])
    agenda = (AgendaItem(code="deals-stalled", detail="3"),)
    call = CallMeeting(schedule_id=id, arming=1, number=1, agenda=agenda)
    position = clock_says(house.settings.database_url, call)
    schedule = house.admin.get(f"/meeting-schedules/{id}", params={"after": position}).json()
    return {"id": schedule["last_meeting_id"], "after": position}


def test_a_meeting_has_its_agenda_and_what_it_waits_for(house: House, meeting: Json) -> None:
    address = f"/desk/meetings/{meeting['id']}"
    page = house.browser("south-manager").get(address, params={"after": meeting["after"]}).text
    assert "Deals have stalled" in page
    assert "/desk/act/changeChair" in page
    assert meeting["id"] in house.browser("south-manager").get("/desk/meetings").text
    assert house.browser("north-manager").get(address).status_code == 404
    chinese = house.browser("south-manager")
    chinese.headers["Accept-Language"] = "zh-CN"
    assert "商机停滞" in chinese.get(address).text


def test_a_decision_of_a_meeting_is_asked_for_and_taken(house: House, meeting: Json, post_act: Post) -> None:
    address, manager = f"/desk/meetings/{meeting['id']}", house.browser("south-manager")
    chair = house.browser("south")
    assert "/desk/act/holdMeeting" in chair.get(address).text, "a rep may chair"
    form = chair.get("/desk/act/holdMeeting", params={"meeting_id": meeting["id"]}).text
    assert (
        f'value="{house.reps["south"]}"'
        in form.split('name="action_items.0.owner_id"')[1].split("</select>")[0]
    )
    minutes = {"meeting_id": meeting["id"], "next": address}
    typed = {
        "notes": "offers are <b>late</b>",
        "action_items.0.what": "Bring the list",
        "present": str(house.reps["south"]),
    }
    late = post_act(chair, "holdMeeting", minutes, **typed, **{"action_items.0.due_at": SOON[:16]})
    assert late.status_code == 422, "nobody is named who does it"
    assert ">Bring the list</textarea>" in late.text
    assert post_act(manager, "holdMeeting", minutes, notes="mine").status_code == 403, "no chair"
    typed |= {"action_items.0.due_at": SOON[:16], "action_items.0.owner_id": str(house.reps["south"])}
    held = post_act(chair, "holdMeeting", minutes, **typed)
    assert held.status_code == 303, held.text
    assert "Bring the list" in chair.get(held.headers["location"]).text
    question = {"question": "One list?", "of": str(house.reps["south"]), "due_at": SOON[:16]}
    asked = post_act(
        manager, "askMeetingDecision", {"meeting_id": meeting["id"], "next": address}, **question
    )
    assert asked.status_code == 303, asked.text
    rep = house.browser("south")
    page = rep.get(asked.headers["location"]).text
    assert "offers are &lt;b&gt;late&lt;/b&gt;" in page
    assert "/desk/act/takeMeetingDecision" in page
    assert "/desk/act/takeMeetingDecision" not in manager.get(address).text
