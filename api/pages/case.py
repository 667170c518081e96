"""api: service cases — a team's board, what is due first comes first, and one of them with its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.pages.colleagues import reps_of
from api.pages.engine.page import Page, may_open, router

FILTERS = ("owner_id", "team_id", "severity", "status", "overdue")
ROWS, EVENTS = 40, 40

pages = router()
Opened = Annotated[Page, Depends(may_open())]


@pages.get("/cases", summary="Service cases")
async def cases(page: Opened) -> Response:
    asked = page.query
    narrowed = {name: asked[name] for name in FILTERS if name in asked}
    found = await page.read("/cases", **narrowed, cursor=asked["cursor"], limit=ROWS)
    teams, reps = await page.listed("/teams"), await reps_of(page)
    customers = await _customers(page, (one["customer_id"] for one in found["items"]))
    return page.render(
        "cases.html",
        found=found,
        asked=asked,
        teams=teams,
        reps=reps,
        customers=customers,
        people=_by_id(reps),
    )


@pages.get("/cases/{case_id}", summary="One service case")
async def case(case_id: UUID, page: Opened) -> Response:
    found = await page.read(f"/cases/{case_id}")
    turned = {"order": "newest", "lang": page.language, "limit": EVENTS, "cursor": page.query["cursor"]}
    history = await page.read(f"/cases/{case_id}/history", **turned)
    allowed = await page.read(f"/cases/{case_id}/acts")
    return page.render(
        "case.html",
        case=found,
        history=history,
        customer=await page.find(f"/customers/{found['customer_id']}"),
        deal=found["deal_id"] and await page.find(f"/deals/{found['deal_id']}"),
        people=_by_id(await reps_of(page)),
        own=bool(allowed["acts"]),
    )


async def _customers(page: Page, ids: Iterable[str]) -> dict[str, str]:
    """Their names, of those that this person may see."""
    found = {id: await page.find(f"/customers/{id}") for id in dict.fromkeys(ids)}
    return {id: one["profile"]["name"] for id, one in found.items() if one}


def _by_id(reps: list[dict[str, str]]) -> dict[str, str]:
    return {one["id"]: one["name"] for one in reps}
