"""api: leads — their list, and one of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.pages import custom_fields
from api.pages.colleagues import reps_of
from api.pages.engine.page import Page, may_open, router

FILTERS = ("status", "owner_id", "team_id", "owned", "source", "origin")
ROWS = 50

pages = router()
Opened = Annotated[Page, Depends(may_open())]


@pages.get("/leads", summary="Leads")
async def leads(page: Opened) -> Response:
    """Open ones, where nothing else is asked for."""
    asked = page.query
    narrowed = {name: asked[name] for name in FILTERS if name in asked}
    narrowed["status"] = None if asked["status"] == "all" else asked.get("status", "open")
    whose = {name: narrowed.get(name) for name in ("owner_id", "team_id")}
    found, origins = await page.read_all(
        ("/leads", {**narrowed, "cursor": asked["cursor"], "limit": ROWS}), ("/leads/origins", whose)
    )
    return page.render(
        "leads.html", found=found, origins=origins["items"], asked=asked, reps=await reps_of(page)
    )


@pages.get("/leads/{lead_id}", summary="One lead")
async def lead(lead_id: UUID, page: Opened) -> Response:
    found = await page.read(f"/leads/{lead_id}")
    customer = found["customer_id"] and await page.find(f"/customers/{found['customer_id']}")
    allowed = await page.read(f"/leads/{lead_id}/acts")
    fields = await custom_fields.shown(page, "lead", found["custom"])
    return page.render("lead.html", lead=found, customer=customer, own=bool(allowed["acts"]), fields=fields)
