"""What forms say they are about, and what they offer to choose from instead of ids."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.pages.engine.control import within
from api.pages.engine.forms import controls_of
from api.pages.engine.table import acts
from api.pages.engine.typed import body_of
from api.pages.merging import OFFERED
from api.pages.offered import LISTS, LOOKED_FOR, NEAR
from tests.house import House

Json = dict[str, Any]
Post = Callable[..., httpx.Response]
PERIOD = f"{datetime.now(UTC).year + 3}"
DUE = (datetime.now(UTC) + timedelta(days=20)).isoformat()


def told(answer: httpx.Response) -> Json:
    assert answer.status_code in (200, 201), answer.text
    found: Json = answer.json()
    return found


def made(house: House, path: str, **body: Any) -> Json:
    """The answer; once it can be read."""
    receipt = told(house.admin.post(path, json=body))
    model = "/" + path.split("/")[1]
    house.admin.get(model, params={"after": receipt["position"], "wait": 10}).raise_for_status()
    answer: Json = receipt["answer"]
    return answer


@pytest.fixture(scope="module")
def cycle(house: House) -> Json:
    """Of the rep `north`, with a target, an open action item and one that is done."""
    rep = str(house.reps["north"])
    scope = {"kind": "rep", "id": rep}
    proposal = {
        "metric": "activities:visit",
        "number": "9",
        "unit": "count",
        "achievable": "so",
        "relevant": "so",
    }
    target = made(house, "/targets", **proposal, period=PERIOD, scope=scope, owner_id=rep)["target_id"]
    id = made(house, "/cycles", scope=scope, period=PERIOD, owner_id=rep, metrics=["activities:visit"])[
        "cycle_id"
    ]
    items = [
        made(house, "/action-items", what=what, owner_id=rep, due_at=DUE, cycle_id=id)["item_id"]
        for what in ("Call the <b>first</b> five", "Was done at once")
    ]
    made(house, f"/action-items/{items[1]}/finish")
    return {"id": id, "open": items[0], "done": items[1], "target": target}


def form(browser: httpx.Client, operation: str, **given: str) -> str:
    answer = browser.get(f"/desk/act/{operation}", params=given)
    assert answer.status_code == 200, answer.text
    return answer.text


class TestIds:
    def test_of_what_belongs_together_are_chosen_and_none_is_typed(self) -> None:
        known = {*NEAR, *LISTS, *LOOKED_FOR, *OFFERED.values()}
        asked = {
            control.of
            for act in acts().values()
            for control in within(controls_of(act))
            if control.kind in ("id", "ids")
        }
        assert asked <= known

    def test_several_are_ticked(self) -> None:
        controls = controls_of(acts()["giveFeedback"])
        body = body_of(controls, {"text": "good", "action_items": "a\nb"}, ZoneInfo("UTC"))
        assert body == {"text": "good", "action_items": ["a", "b"]}

    def test_of_feedback_are_the_cycles_open_items(self, house: House, cycle: Json) -> None:
        page = form(house.browser("north-manager"), "giveFeedback", cycle_id=cycle["id"])
        assert f'type="checkbox" name="action_items" value="{cycle["open"]}"' in page
        assert "Call the &lt;b&gt;first&lt;/b&gt; five" in page
        assert cycle["done"] not in page

    def test_that_are_ticked_stay_so_where_a_form_is_refused(
        self, house: House, cycle: Json, post_act: Post
    ) -> None:
        manager, chosen = house.browser("north-manager"), {"cycle_id": cycle["id"]}
        refused = post_act(manager, "giveFeedback", chosen, text="early", action_items=cycle["open"])
        assert refused.status_code == 403, "that is for whoever leads the cycle"
        assert f'value="{cycle["open"]}" checked' in refused.text

    def test_of_a_contact_are_those_of_the_deals_customer(self, house: House, rep: httpx.Client) -> None:
        customer = made(house, "/customers", name="Offered Pumps")["customer_id"]
        contact = made(house, f"/customers/{customer}/contacts", name="Ms Offer")["contact_id"]
        deal = str(house.open_deal(customer_id=customer))
        page = rep.get("/desk/act/logActivity", params={"deal_id": deal, "after": str(house.position)}).text
        assert f'<option value="{contact}">Ms Offer</option>' in page

    def test_of_a_cycles_target_are_those_of_its_scope_and_period(self, house: House, cycle: Json) -> None:
        page = form(house.browser("north-manager"), "includeTarget", cycle_id=cycle["id"])
        offered = page.split('name="target_id"')[1].split("</select>")[0]
        assert re.findall('value="([0-9a-f-]{36})"', offered) == [cycle["target"]]
        assert f"Rep north · {PERIOD}" in offered

    def test_that_are_filled_in_stay_though_they_are_not_offered(self, house: House) -> None:
        other = "00000000-0000-0000-0000-000000000009"
        page = form(house.browser("north-manager"), "openActionItem", cycle_id=other)
        assert f'<option value="{other}" selected>' in page


class TestWhatAFormIsAbout:
    def about(self, page: str) -> str:
        return re.sub("<[^>]*>", " ", page.split('class="subject"')[1].split("</div>", maxsplit=1)[0])

    def test_is_said_above_it(self, house: House, rep: httpx.Client, cycle: Json) -> None:
        deal = str(house.open_deal(title="Eleven <i>mills</i>"))
        rep.get("/desk/board", params={"after": str(house.position)})
        for operation in ("moveStage", "winDeal", "logActivity", "handOver"):
            assert "Eleven &lt;i&gt;mills&lt;/i&gt;" in self.about(form(rep, operation, deal_id=deal))
        assert f"Rep north · {PERIOD}" in self.about(form(rep, "commentOnCycle", cycle_id=cycle["id"]))
        assert "Call the" in self.about(form(rep, "finishActionItem", item_id=cycle["open"]))

    def test_is_of_an_override_the_gate_too(self, house: House, manager: httpx.Client) -> None:
        deal = house.open_deal(title="Twelve mills")
        asked = {"to": "solution", "reason": "the tender closes"}
        answer = told(house.admin.post(f"/deals/{deal}/overrides", json=asked))
        house.admin.get("/deals", params={"after": answer["position"]})
        given = {"deal_id": str(deal), "override_id": answer["answer"]["override_id"]}
        page = form(manager, "decideOverride", **given)
        said = " ".join(self.about(page).split())
        assert "Twelve mills" in said
        assert "to pass to solution without: pain points, budget" in said
        assert '<button class="button primary">Record the decision</button>' in page

    def test_is_nothing_where_it_may_not_be_seen(self, house: House, deal: object) -> None:
        assert 'class="subject"' not in form(house.browser("south"), "moveStage", deal_id=str(deal))


@pytest.mark.parametrize(("operation", "to"), [("winDeal", "won"), ("moveStage", "solution")])
def test_what_a_gate_refuses_may_be_asked_for(
    rep: httpx.Client, deal: object, post_act: Post, operation: str, to: str
) -> None:
    typed = {"closed_on": f"{datetime.now(UTC):%Y-%m-%d}", "to": to} if operation == "winDeal" else {"to": to}
    typed |= {"amount.amount": "500", "amount.currency": "CNY"} if operation == "winDeal" else {}
    answer = post_act(rep, operation, {"deal_id": str(deal)}, **typed)
    assert answer.status_code == 409, answer.text
    asking = html.unescape(answer.text).split("/desk/act/requestOverride?")[1].split('"')[0]
    assert {"deal_id": str(deal), "to": to}.items() <= dict(parse_qsl(asking)).items()


def test_what_no_override_passes_is_not_offered_to_be_asked_for(
    rep: httpx.Client, deal: object, post_act: Post
) -> None:
    answer = post_act(rep, "loseDeal", {"deal_id": str(deal)}, loss_reason=" ")
    assert answer.status_code in (409, 422)
    assert "/desk/act/requestOverride" not in answer.text


def test_nobody_is_told_to_do_what_they_may_not(house: House) -> None:
    for name, told_to in (("north", False), ("north-manager", True), ("auditor", False)):
        page = house.browser(name).get("/desk/meetings", params={"status": "cancelled"}).text
        assert ("/desk/act/setMeetingSchedule" in page) is told_to, name
        assert told_to or "Set a schedule" not in page, name
    assert "Capture who might buy" not in house.browser("auditor").get("/desk/leads?status=discarded").text
    assert "Start one" not in house.browser("auditor").get("/desk/adjustments?status=measured").text


def test_a_pace_has_one_colour_in_its_word_and_its_bar(house: House) -> None:
    rep, year = str(house.reps["north"]), f"{datetime.now(UTC):%Y}"
    proposal = {
        "metric": "activities:call",
        "number": "900",
        "unit": "count",
        "achievable": "so",
        "relevant": "so",
    }
    target = made(house, "/targets", **proposal, period=year, scope={"kind": "rep", "id": rep}, owner_id=rep)
    made(house, f"/targets/{target['target_id']}/agree", by=rep)
    shown = house.admin.get("/attainment", params={"owner_id": rep}).json()["items"]
    assert "behind" in {one["status"] for one in shown}
    for name in ("today", f"targets/{target['target_id']}"):
        page = house.browser("north").get(f"/desk/{name}").text
        (bar,) = set(re.findall('class="fill ([a-z]*)"', page))
        assert f'class="pill {bar}">behind' in page, name
        assert bar
