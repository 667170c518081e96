"""Teams and cycles: how they stand, what waits for whom, and acts from there — for each role, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from api.pages.engine.asking import Refusal
from api.pages.engine.page import Page
from api.pages.loop import People
from api.pages.team import _changes
from tests.house import House
from tests.pages.conftest import hidden

Json = dict[str, Any]
PERIOD = f"{datetime.now(UTC):%Y}"


def told(answer: httpx.Response, status: int = 201) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture(scope="module")
def target(house: House) -> Json:
    """Of the team `north`, for this year; with it what was answered."""
    given = {
        "metric": "deals-won",
        "number": "13",
        "unit": "count",
        "period": PERIOD,
        "scope": {"kind": "team", "id": str(house.teams["north"])},
        "owner_id": str(house.reps["north"]),
        "achievable": "eleven were won last year",
        "relevant": "the <b>plan</b> says so",
    }
    return told(house.client("north-manager").post("/targets", json=given))


@pytest.fixture(scope="module")
def cycle(house: House, target: Json) -> Json:
    rep = str(house.reps["north"])
    given = {
        "scope": {"kind": "rep", "id": rep},
        "period": PERIOD,
        "owner_id": rep,
        "metrics": ["new-customers"],
    }
    proposal = {
        **given,
        "metric": "new-customers",
        "number": "9",
        "unit": "count",
        "achievable": "so",
        "relevant": "so",
    }
    told(
        house.client("north-manager").post(
            "/targets", json={k: v for k, v in proposal.items() if k != "metrics"}
        )
    )
    return told(house.client("north-manager").post("/cycles", json=given))


def at(answered: Json, **more: str) -> dict[str, Any]:
    return {"after": answered["position"], **more}


# --- the team --------------------------------------------------------------------------------------------------------


def test_a_team_s_pace_is_shown_with_where_it_should_be(manager: httpx.Client, target: Json) -> None:
    page = manager.get("/desk/team", params=at(target)).text
    row = page.split(f'id="t-{target["answer"]["target_id"]}"')[1].split("</tr>")[0]
    assert "deals won" in row
    assert 'class="bar"' in row
    assert 'class="mark"' in row
    assert ">13<" in row
    assert f'href="/desk/targets/{target["answer"]["target_id"]}"' in row
    assert "/desk/figures/events?metric=deals-won" in row


def test_a_manager_sees_the_own_team_whatever_the_address_says(house: House, target: Json) -> None:
    south = house.browser("south-manager")
    page = south.get("/desk/team", params=at(target, team_id=str(house.teams["north"]))).text
    assert "<h1>south</h1>" in page
    assert target["answer"]["target_id"] not in page
    assert "Rep north" not in page


def test_who_sees_all_chooses_the_team(house: House, auditor: httpx.Client, target: Json) -> None:
    page = auditor.get("/desk/team", params=at(target, team_id=str(house.teams["north"]))).text
    assert "<h1>north</h1>" in page
    assert target["answer"]["target_id"] in page
    assert f'<option value="{house.teams["south"]}">south</option>' in page
    assert "/desk/act/" not in page, "an auditor does nothing"


def test_loads_and_what_waits_are_shown(house: House, manager: httpx.Client, cycle: Json) -> None:
    house.open_deal("north")
    page = manager.get("/desk/team", params={"after": house.position}).text
    row = page.split(f'id="r-{house.reps["north"]}"')[1].split("</tr>")[0]
    assert f"/desk/board?owner_id={house.reps['north']}" in row
    assert f'href="/desk/cycles/{cycle["answer"]["cycle_id"]}"' in page
    assert "agree to the targets · Rep north" in page


@pytest.fixture
def asked(house: House) -> Json:
    """A deal of the team `north`, whose rep asked to pass a gate: `deal_id` and `override_id`."""
    deal = house.open_deal("north", title="Gated <b>pumps</b>")
    given = {"to": "solution", "reason": "the <i>tender</i> closes"}
    answer = told(house.client("north").post(f"/deals/{deal}/overrides", json=given))
    house.position = answer["position"]
    return {"deal_id": str(deal), "override_id": answer["answer"]["override_id"]}


def waiting(client: httpx.Client, house: House, address: str, asked: Json) -> str:
    """The row of the override there; empty where it is not."""
    page = client.get(address, params={"after": house.position})
    assert page.status_code == 200, page.text
    return page.text.partition(f'id="a-{asked["override_id"]}"')[2].partition("</li>")[0]


@pytest.mark.parametrize("address", ["/desk/team", "/desk/today"])
def test_an_approval_that_waits_is_shown_to_who_may_give_it(
    house: House, manager: httpx.Client, address: str, asked: Json
) -> None:
    row = waiting(manager, house, address, asked)
    assert f'href="/desk/deals/{asked["deal_id"]}"' in row
    assert "Gated &lt;b&gt;pumps&lt;/b&gt;" in row
    assert "the &lt;i&gt;tender&lt;/i&gt; closes" in row
    assert "Solution" in row or "solution" in row
    assert row.count(' href="/desk/act/decideOverride?') == 2
    assert not waiting(house.browser("south-manager"), house, address, asked)


def test_an_auditor_sees_what_waits_and_decides_nothing(
    house: House, auditor: httpx.Client, asked: Json
) -> None:
    row = waiting(auditor, house, f"/desk/team?team_id={house.teams['north']}", asked)
    assert "Gated" in row
    assert "/desk/act/" not in row


@pytest.mark.parametrize(("button", "approved"), [("Approve", True), ("Refuse", False)])
def test_an_approval_is_decided_from_there_and_waits_no_more(
    house: House, manager: httpx.Client, button: str, approved: bool, asked: Json
) -> None:
    row = waiting(manager, house, "/desk/team", asked)
    (address,) = (link for link in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>' + button + "<", row))
    form = manager.get(unescape(address))
    assert form.status_code == 200, form.text
    typed = dict(parse_qsl(urlsplit(unescape(address)).query))
    fields = {name: hidden(form.text, name) for name in ("csrf", "key", "deal_id", "override_id")}
    (chosen,) = re.findall(r'name="approved" value="(\w+)" checked', form.text)
    sent = {**fields, "approved": chosen, "version": typed["version"]}
    done = manager.post("/desk/act/decideOverride", data=sent)
    assert done.status_code in {200, 303}, done.text
    client = house.client("north-manager")
    details = client.get(f"/deals/{asked['deal_id']}/details").json()
    assert [one["approved"] for one in details["overrides"]] == [approved]
    house.open_deal("north")  # a position after the decision
    assert not waiting(manager, house, "/desk/team", asked)


def test_a_card_of_the_board_says_that_approval_is_asked(
    house: House, manager: httpx.Client, asked: Json
) -> None:
    page = manager.get("/desk/board", params={"after": house.position, "sort": "-opened_at"}).text
    card = page.split(f'id="d-{asked["deal_id"]}"')[1].split("</article>")[0]
    assert "approval asked" in card


def test_deals_are_narrowed_down_to_those_that_wait(house: House, manager: httpx.Client, asked: Json) -> None:
    quiet = house.open_deal("north")
    page = manager.get("/desk/deals", params=at({"position": house.position}, override="asked")).text
    row = page.split(f'id="d-{asked["deal_id"]}"')[1].split("</tr>")[0]
    assert "approval asked" in row
    assert f'id="d-{quiet}"' not in page


def test_what_is_overdue_is_shown_by_rep(house: House, manager: httpx.Client) -> None:
    deal = house.open_deal("north2", title="Late <b>boilers</b>")
    promised = {
        "activity": {"kind": "call"},
        "next_step": {"what": "send the offer", "due_at": "2026-01-05T10:00:00+08:00"},
        "occurred_at": "2026-01-04T10:00:00+08:00",
    }
    answer = house.admin.post(f"/deals/{deal}/activities", json=promised)
    page = manager.get("/desk/team", params=at(told(answer))).text
    group = page.split(f'id="o-{house.reps["north2"]}"')[1].split("</details>")[0]
    assert "Late &lt;b&gt;boilers&lt;/b&gt;" in group
    assert "overdue" in group


def test_a_team_of_the_past_has_its_pace_alone(manager: httpx.Client, target: Json) -> None:
    page = manager.get("/desk/team", params={"as_of": "2026-01-31"}).text
    assert "No target is in force" in page, "it was not known then"
    assert "Who has what" not in page
    assert "/desk/act/" not in page


# --- cycles ----------------------------------------------------------------------------------------------------------


def test_cycles_are_listed_by_phase_with_what_they_wait_for(rep: httpx.Client, cycle: Json) -> None:
    page = rep.get("/desk/cycles", params=at(cycle)).text
    row = page.split(f'id="c-{cycle["answer"]["cycle_id"]}"')[1].split("</tr>")[0]
    assert "agree" in row
    assert "Rep north" in row
    assert 'id="h-target"' in page
    assert cycle["answer"]["cycle_id"] not in rep.get("/desk/cycles", params={"phase": "closed"}).text
    assert cycle["answer"]["cycle_id"] in rep.get("/desk/cycles", params={"mine": "1"}).text


def test_another_team_s_cycle_is_not_there(house: House, cycle: Json) -> None:
    address = f"/desk/cycles/{cycle['answer']['cycle_id']}"
    south = house.browser("south")
    assert south.get(address, params=at(cycle)).status_code == 404
    assert cycle["answer"]["cycle_id"] not in south.get("/desk/cycles", params=at(cycle)).text


def test_a_step_is_offered_to_whose_it_is_alone(
    rep: httpx.Client, manager: httpx.Client, auditor: httpx.Client, cycle: Json
) -> None:
    address = f"/desk/cycles/{cycle['answer']['cycle_id']}"
    assert "/desk/act/agreeTargets" in rep.get(address, params=at(cycle)).text
    assert "/desk/act/agreeTargets" not in manager.get(address).text
    assert "/desk/act/pauseCycle" in manager.get(address).text
    assert "/desk/act/pauseCycle" not in rep.get(address).text
    assert "/desk/act/" not in auditor.get(address).text


def test_a_rep_agrees_from_the_cycle(
    rep: httpx.Client, cycle: Json, post_act: Callable[..., httpx.Response]
) -> None:
    id = cycle["answer"]["cycle_id"]
    done = post_act(rep, "agreeTargets", {"cycle_id": id, "next": f"/desk/cycles/{id}"})
    assert done.status_code == 303, done.text
    page = rep.get(done.headers["location"]).text
    assert "/desk/act/agreeTargets" not in page
    assert 'aria-current="step"' in page


def test_an_administrator_says_for_whom_they_speak(
    house: House, admin: httpx.Client, cycle: Json, post_act: Callable[..., httpx.Response]
) -> None:
    id = cycle["answer"]["cycle_id"]
    unsaid = post_act(admin, "agreeTargets", {"cycle_id": id})
    assert unsaid.status_code == 422
    assert '<select id="f-by" name="by" required' in unsaid.text
    refused = post_act(admin, "agreeTargets", {"cycle_id": id}, by=str(house.reps["north2"]))
    assert refused.status_code == 409, "they are not the owner"
    done = post_act(
        admin, "agreeTargets", {"cycle_id": id, "next": "/desk/cycles"}, by=str(house.reps["north"])
    )
    assert done.status_code == 303, done.text


@pytest.mark.parametrize("address", ["/desk/team", "/desk/cycles"])
def test_the_pages_are_in_chinese(house: House, cycle: Json, address: str) -> None:
    chinese = house.browser("north-manager")
    chinese.headers["Accept-Language"] = "zh-CN"
    page = chinese.get(address, params=at(cycle)).text
    assert '<html lang="zh-CN">' in page
    for english in ("target</th>", "waits for", "Cycles</", ">Team<", "promises", "agree"):
        assert english not in page, english


async def test_a_pack_that_is_refused_takes_nothing_else_of_the_page_away() -> None:
    async def read(path: str, **_: Any) -> Any:
        raise Refusal(status, {"code": path})

    page, review = cast("Page", SimpleNamespace(read=read, then={}, language="en")), {"cycle_id": "c"}
    people = People(page, (), ())
    status = 422
    assert await _changes(page, people, review) == []
    status = 503
    with pytest.raises(Refusal):
        await _changes(page, people, review)
