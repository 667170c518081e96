"""Surveys over HTTP: published, asked for, answered by whoever has the link, and what comes of a low score."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.survey.commands import NoteInvitationSent
from runtime.ledger import open_ledger
from runtime.surveys.links import LinkKey, SurveyLink, signed
from tests.house import House

Json = dict[str, Any]
SURVEY = {
    "name": "after-a-win",
    "en": "How was it to buy from us?",
    "zh": "您的购买体验如何？",
    "questions": [
        {"key": "recommend", "kind": "0-10", "counts": "nps", "needed": True, "en": "Recommend us?", "zh": "会推荐我们吗？"},
        {"key": "content", "kind": "1-5", "counts": "csat", "en": "Content?", "zh": "满意吗？"},
        {"key": "which", "kind": "choice", "en": "What mattered?", "zh": "看重什么？",
         "choices": [{"key": "price", "en": "Price", "zh": "价格"}, {"key": "people", "en": "People", "zh": "人员"}]},
        {"key": "why", "kind": "text", "en": "Why?", "zh": "为什么？"},
    ],
    "quiet_days": 10,
}  # fmt: skip


def told(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture(scope="module", autouse=True)
def _published(house: House) -> None:
    told(house.admin.post("/surveys", json=SURVEY), 201)


@pytest.fixture
def customer(house: House) -> str:
    """Of north's, with a contact who can be written to."""
    made = told(house.client("north").post("/customers", json={"name": f"Acme Secret {uuid4()}"}), 201)
    id: str = made["answer"]["customer_id"]
    house.open_deal("north", customer_id=id)
    contact = {"name": "Ann Hidden", "mail": "ann@example.com"}
    told(house.admin.post(f"/customers/{id}/contacts", json=contact), 201)
    return id


def invited(house: House, customer: str, who: str = "north", **more: Any) -> Json:
    asked = {"survey": "after-a-win", "customer_id": customer, **more}
    answer: Json = told(house.client(who).post("/survey-invitations", json=asked), 201)["answer"]
    return answer


def link_to(house: House, invitation_id: str, *, at: datetime | None = None, days: int = 30) -> str:
    """As the mail has it. Signed and sent at that time, or now."""
    return asyncio.run(_sent(house.settings.database_url, UUID(invitation_id), at or datetime.now(UTC), days))


async def _sent(url: str, id: UUID, at: datetime, days: int) -> str:
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        context = Context(now=at, actor=Actor("service", "tests"), channel=Channel.WORKFLOW)
        await CommandHandler(ledger).execute(NoteInvitationSent(invitation_id=id, at=at), context)
        key = await LinkKey(ledger.pool)()
        return f"/survey/{signed(key, SurveyLink(id, at + timedelta(days=days)))}"


@pytest.fixture
def stranger(house: House) -> httpx.Client:
    return house.client("customer of ours")


def answers(house: House, customer: str, who: str = "north") -> list[Json]:
    """All that there are now."""
    asked: Json = {"customer_id": customer, "after": asyncio.run(_head(house.settings.database_url))}
    found: list[Json] = told(house.client(who).get("/survey-answers", params=asked))["items"]
    return found


async def _head(url: str) -> int:
    async with open_ledger(url, min_size=1, max_size=1) as ledger:
        return await ledger.head()


def test_whoever_has_the_link_answers_once_and_is_shown_nothing_of_ours(
    house: House, customer: str, stranger: httpx.Client
) -> None:
    link = link_to(house, invited(house, customer)["invitation_id"])
    for _ in range(2):  # a scanner of mails opens it, too
        assert stranger.head(link).status_code == 200
        page = stranger.get(link)
    assert page.status_code == 200
    assert "Recommend us?" in page.text
    assert '<p class="company">Asking Ltd</p>' in page.text
    assert "询问公司</title>" in stranger.get(link, params={"lang": "zh"}).text
    assert 'action="' not in page.text, "it goes back to where it came from"
    for ours in ("Secret", "Hidden", "ann@example.com", "Rep north", customer, "salesloop"):
        assert ours not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    typed = {
        "q-recommend": "9",
        "q-content": "4",
        "q-which": "people",
        "q-why": "quick <b>help</b>",
        "q-none": "x",
    }
    thanks = stranger.post(link, data=typed)
    assert (thanks.status_code, "Thank you" in thanks.text) == (200, True)
    again = stranger.post(link, data={"q-recommend": "0"})
    assert (again.status_code, "answered already" in again.text) == (200, True)
    assert "answered already" in stranger.get(link).text
    (answer,) = answers(house, customer)
    assert (answer["nps"], answer["csat"], answer["came_by"], answer["low"]) == (9, 4, "link", False)
    assert answer["replies"][-1]["text"] == "quick <b>help</b>"
    assert answer["owner_id"] == str(house.reps["north"])


