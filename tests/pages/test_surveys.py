"""Surveys on the desk: what was answered, what came before a low score, whom nobody asked, and the customer's own page."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.house import House

Json = dict[str, Any]
SURVEY = {
    "name": "desk",
    "en": "How was the delivery?",
    "zh": "交付如何？",
    "questions": [
        {"key": "recommend", "kind": "0-10", "counts": "nps", "en": "Recommend us?", "zh": "会推荐我们吗？"},
        {"key": "which", "kind": "choice", "en": "What?", "zh": "什么？", "choices": [{"key": "price", "en": "The price", "zh": "价格"}]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def low(house: House) -> Json:
    """A low answer of a customer with an open case, and the position from which it is shown."""
    assert house.admin.post("/surveys", json=SURVEY).status_code == 201
    made = house.client("north").post("/customers", json={"name": "Delivered Ltd"}).json()
    customer = made["answer"]["customer_id"]
    house.open_deal("north", customer_id=customer)
    case = {"title": "it came late", "customer_id": customer, "severity": "normal"}
    assert house.client("north").post("/cases", json=case).status_code == 201
    asked = {"survey": "desk", "customer_id": customer}
    assert house.client("north").post("/survey-invitations", json=asked).status_code == 201
    said = [{"question": "recommend", "answer": "2"}, {"question": "which", "answer": "price"}]
    noted = house.client("north").post("/survey-answers", json={**asked, "replies": said}).json()
    return {**noted["answer"], "customer_id": customer, "after": noted["position"]}


def test_answers_are_listed_with_their_figures_and_narrowed_down(low: Json, rep: httpx.Client) -> None:
    page = rep.get("/desk/surveys", params={"after": low["after"], "low": "true"}).text
    assert "Delivered Ltd" in page
    assert "2/10" in page
    assert "net promoter score" in page
    assert f"/desk/surveys/answers/{low['answer_id']}" in page
    chinese = rep.get("/desk/surveys", headers={"Accept-Language": "zh-CN"}).text
    assert "<th>答复时间</th>" in chinese
    assert "Delivered Ltd" not in rep.get("/desk/surveys", params={"loop": "closed"}).text


def test_one_shows_its_replies_what_came_before_and_the_action_item(low: Json, rep: httpx.Client) -> None:
    page = rep.get(f"/desk/surveys/answers/{low['answer_id']}", params={"after": low["after"]}).text
    assert "Recommend us?" in page
    assert "The price" in page
    assert "it came late" in page.split('id="before"')[1]
    assert "How was the delivery?" in page.split('id="about"')[1]
    assert 'href="/desk/action-items/' in page


def test_the_customer_s_page_shows_it_and_what_came_before(low: Json, rep: httpx.Client) -> None:
    page = rep.get(f"/desk/customers/{low['customer_id']}", params={"after": low["after"]}).text
    section = page.split('id="answers"')[1].split("</section>")[0]
    assert "2/10" in section
    assert "it came late" in section


def test_feedback_of_a_case_is_shown_with_its_questions_and_history(house: House, rep: httpx.Client) -> None:
    north = house.client("north")
    customer = north.post("/customers", json={"name": "Mended Ltd"}).json()["answer"]["customer_id"]
    opened = {"title": "it leaks", "customer_id": customer, "severity": "normal"}
    case = north.post("/cases", json=opened).json()["answer"]["case_id"]
    north.post(f"/cases/{case}/solve", json={"solution": "a valve"})
    noted = north.post(f"/cases/{case}/feedback", json={"score": 1, "text": "slow"}).json()
    listed = north.get("/survey-answers", params={"customer_id": customer, "after": noted["position"]}).json()
    page = rep.get(f"/desk/surveys/answers/{listed['items'][0]['answer_id']}").text
    assert "How satisfied are you with the solution?" in page
    assert "the customer answered the survey case-feedback" in page
    assert '<option value="case-feedback"' in rep.get("/desk/surveys").text


def test_who_was_not_asked_is_there_with_the_reason(low: Json, rep: httpx.Client) -> None:
    page = rep.get("/desk/surveys/invitations", params={"after": low["after"], "status": "withheld"}).text
    assert "Delivered Ltd" in page
    assert re.search(r"no.contact", page)


def test_forms_offer_the_surveys_and_publish_with_rows(
    low: Json, rep: httpx.Client, admin: httpx.Client
) -> None:
    form = rep.get("/desk/act/recordSurveyAnswer", params={"customer_id": low["customer_id"]}).text
    assert '<option value="desk"' in form
    publish = admin.get("/desk/act/publishSurvey", params={"name": "desk"}).text
    assert "How was the delivery?" in publish
    assert 'name="questions.1.choices.0.key" ' in publish or "questions.1.choices" in publish


def test_another_team_s_are_not_there(low: Json, house: House) -> None:
    south = house.browser("south")
    assert south.get(f"/desk/surveys/answers/{low['answer_id']}").status_code == 404
    assert "Delivered Ltd" not in south.get("/desk/surveys", params={"after": low["after"]}).text
