"""Targets, scorecards, action items, adjustments and meetings: what a page of each shows, to whom, and what is done from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.test_segments import customer, published
from tests.house import House
from tests.pages.conftest import hidden

Json = dict[str, Any]
NOW = datetime.now(UTC)
PERIOD = f"{NOW:%Y-%m}"
LATER = (NOW + timedelta(days=20)).isoformat()
LISTS = ("targets", "scorecards", "action-items", "adjustments", "meetings")


def told(answer: httpx.Response) -> Json:
    assert answer.status_code in (200, 201), answer.text
    found: Json = answer.json()
    return found


def of_team(house: House, name: str) -> Json:
    return {"kind": "team", "id": str(house.teams[name])}


def of_rep(house: House, name: str) -> Json:
    return {"kind": "rep", "id": str(house.reps[name])}


@pytest.fixture(scope="module")
def target(house: House) -> Json:
    """Of the team, in two parts; the position is after the division."""
    given = {
        "metric": "activities:visit",
        "number": "40",
        "unit": "count",
        "period": PERIOD,
        "scope": of_team(house, "north"),
        "owner_id": str(house.reps["north"]),
        "achievable": "<b>as before</b>",
        "relevant": "so",
    }
    manager = house.client("north-manager")
    id = told(manager.post("/targets", json=given))["answer"]["target_id"]
    divided = told(manager.post(f"/targets/{id}/divide", json={"into": "rep"}))
    return {"id": id, "after": divided["position"]}


@pytest.fixture(scope="module")
def card(house: House) -> Json:
    measures = [
        {
            "key": "wins",
            "kind": "quantitative",
            "weight": "60",
            "metric": "deals-won",
            "curve": [{"at": "0", "score": "0"}, {"at": "10", "score": "100"}],
        },
        {"key": "team <i>play</i>", "kind": "qualitative", "weight": "40"},
    ]
    told(house.admin.post("/scorecard-definitions", json={"name": "pages", "measures": measures}))
    given = {
        "definition": "pages",
        "scope": of_rep(house, "north2"),
        "period": PERIOD,
        "owner_id": str(house.reps["north2"]),
        "manager_id": str(house.reps["north"]),
    }
    made = told(house.client("north-manager").post("/scorecards", json=given))
    return {"id": made["answer"]["scorecard_id"], "after": made["position"]}


@pytest.fixture(scope="module")
def item(house: House) -> Json:
    given = {"what": "Call <b>all</b>", "owner_id": str(house.reps["north"]), "due_at": LATER}
    made = told(house.client("north-manager").post("/action-items", json=given))
    return {"id": made["answer"]["item_id"], "after": made["position"]}


@pytest.fixture(scope="module")
def adjustment(house: House) -> Json:
    given = {
        "hypothesis": "a demo wins <b>more</b>",
        "scope": of_team(house, "north"),
        "metric": "win-rate",
        "baseline": {"start": "2026-07-01", "end": "2026-09-30"},
        "horizon": str((NOW + timedelta(days=60)).date()),
        "owner_id": str(house.reps["north"]),
    }
    made = told(house.client("north-manager").post("/adjustments", json=given))
    return {"id": made["answer"]["adjustment_id"], "after": made["position"]}


# --- targets ---------------------------------------------------------------------------------------------------------


def test_a_target_is_shown_with_its_course_and_its_parts(manager: httpx.Client, target: Json) -> None:
    page = manager.get(f"/desk/targets/{target['id']}", params={"after": target["after"]}).text
    assert 'class="line expected"' in page
    assert page.count('id="t-') == 2, "a part for each rep"
    assert "Rep north2" in page
    assert "&lt;b&gt;as before&lt;/b&gt;" in page
    assert "/desk/act/reviseTarget" in page


def test_an_earlier_day_of_a_target_is_not_acted_on(manager: httpx.Client, target: Json) -> None:
    day = {"as_of": str(NOW.date() - timedelta(days=1)), "after": target["after"]}
    page = manager.get(f"/desk/targets/{target['id']}", params=day).text
    assert 'id="past"' in page
    assert "/desk/act/" not in page


def test_targets_are_listed_and_narrowed_down(manager: httpx.Client, target: Json) -> None:
    row = f'id="t-{target["id"]}"'
    assert row in manager.get("/desk/targets", params={"after": target["after"]}).text
    assert row in manager.get("/desk/targets", params={"period": PERIOD, "status": "proposed"}).text
    assert row not in manager.get("/desk/targets", params={"status": "withdrawn"}).text


def test_a_form_of_a_target_offers_the_metrics_by_name(manager: httpx.Client) -> None:
    form = manager.get("/desk/act/proposeTarget", params={"scope.kind": "company", "period": PERIOD}).text
    first = form.split('class="further"')[0]
    assert '<select id="f-metric"' in first
    assert '<option value="revenue-won">revenue won</option>' in first
    assert 'name="currency"' in first
    assert f'value="{PERIOD}"' in first
    cycle = manager.get("/desk/act/openCycle").text.split('class="further"')[0]
    assert '<select id="f-metrics" name="metrics" multiple' in cycle
    assert '<option value="revenue-won">revenue won</option>' in cycle


def test_a_target_s_scope_is_narrowed_to_a_segment(
    house: House, manager: httpx.Client, post_act: Callable[..., httpx.Response]
) -> None:
    _, name = published(house, "false")
    held = {"scope.kind": "rep", "scope.id": str(house.reps["north"]), "scope.segment": f"segment:{name}"}
    form = manager.get("/desk/act/proposeTarget", params=held).text
    assert f'<option value="segment:{name}" selected>' in form
    given = {
        "metric": "deals-won",
        "number": "3",
        "unit": "count",
        "period": "2034",
        "achievable": "a",
        "relevant": "b",
    }
    done = post_act(manager, "proposeTarget", {}, **held, **given, owner_id=str(house.reps["north"]))
    assert done.status_code in (204, 303), done.text
    customer(house, "steel")
    query: Json = {"period": "2034", "scope_kind": "rep", "after": house.position}
    (one,) = told(house.admin.get("/targets", params=query))["items"]
    assert one["scope"]["segment"] == f"segment:{name}"


# --- whose they are --------------------------------------------------------------------------------------------------


@pytest.fixture(params=["target", "card", "item", "adjustment"])
def thing(request: pytest.FixtureRequest) -> tuple[str, Json]:
    of = {"target": "targets", "card": "scorecards", "item": "action-items", "adjustment": "adjustments"}
    return f"/desk/{of[request.param]}", request.getfixturevalue(request.param)


def test_one_is_shown_to_the_team_and_to_who_sees_all_alone(house: House, thing: tuple[str, Json]) -> None:
    place, one = thing
    for who, status in (("north", 200), ("auditor", 200), ("admin", 200), ("south-manager", 404)):
        answer = house.browser(who).get(f"{place}/{one['id']}", params={"after": one["after"]})
        assert answer.status_code == status, (who, answer.text)
        assert "/desk/act/" not in answer.text or who != "auditor"
        assert one["id"] in house.browser(who).get(place).text or status == 404
    assert one["id"] not in house.browser("south-manager").get(place).text


@pytest.fixture(scope="module")
def new_team(house: House) -> Json:
    """A team that nothing is about yet, whatever ran before."""
    made = told(house.admin.post("/teams", json={"name": "newcomers"}))
    return {"id": made["answer"]["team_id"], "after": made["position"]}


@pytest.mark.parametrize("place", LISTS)
def test_an_empty_list_says_what_to_do(house: House, new_team: Json, place: str) -> None:
    nobody = new_team["id"]
    page = (
        house.browser("admin")
        .get(f"/desk/{place}", params={"team_id": nobody, "after": new_team["after"]})
        .text
    )
    assert 'class="empty"' in page
    assert f'<option value="{nobody}" selected>' in page


@pytest.mark.parametrize("place", LISTS)
def test_lists_are_in_chinese(house: House, place: str) -> None:
    chinese = house.browser("north-manager")
    chinese.headers["Accept-Language"] = "zh-CN"
    page = chinese.get(f"/desk/{place}").text
    assert "闭环" in page
    for english in (">owner<", ">status<", ">Show<", ">Targets<", "There is no"):
        assert english not in page, english


# --- scorecards ------------------------------------------------------------------------------------------------------


def test_a_scorecard_is_scored_closed_and_computed_again(
    house: House, card: Json, post_act: Callable[..., httpx.Response]
) -> None:
    address, scorer = f"/desk/scorecards/{card['id']}", house.browser("north")
    page = scorer.get(address, params={"after": card["after"]}).text
    assert "team &lt;i&gt;play&lt;/i&gt;" in page
    assert 'action="/desk/scorecards/' not in page, "a rep scores as the owner, and this one is not theirs"

    own = house.browser("north2")
    form = own.get(address).text
    fields = {name: hidden(form, name) for name in ("csrf", "key", "role")}
    assert fields["role"] == "owner"
    wrong = own.post(f"{address}/scores", data={**fields, "score.team <i>play</i>": "900"})
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text
    done = own.post(f"{address}/scores", data={**fields, "key": "again", "score.team <i>play</i>": "90"})
    assert done.status_code == 303, done.text
    assert ">90<" in own.get(done.headers["location"]).text

    by = str(house.reps["north"])
    scores = {"scores": [{"measure": "team <i>play</i>", "score": "80"}], "role": "manager", "by": by}
    told(house.admin.post(f"/scorecards/{card['id']}/scores", json=scores))
    closing = post_act(
        house.browser("north-manager"), "closeScorecard", {"scorecard_id": card["id"], "next": address}
    )
    page = own.get(closing.headers["location"]).text
    assert "the bytes that were recorded" in page
    assert ">32<" in page, "two fifths of eighty"
    assert f"{address}/events?measure=wins" in page
    assert "/desk/act/appealScorecard" in page
    assert own.get(f"{address}/events", params={"measure": "wins"}).status_code == 200


# --- what is agreed on -----------------------------------------------------------------------------------------------


def test_an_action_item_is_done_by_its_owner(
    house: House, rep: httpx.Client, item: Json, post_act: Callable[..., httpx.Response]
) -> None:
    address = f"/desk/action-items/{item['id']}"
    page = rep.get(address, params={"after": item["after"]}).text
    assert "Call &lt;b&gt;all&lt;/b&gt;" in page
    assert "/desk/act/finishActionItem" in page
    assert "/desk/act/moveActionItem" not in page, "a leader's"
    assert "/desk/act/" not in house.browser("north2").get(address).text.split("<main")[1]
    done = post_act(rep, "finishActionItem", {"item_id": item["id"], "next": address})
    page = rep.get(done.headers["location"]).text
    assert "kept" in page
    assert "/desk/act/finishActionItem" not in page
    assert item["id"] in rep.get("/desk/action-items", params={"outcome": "kept"}).text
    assert item["id"] not in rep.get("/desk/action-items").text


def test_an_adjustment_is_shown_with_its_hypothesis(
    rep: httpx.Client, manager: httpx.Client, adjustment: Json
) -> None:
    address = f"/desk/adjustments/{adjustment['id']}"
    page = rep.get(address, params={"after": adjustment["after"]}).text
    assert "<h1>a demo wins &lt;b&gt;more&lt;/b&gt;</h1>" in page
    assert "/desk/act/decideAdjustment" in page, "its owner's"
    assert "/desk/act/decideAdjustment" not in manager.get(address).text


def test_a_schedule_of_meetings_is_set_from_their_page(
    manager: httpx.Client, house: House, post_act: Callable[..., httpx.Response]
) -> None:
    team = str(house.teams["north"])
    made = post_act(
        manager,
        "setMeetingSchedule",
        {"next": "/desk/meetings"},
        **{"scope.kind": "team", "scope.id": team, "cadence": "weekly", "day": "3", "at": "09:30"},
    )
    assert made.status_code == 303, made.text
    page = manager.get(made.headers["location"]).text
    assert "09:30" in page
    assert "/desk/act/cancelMeetingSchedule" in page