def test_two_who_press_the_button_at_once_give_one_answer(house: House, customer: str) -> None:
    link = link_to(house, invited(house, customer)["invitation_id"])

    async def both() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=house.base, timeout=30) as client:
            sent = [client.post(link, data={"q-recommend": str(n)}) for n in (9, 10, 8, 7)]
            return list(await asyncio.gather(*sent))

    found = asyncio.run(both())
    assert sorted("has arrived" in one.text for one in found) == [False, False, False, True]
    assert len(answers(house, customer)) == 1


def test_what_is_wrong_is_said_at_its_question_in_the_reader_s_language(
    house: House, customer: str, stranger: httpx.Client
) -> None:
    link = link_to(house, invited(house, customer)["invitation_id"])
    for typed, said in (
        ({"q-content": "4"}, "must be answered"),
        ({}, "say what was answered"),
        ({"q-recommend": "11"}, "must be a whole number from 0 to 10"),
        ({"q-recommend": "9", "q-why": "x" * 2_001}, "is longer than 2000 characters"),
    ):
        page = stranger.post(link, data=typed)
        assert (page.status_code, said in page.text) == (422, True), (typed, page.text)
    page = stranger.post(link, data={"q-recommend": "9", "q-which": "none", "q-why": "kept"})
    assert 'aria-invalid="true"' in page.text
    assert ">kept</textarea>" in page.text
    chinese = stranger.get(link, headers={"Accept-Language": "zh-CN"}).text
    assert "会推荐我们吗？" in chinese
    assert 'lang="zh-CN"' in chinese.split("\n")[1]
    assert "会推荐我们吗？" in stranger.get(link, params={"lang": "zh"}).text
    assert "必须作答" in stranger.post(link, params={"lang": "zh"}, data={"q-content": "4"}).text
    assert not answers(house, customer)


def test_a_link_that_is_over_or_nobody_s_says_so(house: House, customer: str, stranger: httpx.Client) -> None:
    id = invited(house, customer)["invitation_id"]
    link = link_to(house, id, at=datetime.now(UTC) - timedelta(days=31))
    for call in (stranger.get(link), stranger.post(link, data={"q-recommend": "9"})):
        assert (call.status_code, "This survey is over" in call.text) == (410, True)
    changed = link[:-1] + ("A" if link[-1] != "A" else "B")
    for wrong in (changed, "/survey/x", f"/survey/{'A' * 48}"):
        assert stranger.get(wrong).status_code == 404
        assert stranger.post(wrong, data={"q-recommend": "9"}).status_code == 404
    for spoilt in (stranger.get(f"/survey/{'A' * 200}"), stranger.post(link, content=b"x" * 2_000_000)):
        assert spoilt.status_code in (400, 410, 413), spoilt.text
        assert 'sign-in"' not in spoilt.text, "who answers has no business there"
        assert spoilt.headers["referrer-policy"] == "no-referrer"
    assert not answers(house, customer)


def test_who_wants_to_be_asked_no_more_is_not(house: House, customer: str, stranger: httpx.Client) -> None:
    link = link_to(house, invited(house, customer)["invitation_id"])
    assert "Ask me no more" in stranger.get(f"{link}/stop").text
    stopped = stranger.post(f"{link}/stop", data={"List-Unsubscribe": "One-Click"})
    assert "You are asked no more" in stopped.text
    assert stranger.post("/survey/x/stop").status_code == 200, "nobody learns whose it is"
    again = invited(house, customer)
    assert (again["status"], again["reason"]) == ("withheld", "declined")


