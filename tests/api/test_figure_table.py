"""Figures as a table: each row is the figure that is told for its days and its part, and whoever sees a part sees no other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import House

Json = dict[str, Any]
PERIOD = {"since": "2026-01-01", "until": "2026-12-31"}


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    house = house_of_the_module
    for whose, times in (("north", 2), ("south", 1)):
        deal = house.open_deal(whose)
        for _ in range(times):
            answer = house.admin.post(
                f"/deals/{deal}/activities", json={"activity": {"kind": "call", "outcome": "reached"}}
            )
            assert answer.is_success, answer.text
            house.position = answer.json()["position"]
    return house


def table(house: House, who: str = "admin", **asked: Any) -> list[Json]:
    found: list[Json] = []
    cursor = None
    while True:
        answer = house.client(who).get(
            "/figures/table",
            params={"limit": 7, "after": house.position, **({"cursor": cursor} if cursor else {}), **asked},
        )
        assert answer.is_success, answer.text
        found += answer.json()["items"]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


@pytest.mark.parametrize(("every", "many"), [("month", 12), ("quarter", 4), ("year", 1)])
def test_a_row_is_the_figure_of_its_days(house: House, every: str, many: int) -> None:
    rows = table(house, metric="activities:call", every=every, **PERIOD)
    assert len(rows) == many
    for row in rows:
        days = {"since": row["since"], "until": row["until"]}
        one = house.admin.get("/figures", params={"metric": "activities:call", **days}).json()
        assert row["figure"] == one["figure"]


def test_the_periods_follow_each_other_and_weeks_are_whole(house: House) -> None:
    rows = table(house, metric="activities:call", every="week", since="2026-03-18", until="2026-04-18")
    assert [row["since"] for row in rows] == [
        "2026-03-16",
        "2026-03-23",
        "2026-03-30",
        "2026-04-06",
        "2026-04-13",
    ]
    assert [row["until"] for row in rows] == [
        "2026-03-22",
        "2026-03-29",
        "2026-04-05",
        "2026-04-12",
        "2026-04-19",
    ]


def test_parts_of_a_scope_sum_to_it(house: House) -> None:
    asked = {"metric": "activities:call", "every": "year", **PERIOD}
    (whole,) = table(house, **asked)
    for by in ("team", "rep"):
        parts = table(house, by=by, **asked)
        assert len({row["part_id"] for row in parts}) == len(parts)
        assert all(row["part_name"] for row in parts)
        assert sum(float(row["figure"]) for row in parts) == float(whole["figure"])


def test_without_a_metric_each_that_is_measured_has_its_rows(house: House) -> None:
    measured = {
        one["key"]: one["unit"]
        for one in house.admin.get("/figures/catalogue").json()["metrics"]
        if one["measured"]
    }
    plain = {row["metric"] for row in table(house, every="year", **PERIOD)}
    assert plain == {key for key, unit in measured.items() if unit != "money"}
    assert {row["metric"] for row in table(house, every="year", currency="CNY", **PERIOD)} == {*measured}


def test_who_sees_one_team_sees_its_parts_alone(house: House) -> None:
    asked = {"metric": "activities:call", "every": "year", **PERIOD}
    assert {row["part_id"] for row in table(house, "south-manager", by="rep", **asked)} == {
        str(house.reps["south"])
    }
    (own,) = table(house, "south-manager", **asked)
    assert own["figure"] == "1"
    refused = house.client("south-manager").get("/figures/table", params={"scope": "company", **asked})
    assert refused.status_code in (403, 404)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"by": "channel"}, "by"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "until"),
        (
            {"every": "week", "since": "1990-01-01", "until": "2026-01-01", "by": "rep", "currency": "CNY"},
            "metric",
        ),
        ({"metric": "happiness"}, "metric"),
        ({"metric": "revenue-won"}, "currency"),
        ({"cursor": "bm8="}, "cursor"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(house: House, asked: Json, field: str) -> None:
    answer = house.admin.get("/figures/table", params=asked)
    assert answer.status_code == 422, answer.text
    assert field in answer.text
