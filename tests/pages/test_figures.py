"""Funnel and figures: what stands and what came, by team, rep and product, each mark a link to what is behind it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree as ET

import httpx
import pytest

from api.pages.engine.chart import Mark, chart, ticks
from api.pages.engine.spans import HOW_MANY, spans
from tests.house import House

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def won(house: House) -> int:
    """The position at which a deal of the north was won."""
    money = {"amount": "1200.50", "currency": "CNY"}
    deal = house.open_deal(title="<b>Boilers</b>", amount=money, expected_close=str(TODAY))
    needs = {
        "pain_points": "cold",
        "budget": money,
        "decision_process": "a tender",
        "decision_makers": ["Ms Zhao"],
    }
    for path, given in (
        ("needs", needs),
        ("quotes", {"reference": "Q-1", "amount": money}),
        ("win", {"closed_on": str(TODAY), "amount": money, "contract_reference": "C-1"}),
    ):
        answer = house.admin.post(f"/deals/{deal}/{path}", json=given)
        assert answer.status_code < 300, answer.text
    return int(answer.json()["position"])


class TestTheFunnel:
    def test_has_a_bar_and_a_row_a_stage_with_a_link(self, house: House, manager: httpx.Client) -> None:
        house.open_deal()
        page = manager.get("/desk/funnel", params={"after": house.position}).text
        for stage in ("identify", "negotiation", "won"):
            assert f'id="s-{stage}"' in page
            status = "won" if stage == "won" else "open"
            assert page.count(f"/desk/deals?owner_id=all&amp;stage={stage}&amp;status={status}") == 2
        assert "<style" not in page
        assert 'style="' not in page

    def test_is_of_a_rep(self, house: House, manager: httpx.Client) -> None:
        rep = str(house.reps["north2"])
        page = manager.get("/desk/funnel", params={"owner_id": rep}).text
        assert f"/desk/deals?owner_id={rep}&amp;stage=identify&amp;status=open" in page

    def test_of_another_team_is_refused(self, house: House, manager: httpx.Client) -> None:
        answer = manager.get("/desk/funnel", params={"team_id": str(house.teams["south"])})
        assert answer.status_code == 403

    def test_offers_one_s_own_team_alone(self, manager: httpx.Client, auditor: httpx.Client) -> None:
        for path in ("/desk/funnel", "/desk/figures"):
            assert "Rep south" not in manager.get(path).text
            assert "Rep south" in auditor.get(path).text

    def test_of_the_past_has_no_moves(self, manager: httpx.Client) -> None:
        page = manager.get("/desk/funnel", params={"as_of": "2020-01-31"}).text
        assert 'id="past"' in page
        assert "Nothing stood here then." in page
        assert "went on" not in page


class TestFigures:
    def test_are_all_there_beside_the_period_before(self, auditor: httpx.Client) -> None:
        page = auditor.get("/desk/figures").text
        for key in ("revenue-won", "win-rate", "activities:call", "stage-conversion:needs"):
            assert f'id="m-{key}"' in page

    def test_of_one_over_time_have_a_link_a_period_to_what_is_behind(
        self, won: int, manager: httpx.Client
    ) -> None:
        page = manager.get("/desk/figures", params={"metric": "revenue-won", "after": won}).text
        links = [unescape(link) for link in re.findall(r'<a href="(/desk/figures/events[^"]*)" aria', page)]
        assert len(links) == HOW_MANY["month"]
        behind = manager.get(links[-1])
        assert "CNY 1,200.50" in behind.text or "¥1,200.50" in behind.text or "CN¥1,200.50" in behind.text
        assert "&lt;b&gt;Boilers&lt;/b&gt;" in behind.text
        assert "<b>Boilers" not in behind.text

    def test_of_a_rate_are_a_line(self, won: int, auditor: httpx.Client) -> None:
        page = auditor.get("/desk/figures", params={"metric": "win-rate", "every": "week", "after": won}).text
        assert 'class="point"' in page
        assert "deals won, of all deals closed" in page

    def test_are_taken_apart_by_the_reps_of_one_s_team(self, house: House, manager: httpx.Client) -> None:
        page = manager.get("/desk/figures", params={"metric": "deals-won", "by": "rep"}).text
        parts = page.split('id="parts"')[1].split('id="series"')[0]
        assert "Rep north2" in parts
        assert "Rep south" not in parts

    def test_of_one_are_a_file(self, manager: httpx.Client, auditor: httpx.Client) -> None:
        for reader in (manager, auditor):
            page = reader.get("/desk/figures", params={"metric": "deals-won"}).text
            (link,) = (unescape(one) for one in re.findall(r'href="(/desk/files/[^"]*format=csv)"', page))
            assert reader.get(link).status_code == 200

    def test_that_are_not_measured_say_so(self, auditor: httpx.Client, foretold: str) -> None:
        page = auditor.get("/desk/figures", params={"metric": foretold}).text
        assert "This is not measured yet." in page

    def test_behind_another_team_s_are_refused(self, house: House, manager: httpx.Client) -> None:
        asked = {"metric": "deals-won", "since": str(TODAY), "until": str(TODAY), "scope": "team"}
        answer = manager.get("/desk/figures/events", params={**asked, "scope_id": str(house.teams["south"])})
        assert answer.status_code == 403

    def test_speak_chinese(self, house: House) -> None:
        chinese = house.browser("auditor")
        chinese.headers["Accept-Language"] = "zh-CN"
        assert "<h1>数据</h1>" in chinese.get("/desk/figures").text
        page = chinese.get("/desk/figures", params={"metric": "revenue-won"}).text
        assert "成交商机的金额" in page
        assert "<h1>漏斗</h1>" in chinese.get("/desk/funnel").text


class TestACharts:
    @pytest.mark.parametrize(
        ("least", "most", "found"),
        [
            (0, 100, [0, 25, 50, 75, 100]),
            (0, 7, [0, 2, 4, 6, 8]),
            (0, 0, [0, 0.25, 0.5, 0.75, 1]),
            (-3, 4, [-4, -2, 0, 2, 4]),
            (0, 0.64, [0, 0.2, 0.4, 0.6, 0.8]),
        ],
    )
    def test_scale_has_round_steps(self, least: float, most: float, found: list[float]) -> None:
        assert ticks(least, most) == pytest.approx(found)

    def test_marks_stand_as_high_as_they_are_worth(self) -> None:
        drawn = chart(
            [Mark("a", 10, "", ""), Mark("b", None, "", ""), Mark("c", 5, "", ""), Mark("d", 0, "", "")]
        )
        ten, none, five, nought = (one.y for one in drawn.marks)
        assert none is None
        assert ten is not None
        assert five is not None
        assert nought == drawn.base
        assert drawn.base - ten == pytest.approx(2 * (drawn.base - five))

    def test_line_is_broken_where_there_is_nothing_to_measure(self) -> None:
        values = [1, 2, None, 3, None, 4, 5]
        drawn = chart([Mark(str(n), value, "", "") for n, value in enumerate(values)])
        assert [len(points.split()) for points in drawn.stretches] == [2, 2]

    @pytest.mark.parametrize("kind", HOW_MANY)
    def test_periods_meet_without_gap(self, kind: str) -> None:
        found = spans(kind, TODAY, "en")
        assert len(found) == HOW_MANY[kind]
        assert found[-1].first <= TODAY <= found[-1].last
        assert all((b.first - a.last).days == 1 for a, b in pairwise(found))

    def test_is_well_formed(self, won: int, auditor: httpx.Client) -> None:
        page = auditor.get("/desk/figures", params={"metric": "revenue-won", "after": won}).text
        drawn = page[page.index('<div class="chart">') :]
        ET.fromstring(drawn[: drawn.index("</div>") + 6])  # noqa: S314 - our own
