"""api: segments of customers — all of them, and one with its members, as of any day, and what another rule would change."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from api.engine.roles import LEADERS, Role
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Page, may_open, router

ROWS, TRIED = 50, 100
SHOWN = ("enters", "leaves", "in")

pages = router()
Opened = Annotated[Page, Depends(may_open())]
Leader = Annotated[Page, Depends(may_open(*LEADERS, Role.AUDITOR))]


@pages.get("/segments", summary="Segments")
async def segments(page: Opened) -> Response:
    found = await page.read("/segments", cursor=page.query["cursor"], limit=ROWS)
    counts = await page.read("/segments/counts")
    return page.render("segments.html", found=found, counts=counts["members"])


@pages.get("/segments/try", summary="Try a rule")
async def tried(page: Leader) -> Response:
    """Whom a rule would take in, before it is published. Wrong rules are said on the page."""
    asked = page.query
    shown = asked["shown"] if asked["shown"] in SHOWN else SHOWN[0]
    found = wrong = None
    if asked["rule"]:
        query = {"rule": asked["rule"], "name": asked["name"], "shown": shown}
        try:
            found = await page.read("/segments/preview", **query, cursor=asked["cursor"], limit=TRIED)
        except Refusal as refused:
            wrong = _wrong(refused)
    fields = await page.read("/segments/fields")
    return page.render(
        "segment_try.html",
        found=found,
        wrong=wrong,
        asked=asked,
        shown=shown,
        kinds=SHOWN,
        fields=fields["fields"],
    )


@pages.get("/segments/{segment_id}", summary="One segment")
async def segment(segment_id: UUID, page: Opened) -> Response:
    asked = page.query
    found = await page.read(f"/segments/{segment_id}")
    members = await page.read(
        f"/segments/{segment_id}/members", as_of=asked["on"], cursor=asked["cursor"], limit=ROWS
    )
    return page.render("segment.html", segment=found, members=members, asked=asked)


def _wrong(refused: Refusal) -> list[Any]:
    """What is wrong with a rule. Raises the refusal where it is another one."""
    if refused.status != 422:
        raise refused
    return [one["message"] for one in refused.problem.get("errors", ())]
