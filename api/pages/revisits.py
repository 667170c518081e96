"""api: revisits — which customers are to be seen again, by whom and until when, and what is offered to them."""

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


@pages.get("/revisits", summary="Customers to be seen again")
async def revisits(page: Anybody) -> Response:
    asked = page.query
    query = {
        "owner_id": asked["owner_id"],
        "team_id": asked["team_id"],
        "cursor": asked["cursor"],
        "limit": ROWS,
    }
    found = await page.read("/lifecycle/revisits", **query)
    page.turned = "/lifecycle/revisits", query
    return page.render("revisits.html", found=found, asked=asked, **await people(page))


@pages.get("/revisits/{revisit_id}", summary="The revisit of one customer")
async def revisit(revisit_id: UUID, page: Anybody) -> Response:
    one = await page.read(f"/revisits/{revisit_id}")
    customer = await page.find(f"/customers/{one['customer_id']}")
    return page.render("revisit.html", one=one, customer=customer, people=await people_of(page))
