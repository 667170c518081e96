"""api: the board — open deals by stage, as cards to drag or to move by their menu; filters stay in the address."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from api.engine.roles import WRITERS
from api.pages.deal_filters import asked_of, choices, narrowed, newest, open_stages, stages_of, whose
from api.pages.engine.page import Lenient, Page, may_open, router
from api.pages.engine.shown import now_of
from domain.policy.closed import LOST, WON

CARDS = 30
"""Shown in a column at once; the list has them all."""
COUNTED = {"owner_id", "team_id", "process", "known_at"}
"""What a column is narrowed down by where the funnel knows how many stand in it, and what they are worth."""
CLOSINGS = {WON: "winDeal", LOST: "loseDeal"}

pages = router()


@pages.get("/board", summary="The board")
async def board(page: Annotated[Page, Depends(may_open())]) -> Response:
    """A column a stage of the process that is chosen."""
    asked, offered = asked_of(page), await choices(page)
    process = newest(offered["versions"], asked["process"])
    return page.render(
        "board.html",
        columns=await _columns(page, asked, process, several=len(offered["processes"]) > 1),
        closings=CLOSINGS,
        process=process["name"],
        asked=asked,
        whose=whose(page, asked["owner_id"]),
        **offered,
    )


async def _columns(page: Page, asked: Lenient, process: Any, *, several: bool) -> list[dict[str, Any]]:
    """Each stage with its first cards and, where it is known, what stands in it altogether."""
    given = narrowed(asked) | page.then | {"process": process["name"] if several else ""}
    query = {**given, "status": "open", "sort": asked["sort"] or "due_at", "limit": CARDS}
    stages = open_stages(process)
    found, sums = await asyncio.gather(
        page.read_all(*(("/deals", {**query, "stage": stage["name"]}) for stage in stages)),
        _sums(page, given, process["name"]),
    )
    return [
        {"stage": stage["name"], "stays": stage["sla_days"], "deals": cards, "sum": sums.get(stage["name"])}
        for stage, cards in zip(stages, found, strict=True)
    ]


async def _sums(page: Page, given: dict[str, str], process: str) -> dict[str, Any]:
    """Of each stage, by the funnel; empty where it does not know what is asked for."""
    if {name for name, value in given.items() if value} - COUNTED:
        return {}
    today = "" if page.as_of else now_of(page).date().isoformat()  # of moves: as few as can be
    funnel = await page.find("/funnel", **{**given, "process": process, "since": today, "until": today})
    return {one["stage"]: one for one in funnel["stages"]} if funnel else {}


@pages.get("/deals/{deal_id}/move", summary="To which stage a deal can be moved")
async def move(deal_id: UUID, page: Annotated[Page, Depends(may_open(*WRITERS))]) -> Response:
    """A button for each stage of its process; what closes it asks for what is needed."""
    deal, processes = await page.read_all((f"/deals/{deal_id}", {}), ("/processes", {}))
    stages = stages_of(deal, [one["process"] for one in processes["processes"]])
    return page.render("move.html", deal=deal, stages=stages, closings=CLOSINGS)
