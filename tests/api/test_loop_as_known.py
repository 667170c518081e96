"""What a review and a scorecard froze, over HTTP, and beside it what is known since: facts entered late, another target."""

from __future__ import annotations

import hashlib
import json
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.house import House
from tests.reviewing import reviewed

Json = dict[str, Any]
MONTHS = count(1)
VISITS = "activities:visit"


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()["answer"]
    return found


class Selling:
    """A rep of the team north with a month of 2024 that is over, a deal in it, and a target of three visits."""

    def __init__(self, house: House) -> None:
        self.house, self.month = house, f"2024-{next(MONTHS):02}"
        team = str(house.teams["north"])
        self.rep: str = told(house.admin.post("/reps", json={"name": "Zhao", "team_id": team}), 201)["rep_id"]
        opened = {"title": "Forty boilers", "owner_id": self.rep, "occurred_at": self.at(1)}
        self.deal: str = told(house.admin.post("/deals", json=opened), 201)["deal_id"]
        why = {"achievable": "two a month before", "relevant": "nobody buys unseen"}
        body = {"metric": VISITS, "number": "3", "unit": "count", **self.about, **why}
        self.target: str = told(house.admin.post("/targets", json=body), 201)["target_id"]

    @property
    def about(self) -> Json:
        return {"scope": {"kind": "rep", "id": self.rep}, "period": self.month, "owner_id": self.rep}

    def at(self, day: int) -> str:
        return f"{self.month}-{day:02}T04:00:00Z"

    def visit(self, day: int) -> int:
        """Entered now, whatever day it was; its position."""
        body = {"activity": {"kind": "visit", "summary": "saw the plant"}, "occurred_at": self.at(day)}
        answer = self.house.admin.post(f"/deals/{self.deal}/activities", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["position"])

    def read(self, path: str, who: str = "north", **asked: Any) -> Json:
        answer = self.house.client(who).get(path, params=asked)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


@pytest.fixture
def selling(house: House) -> Selling:
    return Selling(house)


# --- attainment ------------------------------------------------------------------------------------------------------


def test_each_day_is_judged_by_the_version_in_force_on_it(house: House, selling: Selling) -> None:
    selling.visit(5)
    revised = {"number": "6", "why": "a second rep's customers", "occurred_at": selling.at(16)}
    assert house.admin.post(f"/targets/{selling.target}/revise", json=revised).status_code == 200
    position = selling.visit(20)
    place, on = f"/targets/{selling.target}/attainment", f"{selling.month}-"
    asked: Json = {"since": f"{on}15", "until": f"{on}20", "after": position}
    first, *_, last = selling.read(place, **asked)["days"]
    assert (first["number"], first["actual"], last["number"], last["actual"]) == ("3", "1", "6", "2")
    assert first["version_position"] < last["version_position"]
    assert (last["attained"], last["status"]) == ("0.333333", "behind")
    then = selling.read(place, until=f"{on}20", known_at=first["version_position"])["days"]
    assert [(day["number"], day["actual"]) for day in then] == [("3", "0")]


def test_attainment_is_listed_by_scope_period_and_day_for_the_own_team(
    house: House, selling: Selling
) -> None:
    asked: Json = {"scope_id": selling.rep, "day": f"{selling.month}-10", "after": selling.visit(5)}
    (running,) = selling.read("/attainment", **asked)["items"]
    (named,) = selling.read("/attainment", **asked, period=selling.month)["items"]
    assert running == named
    assert (running["target_id"], running["actual"], running["owner_id"]) == (
        selling.target,
        "1",
        selling.rep,
    )
    assert selling.read("/attainment", **{**asked, "day": "2024-12-31"})["items"] == []
    assert selling.read("/attainment", "south", **asked)["items"] == []
    south = house.client("south")
    assert south.get("/attainment", params={"team_id": str(house.teams["north"])}).status_code == 403
    assert south.get(f"/targets/{selling.target}/attainment").status_code == 404
    days = {"since": "2024-01-01", "until": "2024-12-31"}
    assert house.admin.get(f"/targets/{selling.target}/attainment", params=days).status_code == 422


# --- packs -----------------------------------------------------------------------------------------------------------


def test_a_pack_stays_as_it_was_frozen_and_shows_what_is_known_now(house: House, selling: Selling) -> None:
    body = {**selling.about, "metrics": [VISITS]}
    cycle = UUID(told(house.admin.post("/cycles", json=body), 201)["cycle_id"])
    place, position = f"/cycles/{cycle}/pack", selling.visit(5)
    early = house.client("north").get(place, params={"after": position})
    assert (early.status_code, early.json()["kind"]) == (404, "review pack")
    opened = reviewed(house.settings.database_url, cycle, position)

    frozen = selling.read(place, after=opened)
    assert (frozen["equal"], frozen["recomputes"], frozen["computed"], frozen["format"]) == (
        True,
        True,
        "when frozen",
        1,
    )
    assert [line for line in frozen["lines"] if line["then"] != line["now"]] == []
    assert [point["words"]["zh"] for point in frozen["agenda"]] == ["目标未达成", "商机停滞", "有补录的事实"]

    later = selling.read(place, after=selling.visit(20))
    assert (later["pack"], later["digest"], later["equal"]) == (frozen["pack"], frozen["digest"], True)
    written = json.dumps(later["pack"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == later["digest"]
    lines = {(line["section"], line["name"]): (line["then"], line["now"]) for line in later["lines"]}
    assert lines["targets", "number"] == ("3", "3")
    assert lines["targets", "actual"] == ("1", "2")
    assert selling.read(place, known_at=frozen["known_at"])["lines"] == frozen["lines"]
    unknown = house.client("north").get(place, params={"known_at": 2**50})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "query.known_at")
    assert house.client("south").get(place).status_code == 404


# --- scorecards ------------------------------------------------------------------------------------------------------


CARD = {
    "name": "visiting",
    "measures": [
        {
            "key": "visits",
            "kind": "quantitative",
            "weight": "100",
            "metric": VISITS,
            "curve": [{"at": "0", "score": "0"}, {"at": "4", "score": "100"}],
        }
    ],
}


def test_a_closed_scorecard_recomputes_to_its_bytes_whatever_is_entered_late(
    house: House, selling: Selling
) -> None:
    told(house.admin.post("/scorecard-definitions", json=CARD), 201)
    made = house.admin.post("/scorecards", json={**selling.about, "definition": "visiting"})
    place = f"/scorecards/{told(made, 201)['scorecard_id']}"
    selling.visit(5)
    answer = house.client("north-manager").post(f"{place}/close", json={})
    assert told(answer)["total"] == "25.00"
    first = selling.read(f"{place}/closings/1", after=answer.json()["position"])
    assert (first["equal"], _figures(first["result"])) == (True, ["1"])

    house.open_deal("north")
    late = selling.visit(9)
    again = selling.read(f"{place}/closings/1", after=late)
    assert (again["equal"], again["result"], again["digest"]) == (True, first["result"], first["digest"])
    assert hashlib.sha256(again["result"].encode()).hexdigest() == again["digest"]
    assert (_figures(again["now"]), json.loads(again["now"])["total"]) == (["2"], "50")
    behind = selling.read(f"{place}/closings/1/events")["items"]
    assert [one["day"] for one in behind] == [f"{selling.month}-05"], "the late one is not behind it"


def _figures(result: str) -> list[str]:
    return [measure["figure"] for measure in json.loads(result)["measures"]]
