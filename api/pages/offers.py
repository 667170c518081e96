"""api: what is offered to customers until when, and who has taken it up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.pages.deal_filters import people
from api.pages.engine.page import Page, may_open, router
from api.pages.loop import people_of

ROWS = 50

pages = router()
Anybody = Annotated[Page, Depends(may_open())]


@pages.get("/offers", summary="Offers")
async def offers(page: Anybody) -> Response:
    asked = page.query
    query = {"segment": asked["segment"], "on": asked["on"], "cursor": asked["cursor"], "limit": ROWS}
    found = await page.read("/offers", **query)
    page.turned = "/offers", query
    return page.render("offers.html", found=found, asked=asked, segments=await page.listed("/segments"))


@pages.get("/offers/{offer_id}", summary="One offer, and who has taken it up")
async def offer(offer_id: UUID, page: Anybody) -> Response:
    query = {"team_id": page.query["team_id"]}
    found = await page.read(f"/offers/{offer_id}/uptake", **query)
    page.turned = f"/offers/{offer_id}/uptake", query
    return page.render(
        "offer.html",
        found=found,
        offer=found["offer"],
        named=await people_of(page),
        asked=page.query,
        **await people(page),
    )
