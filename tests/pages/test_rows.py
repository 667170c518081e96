"""Rows of a form: one more, one less, without a script; what is refused stands beside the row that it is about, and nothing typed is lost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import httpx
import pytest

from api.pages.engine import rows
from api.pages.engine.forms import controls_of
from api.pages.engine.table import acts
from api.pages.engine.typed import Mistyped, body_of
from tests.house import House
from tests.pages.sent import Sent
from tests.pages.test_targets import PERIOD, of_team, told

SCORECARD = controls_of(acts()["defineScorecard"])
POLICY = controls_of(acts()["publishPolicy"])
UTC = ZoneInfo("UTC")


def opened(client: httpx.Client, operation: str, **given: str) -> Sent:
    answer = client.get(f"/desk/act/{operation}", params=given)
    assert answer.status_code == 200, answer.text
    return Sent(answer.text)


def more(client: httpx.Client, form: Sent, *buttons: str) -> Sent:
    for button in buttons:
        answer = form.press(client, button)
        assert answer.status_code == 200, answer.text
        form = Sent(answer.text)
    return form


def done(client: httpx.Client, form: Sent) -> dict[str, str]:
    """What a read waits for to see it."""
    answer = form.press(client)
    assert answer.status_code == 303, answer.text
    return {"after": answer.headers["location"].rpartition("after=")[2]}


class TestAList:
    def test_begins_with_one_row_and_within_a_row_with_none(self) -> None:
        (measures,) = (one for one in rows.grown(SCORECARD, {}) if one.name == "measures")
        assert [one.name for one in measures.rows[0]][:2] == ["measures.0.key", "measures.0.kind"]
        assert [len(one.rows) for one in measures.parts if one.name.endswith(".curve")] == [0, 0]

    def test_loses_the_row_that_is_taken_away_and_no_other(self) -> None:
        typed = {f"measures.{n}.key": name for n, name in enumerate("abc")} | {"row": "-measures.1"}
        assert rows.changed(SCORECARD, typed) == (
            {"measures.0.key": "a", "measures.1.key": "c"},
            "measures.1",
        )

    def test_within_a_row_is_that_rows_own(self) -> None:
        typed = {"measures.0.key": "a", "measures.1.key": "b", "measures.1.curve.0.at": "2"}
        again = rows.changed(SCORECARD, typed | {"row": "+measures.1.curve"})
        assert again is not None
        assert again[0] == typed | {"measures.1.curve.1": ""}
        assert again[1] == "measures.1.curve.1"

    def test_is_read_without_the_rows_that_say_nothing(self) -> None:
        typed = {
            "measures.0.key": "",
            "measures.0.basis": "figure",
            "measures.3.key": "b",
            "measures.3.curve.0.at": " ",
            "measures.3.curve.2.at": "1",
        }
        settled = rows.settled(SCORECARD, typed)
        body = body_of(rows.grown(SCORECARD, settled), settled, UTC)
        assert body == {"measures": [{"key": "b", "curve": [{"at": "1"}]}]}

    @pytest.mark.parametrize(
        "asked", ["", "+", "-", "+nothing", "-measures", "-measures.x", "+name", "?a", "-measures.9"]
    )
    def test_stays_as_it_is_where_no_button_of_ours_asks(self, asked: str) -> None:
        typed = {"measures.0.key": "a", "name": "b", "..": "c", "": "d"}
        again = rows.changed(SCORECARD, typed | {"row": asked})
        assert again is None or {name: value for name, value in again[0].items() if value} == typed
        assert (again is None) == (asked == "")

    def test_has_no_more_rows_than_its_limit(self) -> None:
        typed = {f"measures.{n}.key": "x" for n in range(9_000)}
        (measures,) = (one for one in rows.grown(SCORECARD, typed) if one.name == "measures")
        assert len(measures.rows) == 50

    def test_of_entries_has_each_once(self) -> None:
        typed = {
            "due_after_by_stage.0.key": "needs",
            "due_after_by_stage.0.value": "2bd",
            "due_after_by_stage.1.key": "contact",
            "due_after_by_stage.1.value": "1bd",
        }
        body = body_of(rows.grown(POLICY, typed), typed, UTC)
        assert body["due_after_by_stage"] == {"needs": "2bd", "contact": "1bd"}
        twice = typed | {"due_after_by_stage.1.key": "needs"}
        with pytest.raises(Mistyped) as refused:
            body_of(rows.grown(POLICY, twice), twice, UTC)
        assert refused.value.name == "due_after_by_stage.1.key"


def test_a_name_of_thousands_of_parts_is_nobodys_and_walked_by_nobody() -> None:
    deep = ".".join(["a"] * 5_000)
    assert rows.settled((), {deep: "x", "name": "y"}) == {deep: "x", "name": "y"}


def test_a_scorecard_is_defined_row_by_row(house: House, admin: httpx.Client) -> None:
    form = opened(admin, "defineScorecard").fill({"name": "row-by-row", "measures.0.key": "revenue"})
    form = more(admin, form, "+measures")
    assert (form["measures.0.key"], form.begins) == ("revenue", "measures.1.key")
    form = more(admin, form, "+measures.0.curve", "+measures.0.curve", "+measures")
    form.fill(
        {"measures.0.kind": "quantitative", "measures.0.weight": "60", "measures.0.metric": "revenue-won"}
    )
    form.fill({"measures.0.curve.0.at": "0", "measures.0.curve.0.score": "0"})
    form.fill({"measures.0.curve.1.at": "1000", "measures.0.curve.1.score": "100"})
    form.fill({"measures.2.key": "team play", "measures.2.kind": "qualitative", "measures.2.weight": "400"})
    refused = form.press(admin)
    assert refused.status_code == 422
    again = Sent(refused.text)
    assert list(again.errors) == ["measures.1.weight"], "of the second that says something"
    assert (again["measures.1.weight"], again["measures.0.curve.1.at"]) == ("400", "1000")
    done(admin, again.fill({"measures.1.weight": "40"}))
    found = house.admin.get("/scorecard-definitions/row-by-row").json()
    assert [one["key"] for one in found["versions"][-1]["measures"]] == ["revenue", "team play"]


def test_a_follow_up_policy_is_published_with_its_hours(house: House, admin: httpx.Client) -> None:
    form = more(admin, opened(admin, "publishPolicy"), "+due_after_by_stage")
    form.fill(
        {
            "name": "rows",
            "due_after": "2bd",
            "calendar.timezone": "Asia/Shanghai",
            "calendar.workdays": "1\n2\n6",
        }
    )
    form.fill({"calendar.holidays": "2027-05-04\n2027-05-05", "due_after_by_stage.0.key": "needs"})
    form.fill(
        {
            "due_after_by_stage.0.value": "soon",
            "due_after_by_stage.1.key": "contact",
            "due_after_by_stage.1.value": "1bd",
        }
    )
    again = Sent(form.press(admin).text)
    assert list(again.errors) == ["due_after_by_stage.0.value"]
    assert again["calendar.workdays"] == "1\n2\n6"
    after = done(admin, again.fill({"due_after_by_stage.0.value": "5bd"}))
    policy = house.admin.get("/policies/rows", params=after).json()["policies"][-1]
    assert policy["due_after_by_stage"] == {"needs": "5bd", "contact": "1bd"}
    assert (policy["calendar"]["workdays"], policy["escalate_after"]) == ([1, 2, 6], "24bh")
    assert policy["calendar"]["holidays"] == ["2027-05-04", "2027-05-05"]


def test_a_process_is_published_stage_by_stage(house: House, admin: httpx.Client) -> None:
    form = more(
        admin, opened(admin, "publishProcess"), "-stages.0", "-stages.0", "-stages.1", "-stages.1", "+stages"
    )
    assert form.begins == "stages.4.name"
    form.fill({"name": "by-rows", "stages.0.leave": "budget\npain-points", "stages.4.name": " "})
    refused = Sent(form.fill({"stages.1.enter": "amount\nluck"}).press(admin).text)
    assert "luck" in refused.errors["stages.1.name"]
    after = done(admin, refused.fill({"stages.1.enter": "amount"}))
    process = house.admin.get("/processes/by-rows", params=after).json()["processes"][-1]["process"]
    assert [stage["name"] for stage in process["stages"]] == ["needs", "won", "lost", "after-sales"]
    assert set(process["stages"][0]["leave"]) == {"budget", "pain-points"}
    assert process["stages"][1]["enter"] == ["amount"]


def test_what_is_promised_of_cases_is_published(house: House, admin: httpx.Client) -> None:
    form = opened(admin, "publishServicePolicy").fill({"name": "gold", "calendar.timezone": "Asia/Shanghai"})
    form.fill({"severe.answer": "30m", "severe.solve": "4bh", "normal.answer": "2bh", "normal.solve": "2bd"})
    form.fill({"minor.answer": "", "minor.solve": ""})
    refused = form.press(admin)
    assert "minor" in Sent(refused.text).errors
    after = done(admin, Sent(refused.text).fill({"minor.answer": "1bd", "minor.solve": "5bd"}))
    house.admin.get("/service-policies", params=after).raise_for_status()
    begun = opened(admin, "publishServicePolicy", name="gold")
    assert (begun["severe.answer"], begun["minor.solve"]) == ("30m", "5bd")
    done(admin, begun)
    (found,) = house.admin.get("/service-policies", params={"name": "gold"}).json()["items"]
    assert found["policy"]["version"] == 1, "the same again publishes nothing"


def test_a_cycle_policy_is_published_as_it_is_built_in_but_for_what_was_changed(
    house: House, admin: httpx.Client
) -> None:
    form = opened(admin, "publishCyclePolicy").fill({"name": "rows", "cadence": "monthly"})
    done(admin, form)
    mine, usual = (
        house.admin.get(f"/cycle-policies/{name}").json()["versions"][-1] for name in ("rows", "default")
    )
    same = set(mine) - {"name", "cadence", "published_at", "position", "version"}
    assert {name: mine[name] for name in same} == {name: usual[name] for name in same}
    assert mine["cadence"] == "monthly"


def test_a_target_is_divided_into_parts_that_are_given(house: House, manager: httpx.Client) -> None:
    given = {
        "metric": "activities:demonstration", "number": "30", "unit": "count", "period": PERIOD, "scope": of_team(house, "north"),
        "owner_id": str(house.reps["north"]), "achievable": "as before", "relevant": "so",
    }  # fmt: skip
    id = told(house.client("north-manager").post("/targets", json=given))["answer"]["target_id"]
    form = more(manager, opened(manager, "divideTarget", target_id=id), "+children").fill(
        {"method": "manual"}
    )
    for n, (name, number) in enumerate({"north": "10", "north2": "20"}.items()):
        form.fill({f"children.{n}.scope.kind": "rep", f"children.{n}.scope.id": str(house.reps[name])})
        form.fill({f"children.{n}.period": PERIOD, f"children.{n}.number": number})
    found = house.client("north-manager").get(f"/targets/{id}/tree", params=done(manager, form)).json()
    assert sorted(one["number"] for one in (branch["target"] for branch in found["children"])) == ["10", "20"]


def test_the_next_version_of_a_rule_begins_with_the_last_one(house: House, admin: httpx.Client) -> None:
    given = {
        "name": "begun", "due_after": "2bd", "due_after_by_activity": {"call:no answer": "4bh", "visit": "5bd"},
        "calendar": {"timezone": "Asia/Shanghai", "country": "CN", "years": [2026, 2027], "holidays": ["2027-03-08"]},
    }  # fmt: skip
    position = told(house.admin.post("/policies", json=given))["position"]
    house.admin.get("/policies", params={"after": position}).raise_for_status()
    form = opened(admin, "publishPolicy", name="begun")
    assert (form["calendar.country"], form["calendar.years"], form["calendar.holidays"]) == (
        "CN",
        "2026\n2027",
        "2027-03-08",
    )
    assert (form["due_after_by_activity.1.key"], form["due_after_by_activity.1.value"]) == ("visit", "5bd")
    again = more(admin, form, "+due_after_by_stage")
    assert again["due_after_by_activity.1.key"] == "visit", "what was begun with is not begun with anew"
    done(admin, again)
    versions = house.admin.get("/policies/begun").json()["policies"]
    assert len(versions) == 1, "the same again publishes nothing"


@pytest.mark.parametrize("operation", ["publishPolicy", "publishProcess", "publishCyclePolicy"])
def test_a_new_rule_begins_as_the_default_one_and_is_not_it(admin: httpx.Client, operation: str) -> None:
    form = opened(admin, operation)
    assert form["name"] == ""
    begun = "stages.0.name" if operation == "publishProcess" else "calendar.timezone"
    assert form[begun] in ("identify", "Asia/Shanghai")
    assert done(admin, form.fill({"name": "default"})), "unchanged: nothing is published"
