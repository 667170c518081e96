"""api: what is agreed on — action items, adjustments of the strategy, review meetings: each listed, and one with what can be done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from api.pages.engine.page import Page, may_open, router
from api.pages.loop import asked_for, people_of
from domain.cycle.agenda import AGENDA_WORDS, Point

OUTCOMES = ("open", "kept", "late", "broken", "excused")
ADJUSTMENTS = ("started", "running", "measured", "decided")
MEETINGS = ("called", "held", "lapsed", "cancelled")

pages = router()
Anybody = Annotated[Page, Depends(may_open())]


# --- action items ----------------------------------------------------------------------------------------------------


@pages.get("/action-items", summary="Action items")
async def action_items(page: Anybody) -> Response:
    """Those that are open, unless an outcome is asked for."""
    found = await asked_for(page, "/action-items", "team_id", "owner_id", outcome=_outcome(page))
    return page.render(
        "action_items.html",
        people=await people_of(page),
        found=found,
        outcomes=OUTCOMES,
        asked=_outcome(page),
    )


def _outcome(page: Page) -> str | None:
    asked = page.query["outcome"] or "open"
    return None if asked == "any" else str(asked)


@pages.get("/action-items/{item_id}", summary="An action item")
async def action_item(item_id: UUID, page: Anybody) -> Response:
    item = await page.read(f"/action-items/{item_id}")
    return page.render("action_item.html", people=await people_of(page), item=item)


# --- adjustments -----------------------------------------------------------------------------------------------------


@pages.get("/adjustments", summary="Adjustments")
async def adjustments(page: Anybody) -> Response:
    found = await asked_for(page, "/adjustments", "team_id", "status")
    return page.render("adjustments.html", people=await people_of(page), found=found, statuses=ADJUSTMENTS)


@pages.get("/adjustments/{adjustment_id}", summary="An adjustment")
async def adjustment(adjustment_id: UUID, page: Anybody) -> Response:
    one = await page.read(f"/adjustments/{adjustment_id}")
    compared = [("adjusted", one["adjusted"])] if one["adjusted"] else []
    compared += [("control", control) for control in one["controls"]]
    return page.render("adjustment.html", people=await people_of(page), one=one, compared=compared)


# --- meetings --------------------------------------------------------------------------------------------------------


@pages.get("/meetings", summary="Meetings")
async def meetings(page: Anybody) -> Response:
    """The newest first, below the schedules that call them."""
    found = await asked_for(page, "/meetings", "team_id", "status")
    schedules = await page.read(
        "/meeting-schedules", team_id=page.query["team_id"], status="running", limit=50
    )
    return page.render(
        "meetings.html",
        people=await people_of(page),
        found=found,
        schedules=schedules["items"],
        statuses=MEETINGS,
    )


@pages.get("/meetings/{meeting_id}", summary="A meeting")
async def meeting(meeting_id: UUID, page: Anybody) -> Response:
    one = await page.read(f"/meetings/{meeting_id}")
    people = await people_of(page)
    agenda = [{"words": _spoken(page, point["code"]), "detail": point["detail"]} for point in one["agenda"]]
    return page.render(
        "meeting.html", people=people, one=one, agenda=agenda, items=await _items(page, one["action_items"])
    )


def _spoken(page: Page, code: str) -> str:
    words = AGENDA_WORDS[Point(code)] if code in {*Point} else None
    return str(getattr(words, page.language)) if words else code


async def _items(page: Page, ids: Sequence[str]) -> list[Any]:
    """Those that are this person's to see."""
    found = await asyncio.gather(*(page.find(f"/action-items/{id}") for id in ids))
    return [one for one in found if one]
