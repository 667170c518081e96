"""What records and doers are called on pages: by name, where there is one, and in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from api.pages.doers import Workflow, workflow
from domain.capabilities import load
from domain.engine.deadlines import DeadlineRules
from tests.house import House
from workflows.deal.messages import follow_up_id
from workflows.engine.messages import workflow_id
from workflows.people.messages import Succession, following_id, handover_id
from workflows.policy.messages import rollout_id

ID = UUID("6f0a7d0e-8a53-4c3e-9d35-2f1e0c6f5a11")
Post = Callable[..., httpx.Response]


def deadlines() -> list[str]:
    found: tuple[DeadlineRules, ...] = tuple(  # type: ignore[type-arg]
        rules for module in load("domain") for rules in getattr(module, "DEADLINES", ())
    )
    return [rules.name for rules in found]


class TestAWorkflow:
    @pytest.mark.parametrize(
        ("id", "told"),
        [
            (follow_up_id(ID), ("follow-up", "deal")),
            (handover_id(ID), ("handover", "rep")),
            (following_id(ID, 12), ("handover", "rep")),
            (Succession(ID, ID, ID, 12, datetime.now(UTC)).workflow_id, ("handover", "team")),
        ],
    )
    def test_is_told_by_what_it_does_and_for_which_record(self, id: str, told: tuple[str, str]) -> None:
        assert workflow(id) == (*told, str(ID), "")

    @pytest.mark.parametrize("name", deadlines())
    def test_of_deadlines_is_that_of_its_record(self, name: str) -> None:
        assert workflow(workflow_id(name, ID)) == (name.replace("-", " "), name, str(ID), "")

    def test_of_a_rule_has_the_rules_name(self) -> None:
        assert workflow(rollout_id("key-accounts", 3)) == Workflow("policy", name="key-accounts 3")

    @pytest.mark.parametrize("id", ["sweep", f"stranger-{ID}", "policy-default", f"cycle-{ID}-x", ""])
    def test_is_no_other_id(self, id: str) -> None:
        assert workflow(id) is None


class TestHistory:
    def shown(self, house: House, language: str = "en", **asked: str) -> str:
        auditor = house.browser("auditor")
        auditor.headers["Accept-Language"] = language
        answer = auditor.get("/desk/history", params={"after": str(house.position), **asked})
        assert answer.status_code == 200, answer.text
        return answer.text

    @pytest.mark.parametrize(("language", "said"), [("en", "follow-up workflow"), ("zh-CN", "跟进工作流")])
    def test_says_whose_one_workflow_is_that_it_is_narrowed_down_to(
        self, house: House, language: str, said: str
    ) -> None:
        deal = house.open_deal(title="Nine lathes")
        page = self.shown(house, language, who=follow_up_id(deal))
        line = page.split('id="doer"')[1].split("</p>")[0]
        assert said in line
        assert f'<a href="/desk/deals/{deal}">Nine lathes</a>' in line
        assert f"follow-up-{deal}" not in re.sub("<[^>]*>", "", page)

    def test_calls_records_by_their_names(self, house: House) -> None:
        admin, rep = house.admin, str(house.reps["north"])
        due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
        made = admin.post(
            "/action-items", json={"what": "Write the list anew", "owner_id": rep, "due_at": due}
        )
        item = made.json()["answer"]["item_id"]
        for model in ("/action-items", "/reps"):
            admin.get(model, params={"after": made.json()["position"], "wait": 10}).raise_for_status()
        page = self.shown(house, stream_id=item)
        assert f'<a href="/desk/action-items/{item}">Write the list anew</a>' in page
        assert self.shown(house, topic="rep.hired").count(">Rep north</a>") >= 1
        for rule in ("policy", "process"):
            assert not re.search(r">[0-9a-f]{8}</a>", self.shown(house, topic=rule))

    def test_names_who_has_an_account_and_is_no_rep(self, house: House, post_act: Post) -> None:
        manager = house.browser("north-manager")
        made = post_act(manager, "openDeal", {}, title="By the manager", owner_id=str(house.reps["north"]))
        assert made.status_code == 303, made.text
        after = made.headers["location"].rpartition("after=")[2]
        page = self.shown(house, after=after, who="desk-north-manager")
        assert ">north-manager</a>" in page
        found = house.client("auditor").get("/events/search", params={"who": "desk-north-manager"}).json()
        assert {one["who_name"] for one in found["items"]} == {"north-manager"}


def test_outcomes_of_touches_are_said_in_the_language_of_a_history(house: House, deal: UUID) -> None:
    north = house.client("north")
    for outcome in ("reached", "no-answer", "meeting-set", "in their own words"):
        activity = {"kind": "call", "outcome": outcome}
        made = north.post(f"/deals/{deal}/activities", json={"activity": activity})
    asked = {"after": made.json()["position"], "lang": "zh"}
    told = north.get(f"/deals/{deal}/history", params=asked).text
    for said in ("已联系上", "无人接听", "已约会面", "in their own words"):
        assert f"，{said}" in told
