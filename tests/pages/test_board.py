"""The board and the list of deals: whose deals are shown, what narrows them down, and how a deal is moved."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from tests.house import House
from tests.pages.conftest import hidden

Post = Callable[..., httpx.Response]
PAGES = ("/desk/board", "/desk/deals")


def shown(client: httpx.Client, address: str, house: House, **query: str) -> str:
    answer = client.get(address, params={**query, "after": str(house.position)})
    assert answer.status_code == 200, answer.text
    return answer.text


def column(html: str, stage: str) -> str:
    return html.rsplit(f'id="s-{stage}"', maxsplit=1)[-1].split("</section>", maxsplit=1)[0]


@pytest.mark.parametrize("address", PAGES)
class TestWhoseDeals:
    def test_a_rep_sees_their_own_first_and_the_teams_when_asked(
        self, house: House, rep: httpx.Client, address: str
    ) -> None:
        own, colleagues = house.open_deal("north"), house.open_deal("north2")
        mine = shown(rep, address, house, sort="-opened_at")
        assert f"d-{own}" in mine
        assert f"d-{colleagues}" not in mine
        all_ = shown(rep, address, house, owner_id="all", sort="-opened_at")
        assert f"d-{own}" in all_
        assert f"d-{colleagues}" in all_

    def test_another_teams_are_not_there(self, house: House, manager: httpx.Client, address: str) -> None:
        theirs = house.open_deal("south")
        assert f"d-{theirs}" not in shown(manager, address, house, owner_id="all", sort="-opened_at")

    def test_words_of_the_title_and_the_team_narrow_them_down(
        self, house: House, admin: httpx.Client, address: str
    ) -> None:
        pumps, fans = house.open_deal(title="Quiet pumps"), house.open_deal(title="Loud fans")
        found = shown(admin, address, house, text="quiet")
        assert f"d-{pumps}" in found
        assert f"d-{fans}" not in found
        south = shown(admin, address, house, text="quiet", team_id=str(house.teams["south"]))
        assert f"d-{pumps}" not in south

    def test_a_title_is_no_html(self, house: House, rep: httpx.Client, address: str) -> None:
        house.open_deal(title="<b>bold</b> move")
        found = shown(rep, address, house, text="bold")
        assert "&lt;b&gt;bold" in found
        assert "<b>bold" not in found

    def test_is_all_chinese_to_who_reads_chinese(self, house: House, rep: httpx.Client, address: str) -> None:
        answer = rep.get(address, headers={"Accept-Language": "zh-CN"})
        assert words_left(answer.text) <= {
            "salesloop",
            "CNY",
            "Excel",
            "CSV",
            "Rep",
            "north",
            "north2",
            "North",
        }


def words_left(html: str) -> set[str]:
    """Latin words that a person would read in the middle and in the navigation, without what people wrote."""
    html = re.sub(
        r'<article.*?</article>|<tr id="d-.*?</tr>|<li id="p-.*?</li>|<option.*?</option>',
        "",
        html,
        flags=re.DOTALL,
    )
    html = re.sub(r"<(script|style|head)\b.*?</\1>", "", html, flags=re.DOTALL)
    attributes = re.findall(r'(?:aria-label|placeholder|title)="([^"]*)"', html)
    return set(re.findall(r"[A-Za-z]{2,}", " ".join([re.sub(r"<[^>]*>|&\w+;", " ", html), *attributes])))


class TestTheBoard:
    def test_says_how_many_stand_in_a_stage_and_what_they_are_worth(
        self, house: House, manager: httpx.Client
    ) -> None:
        house.open_deal("north2", amount={"amount": "12000", "currency": "CNY"})
        after = {"after": str(house.position), "owner_id": str(house.reps["north2"])}
        (first, *_) = house.admin.get("/funnel", params=after).json()["stages"]
        html = shown(manager, "/desk/board", house, owner_id=str(house.reps["north2"]))
        head = column(html, first["stage"]).split("<article")[0]
        assert f"<span>{first['deals']}</span>" in head
        assert f"{float(first['amounts']['CNY']):,.0f}" in head

    def test_of_a_narrower_choice_counts_what_is_shown(self, house: House, rep: httpx.Client) -> None:
        house.open_deal(title="Lonely turbine")
        assert "<span>1</span>" in column(shown(rep, "/desk/board", house, text="turbine"), "identify")

    def test_lets_who_may_not_move_anything_only_look(self, house: House, auditor: httpx.Client) -> None:
        house.open_deal()
        html = shown(auditor, "/desk/board", house)
        assert "<article" in html
        assert "data-drag" not in html
        assert "data-drop" not in html
        assert "/move" not in html

    def test_has_a_menu_on_each_card_that_moves_it(self, house: House, rep: httpx.Client, deal: UUID) -> None:
        html = shown(rep, "/desk/board", house, sort="-opened_at")
        address = next(a for a in re.findall(r'href="([^"]+)"', html) if f"{deal}/move" in a)
        menu = rep.get(address.replace("&amp;", "&"))
        assert {"identify", "contact", "needs"} < set(re.findall(r'name="to" value="([a-z-]+)"', menu.text))
        assert "/desk/act/winDeal" in menu.text
        fields = {name: hidden(menu.text, name) for name in ("csrf", "key", "deal_id", "version", "next")}
        moved = rep.post("/desk/act/moveStage", data={**fields, "to": "contact"})
        assert moved.status_code == 303
        assert moved.headers["location"].startswith("/desk/board?sort=-opened_at&")
        after = parse_qs(urlsplit(moved.headers["location"]).query)["after"][0]
        assert house.admin.get(f"/deals/{deal}", params={"after": after}).json()["stage"] == "contact"

    def test_menu_of_another_teams_deal_is_not_there(self, house: House) -> None:
        deal = house.open_deal("south")
        house.admin.get("/deals", params={"after": house.position})
        assert house.browser("north").get(f"/desk/deals/{deal}/move").status_code == 404


class TestAGateThatIsNotMet:
    NEEDS: ClassVar = {"pain_points": "late offers", "budget.amount": "5000", "budget.currency": "CNY",
        "decision_process": "a tender", "decision_makers": "Ms Zhao"}  # fmt: skip

    def refused(self, rep: httpx.Client, deal: UUID, post_act: Post, to: str = "negotiation") -> str:
        answer = post_act(rep, "moveStage", {"deal_id": str(deal), "next": "/desk/board"}, to=to)
        assert answer.status_code == 409
        return answer.text

    def way(self, html: str, operation: str) -> str:
        hrefs: list[str] = re.findall(r'href="([^"]+)"', html)
        found = next(one for one in hrefs if f"/desk/act/{operation}?" in one)
        return found.replace("&amp;", "&")

    def test_leads_to_each_form_that_meets_it_and_back(
        self, house: House, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        html = self.refused(rep, deal, post_act)
        form = rep.get(self.way(html, "recordNeeds")).text
        fields = {name: hidden(form, name) for name in ("csrf", "key", "deal_id", "then")}
        then = rep.post(
            "/desk/act/recordNeeds", data={**fields, **self.NEEDS}, headers={"HX-Request": "true"}
        )
        assert then.status_code == 200
        assert '"stays":true' in then.headers["hx-trigger"]
        assert "Recorded. What is still missing:" in then.text
        assert "pain points" not in then.text
        assert "quote or demonstration" in then.text
        assert '<option value="negotiation" selected>' in then.text
        quote = rep.get(self.way(then.text, "recordQuote")).text
        fields = {name: hidden(quote, name) for name in ("csrf", "key", "deal_id", "then")}
        said = {"reference": "Q-1", "amount.amount": "4800", "amount.currency": "CNY"}
        last = rep.post("/desk/act/recordQuote", data={**fields, **said}, headers={"HX-Request": "true"})
        assert "Everything that was missing is recorded now." in last.text
        fields = {name: hidden(last.text, name) for name in ("csrf", "key", "deal_id")}
        again = rep.post("/desk/act/moveStage", data={**fields, "to": "negotiation"})
        assert again.status_code == 303, again.text

    def test_is_met_without_the_script_too(self, rep: httpx.Client, deal: UUID, post_act: Post) -> None:
        form = rep.get(self.way(self.refused(rep, deal, post_act, "solution"), "recordNeeds")).text
        fields = {name: hidden(form, name) for name in ("csrf", "key", "deal_id", "then")}
        done = rep.post("/desk/act/recordNeeds", data={**fields, **self.NEEDS})
        assert done.status_code == 303
        assert done.headers["location"].startswith("/desk/act/moveStage?")
        assert "Everything that was missing is recorded now." in rep.get(done.headers["location"]).text

    def test_tells_no_history_beside_what_is_missing(
        self, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        assert "What happened last" not in self.refused(rep, deal, post_act)

    def test_of_winning_is_in_the_form_itself(self, rep: httpx.Client, deal: UUID, post_act: Post) -> None:
        form = rep.get("/desk/act/winDeal", params={"deal_id": str(deal)}).text
        assert re.search(r'name="closed_on"[^>]*value="\d{4}-\d\d-\d\d"', form), "today"
        answer = post_act(rep, "winDeal", {"deal_id": str(deal)}, closed_on="2026-01-05")
        assert answer.status_code == 409
        assert "contract reference" in answer.text
        assert "fill it in below" in answer.text
        assert "/desk/act/recordNeeds" in answer.text

    def test_goes_back_to_no_other_place(self, rep: httpx.Client, deal: UUID, post_act: Post) -> None:
        given = {"deal_id": str(deal), "then": "https://elsewhere.example/desk/act/moveStage"}
        answer = post_act(rep, "recordNeeds", given, **self.NEEDS)
        assert answer.headers["location"] == "/desk"

    def test_keeps_what_was_recorded_of_the_needs(self, house: House, rep: httpx.Client, deal: UUID) -> None:
        body = {"pain_points": "late offers", "decision_makers": ["Ms Zhao", "Mr Li"]}
        done = house.admin.post(f"/deals/{deal}/needs", json=body).json()
        form = rep.get("/desk/act/recordNeeds", params={"deal_id": str(deal), "after": done["position"]}).text
        assert "late offers" in form
        assert "Ms Zhao\nMr Li" in form


class TestTheList:
    def test_is_sorted_by_what_the_address_says(self, house: House, manager: httpx.Client) -> None:
        small, large = (
            house.open_deal(title="Sorted crane", amount={"amount": str(n), "currency": "CNY"})
            for n in (10, 20)
        )
        for sort, order in (("amount", [small, large]), ("-amount", [large, small])):
            html = shown(manager, "/desk/deals", house, text="sorted crane", sort=sort)
            assert re.findall(r'<tr id="d-([^"]+)"', html) == [str(one) for one in order]

    def test_goes_on_with_the_same_filters(self, house: House, admin: httpx.Client) -> None:
        for _ in range(52):
            house.open_deal("south", title="Paged lathe")
        first = shown(admin, "/desk/deals", house, text="lathe", owner_id=str(house.reps["south"]))
        following = next(a for a in re.findall(r'href="([^"]+)"', first) if "cursor=" in a).replace(
            "&amp;", "&"
        )
        second = admin.get(following).text
        found = [set(re.findall(r'<tr id="d-([^"]+)"', html)) for html in (first, second)]
        assert [len(one) for one in found] == [50, 2]
        assert not found[0] & found[1]

    def test_says_what_is_wrong_with_a_filter(self, rep: httpx.Client) -> None:
        answer = rep.get("/desk/deals", params={"amount_from": "many"})
        assert answer.status_code == 200
        assert "amount_from" in answer.text
        assert "No deal is like this." in answer.text
