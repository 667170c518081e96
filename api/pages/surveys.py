"""api: surveys — how customers answered, one answer with what came before it, and whom a survey was sent to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Response

from api.engine.roles import Role
from api.pages.colleagues import reps_of
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import now_of
from api.pages.records import customer_names
from domain.survey.survey import CASE_FEEDBACK, OF_CASES

FILTERS = ("survey", "owner_id", "team_id", "loop", "low", "customer_id")
OF_INVITATIONS = ("survey", "owner_id", "team_id", "status", "customer_id")
METRICS = ("nps", "customer-satisfaction", "survey-response", "loop-time")
DAYS, ROWS, BESIDE = 90, 40, 5
BUILT_IN = {"name": CASE_FEEDBACK, "survey": msgspec.to_builtins(OF_CASES)}
"""What no list of published surveys has, where nobody has published another."""

pages = router("/surveys")
Opened = Annotated[Page, Depends(may_open())]


@pages.get("", summary="Answers of customers")
async def answers(page: Opened) -> Response:
    asked = page.query
    narrowed = {name: asked[name] for name in FILTERS if name in asked}
    found = await page.read("/survey-answers", **narrowed, cursor=asked["cursor"], limit=ROWS)
    return page.render(
        "surveys.html",
        found=found,
        asked=asked,
        figures=await _figures(page),
        days=DAYS,
        published=[*(await page.read("/surveys", limit=ROWS))["items"], BUILT_IN],
        **await _people(page, found["items"]),
    )


@pages.get("/invitations", summary="Whom surveys were sent to")
async def invitations(page: Opened) -> Response:
    asked = page.query
    narrowed = {name: asked[name] for name in OF_INVITATIONS if name in asked}
    found = await page.read("/survey-invitations", **narrowed, cursor=asked["cursor"], limit=ROWS)
    return page.render(
        "survey_invitations.html",
        found=found,
        asked=asked,
        published=(await page.read("/surveys", limit=ROWS))["items"],
        **await _people(page, found["items"]),
    )


@pages.get("/answers/{answer_id}", summary="One answer")
async def answer(answer_id: UUID, page: Opened) -> Response:
    found = await page.read(f"/survey-answers/{answer_id}")
    named = (await page.read("/surveys", name=found["survey"]))["items"] or [BUILT_IN]
    item = found["item_id"] and await page.find(f"/action-items/{found['item_id']}")
    return page.render(
        "survey_answer.html",
        answer=found,
        questions={one["key"]: one for one in named[0]["survey"]["questions"]},
        before=(await page.read(f"/survey-answers/{answer_id}/before"))["items"],
        history=await page.read(f"/survey-answers/{answer_id}/history", order="newest", lang=page.language),
        item=item or None,
        deal=found["deal_id"] and await page.find(f"/deals/{found['deal_id']}"),
        case=found["case_id"] and await page.find(f"/cases/{found['case_id']}"),
        **await _people(page, [found]),
    )


async def of_customer(page: Page, customer_id: str) -> list[Any]:
    """The newest answers of one customer; beside a low one what came before it."""
    found = (await page.read("/survey-answers", customer_id=customer_id, limit=BESIDE))["items"]
    for one in found:
        asked = f"/survey-answers/{one['answer_id']}/before"
        one["before"] = (await page.read(asked))["items"][:BESIDE] if one["low"] else []
    return list(found)


async def _figures(page: Page) -> list[Any]:
    """Of one's own, one's team, or the company, over the last days."""
    user, today = page.session.user, now_of(page).date()
    scope: dict[str, Any] = {"scope": "company"}
    if user.role is Role.REP and user.rep_id is not None:
        scope = {"scope": "rep", "scope_id": str(user.rep_id)}
    elif user.role is Role.MANAGER and user.team_id is not None:
        scope = {"scope": "team", "scope_id": str(user.team_id)}
    days = {"since": str(today - timedelta(days=DAYS)), "until": str(today)}
    known = {one["key"]: one for one in (await page.read("/figures/catalogue"))["metrics"]}
    found = await page.read_all(*(("/figures", {"metric": key, **scope, **days}) for key in METRICS))
    return [{"metric": known[key], "figure": one["figure"]} for key, one in zip(METRICS, found, strict=True)]


async def _people(page: Page, items: list[Any]) -> dict[str, Any]:
    """Names, of those that this person may see."""
    reps = await reps_of(page)
    return {
        "reps": reps,
        "people": {one["id"]: one["name"] for one in reps},
        "customers": await customer_names(page, [one["customer_id"] for one in items]),
    }
