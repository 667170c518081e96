"""Deals, customers, leads, service cases and the search as pages: what they show to whom, and what is done from there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from runtime.language import catalogue
from tests.house import House

Post = Callable[..., httpx.Response]
Json = dict[str, Any]


def recorded(house: House, path: str, body: Json) -> Json:
    answer = house.admin.post(path, json=body)
    assert answer.is_success, answer.text
    house.position = answer.json()["position"]
    found: Json = answer.json()["answer"]
    return found


def opened(client: httpx.Client, house: House, path: str, **query: Any) -> str:
    """The page, with all that was recorded here."""
    answer = client.get(f"/desk{path}", params={**query, "after": house.position})
    assert answer.status_code == 200, answer.text[:3000]
    return answer.text


def seen(page: str) -> str:
    """What people read of it."""
    main = page[page.index("<main") :]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def customer(house: House, name: str = "Acme Steel") -> str:
    id: str = recorded(house, "/customers", {"name": name, "sector": "steel"})["customer_id"]
    recorded(house, f"/customers/{id}/contacts", {"name": "Ms Zhao", "role": "buyer", "phone": "138"})
    return id


def forms(page: str) -> set[str]:
    return set(re.findall(r"/desk/act/(\w+)\?", page))


class TestDeal:
    def test_shows_what_is_known_and_what_happened(self, house: House, rep: httpx.Client) -> None:
        id = house.open_deal(
            title="Böiler <b>x</b>",
            customer_id=customer(house),
            amount={"amount": "480000", "currency": "CNY"},
            next_step={"what": "send the offer", "due_at": "2030-01-02T09:00:00+08:00"},
        )
        touch = {"kind": "call", "outcome": "reached", "summary": "wants a <i>demo</i>"}
        recorded(house, f"/deals/{id}/activities", {"activity": touch, "reason": "they asked"})
        needs = {"pain_points": "late offers", "decision_makers": ["Ms Zhao"]}
        recorded(house, f"/deals/{id}/needs", needs)
        recorded(
            house,
            f"/deals/{id}/quotes",
            {"reference": "Q-17", "amount": {"amount": "470000", "currency": "CNY"}},
        )
        page = opened(rep, house, f"/deals/{id}")
        said = seen(page)
        for part in (
            "CNY 480,000",
            "Acme Steel",
            "Ms Zhao",
            "138",
            "Q-17",
            "CNY 470,000",
            "late offers",
            "wants a <i>demo</i>",
        ):
            assert part in said, part
        assert "<b>x</b>" not in page
        assert "<i>demo</i>" not in page
        history = said[said.index("History") :]
        assert history.index("recorded the quote") < history.index("opened “Böiler"), "the newest first"
        assert "because “they asked”" in history
        assert "api" in history
        assert re.search(r"pain points – → late offers", history)

    def test_says_what_is_missing_for_each_stage(self, house: House, rep: httpx.Client, deal: UUID) -> None:
        page = opened(rep, house, f"/deals/{deal}")
        said = seen(page)
        assert "For solution there is missing: pain points · record it" in said.replace("  ", " ")
        assert "4 missing" in said
        assert {"recordNeeds", "requestOverride", "moveStage"} <= forms(page)

    def test_shows_the_steps_of_its_promise(self, house: House, rep: httpx.Client, deal: UUID) -> None:
        step = {"next_step": {"what": "call back", "due_at": "2030-01-02T09:00:00+08:00"}}
        recorded(house, f"/deals/{deal}/promise", step)
        page = opened(rep, house, f"/deals/{deal}")
        steps = re.findall(r'<li class="([^"]*)"><strong>(\w+)</strong>', page)
        assert [name for _, name in steps] == ["promised", "reminder", "due", "escalation", "reassignment"]
        assert [name for kind, name in steps if "next" in kind] == ["reminder"]
        assert [name for kind, name in steps if "came" in kind] == ["promised"]

    def test_tells_its_history_by_the_persons_clock(self, house: House, deal: UUID) -> None:
        step = {"next_step": {"what": "call back", "due_at": "2030-01-02T09:00:00+08:00"}}
        recorded(house, f"/deals/{deal}/promise", step)
        client = house.browser("north")
        client.cookies.set("zone", "Asia/Shanghai")
        told = opened(client, house, f"/deals/{deal}").split('id="history"')[1]
        assert "Jan 2, 2030 09:00" in told
        assert "01:00" not in told.split("</li>")[0]

    def test_is_acted_on_from_there_at_the_version_that_was_seen(
        self, house: House, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        page = opened(rep, house, f"/deals/{deal}")
        form = re.search(r'href="(/desk/act/moveExpectedClose\?[^"]+)"', page)
        assert form
        query = dict(httpx.URL(html.unescape(form[1])).params)
        assert query["deal_id"] == str(deal)
        given = {name: query[name] for name in ("deal_id", "version")}
        assert post_act(rep, "moveExpectedClose", given, expected_close="2030-05-01").status_code == 303
        late = post_act(rep, "moveExpectedClose", given, expected_close="2030-06-01")
        assert late.status_code == 412, "somebody wrote in between"

    def test_that_was_closed_shows_how_it_ended(self, house: House, rep: httpx.Client, deal: UUID) -> None:
        recorded(house, f"/deals/{deal}/lose", {"loss_reason": "price", "competitor": "Bolt"})
        page = opened(rep, house, f"/deals/{deal}")
        said = seen(page)
        assert "lost" in said
        assert "price" in said
        assert "Bolt" in said
        assert {"reopenDeal", "correctClosing"} <= forms(page)
        assert not {"winDeal", "loseDeal", "promiseNext", "logActivity"} & forms(page)

    def test_offers_nothing_to_who_may_not_write(
        self, house: House, auditor: httpx.Client, deal: UUID
    ) -> None:
        assert forms(opened(auditor, house, f"/deals/{deal}")) == set()
        colleague = opened(house.browser("north2"), house, f"/deals/{deal}")
        assert forms(colleague) == {"openDeal"}, "a colleague's deal is looked at"

    def test_an_override_is_decided_by_a_manager(
        self, house: House, rep: httpx.Client, manager: httpx.Client, deal: UUID
    ) -> None:
        recorded(house, f"/deals/{deal}/overrides", {"to": "solution", "reason": "the tender closes"})
        assert "waits for a decision" in seen(opened(rep, house, f"/deals/{deal}"))
        assert "decideOverride" not in forms(opened(rep, house, f"/deals/{deal}"))
        assert "decideOverride" in forms(opened(manager, house, f"/deals/{deal}"))

    def test_of_another_team_is_not_there(self, house: House, deal: UUID) -> None:
        assert house.browser("south").get(f"/desk/deals/{deal}").status_code == 404
        assert str(deal) not in opened(house.browser("south"), house, "/deals")


class TestDetails:
    def test_are_what_a_move_would_be_refused_for(self, house: House, deal: UUID) -> None:
        client = house.client("north")
        details = client.get(f"/deals/{deal}/details", params={"after": house.position}).json()
        missing = {gate["stage"]: gate["missing"] for gate in details["gates"]}
        assert missing["contact"] == []
        for stage in ("solution", "negotiation"):
            refused = client.post(f"/deals/{deal}/stage", json={"to": stage})
            assert (refused.status_code, refused.json()["missing"]) == (409, missing[stage])

    def test_show_touches_as_they_were_corrected(self, house: House, deal: UUID) -> None:
        for kind in ("call", "visit"):
            made = recorded(house, f"/deals/{deal}/activities", {"activity": {"kind": kind}})
        corrected = {"activity": {"kind": "meeting", "summary": "with the board"}}
        recorded(house, f"/deals/{deal}/activities/{made['activity_id']}/corrections", corrected)
        asked = {"after": house.position}
        touches = house.client("north").get(f"/deals/{deal}/details", params=asked).json()["touches"]
        assert [one["activity"]["kind"] for one in touches] == ["meeting", "call"]

    def test_of_another_team_are_not_there(self, house: House, deal: UUID) -> None:
        assert house.client("south").get(f"/deals/{deal}/details").status_code == 404
        assert house.client("north").get(f"/deals/{uuid4()}/details").status_code == 404


class TestCustomer:
    def test_shows_contacts_deals_cases_and_leads(self, house: House, rep: httpx.Client) -> None:
        id = customer(house, "Bolt & Söhne")
        deal = house.open_deal(title="Forty valves", customer_id=id)
        recorded(house, "/leads", {"name": "Wang Wei", "customer_id": id})
        page = opened(rep, house, f"/customers/{id}")
        said = seen(page)
        for part in ("Bolt & Söhne", "steel", "Ms Zhao", "buyer", "Forty valves"):
            assert part in said, part
        assert str(deal) in page
        assert "Wang Wei" not in said, "nobody's lead is its manager's to see"
        assert "Wang Wei" in seen(opened(house.browser("north-manager"), house, f"/customers/{id}"))
        assert house.browser("south").get(f"/desk/customers/{id}").status_code == 404

    def test_is_found_by_part_of_its_name(self, house: House, rep: httpx.Client) -> None:
        word = uuid4().hex[:8]
        customer(house, f"华东{word}精密")
        assert f"华东{word}精密" in opened(rep, house, "/customers", text=f"东{word[:2]}")
        assert "No customer has that in its name" in opened(rep, house, "/customers", text=f"{word}x")

    def test_is_chosen_for_a_field_by_part_of_its_name(self, house: House, rep: httpx.Client) -> None:
        word = uuid4().hex[:8]
        id = customer(house, f"华东{word}精密")
        assert id in opened_part(rep, house, "/choices/customer", text=f"{word[3:]}精")


def opened_part(client: httpx.Client, house: House, path: str, **query: Any) -> str:
    answer = client.get(f"/desk{path}", params={**query, "after": house.position})
    assert answer.status_code == 200, answer.text
    return answer.text


class TestLeads:
    def test_of_nobody_are_given_away_by_managers(
        self, house: House, rep: httpx.Client, manager: httpx.Client, post_act: Post
    ) -> None:
        id = recorded(house, "/leads", {"name": f"Wang {uuid4().hex[:6]}"})["lead_id"]
        assert id in opened(manager, house, "/leads", owned="false")
        assert id not in opened(rep, house, "/leads")
        page = opened(manager, house, f"/leads/{id}")
        assert {"allocateLead", "discardLead"} <= forms(page)
        assert "convertLead" not in forms(page), "it is nobody's yet"
        answer = post_act(manager, "allocateLead", {"lead_id": id}, to=str(house.reps["north"]))
        assert answer.status_code == 303, answer.text
        house.position = int(answer.headers["location"].partition("after=")[2])
        assert "convertLead" in forms(opened(rep, house, f"/leads/{id}"))


class TestCases:
    def test_show_their_clocks_and_what_is_next(
        self, house: House, rep: httpx.Client, post_act: Post
    ) -> None:
        calendar = {"timezone": "Asia/Shanghai", "country": "CN", "years": [2026, 2027]}
        clocks = {"answer": "30m", "solve": "4bh"}
        policy = {"name": "default", "calendar": calendar, "feedback_after": "5bd", "reopen_days": 14}
        recorded(house, "/service-policies", {**policy, "severe": clocks, "normal": clocks, "minor": clocks})
        about = customer(house, "Case & Co")
        deal = house.open_deal(customer_id=about)
        body = {
            "title": "the line <b>stands</b>",
            "customer_id": about,
            "severity": "severe",
            "category": "defect",
        }
        id = recorded(house, "/cases", {**body, "deal_id": str(deal), "owner_id": str(house.reps["north"])})[
            "case_id"
        ]
        board = opened(rep, house, "/cases")
        assert id in board
        assert "<b>stands</b>" not in board
        assert "not answered yet" in seen(board)
        assert "the line" in seen(opened(rep, house, f"/deals/{deal}")), "and on its deal"
        page = opened(rep, house, f"/cases/{id}")
        assert {"answerCase", "solveCase", "waitForCustomer"} <= forms(page)
        assert "opened the severe case" in seen(page)
        answer = post_act(rep, "waitForCustomer", {"case_id": id}, what="a photo")
        house.position = int(answer.headers["location"].partition("after=")[2])
        page = opened(rep, house, f"/cases/{id}")
        assert "the clocks stand still" in seen(page)
        assert "resumeCase" in forms(page)
        assert house.browser("south").get(f"/desk/cases/{id}").status_code == 404


class TestSearch:
    def test_finds_by_kind_and_links_there(self, house: House, rep: httpx.Client) -> None:
        word = uuid4().hex[:8]
        about = customer(house, f"钢铁{word}集团")
        deal = house.open_deal(title=f"<b>{word}</b> 锅炉", customer_id=about)
        page = opened(rep, house, "/search", text=word[2:].upper())
        assert f'href="/desk/deals/{deal}"' in page
        assert f'href="/desk/customers/{about}"' in page
        assert f"<b>{word}</b>" not in page
        assert str(deal) not in opened(house.browser("south"), house, "/search", text=word)
        assert "Nothing has that in its name" in opened(rep, house, "/search", text=f"{word}zz")
        assert "Type any part of a name" in opened(rep, house, "/search")

    @pytest.mark.parametrize("part", ["results", "sought"])
    def test_answers_as_one_types_with_results_alone(
        self, house: House, rep: httpx.Client, part: str
    ) -> None:
        word = uuid4().hex[:8]
        deal = house.open_deal(title=f"{word} 锅炉")
        answer = opened_part(rep, house, "/search", text=word, part=part)
        assert str(deal) in answer
        assert "<main" not in answer
        assert "<html" not in answer


@pytest.mark.parametrize(
    "path", ["/deals", "/deals/{deal}", "/customers", "/leads", "/cases", "/search?text=x"]
)
def test_pages_speak_chinese(house: House, deal: UUID, path: str) -> None:
    """No text on them is one that there is Chinese for."""
    client = house.browser("north")
    client.headers["Accept-Language"] = "zh-CN"
    page = client.get(f"/desk{path.format(deal=deal)}", params={"after": house.position}).text
    texts = {html.unescape(text.strip()) for text in re.findall(r">([^<>]+)<", page[page.index("<main") :])}
    assert any(re.search("[\u4e00-\u9fff]", text) for text in texts)
    said = catalogue("zh").gettext
    assert {text for text in texts if said(text) != text} == set()
