"""Calendars over HTTP: one's own days on top of a country's, and how far the days off are known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import House

Json = dict[str, Any]
SPANS = {"due_after": "1bd"}


def publish(house: House, name: str, calendar: Json, path: str = "/policies", **more: Any) -> Json:
    body = {"name": name, "calendar": {"timezone": "Asia/Hong_Kong"} | calendar, **more}
    if path == "/policies":
        body = SPANS | body
    answer = house.admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def calendar_of(house: House, done: Json, path: str) -> Json:
    found = read(house, done, path)
    calendar: Json = (found.get("policies") or found["versions"])[-1]["calendar"]
    return calendar


def read(house: House, done: Json, path: str) -> Json:
    """Cycle policies are read from the ledger and need not wait."""
    after = {"after": done["position"]} if path == "/policies" else {}
    found: Json = house.admin.get(f"{path}/{done['answer']['policy']}", params=after).json()
    return found


@pytest.mark.parametrize("path", ["/policies", "/cycle-policies"])
class TestEitherKindOfPolicy:
    def test_takes_ones_own_days_on_top_of_a_countrys(self, house: House, path: str) -> None:
        own = {"country": "HK", "years": [2026], "holidays": ["2026-04-03", "2026-06-02"]}
        calendar = calendar_of(house, publish(house, "own-days", own, path), path)
        assert {"2026-04-03", "2026-06-02", "2026-07-01"} <= set(calendar["holidays"])
        assert calendar["own_holidays"] == ["2026-04-03", "2026-06-02"]
        assert calendar["known_until"] == "2026-12-31"

    def test_takes_a_year_that_is_typed_in(self, house: House, path: str) -> None:
        own = {
            "country": "CN",
            "years": [2026],
            "own_years": [2027],
            "holidays": ["2027-01-01"],
            "extra_workdays": ["2027-01-03"],
        }
        calendar = calendar_of(house, publish(house, "typed-in", own, path), path)
        assert [day for day in calendar["holidays"] if day > "2027"] == ["2027-01-01"]
        assert (calendar["known_until"], calendar["estimated_years"]) == ("2027-12-31", [])
        assert {"2027-01-03", "2026-02-28"} <= set(calendar["extra_workdays"])

    @pytest.mark.parametrize(
        ("country", "place", "day"),
        [
            ("DE", "BY", "2026-01-06"),
            ("DE", "Augsburg", "2026-08-08"),
            ("BR", "São Paulo Capital", "2026-01-25"),
        ],
    )
    def test_takes_the_days_of_a_part_of_a_country(
        self, house: House, path: str, country: str, place: str, day: str
    ) -> None:
        own = {"country": country, "years": [2026], "subdivision": place}
        assert day in calendar_of(house, publish(house, "a-part", own, path), path)["holidays"]

    def test_says_which_years_are_estimated(self, house: House, path: str) -> None:
        done = publish(house, "estimate", {"country": "CN", "years": [2026, 2027]}, path)
        assert "2027 are estimated" in done["answer"]["warnings"][0]
        assert calendar_of(house, done, path)["estimated_years"] == [2027]
        found = read(house, done, path)
        told = found["policies"][-1]["warnings"] if path == "/policies" else found["warnings"]
        assert any("2027 are estimated" in said for said in told)

    @pytest.mark.parametrize(
        ("calendar", "field"),
        [
            ({"years": [2026]}, "calendar.years"),
            ({"subdivision": "CA"}, "calendar.subdivision"),
            ({"country": "US"}, "calendar.years"),
            ({"workdays": []}, "calendar.workdays"),
            ({"country": "US", "years": [2024, 2026]}, "calendar.years"),
            ({"country": "LK", "years": [2027]}, "calendar.years"),
            ({"country": "DE", "years": [2026], "subdivision": "XX"}, "calendar.subdivision"),
            ({"holidays": ["2026-01-01"], "extra_workdays": ["2026-01-01"]}, "calendar.extra_workdays"),
        ],
    )
    def test_refuses_what_it_would_have_to_drop(
        self, house: House, path: str, calendar: Json, field: str
    ) -> None:
        body = {"name": "refused", "calendar": {"timezone": "UTC"} | calendar}
        answer = house.admin.post(path, json=SPANS | body if path == "/policies" else body)
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]
        assert house.admin.get(f"{path}/refused").status_code == 404


def test_a_deadline_beyond_what_is_known_is_warned_of(house: House) -> None:
    publish(house, "until-2026", {"country": "HK", "years": [2026]})
    deal = house.open_deal(policy="until-2026")
    step = {"next_step": {"what": "call", "due_at": "2031-03-03T09:00:00+08:00"}}
    answer = house.client("north-manager").post(f"/deals/{deal}/promise", json=step)
    assert answer.status_code == 200, answer.text
    (said,) = answer.json()["answer"]["warnings"]
    assert "the follow-up policy 'until-2026' knows days off until 2026-12-31" in said


def test_health_and_metrics_say_until_when(house: House) -> None:
    publish(house, "sales", {"country": "HK", "years": [2026]})
    done = publish(house, "turns", {"country": "HK", "years": [2026, 2027]}, "/cycle-policies")
    health = house.admin.get("/agenda/health", params={"after": done["position"]}).json()
    known = {(one["kind"], one["policy"]): one["known_until"] for one in health["calendars"]}
    assert known["follow-up", "sales"] == "2026-12-31"
    assert known["cycle", "turns"] == "2027-12-31"
    assert known["follow-up", "default"] is None
    metrics = house.admin.get("/metrics").text
    assert 'salesloop_calendar_known_until_seconds{kind="cycle",policy="turns"} 1.8302976e+09' in metrics
