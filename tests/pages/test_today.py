"""One's own day: promises, what else is asked, targets, and a touch with its next step in one line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.pages.today import _next_working_day
from tests.house import House
from tests.pages.test_board import words_left

IN_DAYS = f"{datetime.now(UTC) + timedelta(days=5):%Y-%m-%dT10:00}"
NEXT = {"activity.kind": "call", "next_step.what": "send the offer"}


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def promised(house: House, owner: str, hours: float, **body: Any) -> UUID:
    return house.open_deal(owner, next_step={"what": "call them", "due_at": at(hours)}, **body)


def today(client: httpx.Client, house: House, **query: str) -> str:
    answer = client.get("/desk/today", params={**query, "after": str(house.position)})
    assert answer.status_code == 200, answer.text
    return answer.text


def part(html: str, id: str) -> str:
    return html.split(f'id="{id}"')[1].split("</section>", maxsplit=1)[0]


def row(html: str, deal: UUID) -> str:
    return html.split(f'<li id="p-{deal}"')[1].split("</li>", maxsplit=1)[0]


def fields(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


class TestWhatIsShown:
    def test_a_rep_has_their_own_promises_and_no_colleagues(self, house: House, rep: httpx.Client) -> None:
        own, colleagues = promised(house, "north", 2), promised(house, "north2", 2)
        html = today(rep, house)
        assert f"p-{own}" in part(html, "next")
        assert f"p-{colleagues}" not in html

    def test_what_is_overdue_stands_apart(self, house: House, rep: httpx.Client) -> None:
        late = promised(house, "north", -1, occurred_at=at(-3))
        html = today(rep, house)
        assert f"p-{late}" in part(html, "overdue")
        assert f"p-{late}" not in part(html, "next")

    def test_a_manager_sees_the_teams_or_one_reps(self, house: House, manager: httpx.Client) -> None:
        north, north2, south = (promised(house, name, 1.5) for name in ("north", "north2", "south"))
        html = today(manager, house)
        assert f"p-{north}" in html
        assert f"p-{north2}" in html
        assert f"p-{south}" not in html
        assert f"p-{north}" not in today(manager, house, rep_id=str(house.reps["north2"]))

    def test_a_rep_cannot_look_at_another_ones_day(self, house: House, rep: httpx.Client) -> None:
        colleagues = promised(house, "north2", 1)
        assert f"p-{colleagues}" not in today(rep, house, rep_id=str(house.reps["north2"]))

    def test_it_is_no_page_of_who_only_looks(self, auditor: httpx.Client) -> None:
        assert auditor.get("/desk/today").status_code == 403

    def test_action_items_and_targets_are_there(self, house: House, rep: httpx.Client) -> None:
        body = {"what": "call the silent ones", "owner_id": str(house.reps["north"]), "due_at": at(30)}
        made = house.admin.post("/action-items", json=body).json()
        html = rep.get("/desk/today", params={"after": made["position"]}).text
        assert "call the silent ones" in part(html, "items")
        assert "/desk/act/finishActionItem" in part(html, "items")
        year = datetime.now(UTC).year
        target = {
            "metric": "deals-won", "unit": "count", "number": "7", "period": str(year), "achievable": "as last year", "relevant": "they pay",
            "scope": {"kind": "rep", "id": str(house.reps["north"])}, "owner_id": str(house.reps["north"]),
        }  # fmt: skip
        proposed = house.admin.post("/targets", json=target)
        assert proposed.status_code == 201, proposed.text
        position = proposed.json()["position"]
        html = rep.get("/desk/today", params={"after": position}).text
        assert "deals won" in html
        assert 'class="bar"' in html

    def test_a_title_is_no_html(self, house: House, rep: httpx.Client) -> None:
        promised(house, "north", 0.5, title="<b>bold</b> promise")
        html = today(rep, house)
        assert "&lt;b&gt;bold" in html
        assert "<b>bold" not in html

    def test_is_all_chinese_to_who_reads_chinese(self, house: House, rep: httpx.Client) -> None:
        promised(house, "north", 3)
        answer = rep.get("/desk/today", headers={"Accept-Language": "zh-CN"})
        said_by_people = re.sub(r'<li id="[a-z]+-.*?</li>', "", answer.text, flags=re.DOTALL)
        assert words_left(said_by_people) <= {"salesloop", "CNY", "north"}


class TestATouch:
    def test_with_its_next_step_needs_two_fields(self, house: House, rep: httpx.Client) -> None:
        deal = promised(house, "north", 1)
        given = fields(row(today(rep, house), deal))
        done = rep.post(
            "/desk/act/logActivity", data={**given, **NEXT, "next_step.due_at": IN_DAYS},
            headers={"HX-Request": "true"},
        )  # fmt: skip
        assert done.status_code == 204, done.text
        position = re.search(r'"position":(\d+)', done.headers["hx-trigger"])
        assert position
        html = rep.get("/desk/today", params={"after": position[1]}).text
        assert f"p-{deal}" not in html or "send the offer" in row(html, deal)
        now = house.admin.get(f"/deals/{deal}", params={"after": position[1]}).json()
        assert (now["promised"], now["activity_count"]) == ("send the offer", 1)

    @pytest.mark.parametrize("typed", ["soon", "2026-12-31"])
    def test_that_is_refused_comes_back_as_the_whole_form(
        self, house: House, rep: httpx.Client, typed: str
    ) -> None:
        deal = promised(house, "north", 1)
        given = fields(row(today(rep, house), deal))
        refused = rep.post(
            "/desk/act/logActivity",
            data={**given, **NEXT, "next_step.due_at": typed},
            headers={"HX-Request": "true"},
        )
        assert refused.status_code == 422
        assert "must be a day and a time" in refused.text
        assert "send the offer" in refused.text, "nothing typed is lost"

    def test_twice_in_a_moment_is_one(self, house: House, rep: httpx.Client) -> None:
        deal = promised(house, "north", 1)
        typed = {**fields(row(today(rep, house), deal)), **NEXT, "next_step.due_at": IN_DAYS}
        for _ in range(2):
            done = rep.post("/desk/act/logActivity", data=typed)
            assert done.status_code == 303
            assert done.headers["location"].startswith("/desk/today?after=")
        after = done.headers["location"].rpartition("=")[2]
        assert house.admin.get(f"/deals/{deal}", params={"after": after}).json()["activity_count"] == 1


class TestWhatFallsDue:
    def due(self, client: httpx.Client, house: House) -> list[dict[str, str]]:
        answer = client.get("/desk/due", headers={"Salesloop-After": str(house.position)})
        assert answer.headers["content-type"] == "application/json"
        found: list[dict[str, str]] = answer.json()["due"]
        return found

    def test_is_ones_own_of_the_next_hours(self, house: House, rep: httpx.Client) -> None:
        soon, later, theirs = (
            promised(house, "north", 1),
            promised(house, "north", 48),
            promised(house, "north2", 1),
        )
        addresses = {one["address"] for one in self.due(rep, house)}
        assert f"/desk/deals/{soon}" in addresses
        assert not {f"/desk/deals/{later}", f"/desk/deals/{theirs}"} & addresses

    def test_says_what_and_when_in_the_persons_language(self, house: House, rep: httpx.Client) -> None:
        deal = promised(house, "north", 1, title="Forty pumps")
        (one,) = (one for one in self.due(rep, house) if str(deal) in one["address"])
        assert (one["title"], one["text"]) == ("Due now: call them", "Forty pumps")
        assert datetime.fromisoformat(one["due_at"]) > datetime.now(UTC)
        chinese = rep.get("/desk/due", headers={"Accept-Language": "zh"}).json()["due"]
        assert any(one["title"] == "现已到期：call them" for one in chinese)

    def test_is_nothing_for_who_owes_nothing(self, house: House, admin: httpx.Client) -> None:
        promised(house, "north", 1)
        assert self.due(admin, house) == []


@pytest.mark.parametrize("name", ["/desk/today", "/desk/board", "/desk/deals", "/desk/settings"])
def test_a_page_hears_of_changes_by_names_that_there_are(rep: httpx.Client, name: str) -> None:
    from projections.engine import catalog

    followed = re.search(r'data-follows="([^"]*)"', rep.get(name).text)
    assert followed
    assert set(followed[1].split()) <= catalog.BY_NAME.keys()


@pytest.mark.parametrize(
    ("now", "zone", "offered"),
    [
        ("2026-09-29T09:00", "Asia/Shanghai", "2026-09-30T10:00"),
        (
            "2026-09-30T09:00",
            "Asia/Shanghai",
            "2026-10-10T10:00",
        ),  # past the holidays, to a Saturday that is worked
        ("2026-09-29T20:00", "America/New_York", "2026-10-09T22:00"),  # it is the 30th there already
    ],
)
def test_the_next_step_is_offered_in_the_company_s_hours(now: str, zone: str, offered: str) -> None:
    calendar = {
        "timezone": "Asia/Shanghai",
        "workdays": [1, 2, 3, 4, 5],
        "opens": "09:00",
        "closes": "18:00",
        "holidays": [f"2026-10-{day:02}" for day in range(1, 10)],
        "extra_workdays": ["2026-10-10"],
    }
    early = calendar | {"opens": "13:00", "closes": "15:00", "holidays": []}
    policy = {"policies": [{"version": 2, "calendar": calendar}, {"version": 1, "calendar": early}]}
    there = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))
    assert _next_working_day(policy, there) == offered
    afternoons = {"policies": [{"version": 1, "calendar": early}]}
    assert _next_working_day(afternoons, datetime(2026, 9, 29, 9, tzinfo=ZoneInfo("Asia/Shanghai"))).endswith(
        "T13:00"
    )


def test_without_a_policy_it_is_the_person_s_next_weekday() -> None:
    friday = datetime(2026, 11, 27, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    assert _next_working_day(None, friday) == "2026-11-30T10:00"


def test_today_fills_in_a_working_day(house: House, rep: httpx.Client) -> None:
    promised(house, "north", 24)
    page = rep.get("/desk/today").text
    assert re.search(
        r'name="next_step.due_at" type="datetime-local" required value="\d{4}-\d\d-\d\dT\d\d:\d\d"', page
    )
