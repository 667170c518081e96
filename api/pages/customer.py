"""api: customers — found by any part of their name, and one with contacts, deals, cases and leads."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.pages import custom_fields
from api.pages.engine.page import Page, may_open, router

ROWS, BESIDE = 50, 30

pages = router()
Opened = Annotated[Page, Depends(may_open())]


@pages.get("/customers", summary="Customers")
async def customers(page: Opened) -> Response:
    asked = page.query
    found = await page.read("/customers", text=asked["text"].strip(), cursor=asked["cursor"], limit=ROWS)
    return page.render("customers.html", found=found, asked=asked)


@pages.get("/customers/duplicates", summary="Customers that are likely one")
async def duplicates(page: Opened) -> Response:
    asked = page.query
    found = await page.read(
        "/customers/duplicates", least=asked["least"], cursor=asked["cursor"], limit=BESIDE
    )
    return page.render("duplicates.html", found=found, asked=asked)


@pages.get("/customers/{customer_id}", summary="One customer")
async def customer(customer_id: UUID, page: Opened) -> Response:
    found = await page.read(f"/customers/{customer_id}")
    about = {"customer_id": str(customer_id), "limit": BESIDE}
    deals, cases, leads, likely = await page.read_all(
        ("/deals", {**about, "sort": "-opened_at"}),
        ("/cases", about),
        ("/leads", about),
        (f"/customers/{customer_id}/duplicates", {}),
    )
    segments = await page.read(f"/customers/{customer_id}/segments")
    return page.render(
        "customer.html",
        customer=found,
        deals=deals,
        cases=cases,
        leads=leads,
        likely=likely,
        segments=segments["stays"],
        fields=await custom_fields.shown(page, "customer", found["custom"]),
    )