def test_a_low_score_that_a_rep_heard_opens_an_action_item(house: House, customer: str) -> None:
    said = [{"question": "recommend", "answer": "3"}, {"question": "why", "answer": "late again"}]
    noted = {"survey": "after-a-win", "customer_id": customer, "replies": said}
    made = house.client("north").post("/survey-answers", json=noted)
    done = told(made, 201)
    answer = told(house.client("north").get(made.headers["Location"], params={"after": done["position"]}))
    item = told(house.client("north").get(f"/action-items/{answer['item_id']}"))
    assert (item["answer_id"], item["owner_id"]) == (answer["answer_id"], str(house.reps["north"]))
    assert (answer["loop"], answer["low"]) == ("open", True)
    asked = {"metric": "nps", "scope": "rep", "scope_id": str(house.reps["north"]), "after": done["position"]}
    day = answer["answered_at"][:10]
    days = {"since": day, "until": str(datetime.now(UTC).date() + timedelta(days=1))}
    behind = told(house.client("north").get("/figures/events", params={**asked, **days}))
    assert answer["answer_id"] in [one["subject_id"] for one in behind["items"]]
    wrong = {
        **noted,
        "replies": [{"question": "recommend", "answer": "11"}, {"question": "no", "answer": "x"}],
    }
    refused = told(house.client("north").post("/survey-answers", json=wrong), 422)
    assert [error["field"] for error in refused["errors"]] == ["replies.no", "replies.recommend"]


def test_feedback_that_is_noted_with_a_case_is_an_answer_whose_history_and_forerunners_are_told(
    house: House, customer: str
) -> None:
    north = house.client("north")
    opened = {"title": "it leaks", "customer_id": customer, "severity": "normal"}
    case = told(north.post("/cases", json=opened), 201)["answer"]["case_id"]
    told(north.post(f"/cases/{case}/solve", json={"solution": "a valve"}))
    told(north.post(f"/cases/{case}/feedback", json={"score": 2, "text": "slow"}))
    (answer,) = answers(house, customer)
    assert (answer["survey"], answer["csat"], answer["case_id"]) == ("case-feedback", 2, case)
    assert told(north.get(f"/action-items/{answer['item_id']}"))["answer_id"] == answer["answer_id"]
    at = f"/survey-answers/{answer['answer_id']}"
    assert [one["id"] for one in told(north.get(f"{at}/before"))["items"]] == [case]
    (event,) = told(north.get(f"{at}/history"))["items"]
    assert event["sentence"] == "the customer answered the survey case-feedback, 2 of 5"
    chinese = told(north.get(f"{at}/history", params={"lang": "zh"}))["items"]
    assert chinese[0]["sentence"].startswith("客户答复了问卷 case-feedback")
    assert house.client("south").get(f"{at}/history").status_code == 404


def test_answers_of_a_record_that_was_merged_are_the_survivor_s(house: House, customer: str) -> None:
    made = told(house.admin.post("/customers", json={"name": f"Other Secret {uuid4()}"}), 201)
    other = made["answer"]["customer_id"]
    noted = {
        "survey": "after-a-win",
        "customer_id": other,
        "replies": [{"question": "recommend", "answer": "9"}],
    }
    told(house.admin.post("/survey-answers", json={**noted, "owner_id": str(house.reps["north"])}), 201)
    told(house.admin.post(f"/customers/{customer}/merge", json={"gone_id": other}))
    (answer,) = answers(house, customer)
    assert (answer["customer_id"], answer["nps"]) == (customer, 9)


def test_each_sees_and_asks_their_own_customers_only(house: House, customer: str) -> None:
    asked = {"survey": "after-a-win", "customer_id": customer}
    assert told(house.client("south").post("/survey-invitations", json=asked), 422)["field"] == "customer_id"
    id = invited(house, customer)["invitation_id"]
    noted = {**asked, "replies": [{"question": "recommend", "answer": "9"}]}
    assert told(house.client("south").post("/survey-answers", json=noted), 422)["field"] == "customer_id"
    assert house.client("south").get(f"/survey-invitations/{id}").status_code == 404
    assert house.client("auditor").post("/survey-answers", json=noted).status_code == 403
    assert house.client("north-manager").post("/surveys", json=SURVEY).status_code == 403
    assert invited(house, customer)["reason"] == "asked-lately"
